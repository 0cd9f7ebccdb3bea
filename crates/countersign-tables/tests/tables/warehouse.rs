//! A table in a file of its own: what is loaded into it, and what a reader who knows nothing of the library finds there.

use std::collections::BTreeMap;

use countersign_tables::{
    Committed, Destination, DestinationError, Event, Format, Run, Sqlite, Table, TableState, append,
};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use crate::json::{Decimal, Json};

/// An event that owns its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) content_type: Option<&'static str>,
    pub(crate) content_encoding: Option<&'static str>,
    pub(crate) is_query: bool,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    pub(crate) fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }
}

pub(crate) struct Warehouse {
    pub(crate) folder: TempDir,
    pub(crate) sqlite: Sqlite,
    pub(crate) state: TableState,
    seq: u64,
}

/// A key of a row.
pub(crate) type Key = (String, i64);

/// What is in the two tables.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// `event` of a packed row.
    pub(crate) packed: BTreeMap<Key, String>,
    /// The members of an unpacked row.
    pub(crate) unpacked: BTreeMap<Key, BTreeMap<Vec<u16>, Json>>,
    /// Reason and bytes of a dead letter.
    pub(crate) letters: BTreeMap<Key, (String, Vec<u8>)>,
}

pub(crate) const SYNCED: i64 = 1_764_374_460_000_000;

pub(crate) fn id(number: u64) -> [u8; 16] {
    // Not in the order of the numbers.
    (u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number)).to_be_bytes()
}

pub(crate) fn id_text(number: u64) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(id(number)));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

impl Warehouse {
    pub(crate) fn new(table: &Table) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut sqlite = Sqlite::new(folder.path());
        let state = sqlite.open_table("c", table).unwrap();
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

pub(crate) fn event(seq: u64, delivery: &Delivery) -> Event<'_> {
    Event {
        seq,
        id: id(seq),
        received_at: 1_764_374_400_000_000 + i64::try_from(seq).unwrap(),
        content_type: delivery.content_type,
        content_encoding: delivery.content_encoding,
        is_query: delivery.is_query,
        body: &delivery.body,
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
