//! What a request body says of a connection to people: it is read without secrets.

use countersign::connection::{IdleField, Request};
use countersign_tables::Table;
use uuid::Uuid;

use super::schedule::Schedule;
use super::{file, in_field, recognises_repetitions, table};

/// A connection, as people are told of it.
#[derive(Debug)]
pub struct Described {
    /// The fields around `config`.
    pub request: Request,
    /// The table that its events become rows of.
    pub table: Table,
    /// When it is synced.
    pub schedule: Schedule,
    /// The fields that have no effect beside the others.
    pub idle: Vec<IdleField>,
    /// Whether it says how deliveries are authenticated. If it does not, everything is refused.
    pub is_complete: bool,
    /// Whether a repetition can be told from another event.
    pub recognises_repetitions: bool,
}

impl Described {
    /// Reads a request body, in which anything may stand in the place of secrets.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn read(request: &str) -> Result<Self, String> {
        let entry = file::Entry::of_request(String::new(), Uuid::nil(), request)?;
        let (mut configured, idle) = entry.configured()?;
        let table = table::of(&configured, &entry)?;
        let is_complete = super::is_complete(&configured);
        let scheme = if is_complete { Some(configured.scheme().map_err(|error| in_field(&error))?) } else { None };
        let request = configured.request.take().ok_or("\"config\" is missing")?;
        Ok(Self {
            table,
            schedule: Schedule::of(&request),
            idle,
            is_complete,
            recognises_repetitions: scheme.is_some_and(|scheme| recognises_repetitions(entry.dedupe, &scheme)),
            request,
        })
    }
}
