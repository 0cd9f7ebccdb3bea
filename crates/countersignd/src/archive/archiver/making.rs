//! Makes objects of the events of one connection in one log.
//!
//! The events that are in no object yet are collected; what the object holds is written to the inbox; the object is put; it is entered in
//! the registry; only then are its events released. Whatever ends the process in between, the next one puts the same object again, finds
//! it there, and goes on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use countersign_inbox::{Append, Event, Seq};
use tokio::task::spawn_blocking;
use tracing::error;
use uuid::Uuid;

use super::{Archiver, Part};
use crate::archive::batch::{Batch, Collect};
use crate::archive::bounds::{BOUNDS, read_bounds};
use crate::archive::check::enter_missing;
use crate::archive::error::ArchiveError;
use crate::archive::events::PutEvents;
use crate::archive::object::{Bounds, Packed};
use crate::archive::put::put_once;
use crate::archive::registry::Object;
use crate::archive::store::StoreError;
use crate::background;

/// How long an event that the disk cannot read holds up those behind it. Its file is kept, whatever is released.
const UNREADABLE_WAIT: Duration = Duration::from_secs(3600);

/// How long the inbox may take to make bounds durable. One in a bucket that is down takes as long as that lasts, and whoever has asked for a
/// sync is to be told.
const INBOX_TIMEOUT: Duration = Duration::from_secs(20);

impl Archiver {
    /// Looks up how far a part has come, if that is not known yet. Of an earlier log the store is asked too: the metadata may be an older
    /// copy, and what it does not know of may be gone from the inbox in part.
    pub(super) async fn know(&self, part: &Part) -> Result<(), ArchiveError> {
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

    /// Reads bounds that have come into the inbox since it was opened with the log of another process, with which it goes on. That one may have
    /// put objects with these bounds.
    pub(super) async fn read_bounds_of_others(&self) -> Result<(), ArchiveError> {
        let unknown = self.state().bounds.unknown(&self.inbox.connections());
        if unknown.is_empty() {
            return Ok(());
        }
        let inbox = Arc::clone(&self.inbox);
        let read = background::run(move || read_bounds(&*inbox, unknown)).await;
        let found = read.unwrap_or(Err(ArchiveError::Ending))?;
        let released = {
            let state = &mut *self.state();
            state.bounds.add(found);
            // Of parts that are known they may be done.
            for ((log, connection), progress) in &state.parts {
                state.bounds.set_archived(connection, *log, progress.through);
            }
            state.bounds.take_released()
        };
        for (log, seq) in released {
            self.inbox.release(log, BOUNDS, seq);
        }
        Ok(())
    }

    /// Makes objects of the events of a connection in a log, as long as there are enough for one, or, if `closes`, any; and until those up
    /// to `until` are in objects. Events may come faster than objects are made. What is put is added to `put`, as far as there is room.
    pub(super) async fn archive(
        &self,
        part: &Part,
        closes: bool,
        until: Seq,
        put: &mut PutEvents,
    ) -> Result<(), ArchiveError> {
        self.know(part).await?;
        let making = self.state().parts.get(part).map(|progress| Arc::clone(&progress.making)).unwrap_or_default();
        let _making = making.lock().await;
        while let Some(batch) = self.next_batch_there(part, closes, put.room()).await? {
            let is_full = batch.is_full;
            let last_seq = batch.bounds.last_seq;
            if crate::planted_bug!(ReleasesBeforeRegistered) {
                self.archived(part, last_seq);
            }
            if let Err(error) = self.put(batch, put).await {
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
    async fn next_batch_there(&self, part: &Part, closes: bool, room: usize) -> Result<Option<Batch>, ArchiveError> {
        match self.next_batch(part, closes, room).await {
            Err(ArchiveError::Read(error)) if error.lost().is_some() && part.0 != self.inbox.log() => {
                let before = self.metadata.archived_through(&part.1, part.0)?;
                enter_missing(&self.stores, &self.metadata, &part.1, part.0, self.clock.unix_micros()).await?;
                let through = self.metadata.archived_through(&part.1, part.0)?;
                if through == before {
                    return Err(ArchiveError::Read(error));
                }
                self.archived(part, through);
                self.next_batch(part, closes, room).await
            }
            next => next,
        }
    }

    /// What the next object holds, once that is durable; none if there is not enough for one. Its events are kept if there is room.
    async fn next_batch(&self, part: &Part, closes: bool, room: usize) -> Result<Option<Batch>, ArchiveError> {
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
        let Some(batch) = self.collect(part.clone(), through, decided, room).await? else { return Ok(None) };
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
    async fn collect(
        &self,
        part: Part,
        through: Seq,
        decided: Option<Bounds>,
        events_bytes_max: usize,
    ) -> Result<Option<Batch>, ArchiveError> {
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
            let (inbox, metadata) = (&*inbox, &*metadata);
            let collect = Collect { inbox, metadata, encoding, object_bytes, events_bytes_max, now, passes_unreadable };
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
        // What was not waited for to its end goes on; it is not appended again.
        let begun = self.state().deciding.remove(part).filter(|(of, _)| of == bounds);
        let mut append = match begun {
            Some((_, append)) => append,
            None => self.append_bounds(bounds)?,
        };
        let set_unsure = |bounds| {
            if let Some(progress) = self.state().parts.get_mut(part) {
                progress.unsure = bounds;
            }
        };
        // They may be there after the next start if this fails: then it must be these.
        set_unsure(Some(bounds.clone()));
        let Ok(appended) = tokio::time::timeout(INBOX_TIMEOUT, &mut append).await else {
            self.state().deciding.insert(part.clone(), (bounds.clone(), append));
            let (place, seconds) = (self.inbox_place.clone(), INBOX_TIMEOUT.as_secs());
            return Err(ArchiveError::InboxTimeout { place, seconds });
        };
        let appended = appended.map_err(ArchiveError::Append)?;
        self.state().bounds.insert(appended.log, appended.seq, bounds.clone());
        set_unsure(None);
        Ok(())
    }

    /// Appends the bounds of an object to the inbox.
    fn append_bounds(&self, bounds: &Bounds) -> Result<Append, ArchiveError> {
        let body = serde_json::to_vec(bounds).map_err(|error| ArchiveError::Event(error.to_string()))?;
        let event = Event {
            connection: BOUNDS,
            id: *Uuid::now_v7().as_bytes(),
            received_at: self.clock.unix_micros(),
            verdict: &[],
            head: &[],
            body: &body,
        };
        Ok(self.inbox.append(&event))
    }

    /// Puts an object, and enters it in the registry.
    async fn put(&self, batch: Batch, put: &mut PutEvents) -> Result<(), ArchiveError> {
        let Batch { bounds, lines, count, events, .. } = batch;
        debug_assert!(self.state().bounds.has_open(&bounds), "{bounds:?} are put before they are durable");
        let (key, bytes) = (bounds.key(), lines.bytes());
        let mut events = events;
        let Packed { object, digest } =
            lines.finish().map_err(|error| ArchiveError::Store(StoreError::new("compress", &key, error)))?;
        let place = self.stores.current(&bounds.connection).await.map_err(ArchiveError::Store)?;
        let object = Bytes::from(object);
        let entry = match put_once(&*place.store, &key, &object, digest).await {
            Ok(()) => Object { store: place.name, bounds, digest, lines: count, bytes },
            Err(ArchiveError::Foreign(key)) => {
                // What was collected now is not what is there.
                events = None;
                self.put_before(&place, &bounds, object).await?.ok_or(ArchiveError::Foreign(key))?
            }
            Err(error) => return Err(error),
        };
        let (metadata, now) = (Arc::clone(&self.metadata), self.clock.unix_micros());
        let entered = spawn_blocking(move || metadata.enter(&entry, now)).await;
        entered.map_err(|_| ArchiveError::Ending)?.map_err(ArchiveError::Metadata)?;
        if let Some(events) = events {
            put.insert(key, digest, events);
        }
        Ok(())
    }

    /// Releases the events of a part that are in registered objects, and the bounds of those.
    pub(super) fn archived(&self, part: &Part, through: Seq) {
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
            state.deciding.remove(part);
            state.bounds.set_archived(&part.1, part.0, through);
            state.bounds.take_released()
        };
        self.inbox.release(part.0, &part.1, through);
        for (log, seq) in bounds {
            self.inbox.release(log, BOUNDS, seq);
        }
    }
}
