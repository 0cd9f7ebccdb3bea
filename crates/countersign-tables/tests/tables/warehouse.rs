//! A table in a file of its own: what is loaded into it, and what a reader who knows nothing of the library finds there.

use countersign_tables::{
    Committed, Destination, DestinationError, Event, Format, Run, Sqlite, Table, TableState, append,
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::contents::{Contents, Delivery, event};
use crate::read::read;

pub(crate) struct Warehouse {
    pub(crate) folder: TempDir,
    pub(crate) sqlite: Sqlite,
    pub(crate) state: TableState,
    seq: u64,
}

pub(crate) const SYNCED: i64 = 1_764_374_460_000_000;

impl Warehouse {
    pub(crate) fn new(table: &Table) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut sqlite = Sqlite::new(folder.path());
        let state = sqlite.open_table("c", table, &[]).unwrap();
        Self { folder, sqlite, state, seq: 0 }
    }

    pub(crate) fn of(format: Format) -> Self {
        Self::new(&Table::new("webhooks", "events", format))
    }

    /// Loads events whose ids are [`id`] of their seq, which goes on from the last load.
    pub(crate) fn try_load(&mut self, deliveries: &[Delivery]) -> Result<Committed, DestinationError> {
        let events: Vec<Event<'_>> =
            (self.seq + 1..).zip(deliveries).map(|(seq, delivery)| event(seq, delivery)).collect();
        let last_seq = self.seq + events.len() as u64;
        let run = Run { log: [7; 16], last_seq, events: &events };
        let committed = append(&mut self.sqlite, &mut self.state, &run, SYNCED)?;
        self.seq = last_seq;
        Ok(committed)
    }

    pub(crate) fn load(&mut self, deliveries: &[Delivery]) -> Committed {
        self.try_load(deliveries).unwrap()
    }

    pub(crate) fn reader(&self) -> Connection {
        Connection::open(self.folder.path().join("webhooks.db")).unwrap()
    }

    pub(crate) fn contents(&self) -> Contents {
        read(&self.reader(), "events", self.state.table.format)
    }
}
