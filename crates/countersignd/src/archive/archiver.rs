//! Moves events from the inbox to the archive.
//!
//! For each connection and log: the events that are in no object yet are collected; what the object holds is written to the inbox; the
//! object is put; it is entered in the registry; only then are its events released. Whatever ends the process in between, the next
//! one puts the same object again, finds it there, and goes on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use countersign_inbox::{Event, EventLog, LogId, Seq};
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::{error, warn};
use uuid::Uuid;

use crate::archive::batch::{Batch, Collect};
use crate::archive::bounds::{BOUNDS, BoundsInInbox, read_bounds};
use crate::archive::check::enter_missing;
use crate::archive::error::ArchiveError;
use crate::archive::object::{Bounds, Packed};
use crate::archive::put::put_once;
use crate::archive::registry::Object;
use crate::archive::store::{Store, StoreError};
use crate::archive::stores::Stores;
use crate::background;
use crate::clock::Clock;
use crate::error_chain::chain;
use crate::metadata::Metadata;
use crate::random;

/// How many objects are made at once for the own store.
const AT_ONCE: usize = 4;

/// How many for the buckets of customers, any of which may be slow: each holds a compressed object.
const AT_ONCE_OF_CUSTOMERS: usize = 8;

/// After a failure of a customer's bucket, the first pause, and the longest. Of each, a random half is waited at least.
const PAUSE_MIN: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// How long an event that the disk cannot read holds up those behind it. Its file is kept, whatever is released.
const UNREADABLE_WAIT: Duration = Duration::from_secs(3600);

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
        let state = State { bounds: read_bounds(&*inbox)?, ..State::default() };
        let stores = Stores::only(store);
        let (own, customers) = (Semaphore::new(AT_ONCE), Semaphore::new(AT_ONCE_OF_CUSTOMERS));
        Ok(Self { inbox, stores, metadata, clock, limits, own, customers, state: Mutex::new(state) })
    }

    /// The same, with stores for connections that name a bucket.
    #[must_use]
    pub fn with_stores(self, stores: Arc<Stores>) -> Self {
        Self { stores, ..self }
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
            for (part, last) in self.parts() {
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
        stream::iter(self.parts())
            .for_each_concurrent(None, |(part, last)| async move { self.archive_part(&part, last).await })
            .await;
    }

    /// The parts of which there may be something to do, each with the last seq that is in the inbox; 0 where only bounds are left.
    fn parts(&self) -> BTreeMap<Part, Seq> {
        // What another process goes on with is archived by it.
        if self.inbox.health().is_superseded {
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
        if self.state().parts.contains_key(part) && self.is_due(part, last).is_none() {
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
                self.set_pause(part, done.is_err());
                done
            }
            Err(error) => Err(ArchiveError::Store(error)),
        };
        if let Err(error) = done {
            let (log, connection) = part;
            warn!(connection = &**connection, %log, "archiving waits: {}", chain(&error));
        }
    }

    async fn archive_if_due(&self, part: &Part, last: Seq) -> Result<(), ArchiveError> {
        self.know(part).await?;
        match self.is_due(part, last) {
            Some(closes) => self.archive(part, closes, last).await,
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
        let [part_of_256] = random::bytes::<1>();
        let micros = i64::try_from(pause.as_micros()).unwrap_or(0);
        let again_at = now + micros / 2 + micros / 512 * i64::from(part_of_256);
        state.pauses.insert(part.clone(), (again_at, pause));
    }

    /// Archives all events of a connection that are durable now.
    ///
    /// # Errors
    /// The first one. What was archived before stays archived.
    pub async fn close(&self, connection: &str) -> Result<(), ArchiveError> {
        for (log, connections) in self.inbox.connections() {
            if let Some((connection, seqs)) = connections.get_key_value(connection) {
                self.archive(&(log, Arc::clone(connection)), true, *seqs.end()).await?;
            }
        }
        Ok(())
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

    /// Looks up how far a part has come, if that is not known yet. Of an earlier log the store is asked too: the metadata may be an older
    /// copy, and what it does not know of may be gone from the inbox in part.
    async fn know(&self, part: &Part) -> Result<(), ArchiveError> {
        if self.state().parts.contains_key(part) {
            return Ok(());
        }
        if part.0 != self.inbox.log() {
            enter_missing(&self.stores, &self.metadata, &part.1, part.0, self.clock.unix_micros()).await?;
        }
        let through = self.metadata.archived_through(&part.1, part.0)?;
        self.state().parts.entry(part.clone()).or_default();
        self.archived(part, through);
        Ok(())
    }

    /// Makes objects of the events of a connection in a log, as long as there are enough for one, or, if `closes`, any; and until those up
    /// to `until` are in objects. Events may come faster than objects are made.
    async fn archive(&self, part: &Part, closes: bool, until: Seq) -> Result<(), ArchiveError> {
        self.know(part).await?;
        let making = self.state().parts.get(part).map(|progress| Arc::clone(&progress.making)).unwrap_or_default();
        let _making = making.lock().await;
        while let Some(batch) = self.next_batch_there(part, closes).await? {
            let is_full = batch.is_full;
            let last_seq = batch.bounds.last_seq;
            if crate::planted_bug!(ReleasesBeforeRegistered) {
                self.archived(part, last_seq);
            }
            if let Err(error) = self.put(batch).await {
                if let ArchiveError::Foreign(key) = &error {
                    error!(alarm = "foreign_object", key, "an object of the archive is not ours");
                    self.state().stopped.insert(part.clone(), key.clone());
                }
                return Err(error);
            }
            self.archived(part, last_seq);
            if !is_full || last_seq >= until {
                break;
            }
        }
        Ok(())
    }

    /// As [`Self::next_batch`]. If events of an earlier log cannot be read, the store is asked once more: the process that they are of may not
    /// have ended when it was asked first, and have archived them since.
    async fn next_batch_there(&self, part: &Part, closes: bool) -> Result<Option<Batch>, ArchiveError> {
        match self.next_batch(part, closes).await {
            Err(ArchiveError::Read(error)) if error.lost().is_some() && part.0 != self.inbox.log() => {
                let before = self.metadata.archived_through(&part.1, part.0)?;
                enter_missing(&self.stores, &self.metadata, &part.1, part.0, self.clock.unix_micros()).await?;
                let through = self.metadata.archived_through(&part.1, part.0)?;
                if through == before {
                    return Err(ArchiveError::Read(error));
                }
                self.archived(part, through);
                self.next_batch(part, closes).await
            }
            next => next,
        }
    }

    /// What the next object holds, once that is durable; none if there is not enough for one.
    async fn next_batch(&self, part: &Part, closes: bool) -> Result<Option<Batch>, ArchiveError> {
        let (through, decided) = {
            let state = self.state();
            if let Some(key) = state.stopped.get(part) {
                return Err(ArchiveError::Foreign(key.clone()));
            }
            let progress = state.parts.get(part).cloned().unwrap_or_default();
            let decided = state.bounds.next(&part.1, part.0, progress.through).cloned();
            let decided = decided.filter(|_| !crate::planted_bug!(DecidesAnew));
            (progress.through, decided)
        };
        let is_decided = decided.is_some();
        let Some(batch) = self.collect(part.clone(), through, decided).await? else { return Ok(None) };
        if is_decided {
            return Ok(Some(batch));
        }
        if !closes && !batch.is_full {
            let missing = self.limits.object_bytes.saturating_sub(batch.lines.bytes());
            let enough_at = self.inbox.backlog_bytes(&part.1) + missing / 2;
            if let Some(progress) = self.state().parts.get_mut(part) {
                progress.enough_at = enough_at;
            }
            return Ok(None);
        }
        self.decide(part, &batch.bounds).await?;
        Ok(Some(batch))
    }

    /// Reads the events behind `through`: those of the bounds, or as many as an object holds.
    async fn collect(&self, part: Part, through: Seq, decided: Option<Bounds>) -> Result<Option<Batch>, ArchiveError> {
        let (inbox, metadata) = (Arc::clone(&self.inbox), Arc::clone(&self.metadata));
        let (object_bytes, now) = (self.limits.object_bytes, self.clock.unix_micros());
        let encoding = self.stores.encoding(&part.1).await.map_err(ArchiveError::Store)?;
        let progress = self.state().parts.get(&part).cloned().unwrap_or_default();
        let decided = decided.or(progress.unsure);
        let waits = progress.unreadable_since.map_or(0, |since| now - since);
        let passes_unreadable = u128::try_from(waits).unwrap_or(0) >= UNREADABLE_WAIT.as_micros();
        let of_inbox = part.clone();
        let is_urgent = inbox.backlog_bytes(&part.1) >= self.limits.urgent_bytes;
        let collect = move || {
            let collect =
                Collect { inbox: &*inbox, metadata: &metadata, encoding, object_bytes, now, passes_unreadable };
            collect.batch(of_inbox.0, &of_inbox.1, through, decided)
        };
        // What is not archived in time is refused in the end: then this is no work that may wait.
        let collected = if is_urgent {
            spawn_blocking(collect).await.unwrap_or(Err(ArchiveError::Ending))
        } else {
            background::run(collect).await.unwrap_or(Err(ArchiveError::Ending))
        };
        if let Err(ArchiveError::Read(error)) = &collected
            && error.lost().is_some()
            && let Some(progress) = self.state().parts.get_mut(&part)
        {
            progress.unreadable_since.get_or_insert(now);
        }
        collected
    }

    /// Makes the bounds of an object durable.
    async fn decide(&self, part: &Part, bounds: &Bounds) -> Result<(), ArchiveError> {
        let body = serde_json::to_vec(bounds).map_err(|error| ArchiveError::Event(error.to_string()))?;
        let event = Event {
            connection: BOUNDS,
            id: *Uuid::now_v7().as_bytes(),
            received_at: self.clock.unix_micros(),
            verdict: &[],
            head: &[],
            body: &body,
        };
        let append = self.inbox.append(&event);
        let set_unsure = |bounds| {
            if let Some(progress) = self.state().parts.get_mut(part) {
                progress.unsure = bounds;
            }
        };
        // They may be there after the next start if this fails: then it must be these.
        set_unsure(Some(bounds.clone()));
        let appended = append.await.map_err(ArchiveError::Append)?;
        self.state().bounds.insert(appended.log, appended.seq, bounds.clone());
        set_unsure(None);
        Ok(())
    }

    /// Puts an object, and enters it in the registry.
    async fn put(&self, batch: Batch) -> Result<(), ArchiveError> {
        let Batch { bounds, lines, count, .. } = batch;
        debug_assert!(self.state().bounds.has_open(&bounds), "{bounds:?} are put before they are durable");
        let (key, bytes) = (bounds.key(), lines.bytes());
        let Packed { object, digest } =
            lines.finish().map_err(|error| ArchiveError::Store(StoreError::new("compress", &key, error)))?;
        let place = self.stores.current(&bounds.connection).await.map_err(ArchiveError::Store)?;
        put_once(&*place.store, &key, &Bytes::from(object), digest).await?;
        let (metadata, now) = (Arc::clone(&self.metadata), self.clock.unix_micros());
        let entered = spawn_blocking(move || {
            metadata.enter(&Object { store: place.name, bounds, digest, lines: count, bytes }, now)
        })
        .await;
        entered.map_err(|_| ArchiveError::Ending)?.map_err(ArchiveError::Metadata)
    }

    /// Releases the events of a part that are in registered objects, and the bounds of those.
    fn archived(&self, part: &Part, through: Seq) {
        debug_assert!(
            self.metadata.archived_through(&part.1, part.0).map_or(true, |registered| through <= registered),
            "events of {part:?} are released through {through} before they are registered"
        );
        let bounds = {
            let mut state = self.state();
            if let Some(progress) = state.parts.get_mut(part) {
                progress.through = progress.through.max(through);
                (progress.waits_since, progress.unreadable_since) = (None, None);
                (progress.enough_at, progress.unsure) = (0, None);
            }
            state.bounds.set_archived(&part.1, part.0, through);
            state.bounds.take_released()
        };
        self.inbox.release(part.0, &part.1, through);
        for (log, seq) in bounds {
            self.inbox.release(log, BOUNDS, seq);
        }
    }
}

impl fmt::Debug for Archiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Archiver")
    }
}
