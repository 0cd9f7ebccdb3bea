//! Which connections are synced when: those that are due, and those of which somebody has asked for it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::error_chain::chain;
use crate::metadata::MetadataError;
use crate::sync::resync::Resync;
use crate::sync::{SyncError, Synced, Syncer};

/// How long a sync that somebody has asked for waits for the one that runs, before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How many syncs that have nothing to do are noted in one transaction.
const NOTED_AT_ONCE: usize = 1000;

/// How a connection is synced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Unless a sync of it is running.
    IfNoneRuns,
    /// After the one that is running.
    Waiting,
    /// All events anew, after the one that is running.
    Resync,
}

impl Syncer {
    /// Syncs what is due, and what is asked for, for ever.
    pub async fn run(self: Arc<Self>, every: Duration) {
        let due = async {
            loop {
                self.sync_due().await;
                if let Err(error) = self.retain_deleted().await {
                    warn!("objects of deleted connections stay: {}", chain(&error));
                }
                tokio::time::sleep(every).await;
            }
        };
        tokio::join!(due, self.run_asked());
    }

    /// Syncs what is asked for, for ever.
    pub async fn run_asked(&self) {
        self.is_scheduling.store(true, Ordering::Relaxed);
        loop {
            self.sync_asked().await;
            self.is_asked.notified().await;
        }
    }

    /// Asks for a sync of a connection, which begins soon. Returns `false` if none ever does, since the process only receives.
    pub fn ask(&self, id: &str) -> bool {
        self.ask_for(id, false)
    }

    /// Asks for a resync of a connection, as [`ask`](Self::ask) does for a sync.
    pub fn ask_resync(&self, id: &str) -> bool {
        self.ask_for(id, true)
    }

    fn ask_for(&self, id: &str, is_resync: bool) -> bool {
        if !self.is_scheduling.load(Ordering::Relaxed) {
            return false;
        }
        // A resync ends with a sync.
        *self.state().asked.entry(id.to_owned()).or_default() |= is_resync;
        self.is_asked.notify_one();
        true
    }

    /// Whether a connection is being synced, or soon is since somebody has asked.
    pub fn is_syncing(&self, id: &str) -> bool {
        let state = self.state();
        state.running.contains(id) || state.asked.contains_key(id)
    }

    /// When the last sync of a connection that has succeeded has begun, in microseconds since 1970.
    ///
    /// # Errors
    /// Of the metadata.
    pub fn synced_at(&self, id: &str) -> Result<Option<i64>, MetadataError> {
        self.know_synced_at()?;
        Ok(self.state().synced_at.as_ref().and_then(|synced_at| synced_at.get(id).copied()))
    }

    async fn sync_asked(&self) {
        loop {
            // Whoever asks from here on wants another one.
            let Some((id, is_resync)) = self.state().asked.pop_first() else { return };
            self.sync_with_id(&id, if is_resync { How::Resync } else { How::Waiting }).await;
        }
    }

    /// Syncs the connections that are due, one after the other. What fails is logged, and tried again after a pause.
    pub async fn sync_due(&self) {
        if let Err(error) = self.know_synced_at() {
            return warn!("no sync: {}", chain(&error));
        }
        let now = self.clock.unix_micros();
        let mut due: Vec<_> = {
            let schedules = self.collector.connections.schedules();
            let state = self.state();
            let last = |id: &str| state.synced_at.as_ref().and_then(|synced_at| synced_at.get(id).copied());
            let may_try = |id: &str| state.failed.get(id).is_none_or(|(again_at, _)| now >= *again_at);
            let due = schedules.into_iter().filter(|(id, schedule)| schedule.is_due(last(id), now) && may_try(id));
            due.map(|(id, _)| (last(&id), id)).collect()
        };
        // Who has waited longest comes first.
        due.sort();
        let due = due.into_iter().map(|(_, id)| id).collect();
        match self.note_silent(due, now).await {
            Ok(due) => {
                for id in due {
                    self.sync_with_id(&id, How::IfNoneRuns).await;
                }
            }
            Err(error) => warn!("no sync: {}", chain(&error)),
        }
    }

    /// Notes that those of which there never was an event are synced, without making tables for them. Returns the others.
    async fn note_silent(&self, due: Vec<Arc<str>>, now: i64) -> Result<Vec<Arc<str>>, SyncError> {
        if due.is_empty() {
            return Ok(due);
        }
        let in_inbox: HashSet<Arc<str>> =
            self.collector.inbox.connections().into_values().flat_map(BTreeMap::into_keys).collect();
        let (metadata, ended) = (Arc::clone(&self.metadata), self.clock.unix_micros());
        let looked = spawn_blocking(move || {
            let (mut others, mut silent) = (Vec::new(), Vec::new());
            for id in due {
                let has_events = in_inbox.contains(&id) || metadata.has_objects(&id)?;
                if has_events { others.push(id) } else { silent.push(id) }
            }
            for ids in silent.chunks(NOTED_AT_ONCE) {
                metadata.set_synced(&ids.iter().map(|id| &**id).collect::<Vec<_>>(), now, ended)?;
            }
            Ok::<_, MetadataError>((others, silent))
        });
        let (others, silent) = looked.await.map_err(|_| SyncError::Ending)??;
        let mut state = self.state();
        for id in silent {
            state.failed.remove(&*id);
            if let Some(synced_at) = &mut state.synced_at {
                synced_at.insert(id, now);
            }
        }
        Ok(others)
    }

    /// Syncs a connection, and logs what became of it.
    async fn sync_with_id(&self, id: &str, how: How) {
        let connection = match self.collector.connections.with_id(id).await {
            Ok(Some(connection)) => connection,
            Ok(None) => return,
            Err(error) => return warn!(connection = id, "the sync waits: {}", chain(&error)),
        };
        loop {
            let synced = match how {
                How::Resync => self.resync(&connection, Resync::default(), |_| {}).await.map(|resynced| resynced.sync),
                How::Waiting | How::IfNoneRuns => self.sync(&connection).await,
            };
            match synced {
                Ok(synced) if synced != Synced::default() => {
                    info!(connection = id, rows = synced.rows, dead_letters = synced.dead_letters, "synced");
                }
                Err(SyncError::Running) if how != How::IfNoneRuns => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    continue;
                }
                Ok(_) | Err(SyncError::Running | SyncError::Ending) => {}
                Err(error) => warn!(connection = id, "the sync waits: {}", chain(&error)),
            }
            return;
        }
    }

    /// Reads when the last syncs were, if that is not known yet.
    fn know_synced_at(&self) -> Result<(), MetadataError> {
        if self.state().synced_at.is_some() {
            return Ok(());
        }
        let read = self.metadata.synced_at()?;
        self.state().synced_at.get_or_insert_with(|| read.into_iter().map(|(id, at)| (Arc::from(id), at)).collect());
        Ok(())
    }
}
