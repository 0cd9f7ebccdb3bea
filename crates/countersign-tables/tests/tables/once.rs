//! Each event is there once: repeated runs, repeated ids, replacements, and dead letters that become rows.

use countersign_tables::{
    Committed, Destination, DestinationError, Event, Format, Run, SchemaPolicy, Sqlite, StoredEvent, Table, append,
    replace,
};

use crate::contents::{Delivery, event, id, id_text};
use crate::warehouse::{SYNCED, Warehouse};

const LOG: [u8; 16] = [7; 16];
const OTHER_LOG: [u8; 16] = [8; 16];

/// An event of this id, received at this moment.
fn delivery(seq: u64, number: u64, received_at: i64, body: &str) -> Event<'_> {
    Event {
        seq,
        id: id(number),
        received_at,
        content_type: None,
        content_encoding: None,
        is_query: false,
        body: body.as_bytes(),
    }
}

impl Warehouse {
    fn append(&mut self, log: [u8; 16], last_seq: u64, events: &[Event<'_>]) -> Committed {
        append(&mut self.sqlite, &mut self.state, &Run { log, last_seq, events }, SYNCED).unwrap()
    }

    fn replace(&mut self, events: &[Event<'_>]) -> Committed {
        replace(&mut self.sqlite, &mut self.state, events, SYNCED + 1).unwrap()
    }

    /// All rows with all columns as SQLite shows them, of the table and then of the dead letters.
    fn dump(&self) -> Vec<String> {
        let reader = self.reader();
        let mut lines = Vec::new();
        for table in ["events", "events__dead_letters"] {
            let mut statement = reader.prepare(&format!("SELECT * FROM {table} ORDER BY _id, _index")).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let cells: Vec<String> =
                    (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect();
                lines.push(format!("{table} {}", cells.join(" ")));
            }
        }
        lines
    }
}

#[test]
fn a_row_has_the_documented_columns() {
    for (format, columns) in [
        (Format::Packed, vec!["_id", "_index", "_created", "event", "_fivetran_synced"]),
        (Format::Unpacked, vec!["_id", "_index", "_created", "_fivetran_synced", "order_id"]),
    ] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(&[Delivery::new(r#"{"orderId":17}"#)]);
        let reader = warehouse.reader();
        let mut statement = reader.prepare("SELECT * FROM events").unwrap();
        assert_eq!(statement.column_names().collect::<Vec<_>>(), columns);
        let row = statement
            .query_row([], |row| {
                Ok((
                    row.get::<_, String>("_id")?,
                    row.get::<_, i64>("_index")?,
                    row.get::<_, String>("_created")?,
                    row.get::<_, String>("_fivetran_synced")?,
                ))
            })
            .unwrap();
        let times = ("2025-11-29T00:00:00.000001Z".to_owned(), "2025-11-29T00:01:00.000000Z".to_owned());
        assert_eq!(row, (id_text(1), 0, times.0, times.1));
        let mode: String = reader.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }
}

#[test]
fn a_run_that_comes_again_adds_nothing() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    let events: Vec<Event<'_>> = (1..=5).map(|seq| delivery(seq, seq, 10, r#"[{"a":1},2]"#)).collect();
    let first = warehouse.append(LOG, 3, &events);
    // What lies behind the run is left to the next one.
    assert_eq!((first.rows, first.dead_letters), (3, 3));
    assert_eq!(warehouse.append(LOG, 3, &events), Committed::default());
    let second = warehouse.append(LOG, 9, &events);
    assert_eq!((second.rows, second.dead_letters, second.events_passed_over), (2, 2, 0));
    let before = warehouse.dump();
    // A process that knows nothing reads the checkpoint.
    let table = warehouse.state.table.clone();
    warehouse.state = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
    assert_eq!(warehouse.state.checkpoints, [(LOG, 9)].into());
    assert_eq!(warehouse.append(LOG, 9, &events), Committed::default());
    // A run without events moves the checkpoint.
    warehouse.append(LOG, 12, &[]);
    assert_eq!(warehouse.sqlite.open_table("c", &table, &[]).unwrap().checkpoints, [(LOG, 12)].into());
    // The same events from another log, such as after a checkpoint was lost.
    let other = warehouse.append(OTHER_LOG, 5, &events);
    assert_eq!((other.rows, other.dead_letters, other.events_passed_over), (0, 0, 5));
    assert_eq!(warehouse.dump(), before);
    // Another connection has checkpoints of its own.
    assert!(warehouse.sqlite.open_table("d", &table, &[]).unwrap().checkpoints.is_empty());
    warehouse.sqlite.forget_log("c", &table, &LOG).unwrap();
    let checkpoints = warehouse.sqlite.open_table("c", &table, &[]).unwrap().checkpoints;
    assert_eq!(checkpoints, [(OTHER_LOG, 5)].into());
}

#[test]
fn deliveries_with_one_id_are_one_event() {
    let bodies = [r#"[{"a":1},{"a":2}]"#, r#"[{"a":3},{"a":4},{"a":5},6]"#];
    let events = [delivery(1, 1, 10, bodies[0]), delivery(2, 1, 11, bodies[1])];
    // In one load and in two, nothing of the second delivery is there.
    for loads in [vec![&events[..]], vec![&events[..1], &events[1..]]] {
        let mut warehouse = Warehouse::of(Format::Unpacked);
        let mut passed_over = 0;
        for load in loads {
            passed_over += warehouse.append(LOG, load[load.len() - 1].seq, load).events_passed_over;
        }
        assert_eq!(passed_over, 1);
        assert_eq!(warehouse.dump().len(), 2);
        let sum: i64 = warehouse.reader().query_row("SELECT sum(a) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(sum, 3);
    }
}

/// Whether an event has a row is seen from its first key alone as long as no event of the table is split.
#[test]
fn an_event_without_a_first_row_is_an_event() {
    let entries = |warehouse: &Warehouse| -> i64 {
        let sql = "SELECT count(*) FROM _countersign_unsplit";
        warehouse.reader().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let events = [
        delivery(1, 1, 10, r#"{"a":1}"#),
        delivery(2, 2, 10, r#"["no object",{"a":2}]"#),
        delivery(3, 2, 11, r#"{"a":3}"#),
        delivery(4, 1, 11, r#"[{"a":4},{"a":5}]"#),
        delivery(5, 1, 12, r#"{"a":6}"#),
    ];
    // In one load and in several; and in a table that an earlier version has made, which has no entry.
    for (loads, is_earlier) in [(vec![5], false), (vec![1, 2, 3, 4, 5], false), (vec![1, 2, 3, 4, 5], true)] {
        let mut warehouse = Warehouse::of(Format::Unpacked);
        assert_eq!(entries(&warehouse), 1);
        if is_earlier {
            warehouse.reader().execute_batch("DROP TABLE _countersign_unsplit").unwrap();
            let table = warehouse.state.table.clone();
            warehouse.state = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
            assert_eq!(entries(&warehouse), 0);
        }
        let mut total = Committed::default();
        for last_seq in loads {
            total += warehouse.append(LOG, last_seq, &events);
            assert_eq!(entries(&warehouse), i64::from(last_seq == 1 && !is_earlier), "{last_seq}");
        }
        assert_eq!((total.rows, total.dead_letters, total.events_passed_over), (2, 1, 3));
        let keys: Vec<_> = warehouse.contents().unpacked.into_keys().collect();
        let mut expected = vec![(id_text(1), 0), (id_text(2), 1)];
        expected.sort();
        assert_eq!(keys, expected);
        // A table that is made anew has no rows.
        warehouse.reader().execute_batch("DROP TABLE events").unwrap();
        let table = warehouse.state.table.clone();
        warehouse.state = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
        assert_eq!(entries(&warehouse), 1);
    }
}

#[test]
fn a_row_takes_the_place_of_a_dead_letter_and_never_the_reverse() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    let first = warehouse.append(LOG, 1, &[delivery(1, 1, 10, "x")]);
    assert_eq!((first.rows, first.dead_letters), (0, 1));
    // Another dead letter of that key is passed over.
    assert_eq!(warehouse.append(LOG, 2, &[delivery(2, 1, 11, "y")]).dead_letters, 0);
    assert_eq!(warehouse.contents().letters[&(id_text(1), 0)].1, b"x");
    assert_eq!(warehouse.append(LOG, 3, &[delivery(3, 1, 12, r#"{"a":1}"#)]).rows, 1);
    assert!(warehouse.contents().letters.is_empty());
    let fourth = warehouse.append(LOG, 4, &[delivery(4, 1, 13, "z")]);
    assert_eq!((fourth.dead_letters, fourth.events_passed_over), (0, 1));
    assert_eq!(warehouse.dump().len(), 1);
    // Within one load, too.
    let mut warehouse = Warehouse::of(Format::Unpacked);
    warehouse.append(LOG, 3, &[delivery(1, 1, 10, "x"), delivery(2, 1, 11, "{}"), delivery(3, 1, 12, "y")]);
    assert_eq!((warehouse.dump().len(), warehouse.contents().letters.len()), (1, 0));
}

#[test]
fn a_resync_makes_the_same_rows() {
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        let bodies = [r#"{"a":1}"#, r#"[{"a":2},"x"]"#, "y", r#"{"a":9}"#, r#"{"a":"other"}"#];
        let mut events: Vec<Event<'_>> = (1..).zip(&bodies).map(|(seq, body)| delivery(seq, seq, 10, body)).collect();
        // The last delivery has the id of the first.
        events[4].id = id(1);
        events[4].received_at = 20;
        warehouse.append(LOG, 5, &events);
        let before = warehouse.dump();
        // In any order and cut, with or without the delivery that has the rows; the event that is no longer archived stays.
        let mut reversed: Vec<Event<'_>> = events.iter().rev().copied().filter(|event| event.seq != 4).collect();
        let unsynced = |lines: Vec<String>| -> Vec<String> {
            let (old, new) = ("2025-11-29T00:01:00.000000Z", "2025-11-29T00:01:00.000001Z");
            let (old, new) = (format!("{:?}", old.as_bytes()), format!("{:?}", new.as_bytes()));
            lines.iter().map(|line| line.replace(&old, "SYNCED").replace(&new, "SYNCED")).collect()
        };
        for _ in 0..4 {
            for part in [&reversed[..], &events[4..], &events[..2]] {
                warehouse.replace(part);
                assert_eq!(unsynced(warehouse.dump()), unsynced(before.clone()));
            }
            reversed.rotate_left(1);
        }
        assert_ne!(warehouse.dump(), before, "rows are new");
        assert_eq!(warehouse.state.checkpoints, [(LOG, 5)].into());
    }
}

#[test]
fn dead_letters_are_tried_again() {
    let frozen = Table { schema_policy: SchemaPolicy::Freeze, ..Table::new("webhooks", "events", Format::Unpacked) };
    let mut warehouse = Warehouse::new(&frozen);
    let events = [delivery(1, 1, 10, r#"{"a":1}"#), delivery(2, 2, 10, r#"[{"a":2},{"b":3},{"a":4}]"#)];
    warehouse.append(LOG, 1, &events[..1]);
    let second = warehouse.append(LOG, 2, &events);
    assert_eq!((second.rows, second.dead_letters), (2, 1));
    // The policy is changed, and the event comes again from the archive.
    let evolving = Table { schema_policy: SchemaPolicy::Evolve, ..frozen };
    warehouse.state = warehouse.sqlite.open_table("c", &evolving, &[]).unwrap();
    let again = warehouse.replace(&events[1..]);
    assert_eq!((again.rows, again.dead_letters, again.columns), (3, 0, 1));
    assert!(warehouse.contents().letters.is_empty());
    assert_eq!(warehouse.contents().unpacked.len(), 4);
}

#[test]
fn nothing_is_written_if_somebody_else_was_first() {
    let packed = Table::new("webhooks", "events", Format::Packed);
    let mut warehouse = Warehouse::new(&packed);
    let late = warehouse.state.clone();
    warehouse.append(LOG, 1, &[delivery(1, 1, 10, "{}")]);
    let before = warehouse.dump();
    // The checkpoint alone tells: it was none, and then it was a lower one.
    for mut late in [late, warehouse.state.clone()] {
        let run = Run { log: LOG, last_seq: 9, events: &[delivery(2, 2, 10, "{}")] };
        let mut current = warehouse.sqlite.open_table("c", &packed, &[]).unwrap();
        let last_seq = current.checkpoints[&LOG] + 1;
        append(&mut warehouse.sqlite, &mut current, &Run { log: LOG, last_seq, events: &[] }, SYNCED).unwrap();
        let error = append(&mut warehouse.sqlite, &mut late, &run, SYNCED).unwrap_err();
        assert!(matches!(error, DestinationError::Conflict(_)), "{error:?}");
        assert_eq!(warehouse.dump(), before);
        assert_eq!(warehouse.sqlite.open_table("c", &packed, &[]).unwrap().checkpoints[&LOG], last_seq);
    }

    let table = Table::new("webhooks", "events", Format::Unpacked);
    let mut warehouse = Warehouse::new(&table);
    let mut late = warehouse.state.clone();
    let events = [delivery(1, 1, 10, r#"{"a":1}"#), delivery(2, 2, 10, r#"{"b":1}"#)];
    warehouse.append(LOG, 1, &events);
    let before = warehouse.dump();
    // Another process, which read the state before.
    let mut late_append = |sqlite: &mut Sqlite, events: &[Event<'_>], log| {
        append(sqlite, &mut late, &Run { log, last_seq: 9, events }, SYNCED)
    };
    for (events, log) in [(&events[..], LOG), (&events[1..], OTHER_LOG), (&[], LOG)] {
        let error = late_append(&mut warehouse.sqlite, events, log).unwrap_err();
        assert!(matches!(error, DestinationError::Conflict(_)), "{error:?}");
        assert_eq!(warehouse.dump(), before);
    }
    // With the state as it is now, it goes on.
    let mut late = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
    let committed =
        append(&mut warehouse.sqlite, &mut late, &Run { log: LOG, last_seq: 9, events: &events }, SYNCED).unwrap();
    assert_eq!((committed.rows, committed.columns), (1, 1));
    // The first one, now, is the late one: its checkpoint is behind, and so is its plan.
    let run = Run { log: LOG, last_seq: 10, events: &events };
    assert!(matches!(
        append(&mut warehouse.sqlite, &mut warehouse.state, &run, SYNCED),
        Err(DestinationError::Conflict(_))
    ));
    assert!(matches!(
        replace(&mut warehouse.sqlite, &mut warehouse.state, &events, SYNCED),
        Err(DestinationError::Conflict(_))
    ));
}

#[test]
fn events_come_in_any_order() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    let deliveries: Vec<Delivery> =
        (0..50).map(|number| Delivery::new(format!("{{\"k{number}\":{number}}}"))).collect();
    let mut events: Vec<Event<'_>> = (1..).zip(&deliveries).map(|(seq, delivery)| event(seq, delivery)).collect();
    events.reverse();
    warehouse.append(LOG, 50, &events);
    let names: Vec<&str> = warehouse.state.plan.columns().iter().map(|column| &*column.name).collect();
    let expected: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
    assert_eq!(names, expected, "columns in the order of the events");
}

#[test]
fn what_is_there_can_be_asked() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    let bodies = [r#"[{"a":1},2,{"a":3}]"#, "x", "yy"];
    let events: Vec<Event<'_>> = (1..).zip(bodies).map(|(seq, body)| delivery(seq, seq, 10, body)).collect();
    warehouse.append(LOG, 3, &events);
    let table = warehouse.state.table.clone();
    let sqlite = &mut warehouse.sqlite;
    let first = sqlite.find(&table, &id(1)).unwrap();
    assert_eq!(first.rows, [0, 2]);
    assert_eq!(first.dead_letters.len(), 1);
    let letter = &first.dead_letters[0];
    assert_eq!((letter.id, letter.index, &*letter.reason, letter.raw_length), (id(1), 1, "not_an_object", 1));
    assert_eq!(sqlite.find(&table, &id(9)).unwrap(), StoredEvent::default());
    // Page by page.
    let mut pages = Vec::new();
    while let [letter] = &sqlite.dead_letters(&table, pages.last().copied(), 1).unwrap()[..] {
        pages.push((letter.id, letter.index));
    }
    let mut keys = vec![(id(1), 1), (id(2), 0), (id(3), 0)];
    keys.sort_unstable();
    assert_eq!(pages, keys);
    assert_eq!(sqlite.dead_letters(&table, None, 10).unwrap().len(), 3);
    // A table that nobody has opened has nothing.
    let other = Table::new("webhooks", "other", Format::Packed);
    assert_eq!(sqlite.find(&other, &id(1)).unwrap(), StoredEvent::default());
    assert_eq!(sqlite.dead_letters(&other, None, 10).unwrap(), []);
}
