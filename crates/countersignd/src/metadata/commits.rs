//! How far the events of each connection are in tables: what its last sync has read of the destination's checkpoints. Metrics and alarms are
//! made of it, and nothing else: a sync asks the destination.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::metadata::{Metadata, MetadataError};

/// The step that makes the table.
pub(super) const MIGRATION: &str = "
    CREATE TABLE commits (
        connection TEXT NOT NULL,
        log        BLOB NOT NULL,
        last_seq   INTEGER NOT NULL,
        PRIMARY KEY (connection, log)
    ) STRICT, WITHOUT ROWID;
";

/// What of a connection is archived and in no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncommitted {
    /// The bytes of its lines.
    pub bytes: u64,
    /// When the first of it was archived, in microseconds since 1970.
    pub since: i64,
}

impl Metadata {
    /// Notes how far each log of a connection is in its table.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_commits(&self, connection: &str, checkpoints: &BTreeMap<[u8; 16], u64>) -> Result<(), MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        transaction.execute("DELETE FROM commits WHERE connection = ?", [connection])?;
        for (log, last_seq) in checkpoints {
            let last_seq = i64::try_from(*last_seq).unwrap_or(i64::MAX);
            transaction
                .prepare_cached("INSERT INTO commits VALUES (?, ?, ?)")?
                .execute(params![connection, log, last_seq])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// What is archived and in no table, by connection.
    ///
    /// # Errors
    /// Of the database.
    pub fn uncommitted(&self) -> Result<BTreeMap<String, Uncommitted>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT objects.connection, SUM(objects.bytes), MIN(objects.entered_at)
             FROM objects LEFT JOIN commits ON commits.connection = objects.connection AND commits.log = objects.log
             WHERE objects.removed_at IS NULL AND objects.last_seq > COALESCE(commits.last_seq, 0) GROUP BY 1",
        )?;
        let rows = found.query_map([], |row| {
            let bytes = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            Ok((row.get(0)?, Uncommitted { bytes, since: row.get(2)? }))
        })?;
        rows.collect::<Result<_, _>>().map_err(MetadataError::from)
    }
}
