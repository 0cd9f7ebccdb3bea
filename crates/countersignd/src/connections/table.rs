//! The table of a connection, as its request body states it.

use countersign::connection::{Connection, SchemaNames, SyncFormat};
use countersign_tables::{Destination as _, Format, Naming, SchemaPolicy, Sqlite, Table};

use super::file;

/// The table of a connection.
///
/// # Errors
/// If the destination cannot have a schema or a table of this name.
pub(super) fn of(connection: &Connection, entry: &file::Entry) -> Result<Table, String> {
    let config = &connection.config;
    // A whole request body has both.
    let (schema, name) = (config.schema.as_deref().unwrap_or_default(), config.table.as_deref().unwrap_or_default());
    let format = match config.sync_format {
        SyncFormat::Packed => Format::Packed,
        _ => Format::Unpacked,
    };
    let mut table = Table::new(schema, name, format);
    if connection.request.as_ref().and_then(|request| request.destination_schema_names) == Some(SchemaNames::Source) {
        table.naming = Naming::Source;
    }
    if let Some(file::SchemaPolicy::Freeze) = entry.schema_policy {
        table.schema_policy = SchemaPolicy::Freeze;
    }
    table.unwrap.clone_from(&entry.unwrap);
    table.ndjson = entry.ndjson;
    Sqlite::new("").check_names(schema, name).map_err(|error| error.to_string())?;
    Ok(table)
}
