//! What a request body says of a connection to people: it is read without secrets.

use countersign::connection::{IdleField, Request};
use countersign_tables::{Format, Table};
use serde_json::{Value, json};
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
    /// Why it cannot be used, if it was stored and this version refuses it.
    pub fault: Option<String>,
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
            fault: None,
            recognises_repetitions: scheme.is_some_and(|scheme| recognises_repetitions(entry.dedupe, &scheme)),
            request,
        })
    }

    /// A connection that was stored by another version, and that this one refuses: no more of it than who it is.
    ///
    /// # Errors
    /// If there is not even that.
    pub fn read_stored(request: &str) -> Result<Self, String> {
        Self::read(request).or_else(|fault| {
            let stored: Value = serde_json::from_str(request).map_err(|error| error.to_string())?;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let config = &stored["config"];
            let names = json!({"schema": "schema", "table": "name", "auth_method": "NONE"});
            let least = json!({"group_id": text(&stored["group_id"]), "service": "webhooks", "config": names});
            let mut described = Self::read(&least.to_string())?;
            described.table = Table::new(&text(&config["schema"]), &text(&config["table"]), Format::Unpacked);
            described.fault = Some(fault);
            Ok(described)
        })
    }
}
