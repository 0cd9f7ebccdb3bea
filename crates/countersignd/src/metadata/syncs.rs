//! How the syncs of connections went, of those of the file as of those that were made through the API.

use rusqlite::{OptionalExtension as _, params};

use crate::metadata::{Metadata, MetadataError};

/// The step that makes the table.
pub(super) const MIGRATION: &str = "
    CREATE TABLE syncs (
        connection   TEXT NOT NULL PRIMARY KEY,
        succeeded_at INTEGER,
        failed_at    INTEGER,
        failure      TEXT
    ) STRICT, WITHOUT ROWID;
";

/// How the syncs of a connection went. Times are in microseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncOutcome {
    /// When the last one that has succeeded has ended.
    pub succeeded_at: Option<i64>,
    /// When the last one that has failed has ended.
    pub failed_at: Option<i64>,
    /// Why, if none has succeeded since.
    pub failure: Option<String>,
}

impl Metadata {
    /// How the syncs of a connection went.
    ///
    /// # Errors
    /// Of the database.
    pub fn sync_outcome(&self, connection: &str) -> Result<SyncOutcome, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT succeeded_at, failed_at, failure FROM syncs WHERE connection = ?")?;
        let outcome = found.query_row([connection], |row| {
            Ok(SyncOutcome { succeeded_at: row.get(0)?, failed_at: row.get(1)?, failure: row.get(2)? })
        });
        Ok(outcome.optional()?.unwrap_or_default())
    }

    /// Notes that syncs that have begun at one moment have succeeded at another.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_synced(&self, connections: &[&str], began_at: i64, succeeded_at: i64) -> Result<(), MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        {
            let mut began = transaction.prepare_cached("INSERT OR REPLACE INTO schedule VALUES (?, ?)")?;
            let mut succeeded = transaction.prepare_cached(
                "INSERT INTO syncs VALUES (?1, ?2, NULL, NULL)
                     ON CONFLICT (connection) DO UPDATE SET succeeded_at = ?2, failure = NULL",
            )?;
            for connection in connections {
                began.execute(params![connection, began_at])?;
                succeeded.execute(params![connection, succeeded_at])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes that a sync has failed.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_sync_failed(&self, connection: &str, at: i64, failure: &str) -> Result<(), MetadataError> {
        let db = self.db();
        let mut failed = db.prepare_cached(
            "INSERT INTO syncs VALUES (?1, NULL, ?2, ?3) ON CONFLICT (connection) DO UPDATE SET failed_at = ?2, failure = ?3",
        )?;
        failed.execute(params![connection, at, failure])?;
        Ok(())
    }
}
