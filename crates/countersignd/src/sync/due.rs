//! Which connections are synced when: those that are due, and those of which somebody has asked for it, a few at once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::archive::blocks;
use crate::error_chain::chain;
use crate::metadata::MetadataError;
use crate::sync::queue::Next;
use crate::sync::resync::Resync;
use crate::sync::{State, SyncError, Synced, Syncer};

/// How many connections are synced at once. Their loads are committed one after the other: what they have for themselves is the time in which
/// they wait for their stores.
const AT_ONCE: usize = 4;

/// How many syncs that have nothing to do are noted in one transaction.
const NOTED_AT_ONCE: usize = 1000;

impl Syncer {
    /// Syncs what is due, and what is asked for, for ever.
    pub async fn run(self: Arc<Self>, every: Duration) {
        let due = async {
            loop {
                // Those that were due before have their turn first.
                if !self.state().queue.has_due() {
                    let due = self.find_due().await;
                    self.state().queue.set_due(due);
                    self.has_work.notify_one();
                }
                if let Err(error) = self.retain_deleted().await {
                    warn!("objects of deleted connections stay: {}", chain(&error));
                }
                blocks::release_unneeded();
                tokio::time::sleep(every).await;
            }
        };
        tokio::join!(due, self.run_asked());
    }

    /// Syncs what is asked for, for ever.
    pub async fn run_asked(&self) {
        let mut syncs = FuturesUnordered::new();
        loop {
            while syncs.len() < AT_ONCE
                && let Some(next) = self.next()
            {
                syncs.push(self.sync_next(next));
            }
            tokio::select! {
                () = self.has_work.notified() => {}
                Some(()) = syncs.next() => {}
            }
        }
    }

    fn next(&self) -> Option<Next> {
        let mut state = self.state();
        let State { queue, running, .. } = &mut *state;
        queue.next(|id| running.contains(id))
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
        if self.only_receives.load(Ordering::Relaxed) {
            return false;
        }
        self.state().queue.ask(id, is_resync);
        self.has_work.notify_one();
        true
    }

    /// Whether a connection is being synced, or soon is since somebody has asked.
    pub fn is_syncing(&self, id: &str) -> bool {
        let state = self.state();
        state.running.contains(id) || state.queue.is_asked(id)
    }

    /// When the last sync of a connection that has succeeded has begun, in microseconds since 1970.
    ///
    /// # Errors
    /// Of the metadata.
    pub fn synced_at(&self, id: &str) -> Result<Option<i64>, MetadataError> {
        self.know_synced_at()?;
        Ok(self.state().synced_at.as_ref().and_then(|synced_at| synced_at.get(id).copied()))
    }

    /// Syncs the connections that are due. What fails is logged, and tried again after a pause.
    pub async fn sync_due(&self) {
        let due = self.find_due().await.into_iter().map(|id| Next { id, is_asked: false, is_resync: false });
        stream::iter(due).for_each_concurrent(AT_ONCE, |next| self.sync_next(next)).await;
    }

    /// The connections that are due, of which there are events. Who has waited longest comes first.
    async fn find_due(&self) -> Vec<Arc<str>> {
        if let Err(error) = self.know_synced_at() {
            warn!("no sync: {}", chain(&error));
            return Vec::new();
        }
        let now = self.clock.unix_micros();
        let mut due: Vec<_> = {
            let schedules = self.collector.connections.schedules();
            let state = self.state();
            let last = |id: &str| state.synced_at.as_ref().and_then(|synced_at| synced_at.get(id).copied());
            let may_try = |id: &str| {
                !state.running.contains(id) && state.failed.get(id).is_none_or(|(again_at, _)| now >= *again_at)
            };
            let due = schedules.into_iter().filter(|(id, schedule)| schedule.is_due(last(id), now) && may_try(id));
            due.map(|(id, _)| (last(&id), id)).collect()
        };
        due.sort();
        let due = due.into_iter().map(|(_, id)| id).collect();
        self.note_silent(due, now).await.unwrap_or_else(|error| {
            warn!("no sync: {}", chain(&error));
            Vec::new()
        })
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
    async fn sync_next(&self, next: Next) {
        let id = &*next.id;
        let connection = match self.collector.connections.with_id(id).await {
            Ok(Some(connection)) => connection,
            Ok(None) => return,
            Err(error) => return warn!(connection = id, "the sync waits: {}", chain(&error)),
        };
        let synced = if next.is_resync {
            self.resync(&connection, Resync::default(), |_| {}).await.map(|resynced| resynced.sync)
        } else {
            self.sync(&connection).await
        };
        match synced {
            Ok(synced) if synced != Synced::default() => {
                info!(connection = id, rows = synced.rows, dead_letters = synced.dead_letters, "synced");
            }
            // One that has begun meanwhile, with a verb. Its end says that there is work.
            Err(SyncError::Running) if next.is_asked => {
                self.ask_for(id, next.is_resync);
            }
            Ok(_) | Err(SyncError::Running | SyncError::Ending) => {}
            Err(error) => warn!(connection = id, "the sync waits: {}", chain(&error)),
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
