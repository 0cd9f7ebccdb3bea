//! The dead letters of a connection: which there are, page by page.

use std::sync::{Arc, PoisonError};

use countersign_tables::{Destination, DestinationError, Format, StoredDeadLetter, Table};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::metadata::{Metadata, TableName};
use crate::sync::{SyncError, Syncer};
use crate::why::table::DeadLetter;

/// The most dead letters of a page.
pub const PAGE_MAX: usize = 1000;

/// Which page is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Behind which `_id` and `_index`; from the beginning without.
    #[serde(default)]
    pub after: Option<(Uuid, u32)>,
    /// How many, at most [`PAGE_MAX`], which is what is meant without.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// A page of the dead letters of a connection, in the order of `_id` and `_index`; none if it was never synced.
///
/// # Errors
/// Of metadata and destination.
pub fn page(
    metadata: &Metadata,
    destination: &mut dyn Destination,
    connection: &str,
    page: &Page,
) -> Result<Option<Vec<DeadLetter>>, SyncError> {
    let Some(TableName { schema, name }) = metadata.table(connection)? else { return Ok(None) };
    let table = Table::new(&schema, &name, Format::Packed);
    let after = page.after.map(|(id, index)| (*id.as_bytes(), index));
    let found = destination.dead_letters(&table, after, page.limit.unwrap_or(PAGE_MAX).min(PAGE_MAX))?;
    Ok(Some(found.into_iter().map(DeadLetter::from).collect()))
}

/// All dead letters of a table.
pub(super) fn all(destination: &mut dyn Destination, table: &Table) -> Result<Vec<StoredDeadLetter>, DestinationError> {
    let mut all: Vec<StoredDeadLetter> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.id, last.index));
        let page = destination.dead_letters(table, after, PAGE_MAX)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

impl Syncer {
    /// A page of the dead letters of a connection; none if it was never synced.
    ///
    /// # Errors
    /// Of metadata and destination.
    pub async fn dead_letters(&self, connection: &str, wanted: Page) -> Result<Option<Vec<DeadLetter>>, SyncError> {
        let (destination, metadata) = (Arc::clone(&self.destination), Arc::clone(&self.metadata));
        let connection = connection.to_owned();
        let found = spawn_blocking(move || {
            let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
            page(&metadata, &mut **destination, &connection, &wanted)
        });
        found.await.map_err(|_| SyncError::Ending)?
    }
}
