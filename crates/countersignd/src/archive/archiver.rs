//! Moves events from the inbox to the archive: of which connection and log an object is made when. How one is made is said in `making`.

mod making;
mod put_before;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign_inbox::{Append, EventLog, LogId, Seq};
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use tokio::sync::Semaphore;
use tracing::warn;

use crate::archive::bounds::{BOUNDS, BoundsInInbox, read_bounds};
use crate::archive::error::ArchiveError;
use crate::archive::events::PutEvents;
use crate::archive::object::Bounds;
use crate::archive::store::Store;
use crate::archive::stores::Stores;
use crate::clock::Clock;
use crate::error_chain::chain;
use crate::metadata::Metadata;

/// How many objects are made at once for the own store.
const AT_ONCE: usize = 4;

/// How many for the buckets of customers, any of which may be slow: each holds a compressed object.
const AT_ONCE_OF_CUSTOMERS: usize = 8;

/// After a failure of a customer's bucket, the first pause, and the longest. Of each, a half is waited at least.
const PAUSE_MIN: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// When an object is closed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// When its lines have so many bytes.
    pub object_bytes: u64,
    /// When its first event has waited so long.
    pub object_age: Duration,
    /// From which backlog of a connection on its objects are made with the priority of what answers senders.
    pub urgent_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { object_bytes: 32 << 20, object_age: Duration::from_secs(3600), urgent_bytes: u64::MAX }
    }
}

/// Moves events from the inbox to the archive.
pub struct Archiver {
    inbox: Arc<dyn EventLog>,
    stores: Arc<Stores>,
    metadata: Arc<Metadata>,
    clock: Clock,
    limits: Limits,
    own: Semaphore,
    customers: Semaphore,
    /// Where the inbox is, for people.
    inbox_place: Option<String>,
    state: Mutex<State>,
}

type Part = (LogId, Arc<str>);

#[derive(Default)]
struct State {
    parts: HashMap<Part, Progress>,
    bounds: BoundsInInbox,
    /// Parts of which an object is not ours, and its key. Nothing more of them is archived.
    stopped: BTreeMap<Part, String>,
    /// When the bucket of a part is tried again, in microseconds since 1970, and the pause before that.
    pauses: HashMap<Part, (i64, Duration)>,
    /// Bounds that the inbox has not made durable in time, and may still.
    deciding: HashMap<Part, (Bounds, Append)>,
}

/// How far the events of one connection in one log have come.
#[derive(Clone, Default)]
struct Progress {
    /// Through which seq they are in objects.
    through: Seq,
    /// Since when there are others, in microseconds since 1970.
    waits_since: Option<i64>,
    /// Since when an event cannot be read.
    unreadable_since: Option<i64>,
    /// The backlog from which on there may be enough for an object.
    enough_at: u64,
    /// Held while an object is made of them.
    making: Arc<tokio::sync::Mutex<()>>,
    /// Bounds that may or may not be in the inbox, since writing them has failed.
    unsure: Option<Bounds>,
}

impl Archiver {
    /// An archiver that goes on where the last one has stopped: it reads the bounds that are in the inbox. It blocks.
    ///
    /// # Errors
    /// If inbox or registry cannot be read.
    pub fn open(
        inbox: Arc<dyn EventLog>,
        store: Arc<dyn Store>,
        metadata: Arc<Metadata>,
        clock: Clock,
        limits: Limits,
    ) -> Result<Self, ArchiveError> {
        let unknown = BoundsInInbox::default().unknown(&inbox.connections());
        let state = State { bounds: read_bounds(&*inbox, unknown)?, ..State::default() };
        let stores = Stores::only(store);
        let (own, customers) = (Semaphore::new(AT_ONCE), Semaphore::new(AT_ONCE_OF_CUSTOMERS));
        let state = Mutex::new(state);
        Ok(Self { inbox, stores, metadata, clock, limits, own, customers, inbox_place: None, state })
    }

    /// The same, with stores for connections that name a bucket.
    #[must_use]
    pub fn with_stores(self, stores: Arc<Stores>) -> Self {
        Self { stores, ..self }
    }

    /// The same, with errors that say where the inbox is.
    #[must_use]
    pub fn with_inbox_place(self, place: String) -> Self {
        Self { inbox_place: Some(place), ..self }
    }

    /// Where objects are.
    pub fn stores(&self) -> &Arc<Stores> {
        &self.stores
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of objects that are not ours.
    pub fn foreign_objects(&self) -> Vec<String> {
        self.state().stopped.values().cloned().collect()
    }

    /// Since when events of connections are in no object, as far as it was looked for: microseconds since 1970.
    pub fn waiting(&self) -> BTreeMap<Arc<str>, i64> {
        let mut waiting = BTreeMap::new();
        for ((_, connection), progress) in &self.state().parts {
            if let Some(since) = progress.waits_since {
                let first = waiting.entry(Arc::clone(connection)).or_insert(since);
                *first = since.min(*first);
            }
        }
        waiting
    }

    /// Archives what is due, for ever. A part that takes long, since its bucket is slow, holds up no other.
    pub async fn run(self: Arc<Self>, every: Duration) {
        let (mut working, mut busy) = (FuturesUnordered::new(), HashSet::new());
        loop {
            for (part, last) in self.parts().await {
                if busy.insert(part.clone()) {
                    let this = &*self;
                    working.push(async move {
                        this.archive_part(&part, last).await;
                        part
                    });
                }
            }
            let mut pause = pin!(tokio::time::sleep(every));
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    Some(part) = working.next() => {
                        busy.remove(&part);
                    }
                }
            }
        }
    }

    /// Archives what is due: all of earlier logs, and of this one what is enough for an object or has waited long enough. What fails
    /// is logged, and tried again the next time; if it is a customer's bucket that fails, after a pause that grows.
    pub async fn archive_due(&self) {
        stream::iter(self.parts().await)
            .for_each_concurrent(None, |(part, last)| async move { self.archive_part(&part, last).await })
            .await;
    }

    /// The parts of which there may be something to do, each with the last seq that is in the inbox; 0 where only bounds are left.
    async fn parts(&self) -> BTreeMap<Part, Seq> {
        // What another process goes on with is archived by it.
        if self.inbox.health().is_superseded {
            return BTreeMap::new();
        }
        if let Err(error) = self.read_bounds_of_others().await {
            warn!("archiving waits: {}", chain(&error));
            return BTreeMap::new();
        }
        let state = self.state();
        let of_bounds = state.bounds.parts().map(|(log, connection)| ((log, Arc::from(connection)), 0));
        let mut parts: BTreeMap<Part, Seq> = of_bounds.collect();
        for (log, connections) in self.inbox.connections() {
            let connections = connections.into_iter().filter(|(connection, _)| &**connection != BOUNDS);
            parts.extend(connections.map(|(connection, seqs)| ((log, connection), *seqs.end())));
        }
        parts
    }

    /// Archives what is due of a part.
    async fn archive_part(&self, part: &Part, last: Seq) {
        let now = self.clock.unix_micros();
        {
            let state = self.state();
            if state.pauses.get(part).is_some_and(|(again_at, _)| now < *again_at) {
                return;
            }
        }
        let through = self.state().parts.get(part).map(|progress| progress.through);
        if through.is_some_and(|through| last > 0 && through >= last) {
            // They have come back, all archived: an object of the inbox was put so late that the same one had been removed already.
            self.inbox.release(part.0, &part.1, last);
            return;
        }
        if through.is_some() && self.is_due(part, last).is_none() {
            return;
        }
        let done = match self.stores.is_own(&part.1).await {
            Ok(true) => {
                let _one_of_few = self.own.acquire().await;
                self.archive_if_due(part, last).await
            }
            Ok(false) => {
                let _one_of_few = self.customers.acquire().await;
                let done = self.archive_if_due(part, last).await;
                let is_of_inbox = matches!(done, Err(ArchiveError::InboxTimeout { .. }));
                self.set_pause(part, done.is_err() && !is_of_inbox);
                done
            }
            Err(error) => Err(ArchiveError::Store(error)),
        };
        match done {
            // That the inbox cannot be written is said once, for all connections ([`crate::inbox::trouble`]).
            Ok(()) | Err(ArchiveError::InboxTimeout { .. }) => {}
            Err(error) => {
                let (log, connection) = part;
                warn!(connection = &**connection, %log, "archiving waits: {}", chain(&error));
            }
        }
    }

    async fn archive_if_due(&self, part: &Part, last: Seq) -> Result<(), ArchiveError> {
        self.know(part).await?;
        match self.is_due(part, last) {
            Some(closes) => self.archive(part, closes, last, &mut PutEvents::default()).await,
            None => Ok(()),
        }
    }

    /// Sets, doubles or ends the pause before a customer's bucket is tried again. Not all that have failed together try again together.
    fn set_pause(&self, part: &Part, has_failed: bool) {
        let now = self.clock.unix_micros();
        let mut state = self.state();
        if !has_failed {
            state.pauses.remove(part);
            return;
        }
        let pause = state.pauses.get(part).map_or(PAUSE_MIN, |(_, pause)| PAUSE_MAX.min(*pause * 2));
        let part_of_256 = spread(part, pause);
        let micros = i64::try_from(pause.as_micros()).unwrap_or(0);
        let again_at = now + micros / 2 + micros / 512 * i64::from(part_of_256);
        state.pauses.insert(part.clone(), (again_at, pause));
    }

    /// Archives all events of a connection that are durable now.
    ///
    /// # Errors
    /// The first one. What was archived before stays archived.
    pub async fn close(&self, connection: &str) -> Result<(), ArchiveError> {
        self.close_and_keep(connection, PutEvents::default()).await.map(drop)
    }

    /// As [`close`](Self::close), and returns the events of the objects that were put, as far as there is room for them.
    ///
    /// # Errors
    /// Likewise.
    pub async fn close_and_keep(&self, connection: &str, mut put: PutEvents) -> Result<PutEvents, ArchiveError> {
        self.read_bounds_of_others().await?;
        for (log, connections) in self.inbox.connections() {
            if let Some((connection, seqs)) = connections.get_key_value(connection) {
                self.archive(&(log, Arc::clone(connection)), true, *seqs.end(), &mut put).await?;
            }
        }
        Ok(put)
    }

    /// Whether an object may be made of the events of a part that is known, of which `last` is the last: of however few (`true`), or only if
    /// there are enough for a whole one.
    fn is_due(&self, part: &Part, last: Seq) -> Option<bool> {
        let is_earlier = part.0 != self.inbox.log();
        let backlog_bytes = self.inbox.backlog_bytes(&part.1);
        let now = self.clock.unix_micros();
        let mut state = self.state();
        let progress = state.parts.get_mut(part).filter(|progress| progress.through < last)?;
        let waits = now - *progress.waits_since.get_or_insert(now);
        if is_earlier || u128::try_from(waits).unwrap_or(0) >= self.limits.object_age.as_micros() {
            return Some(true);
        }
        let is_enough = backlog_bytes >= progress.enough_at.max(self.limits.object_bytes);
        is_enough.then_some(false)
    }
}

/// A number that is another one for each part and pause, as if drawn at random: a log has a random id.
fn spread((log, connection): &Part, pause: Duration) -> u8 {
    let mut hash = blake3::Hasher::new();
    hash.update(&log.0).update(connection.as_bytes()).update(&pause.as_micros().to_be_bytes());
    hash.finalize().as_bytes()[0]
}

impl fmt::Debug for Archiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Archiver")
    }
}
