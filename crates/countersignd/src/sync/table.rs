//! What a sync does: it archives what is in the inbox, and loads the objects behind the checkpoint of each log.

use std::sync::{Arc, PoisonError};

use countersign_inbox::LogId;
use countersign_tables::{Committed, Destination, DestinationError, Event, Run, Table, TableState, append};
use tokio::task::spawn_blocking;
use tracing::warn;

use crate::archive::error::ArchiveError;
use crate::archive::events::PutEvents;
use crate::background;
use crate::connections::Connection;
use crate::sync::load::{Events, LOAD_BYTES, first_load};
use crate::sync::{MOVED_MAX, SyncError, Synced, Syncer};

/// How many bytes of events a sync keeps of the objects that are put as it begins: about as many as two of these hold.
const PUT_BYTES: u64 = 64 << 20;

impl Syncer {
    /// Brings all events of a connection that are durable now into its table.
    pub(super) async fn load_all(&self, connection: &Connection, now: i64) -> Result<Synced, SyncError> {
        let put = PutEvents::with_room(usize::try_from(self.share(PUT_BYTES)).unwrap_or(0));
        let mut put = self.archiver.close_and_keep(&connection.id, put).await?;
        let mut synced = Synced::default();
        let mut moved = 0;
        let mut state = self.open_table(connection).await?;
        // What is archived from now on is left to the next sync: it may come faster than it is loaded.
        for (log, through) in self.metadata.logs(&connection.id)? {
            loop {
                let after = state.checkpoints.get(&log.0).copied().unwrap_or(0);
                if after >= through {
                    break;
                }
                let objects = self.metadata.objects(&connection.id, log, after)?;
                if objects.is_empty() {
                    break;
                }
                let objects = &objects[..first_load(&objects, self.share(LOAD_BYTES))];
                let events = Events::read(self.stores(), objects, &mut put, |_, _| true).await?;
                let last_seq = events.last_seq;
                let appended = self.commit(state, events, move |destination, state, events| {
                    append(destination, state, &Run { log: log.0, last_seq, events }, now)
                });
                let (loaded, outcome) = appended.await?;
                state = loaded;
                match outcome {
                    Ok((events, committed)) => {
                        synced.events += events;
                        synced.add(committed);
                        self.collector.metrics.committed(&committed);
                    }
                    // Another process was faster, or somebody has put another file there.
                    Err(DestinationError::Conflict(_)) if moved < MOVED_MAX => {
                        moved += 1;
                        state = self.open_table(connection).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.metadata.set_columns(&connection.id, state.plan.columns())?;
        self.metadata.set_commits(&connection.id, &state.checkpoints)?;
        self.retain(connection, &state, now).await?;
        Ok(synced)
    }

    /// Removes the objects that are committed and older than is wanted, and forgets logs of which nothing is left.
    async fn retain(&self, connection: &Connection, state: &TableState, now: i64) -> Result<(), SyncError> {
        let Some(retention) = self.retention.and_then(|time| i64::try_from(time.as_micros()).ok()) else {
            return Ok(());
        };
        for (log, committed) in &state.checkpoints {
            let log = LogId(*log);
            for object in self.metadata.removable(&connection.id, log, *committed, now - retention)? {
                self.store.remove(&object.bounds.key()).await.map_err(ArchiveError::Store)?;
                self.metadata.set_removed(&object.bounds, now)?;
            }
            let is_over = log != self.collector.inbox.log();
            if is_over && self.metadata.forget_log(&connection.id, log, now - retention)? {
                let (id, table) = (connection.id.clone(), connection.table.clone());
                let destination = Arc::clone(&self.destination);
                let forgotten = spawn_blocking(move || {
                    let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
                    destination.forget_log(&id, &table, &log.0)
                });
                forgotten.await.map_err(|_| SyncError::Ending)??;
            }
        }
        Ok(())
    }

    /// The table of a connection, which is made if it is not there.
    pub(super) async fn open_table(&self, connection: &Connection) -> Result<TableState, SyncError> {
        self.open_table_of(&connection.id, &connection.table).await
    }

    pub(super) async fn open_table_of(&self, connection: &str, table: &Table) -> Result<TableState, SyncError> {
        let (id, table) = (connection.to_owned(), table.clone());
        let names = [table.schema.clone(), table.name.clone()];
        let destination = Arc::clone(&self.destination);
        let known = self.metadata.columns(&id)?;
        let opened = spawn_blocking(move || {
            destination.lock().unwrap_or_else(PoisonError::into_inner).open_table(&id, &table, &known)
        });
        let state = opened.await.map_err(|_| SyncError::Ending)??;
        self.metadata.set_table(connection, &names[0], &names[1])?;
        for notice in &state.notices {
            warn!(connection, "{notice:?}");
        }
        Ok(state)
    }

    /// Lets `commit` commit events of the archive, and says how many they are. The state comes back in any case.
    pub(super) async fn commit(
        &self,
        mut state: TableState,
        archived: Events,
        commit: impl FnOnce(&mut dyn Destination, &mut TableState, &[Event<'_>]) -> Result<Committed, DestinationError>
        + Send
        + 'static,
    ) -> Result<(TableState, Result<(u64, Committed), DestinationError>), SyncError> {
        let destination = Arc::clone(&self.destination);
        let done = background::run(move || {
            let events = archived.events();
            let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
            let committed = commit(&mut **destination, &mut state, &events);
            (state, committed.map(|committed| (events.len() as u64, committed)))
        });
        done.await.map_err(|_| SyncError::Ending)
    }
}
