//! What became of an event: its rows and its dead letters.

use std::fmt;

use countersign_tables::{Destination, DestinationError, Format, StoredDeadLetter, Table, text};
use serde::{Deserialize, Serialize};

/// What a table has of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The table, with its schema; none if the event's connection was never synced.
    pub table: Option<String>,
    /// Whether rows or dead letters of the event are there; none if that cannot be said.
    pub is_committed: Option<bool>,
    /// The indexes of its rows.
    pub rows: Vec<u32>,
    /// Its dead letters.
    pub dead_letters: Vec<DeadLetter>,
    /// Why it cannot be said.
    pub failure: Option<String>,
}

/// What could not become a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The `_id` of the event.
    pub id: String,
    /// The place of the element; 0 for a whole event.
    pub index: u32,
    /// The reason, which has a fixed name.
    pub reason: String,
    /// Where and what, for a person.
    pub detail: String,
    /// How many bytes it has.
    pub bytes: u64,
}

impl From<StoredDeadLetter> for DeadLetter {
    fn from(letter: StoredDeadLetter) -> Self {
        let StoredDeadLetter { id, index, reason, detail, raw_length } = letter;
        Self { id: text::uuid(&id), index, reason, detail, bytes: raw_length }
    }
}

impl Outcome {
    /// Of an event whose connection has no table.
    #[must_use]
    pub fn nowhere() -> Self {
        Self { is_committed: Some(false), ..Self::default() }
    }

    /// Of an event whose connection has a table that cannot be looked into.
    #[must_use]
    pub fn unknown(failure: String) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    /// Looks into a table. It creates none.
    ///
    /// # Errors
    /// Of the destination.
    pub fn find(
        destination: &mut dyn Destination,
        schema: &str,
        name: &str,
        id: &[u8; 16],
    ) -> Result<Self, DestinationError> {
        // What it is made of does not matter to who reads it.
        let found = destination.find(&Table::new(schema, name, Format::Packed), id)?;
        Ok(Self {
            table: Some(format!("{schema}.{name}")),
            is_committed: Some(!(found.rows.is_empty() && found.dead_letters.is_empty())),
            rows: found.rows,
            dead_letters: found.dead_letters.into_iter().map(DeadLetter::from).collect(),
            failure: None,
        })
    }
}

/// How many indexes are shown to a person.
const SHOWN_MAX: usize = 20;

impl fmt::Display for Outcome {
    /// Lines for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(failure) = &self.failure {
            return writeln!(f, "table        it cannot be said: {failure}");
        }
        let Some(table) = &self.table else { return writeln!(f, "table        none: its connection was never synced") };
        if self.is_committed != Some(true) {
            return writeln!(f, "table        not in {table} yet: `countersignd sync` brings it there");
        }
        if let Some(first) = self.rows.first() {
            let shown: Vec<String> = self.rows.iter().take(SHOWN_MAX).map(u32::to_string).collect();
            let rest = if self.rows.len() > SHOWN_MAX { ", …" } else { "" };
            match self.rows.len() {
                1 => writeln!(f, "table        {table}, _index {first}")?,
                count => writeln!(f, "table        {table}, {count} rows, _index {}{rest}", shown.join(", "))?,
            }
        }
        for letter in self.dead_letters.iter().take(SHOWN_MAX) {
            let DeadLetter { index, reason, detail, bytes, .. } = letter;
            let detail = detail.escape_debug();
            writeln!(f, "dead letter  {table}, _index {index}, {bytes} bytes: {reason}: {detail}")?;
        }
        if self.dead_letters.len() > SHOWN_MAX {
            writeln!(f, "dead letter  … {} in all", self.dead_letters.len())?;
        }
        Ok(())
    }
}
