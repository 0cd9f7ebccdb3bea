//! Events of the archive that are made rows and dead letters anew: what resync and the retry of dead letters have in common.

use std::sync::Arc;

use countersign_tables::{Committed, DestinationError, replace};
use serde::{Deserialize, Serialize};
use tracing::warn;
use uuid::Uuid;

use crate::archive::error::ArchiveError;
use crate::archive::events::PutEvents;
use crate::connections::Connection;
use crate::error_chain::chain;
use crate::sync::load::{Events, LOAD_BYTES, first_load};
use crate::sync::{MOVED_MAX, SyncError, Syncer};

/// Which events are made anew: by `_id` and the time of receipt, in microseconds since 1970.
pub(super) type Choice = Arc<dyn Fn(&Uuid, i64) -> bool + Send + Sync>;

/// Whether an error says that one object cannot be read, and nothing of others.
pub(super) fn is_of_object(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Missing(_) | ArchiveError::Damaged(_) | ArchiveError::Event(_))
}

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

impl Syncer {
    /// Makes events of the archive anew, of all logs and load by load, each of which is one transaction. `report` is told how far it is
    /// before the first load and after each. What stands in the table and is not in the archive is not touched.
    ///
    /// Objects that are registered and cannot be read are passed over; their keys are returned.
    pub(super) async fn rewrite(
        &self,
        connection: &Connection,
        choice: Choice,
        now: i64,
        report: &mut (dyn FnMut(Rewritten) + Send),
    ) -> Result<(Rewritten, Vec<String>), SyncError> {
        let mut objects = Vec::new();
        for log in self.metadata.logs(&connection.id)?.into_keys() {
            objects.push(self.metadata.objects(&connection.id, log, 0)?);
        }
        let of_objects = objects.iter().map(|objects| objects.len() as u64).sum();
        let mut done = Rewritten { of_objects, ..Rewritten::default() };
        report(done);
        let mut state = self.open_table(connection).await?;
        let (mut moved, mut unreadable, mut put) = (0, Vec::new(), PutEvents::default());
        for objects in objects {
            let mut rest = &objects[..];
            // How many of the next objects are read each for itself, since one of them cannot be read.
            let mut alone = 0;
            while !rest.is_empty() {
                let count = if alone > 0 { 1 } else { first_load(rest, self.share(LOAD_BYTES)) };
                let chosen = Arc::clone(&choice);
                let wanted = move |id: &Uuid, received_at| chosen(id, received_at);
                let events = match Events::read(self.stores(), &rest[..count], &mut put, wanted).await {
                    Ok(events) => events,
                    Err(error) if !is_of_object(&error) => return Err(error.into()),
                    Err(_) if count > 1 => {
                        alone = count;
                        continue;
                    }
                    Err(error) => {
                        warn!(connection = connection.id, "passed over: {}", chain(&error));
                        unreadable.push(rest[0].clone());
                        rest = &rest[1..];
                        alone = alone.saturating_sub(1);
                        continue;
                    }
                };
                let replaced = self.commit(state, events, move |destination, state, events| {
                    // What has nothing to write is no transaction.
                    if events.is_empty() { Ok(Committed::default()) } else { replace(destination, state, events, now) }
                });
                let (replaced, outcome) = replaced.await?;
                state = replaced;
                match outcome {
                    Ok((events, committed)) => {
                        rest = &rest[count..];
                        alone = alone.saturating_sub(count);
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
        Ok((done, self.still_registered(unreadable)?))
    }
}
