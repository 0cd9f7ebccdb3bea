//! Histories that a seed decides: deliveries, syncs, resyncs, restarts, stores that fail, a connection that names another bucket, tables that are
//! dropped and files that are replaced by older ones. At their end each event is in the table once, with the `_id` that its sender was told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::body::{Body, to_bytes};
use countersign_inbox::disk::sim::Random;
use http::Request;

use crate::buckets::bucket;
use crate::store::{Faults, SimStore};
use crate::support::signature;
use crate::world::{HOUR, World, path};

const STEPS: u32 = 60;
/// One whose repetitions are the same event, one that keeps each delivery, and one that is archived in buckets.
const CONNECTIONS: [(&str, &str); 3] = [
    ("auto", r#""id_from": "json:/id", "sync_format": "Packed""#),
    ("off", r#""dedupe": "off", "sync_format": "Packed""#),
    ("theirs", r#""id_from": "json:/id", "sync_format": "Packed""#),
];

/// The buckets of the last one.
const BUCKETS: [&str; 2] = ["first", "second"];

/// What a body becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Row,
    /// Two elements.
    Rows,
    DeadLetter,
}

/// What was answered with 200: the connection, what becomes of it, and its body, by `_id`.
type Debts = BTreeMap<String, (&'static str, Kind, String)>;

struct History {
    world: World,
    random: Random,
    debts: Debts,
    number: u64,
    tables: Option<PathBuf>,
    metadata: Option<PathBuf>,
}

impl History {
    async fn step(&mut self) {
        let (id, _) = CONNECTIONS[usize::try_from(self.random.below(3)).unwrap()];
        match self.random.below(100) {
            0..2 => {
                let name = BUCKETS[usize::try_from(self.random.below(2)).unwrap()];
                self.world.named.set("theirs", bucket(name));
                // Nothing in a copy of before opens the bucket.
                self.metadata = None;
            }
            2..50 => self.deliver(id).await,
            // Store and table may fail.
            50..68 => drop(self.world.sync(id).await),
            68..74 => drop(self.world.resync(id, None).await),
            74..82 => self.world.restart(|_| {}),
            82..86 => self.drop_table(id),
            86..89 => self.tables = self.world.warehouse().join("s.db").exists().then(|| self.world.copy_warehouse()),
            89..92 => {
                if let Some(copy) = self.tables.take() {
                    self.world.restart(|world| world.restore_warehouse(&copy));
                }
            }
            92..94 => {
                let _ = std::fs::remove_file(self.world.data().join("copy.db"));
                self.metadata = Some(self.world.copy_metadata());
            }
            94..96 => {
                if let Some(copy) = self.metadata.take() {
                    self.world.restart(|world| world.restore_metadata(&copy));
                    // As the manual has it; the store may fail.
                    drop(self.world.running().syncer.check_archive().await);
                }
            }
            _ => {
                let mut chance = || [0, 0, 150][usize::try_from(self.random.below(3)).unwrap()];
                let faults =
                    Faults { fails: chance(), loses_answer: chance(), exists_wrongly: chance(), comes_late: chance() };
                let stores = self.stores();
                stores[usize::try_from(self.random.below(3)).unwrap()].set_faults(faults);
            }
        }
        self.world.advance(HOUR / 60);
    }

    async fn deliver(&mut self, id: &'static str) {
        // One in five is an earlier one again.
        let is_again = self.number > 0 && self.random.happens(200);
        self.number += u64::from(!is_again);
        let number = if is_again { 1 + self.random.below(self.number) } else { self.number };
        let (kind, body) = match number % 4 {
            0 => {
                (Kind::DeadLetter, format!(r#"{{"id": "{number}", "deep": {}1{}}}"#, "[".repeat(600), "]".repeat(600)))
            }
            1 => (Kind::Rows, format!(r#"[{{"id": "{number}"}},{{"n": {number}}}]"#)),
            _ => (Kind::Row, format!(r#"{{"id": "{number}"}}"#)),
        };
        let (name, value) = signature(body.as_bytes());
        let request = Request::post(path(id)).header(name, value).body(Body::from(body.clone())).unwrap();
        let answer = self.world.answer(request).await;
        assert_eq!(answer.status(), 200);
        let answer = to_bytes(answer.into_body(), 1000).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let before = self.debts.insert(answer["id"].as_str().unwrap().to_owned(), (id, kind, body));
        assert!(before.is_none() || (is_again && id != "off"), "two events have one id");
    }

    /// The own store, and the buckets.
    fn stores(&self) -> [SimStore; 3] {
        let [first, second] = BUCKETS.map(|name| self.world.named.store(&format!("s3://{name}")));
        [self.world.store().clone(), first, second]
    }

    fn drop_table(&self, id: &str) {
        if self.world.warehouse().join("s.db").exists() {
            let name = if self.number.is_multiple_of(2) { id.to_owned() } else { format!("{id}__dead_letters") };
            self.world.execute(&format!(r#"DROP TABLE IF EXISTS "{name}""#));
        }
    }

    /// Without further faults, all is there.
    async fn end(mut self) {
        for store in self.stores() {
            store.set_faults(Faults::default());
        }
        #[cfg(countersign_planted_bugs)]
        countersign_tables::planted::let_commits_fail(0);
        self.world.restart(|_| {});
        self.world.running().syncer.check_archive().await.unwrap();
        for (id, _) in CONNECTIONS {
            self.world.sync(id).await.unwrap();
            let (mut rows, mut letters) = (Vec::new(), Vec::new());
            for (event, (_, kind, body)) in self.debts.iter().filter(|(_, (of, ..))| *of == id) {
                match kind {
                    Kind::Row => rows.push((event.clone(), 0, body.clone())),
                    Kind::Rows => {
                        let elements = body.trim_matches(['[', ']']).split(',');
                        rows.extend(
                            (0..).zip(elements).map(|(index, element)| (event.clone(), index, element.to_owned())),
                        );
                    }
                    Kind::DeadLetter => letters.push((event.clone(), 0, body.clone())),
                }
            }
            assert_eq!(self.stored(&format!(r#"SELECT _id, _index, event FROM "{id}" ORDER BY 1, 2"#)), rows);
            let sql = format!(r#"SELECT _id, _index, CAST(raw AS TEXT) FROM "{id}__dead_letters" ORDER BY 1, 2"#);
            assert_eq!(self.stored(&sql), letters);
        }
    }

    fn stored(&self, sql: &str) -> Vec<(String, i64, String)> {
        let table = self.world.table();
        let mut rows = table.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

async fn history(seed: u64) {
    let world = World::new(&CONNECTIONS);
    world.named.set("theirs", bucket(BUCKETS[0]));
    for (name, seed) in BUCKETS.into_iter().zip(seed + 1..) {
        world.named.add(&format!("s3://{name}"), SimStore::new(seed));
    }
    let mut history =
        History { world, random: Random::new(seed), debts: Debts::new(), number: 0, tables: None, metadata: None };
    #[cfg(countersign_planted_bugs)]
    countersign_tables::planted::let_commits_fail(seed + 1);
    for _ in 0..STEPS {
        history.step().await;
    }
    history.end().await;
}

fn run(seed: u64) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(history(seed));
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

/// `COUNTERSIGN_SEEDS` says how many histories, `COUNTERSIGN_FIRST_SEED` with which the first one begins.
#[test]
fn each_event_is_in_the_table_once_at_the_end() {
    let first = number("COUNTERSIGN_FIRST_SEED", 0);
    for seed in first..first + number("COUNTERSIGN_SEEDS", 10) {
        std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|_| panic!("seed {seed}"));
    }
}

#[cfg(countersign_planted_bugs)]
#[test]
fn every_planted_bug_is_found() {
    use countersign_tables::planted as tables;
    use countersignd::planted as service;

    const SEEDS: u64 = 100;
    let find = |name: String| {
        let found = (0..SEEDS).find(|seed| std::panic::catch_unwind(|| run(*seed)).is_err());
        eprintln!("{name}: found by seed {found:?}");
        found
    };
    std::panic::set_hook(Box::new(|_| {}));
    // Commits fail, which without a bug harms nothing.
    assert_eq!((0..20).find(|seed| std::panic::catch_unwind(|| run(*seed)).is_err()), None);
    for bug in tables::PlantedBug::ALL {
        tables::plant(Some(bug));
        assert!(find(format!("{bug:?}")).is_some(), "{bug:?} is not found");
    }
    tables::plant(None);
    for bug in service::PlantedBug::OF_SYNC {
        service::plant(Some(bug));
        assert!(find(format!("{bug:?}")).is_some(), "{bug:?} is not found");
    }
    service::plant(None);
}
