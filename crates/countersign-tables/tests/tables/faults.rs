//! Rows that the destination refuses, and a destination that fails.

use countersign_tables::{
    Column, Committed, Destination, DestinationError, Event, Format, Load, Purpose, Run, Sqlite, StoredDeadLetter,
    StoredEvent, Table, TableState, append, replace,
};

use crate::contents::{Delivery, event, id_text};
use crate::warehouse::{SYNCED, Warehouse};

const LOG: [u8; 16] = [7; 16];

/// Nine thousand nine hundred and ninety-nine good events and one whose note somebody's trigger refuses. Together they are more than SQLite
/// keeps in memory, so that a part of them is in its log by then.
fn ten_thousand() -> Vec<Delivery> {
    let mut deliveries: Vec<Delivery> =
        (0..10_000).map(|number| Delivery::new(format!("{{\"note\":\"{number:0400}\"}}"))).collect();
    deliveries[6_543] = Delivery::new(r#"{"note":"bad"}"#);
    deliveries
}

fn refuse_bad(warehouse: &mut Warehouse, action: &str) {
    // The column must be there before the trigger can name it.
    warehouse.load(&[Delivery::new(r#"{"note":"first"}"#)]);
    let condition =
        if warehouse.state.table.format == Format::Packed { "event LIKE '%\"bad\"%'" } else { "note = 'bad'" };
    let trigger = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN new.{condition} BEGIN SELECT RAISE({action}, 'no bad notes'); END"
    );
    warehouse.reader().execute_batch(&trigger).unwrap();
}

#[test]
fn one_bad_row_in_ten_thousand_is_a_dead_letter() {
    let deliveries = ten_thousand();
    for format in [Format::Packed, Format::Unpacked] {
        for action in ["ABORT", "FAIL", "ROLLBACK"] {
            let mut warehouse = Warehouse::of(format);
            refuse_bad(&mut warehouse, action);
            let committed = warehouse.load(&deliveries);
            assert_eq!((committed.rows, committed.dead_letters), (9_999, 1));
            let contents = warehouse.contents();
            let letter = (("refused".to_owned()), br#"{"note":"bad"}"#.to_vec());
            assert_eq!(contents.letters, [((id_text(6_545), 0), letter)].into());
            assert_eq!(contents.packed.len() + contents.unpacked.len(), 10_000);
            let detail: String =
                warehouse.reader().query_row("SELECT detail FROM events__dead_letters", [], |row| row.get(0)).unwrap();
            assert!(detail.contains("no bad notes"), "{detail}");
        }
    }
}

#[test]
fn refused_elements_leave_their_event() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    refuse_bad(&mut warehouse, "ABORT");
    let committed = warehouse.load(&[Delivery::new(r#"[{"note":"a"}, {"note":"bad"} ,{"note":"b"},{"note":"bad"}]"#)]);
    assert_eq!((committed.rows, committed.dead_letters), (2, 2));
    let contents = warehouse.contents();
    for index in [1, 3] {
        assert_eq!(contents.letters[&(id_text(2), index)].1, br#"{"note":"bad"}"#);
    }
}

/// SQLite that does not say which row it refuses, as a bulk load does not. It counts, and holds each load against the checkpoint of
/// the one before: an event's seq is its ordinal and 2.
struct Vague {
    sqlite: Sqlite,
    commits: usize,
    checkpoint: u64,
}

impl Destination for Vague {
    fn check_names(&self, schema: &str, table: &str) -> Result<(), DestinationError> {
        self.sqlite.check_names(schema, table)
    }

    fn setup_test(&mut self, table: &Table) -> Result<(), DestinationError> {
        self.sqlite.setup_test(table)
    }

    fn open_table(
        &mut self,
        connection: &str,
        table: &Table,
        known: &[Column],
    ) -> Result<TableState, DestinationError> {
        self.sqlite.open_table(connection, table, known)
    }

    fn commit(&mut self, load: &Load) -> Result<Committed, DestinationError> {
        self.commits += 1;
        let committed = self.sqlite.commit(load).map_err(|error| match error {
            DestinationError::RowsRefused(_) => DestinationError::RowsRefused(Vec::new()),
            other => other,
        })?;
        if let Purpose::Append { last_seq, .. } = load.purpose() {
            let seqs = || load.events().iter().map(|event| event.ordinal as u64 + 2);
            assert!(seqs().min() == Some(self.checkpoint + 1), "nothing between two loads");
            assert!(seqs().max() == Some(*last_seq) || *last_seq == 20_000);
            self.checkpoint = *last_seq;
        }
        Ok(committed)
    }

    fn forget_log(&mut self, connection: &str, table: &Table, log: &[u8; 16]) -> Result<(), DestinationError> {
        self.sqlite.forget_log(connection, table, log)
    }

    fn find(&mut self, table: &Table, id: &[u8; 16]) -> Result<StoredEvent, DestinationError> {
        self.sqlite.find(table, id)
    }

    fn dead_letters(
        &mut self,
        table: &Table,
        after: Option<([u8; 16], u32)>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, DestinationError> {
        self.sqlite.dead_letters(table, after, limit)
    }
}

#[test]
fn a_row_that_nobody_names_is_found_by_halves() {
    let deliveries = ten_thousand();
    let events: Vec<Event<'_>> = (2..).zip(&deliveries).map(|(seq, delivery)| event(seq, delivery)).collect();
    for is_replacement in [false, true] {
        let mut warehouse = Warehouse::of(Format::Unpacked);
        refuse_bad(&mut warehouse, "ABORT");
        let sqlite = std::mem::replace(&mut warehouse.sqlite, Sqlite::new(warehouse.folder.path()));
        let mut vague = Vague { sqlite, commits: 0, checkpoint: 1 };
        let committed = if is_replacement {
            replace(&mut vague, &mut warehouse.state, &events, SYNCED).unwrap()
        } else {
            append(&mut vague, &mut warehouse.state, &Run { log: LOG, last_seq: 20_000, events: &events }, SYNCED)
                .unwrap()
        };
        assert_eq!((committed.rows, committed.dead_letters), (9_999, 1));
        assert!(vague.commits < 40, "{}", vague.commits);
        let contents = warehouse.contents();
        assert_eq!((contents.unpacked.len(), contents.letters.len()), (10_000, 1));
        assert_eq!(contents.letters[&(id_text(6_545), 0)].1, br#"{"note":"bad"}"#);
        let state = vague.open_table("c", &warehouse.state.table, &[]).unwrap();
        assert_eq!(state.checkpoints[&LOG], if is_replacement { 1 } else { 20_000 });
        assert_eq!(state.checkpoints, warehouse.state.checkpoints);
    }
}

#[test]
fn a_fault_in_the_middle_leaves_nothing() {
    let deliveries: Vec<Delivery> =
        [r#"{"a":1}"#, r#"{"b":[1]}"#, "not JSON", r#"[{"c":1},{"c":2}]"#].map(Delivery::new).to_vec();
    // Each place where the load writes: a new column, a row, a dead letter, the checkpoint.
    for (table, kind) in [
        ("_countersign_columns", "INSERT"),
        ("events__dead_letters", "INSERT"),
        ("_countersign_checkpoints", "INSERT"),
        ("_countersign_checkpoints", "UPDATE"),
    ] {
        let mut warehouse = Warehouse::of(Format::Unpacked);
        if kind == "UPDATE" {
            warehouse.load(&[Delivery::new("{}")]);
        }
        let before = (warehouse.contents(), warehouse.state.checkpoints.clone());
        let trigger =
            format!("CREATE TRIGGER fail BEFORE {kind} ON {table} BEGIN SELECT RAISE(ABORT, 'disk on fire'); END");
        warehouse.reader().execute_batch(&trigger).unwrap();
        let error = warehouse.try_load(&deliveries).unwrap_err();
        let DestinationError::Failed { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains(".db"), "{source}");
        assert!(source.source().is_some_and(|cause| cause.to_string().contains("on fire")), "{error:?}");
        let definition = warehouse.state.table.clone();
        let state = warehouse.sqlite.open_table("c", &definition, &[]).unwrap();
        assert_eq!((warehouse.contents(), state.checkpoints), before, "{kind} {table}");
        assert!(state.plan.columns().is_empty());
        // Once it is mended, the same load goes through.
        warehouse.reader().execute_batch("DROP TRIGGER fail").unwrap();
        let committed = warehouse.load(&deliveries);
        assert_eq!((committed.rows, committed.dead_letters, committed.columns), (4, 1, 3));
    }
}

#[test]
fn a_locked_file_is_the_fault_of_the_destination() {
    let mut warehouse = Warehouse::of(Format::Packed);
    let other = warehouse.reader();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = warehouse.try_load(&[Delivery::new("{}")]).unwrap_err();
    let DestinationError::Failed { source, .. } = error else { panic!("{error:?}") };
    let text = source.to_string();
    assert!(text.starts_with("another program has locked ") && text.contains("sqlite3"), "{text}");
    assert!(text.contains(".db, ") && text.contains("end its transaction"), "{text}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(warehouse.load(&[Delivery::new("{}")]).rows, 1);
}

#[test]
fn a_destination_that_refuses_dead_letters_too_is_not_asked_for_ever() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    refuse_bad(&mut warehouse, "ABORT");
    let trigger =
        "CREATE TRIGGER fail BEFORE INSERT ON events__dead_letters BEGIN SELECT RAISE(ABORT, 'nor dead letters'); END";
    warehouse.reader().execute_batch(trigger).unwrap();
    let error = warehouse.try_load(&ten_thousand()).unwrap_err();
    assert!(matches!(error, DestinationError::Failed { .. }), "{error:?}");
    assert_eq!(warehouse.contents().unpacked.len(), 1);
}
