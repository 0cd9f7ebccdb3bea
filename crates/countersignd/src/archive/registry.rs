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
    /// What the registry calls the store that it is in.
    pub store: String,
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
        self.enter_new(object, now).map(|_| ())
    }

    /// As [`Self::enter`]; whether it was not entered before, in this store or in another.
    ///
    /// # Errors
    /// Of the database.
    pub fn enter_new(&self, object: &Object, now: i64) -> Result<bool, MetadataError> {
        let Object { store, bounds, digest, lines, bytes } = object;
        let log = bounds.log_id().unwrap_or(LogId([0; 16]));
        let entered = self
            .db()
            .prepare_cached("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING")?
            .execute(params![
                bounds.connection,
                store,
                log.0,
                number(bounds.first_seq),
                number(bounds.last_seq),
                bounds.key(),
                digest,
                number(*lines),
                number(*bytes),
                now
            ])?;
        Ok(entered > 0)
    }

    /// The objects of a connection in a log whose last seq is behind `after`, in the order of their seqs.
    ///
    /// # Errors
    /// Of the database.
    pub fn objects(&self, connection: &str, log: LogId, after: Seq) -> Result<Vec<Object>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT key, digest, lines, bytes, store FROM objects WHERE connection = ? AND log = ? AND last_seq > ? AND removed_at IS NULL ORDER BY first_seq",
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

    /// The stores, connections and keys of all objects.
    ///
    /// # Errors
    /// Of the database.
    pub fn places(&self) -> Result<Vec<[String; 3]>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT store, connection, key FROM objects WHERE removed_at IS NULL")?;
        let places = found.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
        places.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The keys of the objects of a connection in a store.
    ///
    /// # Errors
    /// Of the database.
    pub fn keys_in(&self, store: &str, connection: &str) -> Result<Vec<String>, MetadataError> {
        let db = self.db();
        let mut found =
            db.prepare_cached("SELECT key FROM objects WHERE store = ? AND connection = ? AND removed_at IS NULL")?;
        let keys = found.query_map([store, connection], |row| row.get(0))?;
        keys.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The keys of all objects of a store.
    ///
    /// # Errors
    /// Of the database.
    pub fn keys_of(&self, store: &str) -> Result<Vec<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT key FROM objects WHERE store = ? AND removed_at IS NULL")?;
        let keys = found.query_map([store], |row| row.get(0))?;
        keys.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The objects of a connection in a log that are in the own store, were entered before a moment, and whose events are committed through a seq.
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
            "SELECT key, digest, lines, bytes, store FROM objects
             WHERE connection = ? AND log = ? AND last_seq <= ? AND entered_at < ? AND removed_at IS NULL AND store = ? ORDER BY first_seq",
        )?;
        let objects =
            found.query_map(params![connection, log.0, number(committed), entered_before, OWN_STORE], object)?;
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

    /// The connections of which such events were found since a moment, sorted, each with the first of them.
    ///
    /// # Errors
    /// Of the database.
    pub fn losses_since(&self, found_at: i64) -> Result<Vec<(String, LogId, SeqRange)>, MetadataError> {
        let db = self.db();
        // SQLite takes the other columns from the row with the smallest one.
        let mut found = db.prepare_cached(
            "SELECT connection, log, first_seq, last_seq, MIN(found_at) FROM losses WHERE found_at >= ? GROUP BY connection ORDER BY connection",
        )?;
        let losses = found
            .query_map([found_at], |row| Ok((row.get(0)?, LogId(row.get(1)?), seq(row.get(2)?)..=seq(row.get(3)?))))?;
        Ok(losses.collect::<Result<_, _>>()?)
    }
}

/// An object of a row; none if its key is not one of ours.
fn object(row: &Row<'_>) -> rusqlite::Result<Option<Object>> {
    let key: String = row.get(0)?;
    let (digest, lines, bytes) = (row.get(1)?, seq(row.get(2)?), seq(row.get(3)?));
    let store = row.get(4)?;
    Ok(Bounds::of_key(&key).map(|bounds| Object { store, bounds, digest, lines, bytes }))
}

/// SQLite has no numbers beyond 63 bits, and no log has as many events.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn seq(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_noted_once_and_told_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        let (log, other) = (LogId([7; 16]), LogId([8; 16]));
        for (connection, log, seqs, at, is_new) in [
            ("b", log, 5..=6, 10, true),
            ("b", log, 5..=6, 11, false),
            ("b", other, 1..=1, 20, true),
            ("a", log, 9..=9, 30, true),
        ] {
            assert_eq!(metadata.note_loss(connection, log, &seqs, at).unwrap(), is_new);
        }
        let of = |connection: &str, log, seqs| (connection.to_owned(), log, seqs);
        assert_eq!(metadata.losses_since(10).unwrap(), [of("a", log, 9..=9), of("b", log, 5..=6)]);
        assert_eq!(metadata.losses_since(11).unwrap(), [of("a", log, 9..=9), of("b", other, 1..=1)]);
        assert_eq!(metadata.losses_since(31).unwrap(), []);
    }
}
