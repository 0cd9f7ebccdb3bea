//! A table in a file of its own: what is loaded into it, and what a reader who knows nothing of the library finds there.

use std::collections::BTreeMap;

use countersign_tables::{
    Committed, Destination, DestinationError, Event, Format, Run, Sqlite, Table, TableState, append,
};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use crate::contents::{Contents, Delivery, event};
use crate::json::{Decimal, Json};

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
        read(&self.reader(), self.state.table.format)
    }
}

/// Reads `events` and its dead letters as a person with the documentation would.
pub(crate) fn read(reader: &Connection, format: Format) -> Contents {
    let mut contents = Contents::default();
    let mut statement = reader.prepare("SELECT _id, _index, reason, raw FROM events__dead_letters").unwrap();
    let letters = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)))).unwrap();
    contents.letters = letters.collect::<Result<_, _>>().unwrap();
    if format == Format::Packed {
        let mut statement = reader.prepare("SELECT _id, _index, event FROM events").unwrap();
        let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        contents.packed = rows.collect::<Result<_, _>>().unwrap();
        return contents;
    }
    let mut statement =
        reader.prepare(r#"SELECT "name", "key", "kind" FROM _countersign_columns WHERE "table" = 'events'"#).unwrap();
    let plan: BTreeMap<String, (Option<String>, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut statement = reader.prepare("SELECT * FROM events").unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let mut members = BTreeMap::new();
        for (place, name) in names.iter().enumerate() {
            let value: Value = row.get(place).unwrap();
            let Some((key, kind)) = plan.get(name) else { continue };
            let value = match (&**kind, value) {
                (_, Value::Null) => continue,
                ("plain", Value::Text(text)) => Json::text(&text),
                ("plain", Value::Integer(integer)) => Json::Number(Decimal::read(&integer.to_string())),
                ("plain", Value::Real(double)) => Json::Number(Decimal::read(&format!("{double:?}"))),
                ("bool", Value::Integer(bit @ (0 | 1))) => Json::Bool(bit == 1),
                ("json", Value::Text(text)) => Json::read(&text).expect(&text),
                ("number", Value::Text(digits)) => Json::Number(Decimal::read(&digits)),
                (kind, value) => panic!("{value:?} in the column {name} of the kind {kind}"),
            };
            let found = match key {
                Some(key) => BTreeMap::from([(key.encode_utf16().collect(), value)]),
                None => value.members().expect("_extra is an object without nulls"),
            };
            for (key, value) in found {
                assert_eq!(members.insert(key, value), None, "two values of one key, the second one in {name}");
            }
        }
        contents.unpacked.insert((row.get("_id").unwrap(), row.get("_index").unwrap()), members);
    }
    contents
}
