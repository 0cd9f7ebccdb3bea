//! The inbox in a bucket: it is opened, appended to by any number of threads, and read by connection.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::core::Core;
use super::current::CurrentLog;
use super::put::begin_log;
use super::reader::BucketReader;
use super::surroundings::{Machine, Surroundings};
use super::writer::upload;
use super::{Bucket, BucketSettings, current, takeover};
use crate::disk::Space;
use crate::error::OpenError;
use crate::event::{Event, LogId, Seq, SeqRange};
use crate::health::Health;
use crate::queue::{Append, Queue, lock};
use crate::recovery::{Loss, RecoveryReport};

/// How often it is looked for logs whose owners have ended, and how long the removal of objects waits for others.
const LOOKS_EVERY: Duration = Duration::from_secs(60);
const REMOVES_EVERY: Duration = Duration::from_secs(1);

/// The most bytes that an event may have: it is an object of its own then.
const EVENT_BYTES_MAX: u64 = 256 << 20;

/// A log in a bucket for events that must not be lost once they are acknowledged, even if the machine is.
///
/// All threads may use it at once. When it is dropped, it makes durable what was appended.
pub struct BucketInbox<B: Bucket> {
    core: Arc<Core<B>>,
    threads: Vec<JoinHandle<()>>,
}

impl<B: Bucket> BucketInbox<B> {
    /// Opens an inbox: begins a new log, and goes on with the other logs of its owner and with those of others that have ended. It blocks.
    ///
    /// # Errors
    /// If the store fails, or the system gives no random bytes or threads.
    ///
    /// # Panics
    /// Never.
    pub fn open(bucket: B, settings: BucketSettings) -> Result<(Self, RecoveryReport), OpenError> {
        let mut inbox = Self { core: Self::open_core(bucket, settings, Box::new(Machine))?, threads: Vec::new() };
        for number in 0..current::AT_ONCE {
            let core = Arc::clone(&inbox.core);
            inbox.threads.push(spawn(format!("inbox-put-{number}"), move || upload(&core))?);
        }
        let core = Arc::clone(&inbox.core);
        inbox.threads.push(spawn("inbox-keeper".to_owned(), move || keep(&core))?);
        let report = inbox.report();
        Ok((inbox, report))
    }

    /// Opens an inbox whose threads the caller replaces.
    #[cfg(feature = "sim")]
    pub(super) fn open_stepped(
        bucket: B,
        settings: BucketSettings,
        surroundings: Box<dyn Surroundings>,
    ) -> Result<(Self, Arc<Core<B>>), OpenError> {
        let core = Self::open_core(bucket, settings, surroundings)?;
        Ok((Self { core: Arc::clone(&core), threads: Vec::new() }, core))
    }

    fn open_core(
        bucket: B,
        settings: BucketSettings,
        surroundings: Box<dyn Surroundings>,
    ) -> Result<Arc<Core<B>>, OpenError> {
        let log = CurrentLog::begin(&*surroundings)?;
        let core = Arc::new(Core {
            queue: Queue::new(settings.queue_bytes_max),
            turn: Mutex::default(),
            current: Mutex::new(Arc::new(log)),
            progress: Condvar::new(),
            objects: Mutex::default(),
            cache: Mutex::default(),
            is_writable: AtomicBool::new(true),
            is_superseded: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            last_durable_at: AtomicU64::new(0),
            put_micros: AtomicU64::new(0),
            bytes_under_way: AtomicU64::new(0),
            closing_since: Mutex::default(),
            others: Mutex::default(),
            keeper: Default::default(),
            bucket,
            surroundings,
            settings,
        });
        // Before others are looked for: of two processes that start at the same time, one sees the other.
        begin_log(&core).map_err(OpenError::io("write to the bucket of the inbox", None))?;
        let found = takeover::run(&core, core.surroundings.now(), true);
        found.map_err(OpenError::io("read the bucket of the inbox", None))?;
        Ok(core)
    }

    /// What was found when it was opened.
    pub(super) fn report(&self) -> RecoveryReport {
        let events = self.core.objects().events();
        RecoveryReport { events, losses: self.losses(), ..RecoveryReport::default() }
    }

    /// What was lost with damaged objects of earlier logs, as far as they were read.
    #[must_use]
    pub fn losses(&self) -> Vec<Loss> {
        lock(&self.core.others).losses.clone()
    }

    /// The id of the log that events are appended to. It is another one after an owner has met an object that is not its own.
    #[must_use]
    pub fn log(&self) -> LogId {
        lock(&self.core.current).id
    }

    /// As [`Inbox::append`](crate::Inbox::append).
    ///
    /// # Errors
    /// As there.
    pub fn append(&self, event: &Event<'_>) -> Append {
        self.push(event, None)
    }

    /// As [`Inbox::append_with`](crate::Inbox::append_with).
    pub fn append_with(&self, event: &Event<'_>, permit: impl Send + 'static) -> Append {
        self.push(event, Some(Box::new(permit)))
    }

    fn push(&self, event: &Event<'_>, permit: Option<Box<dyn Send>>) -> Append {
        self.core.queue.append(event, permit, EVENT_BYTES_MAX)
    }

    /// As [`Inbox::read`](crate::Inbox::read). An object that is not in memory is got from the store: the reader blocks.
    #[must_use]
    pub fn read(&self, log: LogId, connection: &str, after: Seq) -> BucketReader<B> {
        BucketReader::new(Arc::clone(&self.core), log, connection, after)
    }

    /// As [`Inbox::connections`](crate::Inbox::connections).
    #[must_use]
    pub fn connections(&self) -> BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>> {
        self.core.objects().connections()
    }

    /// As [`Inbox::release`](crate::Inbox::release): an object goes when all its events were released.
    pub fn release(&self, log: LogId, connection: &str, through: Seq) {
        self.core.objects().release(log, connection, through);
    }

    /// As [`Inbox::backlog_bytes`](crate::Inbox::backlog_bytes).
    #[must_use]
    pub fn backlog_bytes(&self, connection: &str) -> u64 {
        self.core.objects().backlog_bytes(connection)
    }

    /// As [`Inbox::takes_events`](crate::Inbox::takes_events).
    #[must_use]
    pub fn takes_events(&self) -> bool {
        let rate = self.core.bytes_per_second();
        let bytes_max = if rate == 0 { usize::MAX } else { usize::try_from(rate).unwrap_or(usize::MAX) };
        self.core.is_writable.load(Ordering::Relaxed) && self.core.queue.has_room(bytes_max)
    }

    /// How the inbox is doing. A bucket has room without end.
    #[must_use]
    pub fn health(&self) -> Health {
        let core = &self.core;
        // Before the rest: a failure by which this process was superseded is not seen without that.
        let failures = core.failures.load(Ordering::Acquire);
        let is_writable = core.is_writable.load(Ordering::Acquire);
        let under_way = usize::try_from(core.bytes_under_way.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        Health {
            is_writable,
            is_superseded: core.is_superseded(),
            failures,
            last_failure: None,
            last_durable_at: core.last_durable_at.load(Ordering::Relaxed).cast_signed(),
            queued_bytes: core.queue.bytes() + under_way,
            segment_bytes: core.objects().bytes(),
            bytes_per_second: core.bytes_per_second(),
            space: Space { total: u64::MAX, free: u64::MAX },
            next_segment_bytes: 0,
        }
    }

    /// Refuses further events, makes durable what was appended, and ends. Waits until that is done.
    pub fn close(self) {
        drop(self);
    }
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    thread::Builder::new().name(name).spawn(run).map_err(OpenError::io("start a thread", None))
}

/// The work of the thread that removes objects, and looks for logs whose owners have ended.
fn keep<B: Bucket>(core: &Core<B>) {
    let mut looked = Instant::now();
    loop {
        core.remove_released(false);
        if !core.is_superseded() && looked.elapsed() >= LOOKS_EVERY.min(core.settings.take_over_after) {
            // What fails is tried again.
            let _ = takeover::run(core, core.surroundings.now(), false);
            looked = Instant::now();
        }
        let is_ended = lock(&core.keeper.0);
        if *is_ended {
            break;
        }
        let waited = core.keeper.1.wait_timeout(is_ended, REMOVES_EVERY).unwrap_or_else(PoisonError::into_inner);
        if *waited.0 {
            break;
        }
    }
    core.remove_released(true);
}

impl<B: Bucket> Drop for BucketInbox<B> {
    fn drop(&mut self) {
        *lock(&self.core.closing_since) = Some(Instant::now());
        self.core.queue.close();
        self.core.progress.notify_all();
        let keeper = self.threads.pop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        *lock(&self.core.keeper.0) = true;
        self.core.keeper.1.notify_all();
        if let Some(keeper) = keeper {
            let _ = keeper.join();
        }
    }
}

impl<B: Bucket> fmt::Debug for BucketInbox<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketInbox").field("log", &self.log()).field("health", &self.health()).finish()
    }
}
