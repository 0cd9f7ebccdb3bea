//! A process that loads is killed again and again. What it had committed is there, once, and its checkpoint with it. (That the disk has
//! it is SQLite's part: WAL and synchronous FULL.)

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use countersign_tables::{Destination, Event, Format, Run, Sqlite, Table, append};
use rusqlite::Connection;

use crate::contents::{Delivery, event};
use crate::warehouse::SYNCED;

const FOLDER: &str = "COUNTERSIGN_TABLES_KILLED";
const LOG: [u8; 16] = [7; 16];
const EVENTS: u64 = 40_000;
const A_LOAD: u64 = 100;

/// Events with two rows or a dead letter each, and a column now and then.
fn delivery(seq: u64) -> Delivery {
    match seq % 10 {
        0 => Delivery::new("not JSON"),
        _ => Delivery::new(format!("[{{\"n\":{seq}}},{{\"k{}\":{seq}}}]", seq / 1000)),
    }
}

/// Loads on from the checkpoint until all is there.
fn load(folder: &Path) {
    let mut sqlite = Sqlite::new(folder);
    let table = Table::new("webhooks", "events", Format::Unpacked);
    let mut state = sqlite.open_table("c", &table, &[]).unwrap();
    loop {
        let from = state.checkpoints.get(&LOG).copied().unwrap_or(0);
        if from == EVENTS {
            return;
        }
        // Each load begins a little before, as one does that knows the start of an object alone.
        let seqs = from.saturating_sub(7) + 1..=from + A_LOAD;
        let deliveries: Vec<(u64, Delivery)> = seqs.map(|seq| (seq, delivery(seq))).collect();
        let events: Vec<Event<'_>> = deliveries.iter().map(|(seq, delivery)| event(*seq, delivery)).collect();
        append(&mut sqlite, &mut state, &Run { log: LOG, last_seq: from + A_LOAD, events: &events }, SYNCED).unwrap();
    }
}

#[test]
fn what_was_committed_outlives_the_process() {
    if let Some(folder) = env::var_os(FOLDER) {
        return load(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut kills = 0;
    for round in 0..12 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::what_was_committed_outlives_the_process"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(60 + 37 * round));
        let is_over = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        kills += usize::from(!is_over);
        check(folder.path());
    }
    assert!(kills > 0, "no process lived long enough to be killed");
    load(folder.path());
    assert_eq!(check(folder.path()), EVENTS);
}

/// Holds the tables against the checkpoint, which is returned.
fn check(folder: &Path) -> u64 {
    let reader = Connection::open(folder.join("webhooks.db")).unwrap();
    let count = |sql: &str| reader.query_row(sql, [], |row| row.get::<_, i64>(0));
    // Before the first commit, there are no tables.
    let Ok(checkpoint) = count("SELECT coalesce(max(last_seq), 0) FROM _countersign_checkpoints") else { return 0 };
    let expected = checkpoint / 10;
    assert_eq!(count("SELECT count(*) FROM events").unwrap(), (checkpoint - expected) * 2);
    assert_eq!(count("SELECT count(DISTINCT _id) FROM events").unwrap(), checkpoint - expected);
    assert_eq!(count("SELECT count(*) FROM events__dead_letters").unwrap(), expected);
    u64::try_from(checkpoint).unwrap()
}
