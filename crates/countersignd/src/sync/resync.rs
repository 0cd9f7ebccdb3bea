//! Resync: the rows and dead letters of all events that the archive holds are made anew.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connections::Connection;
use crate::sync::rewrite::Rewritten;
use crate::sync::{SyncError, Synced, Syncer};

/// What is to be made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resync {
    /// Events that were received from this moment on, in microseconds since 1970; all without.
    #[serde(default)]
    pub since: Option<i64>,
}

/// What a resync has written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resynced {
    /// What was made anew.
    #[serde(flatten)]
    pub rewritten: Rewritten,
    /// What the sync after it has written.
    pub sync: Synced,
    /// Objects that are registered and damaged or not there: their keys. The rows of their events are as they were.
    #[serde(default)]
    pub unreadable: Vec<String>,
}

impl Syncer {
    /// Makes rows and dead letters of the archived events anew, load by load, and then syncs. Rows whose event is no longer archived stay
    /// as they are; so do those of objects that cannot be read. If it is interrupted, what was committed stays, and it can be done again.
    ///
    /// # Errors
    /// As [`SyncError`] lists them.
    pub async fn resync(
        &self,
        connection: &Connection,
        resync: Resync,
        mut report: impl FnMut(Rewritten) + Send,
    ) -> Result<Resynced, SyncError> {
        let _running = self.begin(connection)?;
        let started = self.clock.unix_micros();
        self.archiver.close(&connection.id).await?;
        let since = resync.since.unwrap_or(i64::MIN);
        let choice = Arc::new(move |_: &Uuid, received_at| received_at >= since);
        let (rewritten, unreadable) = self.rewrite(connection, choice, started, &mut report).await?;
        let sync = self.sync_once(connection, started).await?;
        Ok(Resynced { rewritten, sync, unreadable })
    }
}
