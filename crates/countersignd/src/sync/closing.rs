//! What becomes of the events of a connection that is deleted: they are archived, and stay archived as long as those of others.

use countersign_tables::Table;

use crate::archive::error::ArchiveError;
use crate::sync::{SyncError, Syncer};

impl Syncer {
    /// Archives what a connection has received. It is not synced.
    ///
    /// # Errors
    /// The first one. What is not archived with this is archived later.
    pub async fn archive(&self, id: &str) -> Result<(), ArchiveError> {
        self.archiver.close(id).await
    }

    /// How many archived deliveries of a connection no sync has read. Those that repeat an event that has a row are counted too: nothing but
    /// their lines and the table would tell them.
    ///
    /// # Errors
    /// As [`SyncError`] lists them.
    pub async fn uncommitted(&self, id: &str, table: &Table) -> Result<u64, SyncError> {
        // One that was never synced has no table, and gets none for this.
        let state = if self.metadata.table(id)?.is_some() { Some(self.open_table_of(id, table).await?) } else { None };
        let mut events = 0;
        for log in self.metadata.logs(id)?.into_keys() {
            let after = state.as_ref().and_then(|state| state.checkpoints.get(&log.0).copied()).unwrap_or(0);
            let objects = self.metadata.objects(id, log, after)?;
            events += objects.iter().map(|object| object.lines).sum::<u64>();
        }
        Ok(events)
    }

    /// Removes the objects of deleted connections that are older than is wanted, whether they are committed or not.
    ///
    /// # Errors
    /// Of metadata and store.
    pub async fn retain_deleted(&self) -> Result<(), SyncError> {
        let now = self.clock.unix_micros();
        let Some(retention) = self.retention.and_then(|time| i64::try_from(time.as_micros()).ok()) else {
            return Ok(());
        };
        for id in self.metadata.deleted_with_objects(now - retention)? {
            for log in self.metadata.logs(&id)?.into_keys() {
                for object in self.metadata.removable(&id, log, u64::MAX, now - retention)? {
                    self.store.remove(&object.bounds.key()).await.map_err(ArchiveError::Store)?;
                    self.metadata.set_removed(&object.bounds, now)?;
                }
                if log != self.collector.inbox.log() {
                    self.metadata.forget_log(&id, log, now - retention)?;
                }
            }
        }
        Ok(())
    }
}
