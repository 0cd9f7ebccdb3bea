//! The metadata of a data folder: `metadata.db`, a file of SQLite, and the steps that bring an older one up to date.
//!
//! Events are removed from the inbox on its word, so a commit is durable when it returns (`synchronous` is FULL).

mod commits;
mod connections;
mod places;
mod steps;
mod stores;
mod syncs;
mod table;

use std::collections::HashMap;
use std::fmt;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_tables::{Column, Kind};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

pub use connections::{StoredAddress, StoredConnection, Wanted};
pub use places::Part;
pub use syncs::SyncOutcome;
pub use table::TableName;

/// The name of the file in the data folder.
pub const FILE: &str = "metadata.db";

/// The steps, in their order. One that was released is never changed: `user_version` says how many a file has seen.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE objects (
        connection TEXT NOT NULL,
        store      TEXT NOT NULL,
        log        BLOB NOT NULL,
        first_seq  INTEGER NOT NULL,
        last_seq   INTEGER NOT NULL,
        key        TEXT NOT NULL,
        digest     BLOB NOT NULL,
        lines      INTEGER NOT NULL,
        bytes      INTEGER NOT NULL,
        entered_at INTEGER NOT NULL,
        removed_at INTEGER,
        PRIMARY KEY (connection, log, first_seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE losses (
        connection TEXT NOT NULL,
        log        BLOB NOT NULL,
        first_seq  INTEGER NOT NULL,
        last_seq   INTEGER NOT NULL,
        found_at   INTEGER NOT NULL,
        PRIMARY KEY (connection, log, first_seq, last_seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE columns (
        connection TEXT NOT NULL,
        position   INTEGER NOT NULL,
        key        TEXT,
        kind       TEXT NOT NULL,
        name       TEXT NOT NULL,
        PRIMARY KEY (connection, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE schedule (
        connection TEXT NOT NULL PRIMARY KEY,
        synced_at  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    r#"
    CREATE TABLE tables (
        connection TEXT NOT NULL PRIMARY KEY,
        "schema"   TEXT NOT NULL,
        name       TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
"#,
    steps::MASTER_KEY,
    steps::KEYS,
    steps::AUDIT,
    connections::MIGRATION,
    syncs::MIGRATION,
    commits::MIGRATION,
    places::MIGRATION,
    stores::MIGRATION,
];

/// The oldest SQLite that may be used: before it, a WAL that is reset while another connection writes can lose committed pages
/// (<https://sqlite.org/wal.html#walresetbug>).
const SQLITE_MIN: i32 = 3_051_003;

/// The metadata of a data folder.
pub struct Metadata(Mutex<Connection>);

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metadata")
    }
}

/// Why the metadata cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum MetadataError {
    /// The file cannot be made or read.
    File(std::io::Error),
    /// What SQLite says.
    Sqlite(rusqlite::Error),
    /// A later version of this program has written the file: how many steps it has seen.
    Newer(i64),
    /// SQLite itself is too old: its version.
    OldSqlite(&'static str),
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => write!(f, "cannot open {FILE}"),
            Self::Sqlite(error) if is_locked(error) => write!(
                f,
                "another program has locked {FILE} in the data folder, perhaps sqlite3 or a backup with an open transaction: end its \
                 transaction, or the program (fuser lists who has the file open)"
            ),
            Self::Sqlite(_) => write!(f, "{FILE} in the data folder cannot be read or written"),
            Self::Newer(version) => write!(
                f,
                "{FILE} was written by a later version of countersignd (format {version}, this one knows {}): use that one",
                MIGRATIONS.len()
            ),
            Self::OldSqlite(version) => {
                write!(f, "SQLite {version} can lose what it has committed: 3.51.3 or later is needed")
            }
        }
    }
}

fn is_locked(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl std::error::Error for MetadataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::Sqlite(error) => Some(error),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for MetadataError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Metadata {
    /// Opens the metadata of a data folder, which it makes if it is not there, and brings it up to date.
    ///
    /// # Errors
    /// As [`MetadataError`] lists them.
    pub fn open(data: &Path) -> Result<Self, MetadataError> {
        if rusqlite::version_number() < SQLITE_MIN {
            return Err(MetadataError::OldSqlite(rusqlite::version()));
        }
        let path = data.join(FILE);
        // SQLite gives its other files the mode of this one.
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::File::open(data)?.sync_all())
            .map_err(MetadataError::File)?;
        let mut db = Connection::open(&path)?;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        // What an earlier process has written and not flushed is read as if it were durable, and events are released on the word of it. A
        // checkpoint flushes it first.
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        migrate(&mut db)?;
        Ok(Self(Mutex::new(db)))
    }

    /// The columns of a connection's table, as they were after the last load that was noted.
    ///
    /// # Errors
    /// Of the database.
    pub fn columns(&self, connection: &str) -> Result<Vec<Column>, MetadataError> {
        let db = self.db();
        let mut found =
            db.prepare_cached("SELECT key, kind, name FROM columns WHERE connection = ? ORDER BY position")?;
        let columns = found.query_map([connection], |row| {
            let kind: String = row.get(1)?;
            let (key, name) = (row.get(0)?, row.get(2)?);
            Ok(Kind::from_name(&kind).map(|kind| Column { key, kind, name }))
        })?;
        columns.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// Notes the columns of a connection's table, to which columns are only ever added.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_columns(&self, connection: &str, columns: &[Column]) -> Result<(), MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known: i64 =
            transaction
                .query_row("SELECT count(*) FROM columns WHERE connection = ?", [connection], |row| row.get(0))?;
        for (position, column) in (0_i64..).zip(columns).skip_while(|(position, _)| *position < known) {
            transaction.execute(
                "INSERT INTO columns VALUES (?, ?, ?, ?, ?)",
                rusqlite::params![connection, position, column.key, column.kind.name(), column.name],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// When the last successful sync of each connection has begun, in microseconds since 1970.
    ///
    /// # Errors
    /// Of the database.
    pub fn synced_at(&self) -> Result<HashMap<String, i64>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT connection, synced_at FROM schedule")?;
        let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The database, for one statement or transaction. It blocks.
    pub(crate) fn db(&self) -> MutexGuard<'_, Connection> {
        // A transaction that has panicked was rolled back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the steps that the file has not seen, each with its number in one transaction.
fn migrate(db: &mut Connection) -> Result<(), MetadataError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Some(steps) = usize::try_from(version).ok().and_then(|seen| MIGRATIONS.get(seen..)) else {
        return Err(MetadataError::Newer(version));
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", version + i64::try_from(steps.len()).unwrap_or(0))?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_later_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        Metadata::open(folder.path()).unwrap();
        Metadata::open(folder.path()).unwrap();
        let db = Connection::open(folder.path().join(FILE)).unwrap();
        db.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap() + 1).unwrap();
        drop(db);
        let error = Metadata::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("later version"), "{error}");
    }

    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        metadata.db().execute("INSERT INTO schedule VALUES ('c', 0)", []).unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        }
    }
}
