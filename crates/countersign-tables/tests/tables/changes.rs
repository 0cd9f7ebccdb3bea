//! What people do to the files: drop tables and columns, put others in their place, restore old copies.

use std::fs;

use countersign_tables::{
    Destination, DestinationError, Event, Format, Notice, Run, Sqlite, StoredEvent, Table, append,
};
use rusqlite::Connection;

use crate::contents::{Delivery, event};
use crate::warehouse::{SYNCED, Warehouse};

const LOG: [u8; 16] = [7; 16];

fn deliveries() -> Vec<Delivery> {
    [r#"{"a":1}"#, r#"{"a":true,"b":"x"}"#, "not JSON", r#"{"a":2}"#].map(Delivery::new).to_vec()
}

/// Loads all events from the start, as a service does that finds no checkpoint.
fn reload(warehouse: &mut Warehouse) -> Vec<Notice> {
    let table = warehouse.state.table.clone();
    warehouse.state = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
    let deliveries = deliveries();
    let events: Vec<Event<'_>> = (1..).zip(&deliveries).map(|(seq, delivery)| event(seq, delivery)).collect();
    append(&mut warehouse.sqlite, &mut warehouse.state, &Run { log: LOG, last_seq: 4, events: &events }, SYNCED)
        .unwrap();
    warehouse.state.notices.clone()
}

#[test]
fn a_dropped_table_is_loaded_again() {
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(&deliveries());
        let before = warehouse.contents();
        assert_eq!(reload(&mut warehouse), []);
        for dropped in ["events", "events__dead_letters"] {
            warehouse.reader().execute_batch(&format!("DROP TABLE {dropped}")).unwrap();
            // A load that was made before is not written.
            let error = warehouse.try_load(&[Delivery::new("{}")]).unwrap_err();
            assert!(matches!(error, DestinationError::Conflict(_)), "{error:?}");
            assert_eq!(reload(&mut warehouse), [Notice::TableDropped]);
            assert_eq!(warehouse.contents(), before);
        }
        // It was dropped and made anew by another process of ours: this one's load is not written.
        let old = warehouse.state.clone();
        warehouse.reader().execute_batch("DROP TABLE events").unwrap();
        reload(&mut warehouse);
        warehouse.state = old;
        assert!(matches!(warehouse.try_load(&[Delivery::new("{}")]), Err(DestinationError::Conflict(_))));
    }
}

#[test]
fn the_plan_outlives_the_table() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    warehouse.load(&deliveries());
    let columns = warehouse.state.plan.columns().to_vec();
    warehouse.reader().execute_batch("DROP TABLE events").unwrap();
    let table = warehouse.state.table.clone();
    let state = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
    assert_eq!(state.plan.columns(), columns);
    assert!(state.checkpoints.is_empty());
    // Where all is lost, it begins with what the caller remembers, and goes on from there.
    let folder = tempfile::tempdir().unwrap();
    let mut elsewhere = Sqlite::new(folder.path());
    let mut reversed = columns.clone();
    reversed.reverse();
    let state = elsewhere.open_table("c", &table, &reversed).unwrap();
    assert_eq!(state.plan.columns(), reversed);
    // What the destination knows counts more.
    assert_eq!(elsewhere.open_table("c", &table, &columns).unwrap().plan.columns(), reversed);
}

#[test]
fn columns_that_people_drop_or_add_are_respected() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    warehouse.load(&deliveries());
    warehouse
        .reader()
        .execute_batch("ALTER TABLE events DROP COLUMN a__bool; ALTER TABLE events ADD COLUMN \"Note\" TEXT; ALTER TABLE events ADD COLUMN twice INTEGER AS (_index * 2)")
        .unwrap();
    // The state is from before.
    let error = warehouse.try_load(&[Delivery::new(r#"{"a":false}"#)]).unwrap_err();
    assert!(matches!(error, DestinationError::Conflict(_)), "{error:?}");
    let table = warehouse.state.table.clone();
    warehouse.state = warehouse.sqlite.open_table("c", &table, &[]).unwrap();
    assert_eq!(warehouse.state.notices, [Notice::ColumnsDropped(vec!["a__bool".to_owned()])]);
    // Somebody's column is never written.
    warehouse.load(&[Delivery::new(r#"{"a":false,"twice":1,"note":"ours"}"#)]);
    let names: Vec<String> = warehouse.state.plan.columns().iter().map(|column| column.name.clone()).collect();
    assert!(names.last().unwrap().starts_with("note__"), "{names:?}");
    let reader = warehouse.reader();
    let theirs: i64 = reader.query_row("SELECT count(Note) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(theirs, 0);
    // A column that somebody adds while a load waits, under the name that the load needs.
    reader.execute_batch("ALTER TABLE events ADD COLUMN later TEXT").unwrap();
    let error = warehouse.try_load(&[Delivery::new(r#"{"later":1}"#)]).unwrap_err();
    assert!(matches!(error, DestinationError::Conflict(_)), "{error:?}");
}

#[test]
fn tables_of_others_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("webhooks.db");
    let theirs = Connection::open(&file).unwrap();
    theirs
        .execute_batch(
            "CREATE TABLE events (x); INSERT INTO events VALUES (1); CREATE VIEW Looked AS SELECT * FROM events;
             CREATE TABLE orders__dead_letters (x)",
        )
        .unwrap();
    let mut sqlite = Sqlite::new(folder.path());
    for name in ["events", "EVENTS", "looked", "orders"] {
        for attempt in 0..2 {
            let table = Table::new("webhooks", name, Format::Packed);
            let error = match attempt {
                0 => sqlite.setup_test(&table).unwrap_err(),
                _ => sqlite.open_table("c", &table, &[]).map(drop).unwrap_err(),
            };
            let DestinationError::Foreign { table, message } = &error else { panic!("{error:?}") };
            assert!(table.starts_with("webhooks."), "{table}");
            assert!(message.contains("choose another name"), "{message}");
        }
    }
    // Beside them there is room, and the setup test leaves nothing, not even of one that was interrupted.
    theirs.execute_batch("CREATE TABLE _countersign_setup_0 (x)").unwrap();
    sqlite.setup_test(&Table::new("webhooks", "mine", Format::Packed)).unwrap();
    let tables = |connection: &Connection| -> Vec<String> {
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(tables(&theirs), ["Looked", "events", "orders__dead_letters"]);
    sqlite.open_table("c", &Table::new("webhooks", "mine", Format::Packed), &[]).unwrap();
    // The other format is another table.
    let error = sqlite.open_table("c", &Table::new("webhooks", "mine", Format::Unpacked), &[]).map(drop).unwrap_err();
    assert!(matches!(&error, DestinationError::Foreign { message, .. } if message.contains("Packed")), "{error:?}");
    // Unless it was dropped.
    theirs.execute_batch("DROP TABLE mine").unwrap();
    sqlite.open_table("c", &Table::new("webhooks", "mine", Format::Unpacked), &[]).unwrap();
    theirs.execute_batch("DROP TABLE mine").unwrap();
    sqlite.open_table("c", &Table::new("webhooks", "mine", Format::Packed), &[]).unwrap();
    // Ours, dropped, with another one in its place.
    theirs.execute_batch("DROP TABLE mine; CREATE TABLE mine AS SELECT 1 AS _id").unwrap();
    let error = sqlite.open_table("c", &Table::new("webhooks", "mine", Format::Packed), &[]).map(drop).unwrap_err();
    assert!(matches!(&error, DestinationError::Foreign { message, .. } if message.contains("dropped")), "{error:?}");
    let count: i64 = theirs.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_newer_layout_is_not_written() {
    let mut warehouse = Warehouse::of(Format::Packed);
    warehouse.reader().execute_batch("UPDATE _countersign_tables SET layout = 2").unwrap();
    let table = warehouse.state.table.clone();
    let error = warehouse.sqlite.open_table("c", &table, &[]).map(drop).unwrap_err();
    assert!(matches!(&error, DestinationError::Foreign { message, .. } if message.contains("layout 2")), "{error:?}");
}

#[test]
fn an_older_copy_brings_its_checkpoint() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    let all = deliveries();
    warehouse.load(&all[..2]);
    let path = warehouse.folder.path().join("webhooks.db");
    let copy = warehouse.folder.path().join("copy");
    warehouse.reader().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    warehouse.load(&all[2..]);
    let whole = warehouse.contents();
    // It is put in place while the file is open: a load is not written to the file that nobody will see again.
    fs::rename(&copy, &path).unwrap();
    let error = warehouse.try_load(&[Delivery::new("{}")]).unwrap_err();
    assert!(matches!(error, DestinationError::Conflict(_)), "{error:?}");
    assert_eq!(reload(&mut warehouse), []);
    assert_eq!(warehouse.contents(), whole);
    // Without a file, all begins anew.
    drop(std::mem::replace(&mut warehouse.sqlite, Sqlite::new(warehouse.folder.path())));
    fs::remove_file(&path).unwrap();
    assert_eq!(reload(&mut warehouse), []);
    assert_eq!(warehouse.contents(), whole);
}

/// Whoever looks for an event makes no file, before the first load or after somebody has removed it.
#[test]
fn to_look_makes_no_file() {
    let mut warehouse = Warehouse::of(Format::Packed);
    warehouse.load(&[Delivery::new("{}"), Delivery::new("[]")]);
    let table = warehouse.state.table.clone();
    let (one, two) = (crate::contents::id(1), crate::contents::id(2));
    assert_eq!(warehouse.sqlite.find(&table, &one).unwrap().rows, [0]);
    assert_eq!(warehouse.sqlite.find(&table, &two).unwrap().dead_letters.len(), 1);
    let path = warehouse.folder.path().join("webhooks.db");
    fs::remove_file(&path).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let mut other = Sqlite::new(empty.path());
    for sqlite in [&mut warehouse.sqlite, &mut other] {
        assert_eq!(sqlite.find(&table, &one).unwrap(), StoredEvent::default());
        assert_eq!(sqlite.dead_letters(&table, None, 10).unwrap(), []);
    }
    assert!(!path.exists());
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    // The next load makes it.
    reload(&mut warehouse);
    assert_eq!(warehouse.sqlite.find(&table, &one).unwrap().rows, [0]);
}

#[test]
fn a_file_has_one_writer() {
    let mut warehouse = Warehouse::of(Format::Packed);
    let mut second = Sqlite::new(warehouse.folder.path());
    let table = Table::new("Webhooks", "others", Format::Packed);
    let error = second.open_table("c", &table, &[]).map(drop).unwrap_err();
    let message = std::error::Error::source(&error).unwrap().to_string();
    assert!(matches!(error, DestinationError::Failed { .. }) && message.contains("webhooks.db.lock"), "{message}");
    // Readers are not kept out.
    warehouse.load(&[Delivery::new("{}")]);
    let reader = warehouse.reader();
    reader.execute_batch("BEGIN; SELECT * FROM events").unwrap();
    warehouse.load(&[Delivery::new("{}")]);
    drop(std::mem::replace(&mut warehouse.sqlite, Sqlite::new(warehouse.folder.path())));
    second.open_table("c", &table, &[]).unwrap();
}

#[test]
fn schemas_and_tables_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut sqlite = Sqlite::new(folder.path());
    for (schema, name) in [
        ("a b", "select"),
        ("../x", "\"; DROP TABLE t; --"),
        ("O'Brien", "it's"),
        ("é\"", "/* countersign */"),
        ("file:x?mode=ro", "%"),
        ("x.y", "a\nb"),
    ] {
        let table = Table::new(schema, name, Format::Unpacked);
        sqlite.setup_test(&table).unwrap();
        let mut state = sqlite.open_table("it's \"c\"", &table, &[]).unwrap();
        let delivery = Delivery::new(r#"[{"a":1,"\"":2},7]"#);
        let run = Run { log: LOG, last_seq: 1, events: &[event(1, &delivery)] };
        let committed = append(&mut sqlite, &mut state, &run, SYNCED).unwrap();
        assert_eq!((committed.rows, committed.dead_letters, committed.columns), (1, 1, 2));
        assert_eq!(sqlite.open_table("it's \"c\"", &table, &[]).unwrap().checkpoints[&LOG], 1);
    }
    let files = fs::read_dir(folder.path())
        .unwrap()
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "db"));
    assert_eq!(files.count(), 6);
    assert_eq!(
        fs::read_dir(folder.path().parent().unwrap())
            .unwrap()
            .filter(|file| file.as_ref().unwrap().file_name() == "x.db")
            .count(),
        0
    );
    for (schema, name) in [("main", "t"), ("s", "sqlite_t"), ("s", "a__dead_letters")] {
        let error = sqlite.open_table("c", &Table::new(schema, name, Format::Packed), &[]).map(drop).unwrap_err();
        assert!(matches!(error, DestinationError::Name { .. }), "{error:?}");
    }
}

/// However many schemas there are, few files are open, and each is written whenever its turn comes.
#[test]
#[cfg(target_os = "linux")]
fn few_files_are_open_at_once() {
    const SCHEMAS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let mut sqlite = Sqlite::new(folder.path());
    let table = |number: usize| Table::new(&format!("schema_{number}"), "events", Format::Packed);
    let mut states: Vec<_> = (0..SCHEMAS).map(|number| sqlite.open_table("c", &table(number), &[]).unwrap()).collect();
    let delivery = Delivery::new("{}");
    for seq in 1..=3 {
        for state in &mut states {
            let run = Run { log: LOG, last_seq: seq, events: &[event(seq, &delivery)] };
            assert_eq!(append(&mut sqlite, state, &run, SYNCED).unwrap().rows, 1);
        }
        let open = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let open =
            open.filter(|file| file.starts_with(folder.path()) && file.extension().is_some_and(|end| end == "db"));
        assert_eq!(open.count(), 16);
    }
    for number in 0..SCHEMAS {
        let reader = Connection::open(folder.path().join(format!("schema_{number}.db"))).unwrap();
        let rows: i64 = reader.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 3);
    }
}
