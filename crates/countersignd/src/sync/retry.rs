//! Dead letters are tried again: their events are read from the archive, and made rows if that is possible now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_tables::{Destination, DestinationError};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::connections::Connection;
use crate::sync::dead_letters::all;
use crate::sync::rewrite::Rewritten;
use crate::sync::{SyncError, Syncer};

/// Which dead letters are tried again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Those of the events with these `_id`s; all without.
    #[serde(default)]
    pub events: Vec<Uuid>,
}

/// What has become of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retried {
    /// How many there were.
    pub dead_letters: u64,
    /// Those in whose place there are rows now.
    pub became_rows: u64,
    /// Those that cannot be rows still.
    pub remain: u64,
    /// Those whose event is no longer archived. They stay as they are.
    pub not_archived: u64,
    /// The events that were asked for and have no dead letter.
    pub without: Vec<Uuid>,
    /// Objects that are registered and damaged or not there: their keys. They may hold events that count as no longer archived here.
    #[serde(default)]
    pub unreadable: Vec<String>,
}

/// The indexes of dead letters, by the `_id` of their event.
type Letters = BTreeMap<[u8; 16], BTreeSet<u32>>;

impl Syncer {
    /// Makes the events of dead letters anew. Those that can be rows now become rows, the others stay dead letters with the same bytes.
    /// If it is interrupted, what was committed stays, and it can be done again.
    ///
    /// # Errors
    /// As [`SyncError`] lists them.
    pub async fn retry(
        &self,
        connection: &Connection,
        retry: Retry,
        mut report: impl FnMut(Rewritten) + Send,
    ) -> Result<Retried, SyncError> {
        let _running = self.begin(connection)?;
        let table = connection.table.clone();
        let wanted = retry.events.clone();
        let letters: Letters = self
            .look(move |destination| {
                let mut found = Vec::new();
                for id in &wanted {
                    found.extend(destination.find(&table, id.as_bytes())?.dead_letters);
                }
                if wanted.is_empty() {
                    found = all(destination, &table)?;
                }
                let mut letters = Letters::new();
                for letter in found {
                    letters.entry(letter.id).or_default().insert(letter.index);
                }
                Ok(letters)
            })
            .await?;
        let without = retry.events.into_iter().filter(|id| !letters.contains_key(id.as_bytes())).collect();
        let count = letters.values().map(|indexes| indexes.len() as u64).sum();
        let mut retried = Retried { dead_letters: count, without, ..Retried::default() };
        if letters.is_empty() {
            return Ok(retried);
        }
        let letters = Arc::new(letters);
        let (archived, unreadable) = self.replace_letters(connection, Arc::clone(&letters), &mut report).await?;
        retried.unreadable = unreadable;
        let table = connection.table.clone();
        let counted = self.look(move |destination| {
            for (id, indexes) in &*letters {
                let count = indexes.len() as u64;
                if !archived.contains(id) {
                    retried.not_archived += count;
                    continue;
                }
                let found = destination.find(&table, id)?;
                let still = found.dead_letters.iter().filter(|letter| indexes.contains(&letter.index)).count() as u64;
                // Without a row, others have come in their place: of elements for that of a whole event, or the other way round.
                let remain = if found.rows.is_empty() { count } else { still };
                retried.remain += remain;
                retried.became_rows += count - remain;
            }
            Ok(retried)
        });
        counted.await
    }

    /// Makes the events of these dead letters anew; those that the archive has, and the objects that cannot be read.
    async fn replace_letters(
        &self,
        connection: &Connection,
        letters: Arc<Letters>,
        report: &mut (dyn FnMut(Rewritten) + Send),
    ) -> Result<(BTreeSet<[u8; 16]>, Vec<String>), SyncError> {
        let archived: Arc<Mutex<BTreeSet<[u8; 16]>>> = Arc::default();
        let seen = Arc::clone(&archived);
        let choice = move |id: &Uuid, _| {
            let is_chosen = letters.contains_key(id.as_bytes());
            if is_chosen {
                seen.lock().unwrap_or_else(PoisonError::into_inner).insert(*id.as_bytes());
            }
            is_chosen
        };
        // All deliveries of an event are read, since it is the one that the dead letter was made of that replaces it.
        let (_, unreadable) = self.rewrite(connection, Arc::new(choice), self.clock.unix_micros(), report).await?;
        Ok((std::mem::take(&mut *archived.lock().unwrap_or_else(PoisonError::into_inner)), unreadable))
    }

    /// Looks something up in the destination, where it may block.
    async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Destination) -> Result<T, DestinationError> + Send + 'static,
    ) -> Result<T, SyncError> {
        let destination = Arc::clone(&self.destination);
        let looked = spawn_blocking(move || work(&mut **destination.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(looked.await.map_err(|_| SyncError::Ending)??)
    }
}
