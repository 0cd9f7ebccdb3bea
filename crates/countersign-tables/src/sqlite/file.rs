//! The file of one schema: attached under its name to a connection whose main database is empty, and held by one writer.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::names::{file_name, quoted};
use super::vfs;
use crate::destination::DestinationError;

/// Older libraries can lose committed pages in WAL mode, if two connections write and reset the log at once
/// (<https://sqlite.org/wal.html#walresetbug>).
const VERSION_MIN: i32 = 3_051_003;
/// How long a lock of another connection is waited for.
const BUSY: Duration = Duration::from_secs(5);
/// What a connection is set to. Text in double quotes is never taken for a string; what stands in the file's schema gets no rights.
const SETTINGS: [(DbConfig, bool); 4] = [
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
];
/// The size of a new file's pages: a page costs system calls and work in the kernel, in the log and in the file, whatever its size. Larger
/// ones would cost more in a large table, where most events of a load change a page of the index of their own.
const PAGE_BYTES: u32 = 32 << 10;
/// How many bytes of pages the log may have before it is moved into the file.
const LOG_BYTES: u32 = 16 << 20;
/// 2 MiB of pages in memory, for good: the rows of a load come sorted, so a page that was filled is not needed again, and is written to the log
/// as soon as another one needs its room. More pages would each be had from the system, and given back, with every load. The log is cut to
/// 160 MiB after it was moved into the file: a load fits into that, and to write over a log costs less than to make it longer. It is moved
/// once now too, which flushes it: a checkpoint that an earlier process has written and not flushed is read as if it were durable, and
/// objects go on its word.
const PRAGMAS: &str =
    "PRAGMA {schema}.synchronous = FULL; PRAGMA {schema}.cache_size = -2048; PRAGMA wal_autocheckpoint = {log_pages};
    PRAGMA {schema}.journal_size_limit = 167772160; PRAGMA temp_store = MEMORY; PRAGMA {schema}.wal_checkpoint(PASSIVE);";

/// An open file.
#[derive(Debug)]
pub(super) struct SchemaFile {
    /// The connection, to which the file is attached under the schema's name.
    pub(super) connection: Connection,
    /// The schema's name in quotes.
    pub(super) schema: String,
    /// The schema's name.
    pub(super) name: String,
    /// In which transaction it was used last.
    pub(super) last_used: u64,
    path: PathBuf,
    identity: Identity,
    /// Held until it is closed.
    _lock: File,
}

/// Which file it is that has the name.
type Identity = (u64, u64);

impl SchemaFile {
    pub(super) fn open(folder: &Path, schema: &str) -> Result<Self, DestinationError> {
        if !is_safe(rusqlite::version_number()) {
            let message =
                format!("it is {}; 3.51.3 or newer is needed, since older ones lose pages", rusqlite::version());
            return Err(DestinationError::Failed { operation: "use this library of SQLite", source: message.into() });
        }
        let path = path(folder, schema);
        let lock = lock(&path.with_extension("db.lock"))?;
        let connection = attach(&path, schema)?;
        let identity = identity(&path)?;
        Ok(Self {
            connection,
            schema: quoted(schema),
            name: schema.to_owned(),
            last_used: 0,
            path,
            identity,
            _lock: lock,
        })
    }

    /// Whether the name is still that of the file that is open. If a person has put another one there, what is written would be lost.
    pub(super) fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }
}

/// The file of a schema.
pub(super) fn path(folder: &Path, schema: &str) -> PathBuf {
    folder.join(file_name(schema) + ".db")
}

fn is_safe(version: i32) -> bool {
    version >= VERSION_MIN
}

fn lock(path: &Path) -> Result<File, DestinationError> {
    let operation = "lock the file of the schema";
    let file = File::options().create(true).append(true).open(path).map_err(DestinationError::failed(operation))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DestinationError::Failed {
            operation,
            source: format!(
                "another process, or another destination of this one, writes it and holds {}: end one of the two",
                path.display()
            )
            .into(),
        }),
        Err(TryLockError::Error(error)) => Err(DestinationError::failed(operation)(error)),
    }
}

fn attach(path: &Path, schema: &str) -> Result<Connection, DestinationError> {
    let operation = "open the file of the schema";
    // A path that began with `file:` would be a URI to SQLite, which is compiled so.
    let path = std::path::absolute(path).map_err(DestinationError::failed(operation))?;
    let text = path.to_str().ok_or("its path is not UTF-8").map_err(DestinationError::failed(operation))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<(Connection, String)> {
        let connection = Connection::open_in_memory_with_flags_and_vfs(flags, vfs::name()?)?;
        for (setting, value) in SETTINGS {
            connection.set_db_config(setting, value)?;
        }
        connection.busy_timeout(BUSY)?;
        let (bare, schema) = (schema, quoted(schema));
        connection.execute(&format!("ATTACH ?1 AS {schema}"), [text])?;
        // It counts only while the file is empty.
        connection.pragma_update(Some(bare), "page_size", PAGE_BYTES)?;
        let mode = connection.query_row(&format!("PRAGMA {schema}.journal_mode = WAL"), [], |row| row.get(0))?;
        // A file that was there keeps the pages that it has.
        let page_bytes: u32 = connection.pragma_query_value(Some(bare), "page_size", |row| row.get(0))?;
        let log_pages = (LOG_BYTES / page_bytes.max(1)).to_string();
        connection.execute_batch(&PRAGMAS.replace("{schema}", &schema).replace("{log_pages}", &log_pages))?;
        Ok((connection, mode))
    };
    let (connection, mode) = open().map_err(DestinationError::failed(operation))?;
    if mode != "wal" {
        let message = format!(
            "its journal mode stays {mode}; a write-ahead log is needed, which network file systems do not have"
        );
        return Err(DestinationError::Failed { operation, source: message.into() });
    }
    Ok(connection)
}

#[cfg(unix)]
fn identity(path: &Path) -> Result<Identity, DestinationError> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(path).map_err(DestinationError::failed("look at the file of the schema"))?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Elsewhere an open file cannot be replaced.
#[cfg(not(unix))]
fn identity(path: &Path) -> Result<Identity, DestinationError> {
    fs::metadata(path).map(|_| (0, 0)).map_err(DestinationError::failed("look at the file of the schema"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_lose_pages_are_refused() {
        assert!(is_safe(rusqlite::version_number()));
        assert!(is_safe(3_051_003) && !is_safe(3_051_002) && !is_safe(3_040_001));
    }

    #[test]
    fn the_log_is_bounded_in_bytes_whatever_the_size_of_the_pages() {
        let folder = tempfile::tempdir().unwrap();
        let old = Connection::open(folder.path().join("old.db")).unwrap();
        old.execute_batch("PRAGMA page_size = 4096; CREATE TABLE t (x)").unwrap();
        for (schema, page_bytes, log_pages) in [("old", 4096, 4096), ("new", 32_768, 512)] {
            let file = SchemaFile::open(folder.path(), schema).unwrap();
            let number = |schema, name| file.connection.pragma_query_value::<i64, _>(schema, name, |row| row.get(0));
            assert_eq!(number(Some(schema), "page_size").unwrap(), page_bytes);
            assert_eq!(number(None, "wal_autocheckpoint").unwrap(), log_pages);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_relative_path_that_looks_like_a_uri_is_a_path() {
        let folder = tempfile::Builder::new().prefix("file:").tempdir_in(".").unwrap();
        let name = Path::new(folder.path().file_name().unwrap());
        let file = SchemaFile::open(name, "x").unwrap();
        file.connection.execute_batch("CREATE TABLE x.t (x)").unwrap();
        assert!(fs::metadata(folder.path().join("x.db")).unwrap().len() > 0 || folder.path().join("x.db-wal").exists());
        assert!(file.is_in_place());
    }

    #[test]
    fn a_file_that_is_no_database_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("s.db"), "x".repeat(5000)).unwrap();
        let error = SchemaFile::open(folder.path(), "s").map(drop).unwrap_err();
        assert!(
            matches!(&error, DestinationError::Failed { source, .. } if source.to_string().contains("not a database")),
            "{error:?}"
        );
        let error = SchemaFile::open(&folder.path().join("absent"), "s").map(drop).unwrap_err();
        assert!(matches!(error, DestinationError::Failed { .. }), "{error:?}");
    }
}
