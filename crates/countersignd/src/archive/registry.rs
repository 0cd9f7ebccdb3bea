//! The registry: which objects there are. It is part of the metadata.

use std::collections::{BTreeMap, HashMap};

use countersign_inbox::{LogId, Seq, SeqRange};
use rusqlite::{Row, params};

use crate::archive::object::Bounds;
use crate::metadata::{Metadata, MetadataError};

/// The store of the data folder, as the registry names it.
pub const OWN_STORE: &str = "own";

/// An object of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it holds.
    pub bounds: Bounds,
    /// By what its lines are recognised.
    pub digest: [u8; 32],
    /// How many lines it has.
    pub lines: u64,
    /// How many bytes they have, before they were compressed.
    pub bytes: u64,
}

impl Metadata {
    /// Enters an object, durably. Entering it again changes nothing.
    ///
    /// # Errors
    /// Of the database.
    pub fn enter(&self, object: &Object, now: i64) -> Result<(), MetadataError> {
        let Object { bounds, digest, lines, bytes } = object;
        let log = bounds.log_id().unwrap_or(LogId([0; 16]));
        self.db()
            .prepare_cached("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING")?
            .execute(params![
                bounds.connection,
                OWN_STORE,
                log.0,
                number(bounds.first_seq),
                number(bounds.last_seq),
                bounds.key(),
                digest,
                number(*lines),
                number(*bytes),
                now
            ])?;
        Ok(())
    }

    /// The objects of a connection in a log whose last seq is behind `after`, in the order of their seqs.
    ///
    /// # Errors
    /// Of the database.
    pub fn objects(&self, connection: &str, log: LogId, after: Seq) -> Result<Vec<Object>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT key, digest, lines, bytes FROM objects WHERE connection = ? AND log = ? AND last_seq > ? AND removed_at IS NULL ORDER BY first_seq",
        )?;
        let objects = found.query_map(params![connection, log.0, number(after)], object)?;
        objects.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The logs in which a connection has objects, oldest first, with the last seq that is in one.
    ///
    /// # Errors
    /// Of the database.
    pub fn logs(&self, connection: &str) -> Result<BTreeMap<LogId, Seq>, MetadataError> {
        let db = self.db();
        let mut found =
            db.prepare_cached("SELECT log, MAX(last_seq) FROM objects WHERE connection = ? GROUP BY log")?;
        let logs = found.query_map([connection], |row| Ok((LogId(row.get(0)?), seq(row.get(1)?))))?;
        logs.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The last seq of a connection in a log that is in an object; 0 if none is.
    ///
    /// # Errors
    /// Of the database.
    pub fn archived_through(&self, connection: &str, log: LogId) -> Result<Seq, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT MAX(last_seq) FROM objects WHERE connection = ? AND log = ?")?;
        let last: Option<i64> = found.query_row(params![connection, log.0], |row| row.get(0))?;
        Ok(seq(last.unwrap_or(0)))
    }

    /// The keys of all objects.
    ///
    /// # Errors
    /// Of the database.
    pub fn keys(&self) -> Result<Vec<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT key FROM objects WHERE removed_at IS NULL")?;
        let keys = found.query_map([], |row| row.get(0))?;
        keys.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The objects of a connection in a log that were entered before a moment, and whose events are committed through a seq.
    ///
    /// # Errors
    /// Of the database.
    pub fn removable(
        &self,
        connection: &str,
        log: LogId,
        committed: Seq,
        entered_before: i64,
    ) -> Result<Vec<Object>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT key, digest, lines, bytes FROM objects
             WHERE connection = ? AND log = ? AND last_seq <= ? AND entered_at < ? AND removed_at IS NULL ORDER BY first_seq",
        )?;
        let objects = found.query_map(params![connection, log.0, number(committed), entered_before], object)?;
        objects.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// When the last object of each connection was entered, in microseconds since 1970.
    ///
    /// # Errors
    /// Of the database.
    pub fn archived_at(&self) -> Result<HashMap<String, i64>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT connection, MAX(entered_at) FROM objects GROUP BY connection")?;
        let times = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(times.collect::<Result<_, _>>()?)
    }

    /// When the last object of a connection was entered, in microseconds since 1970; none if none was.
    ///
    /// # Errors
    /// Of the database.
    pub fn archived_at_of(&self, connection: &str) -> Result<Option<i64>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT MAX(entered_at) FROM objects WHERE connection = ?")?;
        Ok(found.query_row([connection], |row| row.get(0))?)
    }

    /// Notes that an object was removed. How far its log was archived is still known.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_removed(&self, bounds: &Bounds, now: i64) -> Result<(), MetadataError> {
        let log = bounds.log_id().unwrap_or(LogId([0; 16]));
        self.db()
            .prepare_cached("UPDATE objects SET removed_at = ? WHERE connection = ? AND log = ? AND first_seq = ?")?
            .execute(params![now, bounds.connection, log.0, number(bounds.first_seq)])?;
        Ok(())
    }

    /// Forgets a log of a connection if all its objects were removed before a moment. Returns whether it was.
    ///
    /// # Errors
    /// Of the database.
    pub fn forget_log(&self, connection: &str, log: LogId, removed_before: i64) -> Result<bool, MetadataError> {
        let db = self.db();
        let mut delete = db.prepare_cached(
            "DELETE FROM objects WHERE connection = ?1 AND log = ?2 AND NOT EXISTS (
                 SELECT 1 FROM objects WHERE connection = ?1 AND log = ?2 AND (removed_at IS NULL OR removed_at >= ?3))",
        )?;
        Ok(delete.execute(params![connection, log.0, removed_before])? > 0)
    }

    /// Notes that events that were acknowledged, in a range of seqs, cannot be read. Returns whether that is new.
    ///
    /// # Errors
    /// Of the database.
    pub fn note_loss(&self, connection: &str, log: LogId, seqs: &SeqRange, now: i64) -> Result<bool, MetadataError> {
        let db = self.db();
        let mut insert = db.prepare_cached("INSERT INTO losses VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")?;
        Ok(insert.execute(params![connection, log.0, number(*seqs.start()), number(*seqs.end()), now])? > 0)
    }
}

/// An object of a row; none if its key is not one of ours.
fn object(row: &Row<'_>) -> rusqlite::Result<Option<Object>> {
    let key: String = row.get(0)?;
    let (digest, lines, bytes) = (row.get(1)?, seq(row.get(2)?), seq(row.get(3)?));
    Ok(Bounds::of_key(&key).map(|bounds| Object { bounds, digest, lines, bytes }))
}

/// SQLite has no numbers beyond 63 bits, and no log has as many events.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn seq(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
