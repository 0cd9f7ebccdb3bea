//! What stands in a table: of one event, and which dead letters there are.

use rusqlite::types::Type;
use rusqlite::{Params, Row, params};

use super::catalog::Catalog;
use super::names::quoted;
use crate::column::{ID, INDEX};
use crate::destination::{DestinationError, StoredDeadLetter, StoredEvent};
use crate::table::Table;
use crate::text;

const READ: &str = "read the table";

pub(super) fn find(catalog: &Catalog<'_>, table: &Table, id: &[u8; 16]) -> Result<StoredEvent, DestinationError> {
    if catalog.intact(table)?.is_none() {
        return Ok(StoredEvent::default());
    }
    let id = text::uuid(id);
    let rows = || -> rusqlite::Result<Vec<u32>> {
        let name = quoted(&table.name);
        let sql = format!("SELECT \"{INDEX}\" FROM {}.{name} WHERE \"{ID}\" = ?1 ORDER BY \"{INDEX}\"", catalog.schema);
        catalog.connection.prepare(&sql)?.query_map([&id], |row| row.get(0))?.collect()
    };
    let rows = rows().map_err(DestinationError::failed(READ))?;
    let dead_letters = letters(catalog, table, &format!("WHERE \"{ID}\" = ?1"), [&id]);
    Ok(StoredEvent { rows, dead_letters: dead_letters.map_err(DestinationError::failed(READ))? })
}

pub(super) fn dead_letters(
    catalog: &Catalog<'_>,
    table: &Table,
    after: Option<([u8; 16], u32)>,
    limit: usize,
) -> Result<Vec<StoredDeadLetter>, DestinationError> {
    if catalog.intact(table)?.is_none() {
        return Ok(Vec::new());
    }
    // No id comes before the empty text.
    let (id, index) = after.map_or_else(Default::default, |(id, index)| (text::uuid(&id), index));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let condition = format!("WHERE (\"{ID}\", \"{INDEX}\") > (?1, ?2) ORDER BY \"{ID}\", \"{INDEX}\" LIMIT ?3");
    letters(catalog, table, &condition, params![id, index, limit]).map_err(DestinationError::failed(READ))
}

fn letters(
    catalog: &Catalog<'_>,
    table: &Table,
    condition: &str,
    params: impl Params,
) -> rusqlite::Result<Vec<StoredDeadLetter>> {
    let name = quoted(&table.dead_letters_name());
    let columns = format!("\"{ID}\", \"{INDEX}\", \"reason\", \"detail\", length(\"raw\")");
    let mut statement =
        catalog.connection.prepare(&format!("SELECT {columns} FROM {}.{name} {condition}", catalog.schema))?;
    let letter = |row: &Row<'_>| {
        let id: String = row.get(0)?;
        let unknown = || rusqlite::Error::InvalidColumnType(0, ID.to_owned(), Type::Text);
        Ok(StoredDeadLetter {
            id: text::uuid_bytes(&id).ok_or_else(unknown)?,
            index: row.get(1)?,
            reason: row.get(2)?,
            detail: row.get(3)?,
            raw_length: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
        })
    };
    statement.query_map(params, letter)?.collect()
}
