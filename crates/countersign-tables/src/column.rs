//! The names of columns that do not come from keys. A key that would take one of them gets another name.

/// The event's id: a UUID, as lower-case text where there is no type for it.
pub const ID: &str = "_id";
/// The place of the element in the event, 0 where nothing is split. With `_id` it is the key of a table.
pub const INDEX: &str = "_index";
/// When the event was received, in UTC with microseconds.
pub const CREATED: &str = "_created";
/// The JSON text of a packed row.
pub const EVENT: &str = "event";
/// The start of the load that wrote the row, in UTC with microseconds.
pub const SYNCED: &str = "_fivetran_synced";
/// An object of the members that have no column of their own.
pub const EXTRA: &str = "_extra";
