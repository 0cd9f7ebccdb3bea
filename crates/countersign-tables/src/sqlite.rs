//! Tables in SQLite: a file for each schema.

mod catalog;
mod checkpoint;
mod commit;
mod fault;
mod file;
mod lookup;
mod names;
mod unsplit;
#[allow(unsafe_code, reason = "functions that SQLite calls, in C")]
mod vfs;

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::TransactionBehavior;

use crate::destination::{Committed, Destination, DestinationError, StoredDeadLetter, StoredEvent};
use crate::load::Load;
use crate::plan::Column;
use crate::planted::planted_bug;
use crate::state::TableState;
use crate::table::Table;
use catalog::Catalog;
use file::SchemaFile;
use names::{OURS, quoted};

/// How many files are open at once, however many schemas there are. Each takes three descriptors.
const OPEN_MAX: usize = 16;

/// SQLite files in a folder. The file of a schema has its name in lower case, percent-encoded, and the ending `.db`; beside it is
/// a `.db.lock`, which one writer holds. Anybody may read while it writes: `sqlite3 webhooks.db 'SELECT * FROM events'`.
#[derive(Debug)]
pub struct Sqlite {
    folder: PathBuf,
    /// Those that are open, by their names.
    files: HashMap<String, SchemaFile>,
    /// How many transactions there were.
    transactions: u64,
}

impl Sqlite {
    /// The files in `folder`, which must be there. A file is created when the first table of its schema is opened.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), files: HashMap::new(), transactions: 0 }
    }

    /// Does `work` in a transaction on the file of the schema, and commits unless it fails.
    fn transaction<T>(
        &mut self,
        schema: &str,
        work: impl FnOnce(&Catalog<'_>) -> Result<T, DestinationError>,
    ) -> Result<T, DestinationError> {
        self.transact(schema, work).map_err(|error| fault::in_file(error, &file::path(&self.folder, schema)))
    }

    fn transact<T>(
        &mut self,
        schema: &str,
        work: impl FnOnce(&Catalog<'_>) -> Result<T, DestinationError>,
    ) -> Result<T, DestinationError> {
        const REPLACED: DestinationError =
            DestinationError::Conflict("the file of the schema was replaced by another one");
        let name = names::file_name(schema);
        self.make_room(&name);
        self.transactions += 1;
        let file = match self.files.entry(name.clone()) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(SchemaFile::open(&self.folder, schema)?),
        };
        file.last_used = self.transactions;
        if !file.is_in_place() {
            self.files.remove(&name);
            return Err(REPLACED);
        }
        let begin = DestinationError::failed("begin a transaction");
        let transaction = file.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(begin)?;
        let done = work(&Catalog { connection: &transaction, schema: &file.schema, name: &file.name })?;
        if crate::planted::commit_fails() {
            return Err(DestinationError::Failed { operation: "commit", source: "a test lets it fail".into() });
        }
        transaction.commit().map_err(DestinationError::failed("commit"))?;
        if !file.is_in_place() {
            self.files.remove(&name);
            return Err(REPLACED);
        }
        Ok(done)
    }

    /// Closes the file that was not used for the longest time, if this one is not open and as many are as may be.
    fn make_room(&mut self, name: &str) {
        if self.files.len() < OPEN_MAX || self.files.contains_key(name) {
            return;
        }
        let oldest = self.files.iter().min_by_key(|(_, file)| file.last_used).map(|(name, _)| name.clone());
        if let Some(oldest) = oldest {
            self.files.remove(&oldest);
        }
    }

    /// Does `work`, which only reads. Where there is no file there is nothing to read, and none is made.
    fn look<T: Default>(
        &mut self,
        schema: &str,
        work: impl FnOnce(&Catalog<'_>) -> Result<T, DestinationError>,
    ) -> Result<T, DestinationError> {
        let name = names::file_name(schema);
        if self.files.get(&name).is_some_and(|file| !file.is_in_place()) {
            self.files.remove(&name);
        }
        // Whatever else is wrong with it is told when it is opened.
        let is_missing = matches!(file::path(&self.folder, schema).try_exists(), Ok(false));
        if is_missing && !self.files.contains_key(&name) { Ok(T::default()) } else { self.transaction(schema, work) }
    }
}

impl Destination for Sqlite {
    fn check_names(&self, schema: &str, table: &str) -> Result<(), DestinationError> {
        names::check(schema, table)
    }

    fn setup_test(&mut self, table: &Table) -> Result<(), DestinationError> {
        names::check(&table.schema, &table.name)?;
        self.transaction(&table.schema, |catalog| {
            let create = || -> rusqlite::Result<()> {
                let id: String = catalog.connection.query_row("SELECT hex(randomblob(8))", [], |row| row.get(0))?;
                let trial = format!("{}.{}", catalog.schema, quoted(&format!("{OURS}setup_{id}")));
                catalog
                    .connection
                    .execute_batch(&format!("CREATE TABLE {trial} (x ANY) STRICT; INSERT INTO {trial} VALUES (1)"))
            };
            create().map_err(DestinationError::failed("create a table and insert a row"))
        })?;
        self.transaction(&table.schema, |catalog| {
            // All that there are, also of a trial that was interrupted.
            let sql = format!("SELECT name FROM {}.sqlite_schema WHERE name GLOB '{OURS}setup_*'", catalog.schema);
            let drop = || -> rusqlite::Result<()> {
                let mut statement = catalog.connection.prepare(&sql)?;
                let trials: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                let drop = |name: &String| format!("DROP TABLE {}.{};", catalog.schema, quoted(name));
                catalog.connection.execute_batch(&trials.iter().map(drop).collect::<String>())
            };
            drop().map_err(DestinationError::failed("drop a table"))
        })?;
        self.transaction(&table.schema, |catalog| catalog.refuse_foreign(table))
    }

    fn open_table(
        &mut self,
        connection: &str,
        table: &Table,
        known: &[Column],
    ) -> Result<TableState, DestinationError> {
        names::check(&table.schema, &table.name)?;
        let open = |catalog: &Catalog<'_>| {
            catalog.refuse_foreign(table)?;
            catalog.open(connection, table, known).map_err(DestinationError::failed("open the table"))
        };
        match self.transaction(&table.schema, open) {
            // The file that is there now is opened.
            Err(DestinationError::Conflict(_)) => self.transaction(&table.schema, open),
            other => other,
        }
    }

    fn commit(&mut self, load: &Load<'_>) -> Result<Committed, DestinationError> {
        let schema = &load.table.schema;
        if planted_bug!(CommitsTheCheckpointApart) {
            self.transaction(schema, |catalog| commit::set_checkpoint(catalog, load))?;
        }
        let committed = self.transaction(schema, |catalog| commit::write(catalog, load))?;
        if planted_bug!(CommitsDeadLettersApart) {
            self.transaction(schema, |catalog| commit::write_letters(catalog, load))?;
        }
        Ok(committed)
    }

    fn forget_log(&mut self, connection: &str, table: &Table, log: &[u8; 16]) -> Result<(), DestinationError> {
        self.transaction(&table.schema, |catalog| {
            catalog.create().map_err(DestinationError::failed("open the catalog of the schema"))?;
            let forget = catalog.forget_checkpoint(connection, table, log);
            forget.map_err(DestinationError::failed("forget a checkpoint"))
        })
    }

    fn find(&mut self, table: &Table, id: &[u8; 16]) -> Result<StoredEvent, DestinationError> {
        self.look(&table.schema, |catalog| lookup::find(catalog, table, id))
    }

    fn dead_letters(
        &mut self,
        table: &Table,
        after: Option<([u8; 16], u32)>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, DestinationError> {
        self.look(&table.schema, |catalog| lookup::dead_letters(catalog, table, after, limit))
    }
}
