//! What the inbox in a bucket and its threads share.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::current::{AT_ONCE, CurrentLog, Turn};
use super::object::Place;
use super::objects::Objects;
use super::parallel;
use super::surroundings::Surroundings;
use super::{Bucket, BucketSettings};
use crate::event::LogId;
use crate::planted_bug;
use crate::queue::{Queue, lock};
use crate::recovery::Loss;

/// What the inbox and its threads share.
pub(super) struct Core<B: Bucket> {
    pub(super) bucket: B,
    pub(super) surroundings: Box<dyn Surroundings>,
    pub(super) settings: BucketSettings,
    pub(super) queue: Queue,
    /// Held by the thread that takes the next events, so that numbers and seqs are given in order.
    pub(super) turn: Mutex<Turn>,
    /// The log that events are appended to, and the signal that more of it is durable.
    pub(super) current: Mutex<Arc<CurrentLog>>,
    pub(super) progress: Condvar,
    pub(super) objects: Mutex<Objects>,
    pub(super) cache: Mutex<Cache>,
    pub(super) is_writable: AtomicBool,
    pub(super) is_superseded: AtomicBool,
    pub(super) failures: AtomicU64,
    pub(super) last_durable_at: AtomicU64,
    /// How long a put takes, of late, in microseconds; 0 if it is not known.
    pub(super) put_micros: AtomicU64,
    pub(super) bytes_under_way: AtomicU64,
    pub(super) closing_since: Mutex<Option<Instant>>,
    pub(super) others: Mutex<Others>,
    pub(super) keeper: (Mutex<bool>, Condvar),
}

/// The objects that were put last, for readers.
#[derive(Default)]
pub(super) struct Cache {
    objects: VecDeque<(Place, Arc<[u8]>)>,
    bytes: usize,
}

/// What is known of logs that this process does not append to.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// The logs that this process has begun, in order: the current one, perhaps one behind it that is to follow, and those that it has left.
    pub(super) begun: Vec<LogId>,
    pub(super) owners: BTreeMap<LogId, [u8; 16]>,
    /// Objects that hold no events, or are damaged.
    pub(super) empty: BTreeSet<Place>,
    /// What is lost with those that are damaged.
    pub(super) losses: Vec<Loss>,
}

impl<B: Bucket> Core<B> {
    pub(super) fn objects(&self) -> MutexGuard<'_, Objects> {
        lock(&self.objects)
    }

    /// How many bytes full objects bring in a second; 0 if it is not known.
    pub(super) fn bytes_per_second(&self) -> u64 {
        let at_once = self.settings.object_bytes as u64 * AT_ONCE as u64;
        (at_once * 1_000_000).checked_div(self.put_micros.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Keeps the bytes of an object for readers.
    pub(super) fn remember(&self, place: Place, object: Arc<[u8]>) {
        let mut cache = lock(&self.cache);
        cache.bytes += object.len();
        cache.objects.push_back((place, object));
        while cache.bytes > self.settings.cache_bytes {
            let Some((_, object)) = cache.objects.pop_front() else { break };
            cache.bytes -= object.len();
        }
    }

    /// The bytes of an object, from memory or from the store.
    pub(super) fn object(&self, place: Place) -> io::Result<Option<Arc<[u8]>>> {
        let found = lock(&self.cache).objects.iter().find(|(at, _)| *at == place).map(|(_, object)| Arc::clone(object));
        if let Some(object) = found {
            return Ok(Some(object));
        }
        let Some(object) = self.bucket.get(&place.key())? else { return Ok(None) };
        let object: Arc<[u8]> = object.into();
        self.remember(place, Arc::clone(&object));
        Ok(Some(object))
    }

    /// Whether another process goes on with this inbox.
    pub(super) fn is_superseded(&self) -> bool {
        self.is_superseded.load(Ordering::Relaxed)
    }

    /// Notes that another process goes on with this inbox: this one takes nothing any more.
    pub(super) fn supersede(&self) {
        self.is_superseded.store(true, Ordering::Relaxed);
        self.is_writable.store(false, Ordering::Release);
        self.queue.close_and_drop();
        self.progress.notify_all();
    }

    /// Removes the objects all of whose events were released. The newest durable one of the current log stays until the end: whoever goes on
    /// with the log closes it behind that.
    pub(super) fn remove_released(&self, is_end: bool) {
        // What another process goes on with is no longer this one's.
        if self.is_superseded() {
            return;
        }
        let (current, newest) = {
            let current = Arc::clone(&lock(&self.current));
            let row = lock(&current.row);
            (current.id, if is_end && !row.is_stopped() { u64::MAX } else { row.durable() })
        };
        let released = self.objects().take_released();
        let newest = if planted_bug!(RemovesTheNewestObject) { newest.saturating_add(1) } else { newest };
        let stays = |place: &Place| place.log == current && place.number >= newest;
        let (stay, go): (Vec<Place>, Vec<Place>) = released.into_iter().partition(stays);
        for place in stay {
            self.objects().set_removed(place, false);
        }
        let remove = |place: &Place| {
            let is_removed = self.bucket.remove(&place.key()).is_ok();
            self.objects().set_removed(*place, is_removed);
            Ok(())
        };
        let removed = parallel::each(self.surroundings.requests_at_once(), &go, remove);
        debug_assert!(removed.is_ok(), "a removal that fails is no error");
    }

    /// How long a put takes, of late; none if it is not known.
    pub(super) fn put_time(&self) -> Option<Duration> {
        Some(self.put_micros.load(Ordering::Relaxed)).filter(|micros| *micros > 0).map(Duration::from_micros)
    }

    /// Notes how long a put has taken: a mean in which the last one counts an eighth.
    pub(super) fn measure(&self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX).max(1);
        let before = self.put_micros.load(Ordering::Relaxed);
        let mean = if before == 0 { micros } else { before - before / 8 + micros / 8 };
        self.put_micros.store(mean.max(1), Ordering::Relaxed);
    }
}
