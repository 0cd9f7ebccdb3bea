//! Claims: whatever the bodies are, each event has rows or dead letters. Of a body that is neither a form nor lines nor encoded, they
//! lose nothing: what a reader of its own finds in the columns is what it finds in the body; the packed text is the body's own; dead
//! letters have the bytes. So it is for events behind others, whose keys have columns already.

use std::collections::BTreeMap;

use countersign_tables::{
    Column, Committed, Destination, DestinationError, Event, Format, Load, Naming, Outcome, Plan, Run, SchemaPolicy,
    StoredDeadLetter, StoredEvent, Table, TableState, Value, Values, append, text,
};

use contents::{Contents, Delivery};
use json::{Decimal, Json};

#[path = "../../crates/countersign-tables/tests/tables/contents.rs"]
mod contents;
#[path = "../../crates/countersign-tables/tests/tables/json.rs"]
mod json;
#[path = "../../crates/countersign-tables/tests/tables/oracle.rs"]
mod oracle;

/// What stands between two bodies.
const BETWEEN: &[u8] = b"\n---\n";

/// The first byte has the settings, and the rest is bodies. Tells whether there are rows (1) and dead letters (2), and whether the
/// bodies were read in another way than as they are (4).
#[must_use]
pub fn run(data: &[u8]) -> Option<u8> {
    let (&settings, data) = data.split_first()?;
    let is_set = |bit: u8| settings >> bit & 1 == 1;
    let table = Table {
        naming: if is_set(1) { Naming::Source } else { Naming::Fivetran },
        schema_policy: if is_set(2) { SchemaPolicy::Freeze } else { SchemaPolicy::Evolve },
        ndjson: is_set(3),
        unwrap: is_set(4).then(|| "payload".to_owned()),
        ..Table::new("schema", "table", if is_set(0) { Format::Packed } else { Format::Unpacked })
    };
    let bodies = split(data);
    let encoding = [None, Some("gzip"), Some("br"), Some("zstd")][usize::from(settings >> 5 & 3)];
    let deliveries: Vec<Delivery> = bodies
        .iter()
        .map(|body| Delivery {
            content_type: is_set(7).then_some("application/x-www-form-urlencoded"),
            content_encoding: encoding,
            ..Delivery::new(*body)
        })
        .collect();
    let events: Vec<Event<'_>> = (1..).zip(&deliveries).map(|(seq, delivery)| contents::event(seq, delivery)).collect();
    let mut memory = Memory::default();
    let mut state = memory.open_table("c", &table, &[]).ok()?;
    // Two loads, so that the second one meets the columns of the first.
    for last_seq in [events.len().div_ceil(2), events.len()] {
        let run = Run { log: [1; 16], last_seq: last_seq as u64, events: &events };
        append(&mut memory, &mut state, &run, 0).expect("memory fails never");
    }
    let contents = memory.contents;
    for (number, delivery) in (1..).zip(&deliveries) {
        let id = contents::id_text(number);
        let range = (id.clone(), 0)..=(id, i64::MAX);
        let rows = contents.packed.range(range.clone()).count() + contents.unpacked.range(range.clone()).count();
        assert!(rows + contents.letters.range(range).count() > 0, "event {number} is nowhere");
        if settings & !0b11 == 0 {
            let check = if is_set(0) { oracle::check_packed } else { oracle::check_unpacked };
            assert_eq!(check(&contents, number, delivery), rows);
        }
    }
    let rows = !(contents.packed.is_empty() && contents.unpacked.is_empty());
    Some(u8::from(rows) | u8::from(!contents.letters.is_empty()) << 1 | u8::from(settings & !0b11 != 0) << 2)
}

fn split(mut data: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(place) = data.windows(BETWEEN.len()).position(|part| part == BETWEEN) {
        bodies.push(&data[..place]);
        data = &data[place + BETWEEN.len()..];
    }
    bodies.push(data);
    bodies
}

/// A destination that remembers what it was given.
#[derive(Default)]
struct Memory {
    contents: Contents,
}

impl Destination for Memory {
    fn check_names(&self, _: &str, _: &str) -> Result<(), DestinationError> {
        Ok(())
    }

    fn setup_test(&mut self, _: &Table) -> Result<(), DestinationError> {
        Ok(())
    }

    fn open_table(&mut self, connection: &str, table: &Table, _: &[Column]) -> Result<TableState, DestinationError> {
        Ok(TableState {
            connection: connection.to_owned(),
            table: table.clone(),
            instance: String::new(),
            plan: Plan::default(),
            checkpoints: BTreeMap::new(),
            notices: Vec::new(),
        })
    }

    fn commit(&mut self, load: &Load) -> Result<Committed, DestinationError> {
        for event in load.events() {
            for outcome in &event.outcomes {
                let key = (text::uuid(&event.id), i64::from(outcome.index()));
                let is_new = match outcome {
                    Outcome::DeadLetter(letter) => self
                        .contents
                        .letters
                        .insert(key, (letter.reason.name().to_owned(), letter.raw.clone()))
                        .is_none(),
                    Outcome::Row(row) => match &row.values {
                        Values::Packed(event) => self.contents.packed.insert(key, event.to_string()).is_none(),
                        Values::Unpacked(cells) => {
                            let mut members = BTreeMap::new();
                            for cell in cells {
                                read(load, cell.column, &cell.value, &mut members);
                            }
                            self.contents.unpacked.insert(key, members).is_none()
                        }
                    },
                };
                assert!(is_new, "two outcomes with one key");
            }
        }
        Ok(Committed::default())
    }

    fn forget_log(&mut self, _: &str, _: &Table, _: &[u8; 16]) -> Result<(), DestinationError> {
        Ok(())
    }

    fn find(&mut self, _: &Table, _: &[u8; 16]) -> Result<StoredEvent, DestinationError> {
        Ok(StoredEvent::default())
    }

    fn dead_letters(
        &mut self,
        _: &Table,
        _: Option<([u8; 16], u32)>,
        _: usize,
    ) -> Result<Vec<StoredDeadLetter>, DestinationError> {
        Ok(Vec::new())
    }
}

/// Adds what a cell says to the members of its row.
fn read(load: &Load, column: usize, value: &Value, members: &mut BTreeMap<Vec<u16>, Json>) {
    let value = match value {
        Value::Integer(integer) => Json::Number(Decimal::read(&integer.to_string())),
        Value::Double(double) => Json::Number(Decimal::read(&format!("{double:?}"))),
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Text(text) => Json::text(text),
        Value::Json(text) => Json::read(text).expect("the column holds JSON"),
        Value::Number(digits) => Json::Number(Decimal::read(digits)),
    };
    let found = match &load.columns()[column].key {
        Some(key) => BTreeMap::from([(key.encode_utf16().collect(), value)]),
        None => value.members().expect("_extra is an object without nulls"),
    };
    for (key, value) in found {
        assert_eq!(members.insert(key, value), None, "two values of one key");
    }
}
