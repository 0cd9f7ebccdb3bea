//! What archive and tables have of one delivery.

use std::sync::{Arc, PoisonError};

use countersign_tables::Destination;
use tokio::task::spawn_blocking;

use crate::error_chain::chain;
use crate::metadata::{Metadata, TableName};
use crate::sync::{SyncError, Syncer};
use crate::why::table::Outcome;
use crate::why::{self, Found, Search};

impl Syncer {
    /// Adds what the archive has of deliveries with this id, and says of all that were found what became of them.
    ///
    /// # Errors
    /// If the registry or the store fails. That a table cannot be read is said of its events.
    pub async fn find(&self, mut search: Search, id: &str) -> Result<Search, SyncError> {
        why::find_archived(&mut search, self.stores(), &self.metadata, id).await?;
        let (destination, metadata) = (Arc::clone(&self.destination), Arc::clone(&self.metadata));
        let looked = spawn_blocking(move || {
            search.set_outcomes(|found| {
                let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
                outcome(&metadata, &mut **destination, found)
            });
            search
        });
        looked.await.map_err(|_| SyncError::Ending)
    }
}

/// What became of an event: what stands in the table that its connection was last synced into. No table is made.
#[must_use]
pub fn outcome(metadata: &Metadata, destination: &mut dyn Destination, found: &Found) -> Outcome {
    match metadata.table(&found.connection) {
        Ok(Some(TableName { schema, name })) => Outcome::find(destination, &schema, &name, found.id.as_bytes())
            .unwrap_or_else(|error| Outcome::unknown(chain(&error))),
        Ok(None) => Outcome::nowhere(),
        Err(error) => Outcome::unknown(chain(&error)),
    }
}
