//! One load as one transaction.

use std::collections::HashSet;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement};

use super::catalog::Catalog;
use super::names::quoted;
use crate::column::{CREATED, EVENT, ID, INDEX, SYNCED};
use crate::dead_letter::DeadLetter;
use crate::destination::{Committed, DestinationError, RefusedRow};
use crate::load::{EventRows, Load, Purpose};
use crate::names::fold;
use crate::planted::planted_bug;
use crate::row::{Outcome, Row, Value, Values};
use crate::table::Format;
use crate::text;

const WRITE: &str = "write the load";

/// The place of the parameter for `_fivetran_synced`.
const SYNCED_PLACE: usize = 4;

/// Writes a load, inside a transaction that the caller ends. After an error it is rolled back.
pub(super) fn write(catalog: &Catalog<'_>, load: &Load<'_>) -> Result<Committed, DestinationError> {
    let table = &load.table;
    let Some(entry) = catalog.intact(table)? else { return Err(DestinationError::Conflict("the table was dropped")) };
    if entry.instance != load.instance {
        return Err(DestinationError::Conflict("the table was dropped and made anew"));
    }
    let there = catalog.columns_of(table).map_err(DestinationError::failed(WRITE))?;
    let there: HashSet<String> = there.iter().map(|name| fold(name)).collect();
    let has = |name: &str| there.contains(&fold(name));
    let (old, new) = load.plan.columns().split_at(load.planned_before);
    let planned = catalog.planned(table).map_err(DestinationError::failed(WRITE))?;
    if planned != old.len() || !old.iter().all(|column| has(&column.name)) || new.iter().any(|column| has(&column.name))
    {
        return Err(DestinationError::Conflict("the columns of the table have changed"));
    }
    if let Purpose::Append { log, expected, .. } = &load.purpose {
        let checkpoint = catalog.checkpoint(&load.connection, table, log).map_err(DestinationError::failed(WRITE))?;
        if checkpoint != *expected && !planted_bug!(CommitsTheCheckpointApart) {
            return Err(DestinationError::Conflict("the checkpoint has moved"));
        }
    }
    for (position, column) in (old.len()..).zip(new) {
        catalog.plan_column(table, position, column).map_err(DestinationError::failed("add a column"))?;
    }
    let mut writer = Writer::new(catalog, load).map_err(DestinationError::failed(WRITE))?;
    for event in &load.events {
        writer.event(event).map_err(DestinationError::failed(WRITE))?;
        if writer.is_rolled_back() {
            break;
        }
    }
    if !writer.refused.is_empty() {
        return Err(DestinationError::RowsRefused(writer.refused));
    }
    let committed = Committed { columns: new.len() as u64, ..writer.committed };
    set_checkpoint(catalog, load)?;
    Ok(committed)
}

/// Moves the checkpoint of an append.
pub(super) fn set_checkpoint(catalog: &Catalog<'_>, load: &Load<'_>) -> Result<(), DestinationError> {
    let Purpose::Append { log, expected, last_seq } = &load.purpose else { return Ok(()) };
    debug_assert!(expected.is_none_or(|expected| expected <= *last_seq), "the checkpoint would go back");
    let seq = i64::try_from(*last_seq).map_err(DestinationError::failed("keep a seq above 2^63"))?;
    catalog.set_checkpoint(&load.connection, &load.table, log, seq).map_err(DestinationError::failed(WRITE))
}

/// Writes the dead letters of a load and nothing else: what a planted bug does.
pub(super) fn write_letters(catalog: &Catalog<'_>, load: &Load<'_>) -> Result<(), DestinationError> {
    let write = || -> rusqlite::Result<()> {
        let mut writer = Writer::new(catalog, load)?;
        for event in &load.events {
            for outcome in &event.outcomes {
                if let Outcome::DeadLetter(letter) = outcome {
                    text::write_utc(&mut writer.created, event.received_at);
                    writer.letter(&text::uuid_ascii(&event.id), letter)?;
                }
            }
        }
        Ok(())
    };
    write().map_err(DestinationError::failed(WRITE))
}

struct Writer<'c> {
    connection: &'c Connection,
    replaces: bool,
    /// Says that the table has rows with other indexes than 0; none if that is said.
    leave_unsplit: Option<Statement<'c>>,
    /// Whether any dead letter is there, which a row would have to remove.
    has_letters: bool,
    /// `_created` of the event that is being written.
    created: String,
    synced: String,
    /// Whether each row sets all parameters but `_fivetran_synced`, which then stays set.
    sets_all: bool,
    /// The place of the first parameter for a key.
    first_key: usize,
    find: Statement<'c>,
    insert: Statement<'c>,
    insert_letter: Statement<'c>,
    delete_letter: Statement<'c>,
    delete_rows: Statement<'c>,
    delete_letters: Statement<'c>,
    refused: Vec<RefusedRow>,
    committed: Committed,
}

impl<'c> Writer<'c> {
    fn new(catalog: &Catalog<'c>, load: &Load<'_>) -> rusqlite::Result<Self> {
        let connection = catalog.connection;
        let rows = format!("{}.{}", catalog.schema, quoted(&load.table.name));
        let letters = format!("{}.{}", catalog.schema, quoted(&load.table.dead_letters_name()));
        let mut columns: Vec<String> = [ID, INDEX, CREATED, SYNCED].map(quoted).to_vec();
        let first_key = columns.len() + 1;
        match load.table.format {
            Format::Packed => columns.push(quoted(EVENT)),
            Format::Unpacked => columns.extend(load.plan.columns().iter().map(|column| quoted(&column.name))),
        }
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        let conflict = format!("ON CONFLICT (\"{ID}\", \"{INDEX}\") DO NOTHING");
        let prepare = |sql: &str| connection.prepare(sql);
        let synced = text::utc(load.synced_at);
        let mut insert = prepare(&format!("INSERT INTO {rows} ({columns}) VALUES ({places}) {conflict}"))?;
        insert.raw_bind_parameter(SYNCED_PLACE, &*synced)?;
        Ok(Self {
            connection,
            replaces: load.purpose == Purpose::Replace,
            leave_unsplit: catalog.leave_unsplit(&load.table)?,
            has_letters: connection.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {letters})"), [], |row| row.get(0))?,
            created: String::new(),
            synced,
            sets_all: load.table.format == Format::Packed,
            first_key,
            find: prepare(&format!("SELECT \"{CREATED}\" FROM {rows} WHERE \"{ID}\" = ?1 LIMIT 1"))?,
            insert,
            insert_letter: prepare(&format!(
                "INSERT INTO {letters} (\"{ID}\", \"{INDEX}\", \"{CREATED}\", \"{SYNCED}\", \"reason\", \"detail\", \"raw\")
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) {conflict}"
            ))?,
            delete_letter: prepare(&format!("DELETE FROM {letters} WHERE \"{ID}\" = ?1 AND \"{INDEX}\" = ?2"))?,
            delete_rows: prepare(&format!("DELETE FROM {rows} WHERE \"{ID}\" = ?1"))?,
            delete_letters: prepare(&format!("DELETE FROM {letters} WHERE \"{ID}\" = ?1 AND \"{CREATED}\" = ?2"))?,
            refused: Vec::new(),
            committed: Committed::default(),
        })
    }

    fn event(&mut self, event: &EventRows<'_>) -> rusqlite::Result<()> {
        let id = text::uuid_ascii(&event.id);
        text::write_utc(&mut self.created, event.received_at);
        if let ([Outcome::Row(row)], Some(_), false) = (&*event.outcomes, &self.leave_unsplit, self.replaces)
            && row.index == 0
        {
            // Any row of the event would have this key.
            if self.try_row(event, &id, row)? == Some(false) {
                self.committed.events_passed_over += 1;
            }
            return Ok(());
        }
        if let Some(other) = self.created_of(&id)? {
            // Its rows are there, from this delivery or from another one with its id.
            if !self.replaces || other != self.created {
                self.committed.events_passed_over += 1;
                return Ok(());
            }
            self.delete_rows.execute([ascii(&id)])?;
        }
        if self.replaces && self.has_letters {
            self.delete_letters.execute(rusqlite::params![ascii(&id), self.created])?;
        }
        for outcome in &event.outcomes {
            match outcome {
                Outcome::Row(row) => {
                    if self.try_row(event, &id, row)?.is_none() && self.is_rolled_back() {
                        return Ok(());
                    }
                }
                Outcome::DeadLetter(_) if planted_bug!(CommitsDeadLettersApart) => {}
                Outcome::DeadLetter(letter) => self.letter(&id, letter)?,
            }
        }
        Ok(())
    }

    /// `_created` of the rows with this `_id`, if there are any.
    fn created_of(&mut self, id: &[u8; 36]) -> rusqlite::Result<Option<String>> {
        let mut rows = self.find.query([ascii(id)])?;
        rows.next()?.map(|row| row.get(0)).transpose()
    }

    /// Writes a row, and says whether its key was new; none if the row is refused, which is noted.
    fn try_row(&mut self, event: &EventRows<'_>, id: &[u8; 36], row: &Row<'_>) -> rusqlite::Result<Option<bool>> {
        match self.row(id, row) {
            Ok(is_new) => Ok(Some(is_new)),
            Err(error) => {
                let message = refusal(&error).ok_or(error)?;
                self.refused.push(RefusedRow { ordinal: event.ordinal, index: row.index, message });
                Ok(None)
            }
        }
    }

    fn row(&mut self, id: &[u8; 36], row: &Row<'_>) -> rusqlite::Result<bool> {
        if row.index > 0
            && let Some(mut leave) = self.leave_unsplit.take()
        {
            leave.raw_execute()?;
        }
        if !self.sets_all {
            self.insert.clear_bindings();
            self.insert.raw_bind_parameter(SYNCED_PLACE, &*self.synced)?;
        }
        self.insert.raw_bind_parameter(1, ascii(id))?;
        self.insert.raw_bind_parameter(2, row.index)?;
        self.insert.raw_bind_parameter(3, &*self.created)?;
        match &row.values {
            Values::Packed(event) => self.insert.raw_bind_parameter(self.first_key, &**event)?,
            Values::Unpacked(cells) => {
                for cell in cells {
                    self.insert.raw_bind_parameter(self.first_key + cell.column, sql(&cell.value))?;
                }
            }
        }
        let count = self.insert.raw_execute()?;
        self.committed.rows += count as u64;
        if self.has_letters {
            self.delete_letter.execute(rusqlite::params![ascii(id), row.index])?;
        }
        Ok(count > 0)
    }

    fn letter(&mut self, id: &[u8; 36], letter: &DeadLetter) -> rusqlite::Result<()> {
        let (id, reason) = (ascii(id), letter.reason.name());
        let params = rusqlite::params![id, letter.index, self.created, self.synced, reason, letter.detail, letter.raw];
        self.committed.dead_letters += self.insert_letter.execute(params)? as u64;
        self.has_letters = true;
        Ok(())
    }

    /// A trigger may have ended the transaction.
    fn is_rolled_back(&self) -> bool {
        self.connection.is_autocommit()
    }
}

/// What SQLite says against a row, if it is the row that it refuses: a constraint or trigger that somebody added, or its size.
fn refusal(error: &rusqlite::Error) -> Option<String> {
    let fault = [ErrorCode::ConstraintViolation, ErrorCode::TooBig, ErrorCode::TypeMismatch];
    match error {
        rusqlite::Error::SqliteFailure(failure, _) if fault.contains(&failure.code) => Some(error.to_string()),
        _ => None,
    }
}

/// Text that is ASCII by its making.
fn ascii(text: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text))
}

/// How a value stands in a column. A function, so that SQLite's traits stay out of the interface.
fn sql<'v>(value: &'v Value<'_>) -> ToSqlOutput<'v> {
    ToSqlOutput::Borrowed(match value {
        Value::Integer(integer) => ValueRef::Integer(*integer),
        Value::Double(double) => ValueRef::Real(*double),
        Value::Bool(bool) => ValueRef::Integer(i64::from(*bool)),
        Value::Text(text) | Value::Json(text) | Value::Number(text) => ValueRef::Text(text.as_bytes()),
    })
}
