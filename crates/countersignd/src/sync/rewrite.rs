//! Events of the archive that are made rows and dead letters anew: what resync and the retry of dead letters have in common.

use std::sync::{Arc, PoisonError};

use countersign_inbox::disk::Disk;
use countersign_tables::{Committed, DestinationError, Event, TableState, replace};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::archive::line::ArchivedEvent;
use crate::connections::Connection;
use crate::sync::load::{Lines, event, first_load};
use crate::sync::{MOVED_MAX, SyncError, Syncer};

/// Which events are made anew.
pub(super) type Choice = Arc<dyn Fn(&ArchivedEvent<'_>) -> bool + Send + Sync>;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewritten {
    /// The objects of the archive that were read.
    pub objects: u64,
    /// How many there are to read.
    pub of_objects: u64,
    /// The events in them that were made anew.
    pub events: u64,
    /// Their rows.
    pub rows: u64,
    /// Their dead letters.
    pub dead_letters: u64,
    /// Events that were passed over, since an earlier delivery with their `_id` has the rows.
    pub repetitions: u64,
}

impl<D: Disk> Syncer<D> {
    /// Makes events of the archive anew, of all logs and load by load, each of which is one transaction. `report` is told how far it is
    /// before the first load and after each. What stands in the table and is not in the archive is not touched.
    pub(super) async fn rewrite(
        &self,
        connection: &Connection,
        choice: Choice,
        now: i64,
        report: &mut (dyn FnMut(Rewritten) + Send),
    ) -> Result<Rewritten, SyncError> {
        let mut objects = Vec::new();
        for log in self.metadata.logs(&connection.id)?.into_keys() {
            objects.push((log, self.metadata.objects(&connection.id, log, 0)?));
        }
        let of_objects = objects.iter().map(|(_, objects)| objects.len() as u64).sum();
        let mut done = Rewritten { of_objects, ..Rewritten::default() };
        report(done);
        let mut state = self.open_table(connection).await?;
        let mut moved = 0;
        for (log, objects) in objects {
            let mut rest = &objects[..];
            while !rest.is_empty() {
                let count = first_load(rest);
                let lines = Lines::read(&*self.store, log, &rest[..count]).await?;
                let (replaced, outcome) = self.replace(state, lines, Arc::clone(&choice), now).await?;
                state = replaced;
                match outcome {
                    Ok((events, committed)) => {
                        rest = &rest[count..];
                        done.objects += count as u64;
                        done.events += events;
                        done.rows += committed.rows;
                        done.dead_letters += committed.dead_letters;
                        done.repetitions += committed.events_passed_over;
                        report(done);
                    }
                    // Another process has changed the table, or somebody has put another file there. This load comes again.
                    Err(DestinationError::Conflict(_)) if moved < MOVED_MAX => {
                        moved += 1;
                        state = self.open_table(connection).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.metadata.set_columns(&connection.id, state.plan.columns())?;
        Ok(done)
    }

    /// Commits one load anew. The state comes back in any case.
    async fn replace(
        &self,
        mut state: TableState,
        lines: Lines,
        choice: Choice,
        now: i64,
    ) -> Result<(TableState, Result<(u64, Committed), DestinationError>), SyncError> {
        let destination = Arc::clone(&self.destination);
        let replaced = spawn_blocking(move || {
            let archived = lines.events()?;
            let events: Vec<Event<'_>> = archived.iter().filter(|one| choice(one)).map(event).collect();
            if events.is_empty() {
                return Ok((state, Ok((0, Committed::default()))));
            }
            let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
            let committed = replace(&mut **destination, &mut state, &events, now);
            Ok((state, committed.map(|committed| (events.len() as u64, committed))))
        });
        replaced.await.map_err(|_| SyncError::Ending)?
    }
}
