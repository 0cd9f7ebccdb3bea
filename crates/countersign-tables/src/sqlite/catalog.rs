//! What stands in a file beside the tables: which of them are ours, their plans and their checkpoints.
//!
//! A table carries its marker in the text of its CREATE statement, as a comment with an id that is given once. So a table that
//! was dropped is missed, one that somebody else made in its place is not ours, and a file that is replaced by an older copy brings
//! back its checkpoints with its rows.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::names::quoted;
use crate::column::{CREATED, EVENT, ID, INDEX, SYNCED};
use crate::destination::DestinationError;
use crate::names::fold;
use crate::plan::{Column, Kind, Plan};
use crate::state::{Notice, TableState};
use crate::table::{Format, Table};

/// The version of all that this module writes. A file with another one is not written.
const LAYOUT: i64 = 1;

const TABLES: &str = r#"
CREATE TABLE IF NOT EXISTS {schema}."_countersign_tables" (
    "name" TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, "layout" INTEGER NOT NULL, "format" TEXT NOT NULL,
    "instance" TEXT NOT NULL, "dead_letters_instance" TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS {schema}."_countersign_columns" (
    "table" TEXT NOT NULL COLLATE NOCASE, "position" INTEGER NOT NULL, "key" TEXT, "kind" TEXT NOT NULL, "name" TEXT NOT NULL,
    PRIMARY KEY ("table", "position")) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS {schema}."_countersign_checkpoints" (
    "table" TEXT NOT NULL COLLATE NOCASE, "connection" TEXT NOT NULL, "log" TEXT NOT NULL, "last_seq" INTEGER NOT NULL,
    PRIMARY KEY ("table", "connection", "log")) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS {schema}."_countersign_unsplit" (
    "table" TEXT NOT NULL COLLATE NOCASE PRIMARY KEY) STRICT, WITHOUT ROWID;
"#;

/// The catalog of one file, inside a transaction.
pub(super) struct Catalog<'c> {
    pub(super) connection: &'c Connection,
    /// The schema's name in quotes.
    pub(super) schema: &'c str,
    /// The schema's name.
    pub(super) name: &'c str,
}

/// A table as the catalog has it.
pub(super) struct Entry {
    layout: i64,
    format: String,
    pub(super) instance: String,
    dead_letters_instance: String,
}

/// What there is under a table's name.
#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Ours,
    Foreign(&'static str),
}

impl Catalog<'_> {
    pub(super) fn sql(&self, sql: &str) -> String {
        sql.replace("{schema}", self.schema)
    }

    pub(super) fn create(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch(&self.sql(TABLES))
    }

    fn exists(&self) -> rusqlite::Result<bool> {
        let sql = self.sql("SELECT EXISTS (SELECT 1 FROM {schema}.sqlite_schema WHERE name = '_countersign_tables')");
        self.connection.query_row(&sql, [], |row| row.get(0))
    }

    pub(super) fn entry(&self, table: &Table) -> rusqlite::Result<Option<Entry>> {
        let sql = r#"SELECT "layout", "format", "instance", "dead_letters_instance" FROM {schema}."_countersign_tables" WHERE "name" = ?1"#;
        let entry = |row: &rusqlite::Row<'_>| {
            let (layout, format, instance) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Entry { layout, format, instance, dead_letters_instance: row.get(3)? })
        };
        self.connection.query_row(&self.sql(sql), [&table.name], entry).optional()
    }

    /// What there is under `name`, if what is ours has the marker of `instance`.
    fn find(&self, name: &str, instance: Option<&str>) -> rusqlite::Result<Found> {
        let sql = "SELECT type, sql FROM {schema}.sqlite_schema WHERE name = ?1 COLLATE NOCASE";
        let found: Option<(String, Option<String>)> =
            self.connection.query_row(&self.sql(sql), [name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(match (found, instance) {
            (None, _) => Found::Nothing,
            (Some((kind, _)), _) if kind != "table" => Found::Foreign("there is a view or an index of this name"),
            (Some((_, Some(sql))), Some(instance)) if sql.contains(&marker(instance)) => Found::Ours,
            (Some(_), Some(_)) => Found::Foreign("ours was dropped, and another one made in its place"),
            (Some(_), None) => Found::Foreign("it was not made by countersign"),
        })
    }

    /// The entry of a table, if it and the table of its dead letters are as they were made; `None` if either is missing.
    pub(super) fn intact(&self, table: &Table) -> Result<Option<Entry>, DestinationError> {
        let read = DestinationError::failed("read the catalog of the schema");
        let whole = || -> rusqlite::Result<Option<(Entry, [Found; 2])>> {
            if !self.exists()? {
                return Ok(None);
            }
            let Some(entry) = self.entry(table)? else { return Ok(None) };
            let rows = self.find(&table.name, Some(&entry.instance))?;
            let letters = self.find(&table.dead_letters_name(), Some(&entry.dead_letters_instance))?;
            Ok(Some((entry, [rows, letters])))
        };
        Ok(whole().map_err(read)?.filter(|(_, found)| *found == [Found::Ours, Found::Ours]).map(|(entry, _)| entry))
    }

    /// An error if the table must not be written.
    pub(super) fn refuse_foreign(&self, table: &Table) -> Result<(), DestinationError> {
        let failed = || DestinationError::failed("read the catalog of the schema");
        let has_catalog = self.exists().map_err(failed())?;
        let entry = if has_catalog { self.entry(table).map_err(failed())? } else { None };
        let foreign = |name: &str, message: String| {
            Err(DestinationError::Foreign { table: format!("{}.{name}", self.name), message })
        };
        let names = [
            (table.name.clone(), entry.as_ref().map(|entry| &*entry.instance)),
            (table.dead_letters_name(), entry.as_ref().map(|entry| &*entry.dead_letters_instance)),
        ];
        let mut is_there = false;
        for (name, instance) in names {
            match self.find(&name, instance).map_err(failed())? {
                Found::Foreign(what) => {
                    return foreign(&name, format!("{what}; choose another name, or rename or drop it"));
                }
                found => is_there |= found == Found::Ours && name == table.name,
            }
        }
        match entry {
            Some(entry) if entry.layout != LAYOUT => {
                let message = format!(
                    "it has the layout {}, and this version knows {LAYOUT}; use the newer version",
                    entry.layout
                );
                foreign(&table.name, message)
            }
            // One that was dropped may come back in the other format.
            Some(entry) if is_there && entry.format != table.format.name() => {
                let message = format!(
                    "it is {}, and {} is asked for; choose another name, or drop it",
                    entry.format,
                    table.format.name()
                );
                foreign(&table.name, message)
            }
            _ => Ok(()),
        }
    }

    /// Creates what is missing of a table that is ours or nobody's, and reads all that is known of it.
    pub(super) fn open(&self, connection: &str, table: &Table, known: &[Column]) -> rusqlite::Result<TableState> {
        self.create()?;
        let mut notices = Vec::new();
        let entry = self.entry(table)?;
        let was_there = entry.is_some();
        if !was_there && table.format == Format::Unpacked {
            for (position, column) in known.iter().enumerate() {
                self.remember_column(table, position, column)?;
            }
        }
        let columns = self.plan(table)?;
        let mut entry = match entry {
            Some(entry) => entry,
            None => self.enter(table)?,
        };
        let mut made = false;
        if self.find(&table.name, Some(&entry.instance))? == Found::Nothing {
            entry.instance = self.new_instance()?;
            self.create_rows(table, &entry.instance, &columns)?;
            self.enter_unsplit(table)?;
            made = true;
        }
        let letters = table.dead_letters_name();
        if self.find(&letters, Some(&entry.dead_letters_instance))? == Found::Nothing {
            entry.dead_letters_instance = self.new_instance()?;
            self.create_dead_letters(&letters, &entry.dead_letters_instance)?;
            made = true;
        }
        if made {
            let sql = r#"UPDATE {schema}."_countersign_tables" SET "format" = ?2, "instance" = ?3, "dead_letters_instance" = ?4
                WHERE "name" = ?1"#;
            let values = [&*table.name, table.format.name(), &entry.instance, &entry.dead_letters_instance];
            self.connection.execute(&self.sql(sql), values)?;
            let sql = r#"DELETE FROM {schema}."_countersign_checkpoints" WHERE "table" = ?1"#;
            self.connection.execute(&self.sql(sql), [&table.name])?;
            if was_there {
                notices.push(Notice::TableDropped);
            }
        }
        let there = self.columns_of(table)?;
        let folded: HashSet<String> = there.iter().map(|name| fold(name)).collect();
        let missing: Vec<String> =
            columns.iter().map(|column| column.name.clone()).filter(|name| !folded.contains(&fold(name))).collect();
        for name in &missing {
            self.add_column(table, name)?;
        }
        if !missing.is_empty() {
            notices.push(Notice::ColumnsDropped(missing));
        }
        Ok(TableState {
            connection: connection.to_owned(),
            table: table.clone(),
            instance: entry.instance,
            // All other names are taken.
            plan: Plan::new(columns, there),
            checkpoints: self.checkpoints(connection, table)?,
            notices,
        })
    }

    fn enter(&self, table: &Table) -> rusqlite::Result<Entry> {
        let format = table.format.name();
        let sql = r#"INSERT INTO {schema}."_countersign_tables" ("name", "layout", "format", "instance", "dead_letters_instance")
            VALUES (?1, ?2, ?3, '', '')"#;
        self.connection.execute(&self.sql(sql), params![table.name, LAYOUT, format])?;
        Ok(Entry {
            layout: LAYOUT,
            format: format.to_owned(),
            instance: String::new(),
            dead_letters_instance: String::new(),
        })
    }

    fn new_instance(&self) -> rusqlite::Result<String> {
        self.connection.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))
    }

    /// STRICT, so that nothing is converted, and ANY, so that text, integers and doubles stay what they are.
    fn create_rows(&self, table: &Table, instance: &str, columns: &[Column]) -> rusqlite::Result<()> {
        let event = if table.format == Format::Packed { format!("\"{EVENT}\" TEXT NOT NULL, ") } else { String::new() };
        let keys: String = columns.iter().flat_map(|column| [quoted(&column.name), " ANY, ".to_owned()]).collect();
        self.connection.execute_batch(&format!(
            "CREATE TABLE {}.{} ({} \"{ID}\" TEXT NOT NULL, \"{INDEX}\" INTEGER NOT NULL, \"{CREATED}\" TEXT NOT NULL, \
             {event}\"{SYNCED}\" TEXT NOT NULL, {keys}PRIMARY KEY (\"{ID}\", \"{INDEX}\")) STRICT",
            self.schema,
            quoted(&table.name),
            marker(instance)
        ))
    }

    fn create_dead_letters(&self, name: &str, instance: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(&format!(
            "CREATE TABLE {}.{} ({} \"{ID}\" TEXT NOT NULL, \"{INDEX}\" INTEGER NOT NULL, \"{CREATED}\" TEXT NOT NULL, \
             \"reason\" TEXT NOT NULL, \"detail\" TEXT NOT NULL, \"raw\" BLOB NOT NULL, \"{SYNCED}\" TEXT NOT NULL, \
             PRIMARY KEY (\"{ID}\", \"{INDEX}\")) STRICT",
            self.schema,
            quoted(name),
            marker(instance)
        ))
    }

    /// The columns that the table really has, with those that are computed.
    pub(super) fn columns_of(&self, table: &Table) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.connection.prepare("SELECT name FROM pragma_table_xinfo(?1, ?2)")?;
        statement.query_map([&*table.name, self.name], |row| row.get(0))?.collect()
    }

    fn add_column(&self, table: &Table, name: &str) -> rusqlite::Result<()> {
        let (table, column) = (quoted(&table.name), quoted(name));
        self.connection.execute_batch(&format!("ALTER TABLE {}.{table} ADD COLUMN {column} ANY", self.schema))
    }

    /// Adds a column to the table and to its plan.
    pub(super) fn plan_column(&self, table: &Table, position: usize, column: &Column) -> rusqlite::Result<()> {
        self.add_column(table, &column.name)?;
        self.remember_column(table, position, column)
    }

    /// Adds a column to the plan alone.
    fn remember_column(&self, table: &Table, position: usize, column: &Column) -> rusqlite::Result<()> {
        let sql = r#"INSERT INTO {schema}."_countersign_columns" ("table", "position", "key", "kind", "name") VALUES (?1, ?2, ?3, ?4, ?5)"#;
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        self.connection
            .execute(&self.sql(sql), params![table.name, position, column.key, column.kind.name(), column.name])
            .map(drop)
    }

    fn plan(&self, table: &Table) -> rusqlite::Result<Vec<Column>> {
        let sql = r#"SELECT "key", "kind", "name" FROM {schema}."_countersign_columns" WHERE "table" = ?1 ORDER BY "position""#;
        let mut statement = self.connection.prepare(&self.sql(sql))?;
        let column = |row: &rusqlite::Row<'_>| {
            let (key, kind, name): (_, String, _) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let unknown = || rusqlite::Error::InvalidColumnType(1, kind.clone(), rusqlite::types::Type::Text);
            Ok(Column { key, kind: Kind::from_name(&kind).ok_or_else(unknown)?, name })
        };
        statement.query_map([&table.name], column)?.collect()
    }

    /// How many columns the plan has.
    pub(super) fn planned(&self, table: &Table) -> rusqlite::Result<usize> {
        let sql = r#"SELECT count(*) FROM {schema}."_countersign_columns" WHERE "table" = ?1"#;
        let count: i64 = self.connection.query_row(&self.sql(sql), [&table.name], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

fn marker(instance: &str) -> String {
    format!("/* countersign {instance} */")
}
