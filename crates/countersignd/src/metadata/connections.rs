//! The connections that were made through the API.

use rusqlite::{Connection as Database, ErrorCode, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::metadata::{Metadata, MetadataError};

/// The step that makes the table. A connection that was deleted keeps its row, without secrets: its archive is still there.
pub(super) const MIGRATION: &str = "
    CREATE TABLE connections (
        number            INTEGER PRIMARY KEY AUTOINCREMENT,
        id                TEXT NOT NULL UNIQUE,
        group_id          TEXT NOT NULL,
        schema_folded     TEXT NOT NULL,
        table_folded      TEXT NOT NULL,
        endpoint          BLOB NOT NULL UNIQUE,
        past_endpoint     BLOB UNIQUE,
        past_endpoint_end INTEGER,
        request           TEXT NOT NULL,
        sealed            BLOB,
        period            INTEGER,
        daily_at          INTEGER,
        configuration     INTEGER NOT NULL,
        created_at        INTEGER NOT NULL,
        created_by        TEXT NOT NULL,
        setup_tests       TEXT,
        deleted_at        INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX connections_by_table ON connections (group_id, schema_folded, table_folded)
        WHERE deleted_at IS NULL;
    CREATE INDEX connections_deleted ON connections (deleted_at) WHERE deleted_at IS NOT NULL;
";

/// A connection that was made through the API. Times are in microseconds since 1970.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredConnection {
    /// Its place in the order of creation, once it has one.
    pub number: i64,
    /// Its API id.
    pub id: String,
    /// Its group.
    pub group: String,
    /// Schema and table, in lower case: what must be unique in the group.
    pub table: [String; 2],
    /// Where its senders send.
    pub endpoint: Uuid,
    /// Where they have sent before, and until when they still may.
    pub past_endpoint: Option<(Uuid, i64)>,
    /// The request body, with `******` in place of what is secret.
    pub request: String,
    /// What is secret, sealed; nothing if nothing is.
    pub sealed: Option<Vec<u8>>,
    /// The microseconds between two syncs; none if nothing syncs by itself.
    pub period: Option<i64>,
    /// The microseconds since midnight in UTC, of a sync once a day.
    pub daily_at: Option<i64>,
    /// The number of the configuration, which only grows.
    pub configuration: i64,
    /// When it was made.
    pub created_at: i64,
    /// By whom: the id of a key, or the owner of the data folder.
    pub created_by: String,
    /// What the last setup tests have found, in JSON.
    pub setup_tests: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
}

impl std::fmt::Debug for StoredConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredConnection").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What of a connection is held in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAddress {
    /// Its API id.
    pub id: String,
    /// Where its senders send.
    pub endpoint: Uuid,
    /// Where they have sent before, and until when they still may.
    pub past_endpoint: Option<(Uuid, i64)>,
    /// As [`StoredConnection::period`].
    pub period: Option<i64>,
    /// As [`StoredConnection::daily_at`].
    pub daily_at: Option<i64>,
}

/// Which connections of a list are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Those of this group.
    pub group: Option<&'a str>,
    /// Those of this schema, in lower case.
    pub schema: Option<&'a str>,
    /// Those behind this number.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}

const COLUMNS: &str =
    "number, id, group_id, schema_folded, table_folded, endpoint, past_endpoint, past_endpoint_end, request, sealed,
    period, daily_at, configuration, created_at, created_by, setup_tests, deleted_at";

impl Metadata {
    /// Enters a connection, unless its group has one with the same table: then the id of that one comes back. `also` is done in the same
    /// transaction.
    ///
    /// # Errors
    /// Of the database.
    pub fn create_connection(
        &self,
        one: &StoredConnection,
        also: impl FnOnce(&Database) -> rusqlite::Result<()>,
    ) -> Result<Result<(), String>, MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO connections (id, group_id, schema_folded, table_folded, endpoint, request, sealed, period, daily_at, configuration,
                 created_at, created_by, setup_tests) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        let inserted = insert.execute(params![
            one.id,
            one.group,
            one.table[0],
            one.table[1],
            one.endpoint.as_bytes(),
            one.request,
            one.sealed,
            one.period,
            one.daily_at,
            one.configuration,
            one.created_at,
            one.created_by,
            one.setup_tests
        ]);
        drop(insert);
        match inserted {
            Ok(_) => {
                also(&transaction)?;
                transaction.commit()?;
                Ok(Ok(()))
            }
            Err(rusqlite::Error::SqliteFailure(error, message)) if error.code == ErrorCode::ConstraintViolation => {
                match with_table(&transaction, &one.group, &one.table)? {
                    Some(other) => Ok(Err(other)),
                    None => Err(rusqlite::Error::SqliteFailure(error, message).into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces what can change of a connection: endpoints, request, schedule, configuration, setup tests. `also` is done in the same
    /// transaction.
    ///
    /// # Errors
    /// Of the database.
    pub fn change_connection(
        &self,
        one: &StoredConnection,
        also: impl FnOnce(&Database) -> rusqlite::Result<()>,
    ) -> Result<(), MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        let mut update = transaction.prepare_cached(
            "UPDATE connections SET endpoint = ?2, past_endpoint = ?3, past_endpoint_end = ?4, request = ?5, sealed = ?6, period = ?7,
                 daily_at = ?8, configuration = ?9, setup_tests = ?10 WHERE id = ?1 AND deleted_at IS NULL",
        )?;
        let past = one.past_endpoint;
        update.execute(params![
            one.id,
            one.endpoint.as_bytes(),
            past.map(|(endpoint, _)| *endpoint.as_bytes()),
            past.map(|(_, end)| end),
            one.request,
            one.sealed,
            one.period,
            one.daily_at,
            one.configuration,
            one.setup_tests
        ])?;
        drop(update);
        also(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    /// Notes that a connection was deleted, and forgets its secrets. Whether there was one; then `also` is done in the same transaction.
    ///
    /// # Errors
    /// Of the database.
    pub fn delete_connection(
        &self,
        id: &str,
        now: i64,
        also: impl FnOnce(&Database) -> rusqlite::Result<()>,
    ) -> Result<bool, MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        let mut delete = transaction.prepare_cached(
            "UPDATE connections SET deleted_at = ?, sealed = NULL, past_endpoint = NULL, past_endpoint_end = NULL
             WHERE id = ? AND deleted_at IS NULL",
        )?;
        let is_deleted = delete.execute(params![now, id])? > 0;
        drop(delete);
        if is_deleted {
            also(&transaction)?;
        }
        transaction.commit()?;
        Ok(is_deleted)
    }

    /// Notes what setup tests have found, in JSON.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_setup_tests(&self, id: &str, setup_tests: &str) -> Result<(), MetadataError> {
        let db = self.db();
        let mut update =
            db.prepare_cached("UPDATE connections SET setup_tests = ? WHERE id = ? AND deleted_at IS NULL")?;
        update.execute(params![setup_tests, id])?;
        Ok(())
    }

    /// The connection with this id, unless it was deleted.
    ///
    /// # Errors
    /// Of the database.
    pub fn stored_connection(&self, id: &str) -> Result<Option<StoredConnection>, MetadataError> {
        let db = self.db();
        let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ? AND deleted_at IS NULL");
        db.prepare_cached(&sql)?.query_row([id], connection).optional().map_err(MetadataError::from)
    }

    /// A page of connections, in the order of their creation.
    ///
    /// # Errors
    /// Of the database.
    pub fn stored_connections(&self, wanted: &Wanted<'_>) -> Result<Vec<StoredConnection>, MetadataError> {
        let db = self.db();
        let sql = format!(
            "SELECT {COLUMNS} FROM connections WHERE number > ? AND deleted_at IS NULL AND (?2 IS NULL OR group_id = ?2)
                 AND (?3 IS NULL OR schema_folded = ?3) ORDER BY number LIMIT ?4"
        );
        let mut found = db.prepare_cached(&sql)?;
        let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
        let rows = found.query_map(params![wanted.after, wanted.group, wanted.schema, limit], connection)?;
        rows.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// What is held in memory of all connections that were not deleted.
    ///
    /// # Errors
    /// Of the database.
    pub fn stored_addresses(&self) -> Result<Vec<StoredAddress>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare(
            "SELECT id, endpoint, past_endpoint, past_endpoint_end, period, daily_at FROM connections WHERE deleted_at IS NULL",
        )?;
        let rows = found.query_map([], |row| {
            Ok(StoredAddress {
                id: row.get(0)?,
                endpoint: Uuid::from_bytes(row.get(1)?),
                past_endpoint: past_endpoint(row.get(2)?, row.get(3)?),
                period: row.get(4)?,
                daily_at: row.get(5)?,
            })
        })?;
        rows.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The connection that has this table, by the lower case of its schema and name.
    ///
    /// # Errors
    /// Of the database.
    pub fn connection_with_table(&self, table: &[String; 2]) -> Result<Option<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT id FROM connections WHERE schema_folded = ? AND table_folded = ? AND deleted_at IS NULL LIMIT 1",
        )?;
        found.query_row(params![table[0], table[1]], |row| row.get(0)).optional().map_err(MetadataError::from)
    }

    /// The connections that were deleted and still have objects that were entered before a moment.
    ///
    /// # Errors
    /// Of the database.
    pub fn deleted_with_objects(&self, entered_before: i64) -> Result<Vec<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT id FROM connections WHERE deleted_at IS NOT NULL AND EXISTS (SELECT 1 FROM objects
                 WHERE connection = id AND entered_at < ?1 AND (removed_at IS NULL OR removed_at < ?1))",
        )?;
        let rows = found.query_map([entered_before], |row| row.get(0))?;
        rows.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// Whether a connection has ever had an object in the archive that is still registered.
    ///
    /// # Errors
    /// Of the database.
    pub fn has_objects(&self, connection: &str) -> Result<bool, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM objects WHERE connection = ?)")?;
        Ok(found.query_row([connection], |row| row.get(0))?)
    }
}

fn with_table(db: &Database, group: &str, table: &[String; 2]) -> rusqlite::Result<Option<String>> {
    let mut found = db.prepare_cached(
        "SELECT id FROM connections WHERE group_id = ? AND schema_folded = ? AND table_folded = ? AND deleted_at IS NULL",
    )?;
    found.query_row(params![group, table[0], table[1]], |row| row.get(0)).optional()
}

fn past_endpoint(endpoint: Option<[u8; 16]>, end: Option<i64>) -> Option<(Uuid, i64)> {
    Some((Uuid::from_bytes(endpoint?), end?))
}

fn connection(row: &Row<'_>) -> rusqlite::Result<StoredConnection> {
    Ok(StoredConnection {
        number: row.get(0)?,
        id: row.get(1)?,
        group: row.get(2)?,
        table: [row.get(3)?, row.get(4)?],
        endpoint: Uuid::from_bytes(row.get(5)?),
        past_endpoint: past_endpoint(row.get(6)?, row.get(7)?),
        request: row.get(8)?,
        sealed: row.get(9)?,
        period: row.get(10)?,
        daily_at: row.get(11)?,
        configuration: row.get(12)?,
        created_at: row.get(13)?,
        created_by: row.get(14)?,
        setup_tests: row.get(15)?,
        deleted_at: row.get(16)?,
    })
}
