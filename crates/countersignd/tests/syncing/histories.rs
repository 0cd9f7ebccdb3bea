//! Histories that a seed decides: deliveries, syncs, resyncs, restarts, stores that fail, a connection that names another bucket, tables that are
//! dropped and files that are replaced by older ones. At their end each event is in the table once, with the `_id` that its sender was told.
//! Where the inbox is in a bucket, many deliveries wait for it at once, it fails and is down, the process crashes in the middle of a sync, and
//! the data folder is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Poll;

use axum::body::{Body, Bytes, to_bytes};
use countersign_inbox::disk::sim::Random;
use countersignd::archive::bounds::BOUNDS;
use http::{Request, StatusCode};

use crate::buckets::bucket;
use crate::inboxes::Inboxes;
use crate::quiet;
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

/// The rows and the dead letters of an event: their indexes and texts.
type Outcome = (Vec<(i64, String)>, Vec<(i64, String)>);

/// What becomes of a delivery.
fn outcome((_, kind, body): &Delivery) -> Outcome {
    match kind {
        Kind::Row => (vec![(0, body.clone())], vec![]),
        Kind::Rows => {
            let elements = body.trim_matches(['[', ']']).split(',');
            ((0..).zip(elements.map(str::to_owned)).collect(), vec![])
        }
        Kind::DeadLetter => (vec![], vec![(0, body.clone())]),
    }
}

/// What a body becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Row,
    /// Two elements.
    Rows,
    DeadLetter,
}

/// What was answered with 200: the connection, what becomes of it, and its body, by `_id`.
type Debts = BTreeMap<String, Delivery>;

/// A delivery.
type Delivery = (&'static str, Kind, String);

/// A delivery that has no answer yet, and whether it is an earlier one again.
struct UnderWay {
    answer: Pin<Box<dyn Future<Output = (StatusCode, Bytes)>>>,
    delivery: Delivery,
    is_again: bool,
}

struct History {
    world: World,
    random: Random,
    debts: Debts,
    under_way: Vec<UnderWay>,
    /// What was not answered with 200. It may be kept all the same.
    refused: Vec<Delivery>,
    number: u64,
    /// The buckets that the last connection has named.
    named: BTreeSet<&'static str>,
    tables: Option<PathBuf>,
    metadata: Option<PathBuf>,
}

impl History {
    async fn step(&mut self) {
        let (id, _) = CONNECTIONS[usize::try_from(self.random.below(3)).unwrap()];
        if self.world.inboxes().is_in_bucket() && self.random.happens(200) {
            self.step_of_bucket().await;
        }
        match self.random.below(100) {
            0..2 => {
                let name = BUCKETS[usize::try_from(self.random.below(2)).unwrap()];
                self.world.named.set("theirs", bucket(name));
                self.named.insert(name);
                // Nothing in a copy of before opens the bucket.
                self.metadata = None;
            }
            2..50 => self.deliver(id).await,
            // Store and table may fail.
            50..68 => self.sync(id, false).await,
            68..74 => self.sync(id, true).await,
            74..82 => self.restart(|_| {}).await,
            82..86 => self.drop_table(id),
            86..89 => self.tables = self.world.warehouse().join("s.db").exists().then(|| self.world.copy_warehouse()),
            89..92 => {
                if let Some(copy) = self.tables.take() {
                    self.restart(|world| world.restore_warehouse(&copy)).await;
                }
            }
            92..94 => {
                let _ = std::fs::remove_file(self.world.data().join("copy.db"));
                self.metadata = Some(self.world.copy_metadata());
            }
            94..96 => {
                if let Some(copy) = self.metadata.take() {
                    self.restart(|world| world.restore_metadata(&copy)).await;
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
        let steps = self.random.below(20);
        self.world.inboxes().steps(steps);
        self.take_answers().await;
    }

    /// What happens only where the inbox is in a bucket.
    async fn step_of_bucket(&mut self) {
        // What the last connection has named before is known from nowhere but the data folder.
        if self.random.happens(100) && self.named.len() == 1 {
            let inboxes = self.world.inboxes().clone();
            self.restart(|world| {
                world.lose_folder();
                inboxes.bucket().unwrap().change_owner();
            })
            .await;
            (self.tables, self.metadata) = (None, None);
            // As setup tests do: its bucket is noted.
            self.world.running().archiver.stores().current("theirs").await.unwrap();
            return;
        }
        self.world.inboxes().make_trouble(&mut self.random);
    }

    /// Syncs a connection, or makes its rows anew. Where the inbox is in a bucket, the process may crash meanwhile.
    async fn sync(&mut self, id: &'static str, is_resync: bool) {
        if let Some(mut bucket) = self.world.inboxes().bucket().filter(|_| self.random.happens(200)) {
            bucket.crash_soon(u32::try_from(1 + self.random.below(60)).unwrap());
        }
        // Store and table may fail.
        let work = Box::pin(async {
            if is_resync {
                drop(self.world.resync(id, None).await);
            } else {
                drop(self.world.sync(id).await);
            }
        });
        if self.world.inboxes().until_crash(work).await.is_none() {
            self.restart(|_| {}).await;
        }
    }

    /// Ends the process, does something to what it has left, and starts another one.
    async fn restart(&mut self, between: impl FnOnce(&mut World)) {
        self.take_answers().await;
        self.world.restart(between);
        // Nobody answers these any more.
        self.refused.extend(std::mem::take(&mut self.under_way).into_iter().map(|under_way| under_way.delivery));
    }

    /// Takes the answers that there are.
    async fn take_answers(&mut self) {
        let mut left = Vec::new();
        for mut under_way in std::mem::take(&mut self.under_way) {
            let polled = poll_fn(|context| Poll::Ready(under_way.answer.as_mut().poll(context))).await;
            match polled {
                Poll::Pending => left.push(under_way),
                Poll::Ready((status, body)) => self.take_answer(status, &body, under_way.delivery, under_way.is_again),
            }
        }
        self.under_way = left;
    }

    fn take_answer(&mut self, status: StatusCode, answer: &[u8], delivery: Delivery, is_again: bool) {
        if self.world.inboxes().is_in_bucket() && status == StatusCode::SERVICE_UNAVAILABLE {
            self.refused.push(delivery);
            return;
        }
        assert_eq!(status, 200);
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
        let id = delivery.0;
        let before = self.debts.insert(answer["id"].as_str().unwrap().to_owned(), delivery);
        assert!(before.is_none() || (is_again && id != "off"), "two events have one id");
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
        let answer = self.world.answer(request);
        let answer = Box::pin(async {
            let answer = answer.await;
            (answer.status(), to_bytes(answer.into_body(), 1000).await.unwrap())
        });
        let delivery = (id, kind, body);
        if self.world.inboxes().is_in_bucket() {
            self.under_way.push(UnderWay { answer, delivery, is_again });
            self.take_answers().await;
        } else {
            let (status, body) = answer.await;
            self.take_answer(status, &body, delivery, is_again);
        }
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
    async fn end(mut self) -> u64 {
        for store in self.stores() {
            store.set_faults(Faults::default());
        }
        #[cfg(countersign_planted_bugs)]
        countersign_tables::planted::let_commits_fail(0);
        self.come_to_rest().await;
        self.restart(|_| {}).await;
        self.come_to_rest().await;
        self.world.running().syncer.check_archive().await.unwrap();
        for (id, _) in CONNECTIONS {
            self.world.sync(id).await.unwrap();
            self.check_table(id);
        }
        // Longer than the pause after a failure.
        self.world.advance(HOUR);
        self.world.running().archiver.archive_due().await;
        let inbox = self.world.inbox();
        for connection in CONNECTIONS.iter().map(|(id, _)| *id).chain([BOUNDS]) {
            assert_eq!(inbox.backlog_bytes(connection), 0, "events or bounds of {connection} are not released");
        }
        drop(inbox);
        self.world.stop();
        if let Some(mut bucket) = self.world.inboxes().bucket() {
            bucket.check_empty();
        }
        let inbox = self.world.inboxes().bucket().map_or(0, |bucket| bucket.store().trace());
        self.stores().iter().fold(inbox, |trace, store| trace.rotate_left(7) ^ store.trace())
    }

    /// Lets all that was begun end, where the inbox is in a bucket, and takes over what is left of others.
    async fn come_to_rest(&mut self) {
        if let Some(mut bucket) = self.world.inboxes().bucket() {
            bucket.calm_down();
            bucket.take_over();
        }
        self.take_answers().await;
        assert!(self.under_way.is_empty(), "{} deliveries wait for ever", self.under_way.len());
    }

    /// Each event is in the table of its connection once. Of those that were refused some are there too, once.
    fn check_table(&self, id: &str) {
        let rows = self.stored(&format!(r#"SELECT _id, _index, event FROM "{id}" ORDER BY 1, 2"#));
        let letters = format!(r#"SELECT _id, _index, CAST(raw AS TEXT) FROM "{id}__dead_letters" ORDER BY 1, 2"#);
        let mut found: BTreeMap<String, Outcome> = BTreeMap::new();
        for (event, index, text) in rows {
            found.entry(event).or_default().0.push((index, text));
        }
        for (event, index, text) in self.stored(&letters) {
            found.entry(event).or_default().1.push((index, text));
        }
        for (event, delivery) in self.debts.iter().filter(|(_, delivery)| delivery.0 == id) {
            assert_eq!(found.remove(event), Some(outcome(delivery)), "{event} of {id}");
        }
        let of_connection = self.refused.iter().filter(|delivery| delivery.0 == id);
        let mut refused: Vec<Outcome> = of_connection.map(outcome).collect();
        for (event, found) in found {
            let at = refused.iter().position(|refused| *refused == found);
            refused.swap_remove(at.unwrap_or_else(|| panic!("nobody has sent {event} of {id}: {found:?}")));
        }
    }

    fn stored(&self, sql: &str) -> Vec<(String, i64, String)> {
        let table = self.world.table();
        let mut rows = table.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

async fn history(world: World, seed: u64) -> u64 {
    let (random, named) = (Random::new(seed), BTreeSet::from([BUCKETS[0]]));
    let (debts, under_way, refused) = (Debts::new(), Vec::new(), Vec::new());
    let (number, tables, metadata) = (0, None, None);
    let mut history = History { world, random, debts, under_way, refused, number, named, tables, metadata };
    for _ in 0..STEPS {
        history.step().await;
    }
    history.end().await
}

/// Runs a history; in short what the stores were asked.
fn run(seed: u64, is_in_bucket: bool) -> u64 {
    #[cfg(countersign_planted_bugs)]
    countersign_tables::planted::let_commits_fail(seed + 1);
    let inboxes = |now: &_| if is_in_bucket { Inboxes::in_bucket(seed, now) } else { Inboxes::on_disk(1) };
    let world = World::with_inbox(&CONNECTIONS, inboxes);
    world.named.set("theirs", bucket(BUCKETS[0]));
    for (name, seed) in BUCKETS.into_iter().zip(seed + 1..) {
        world.named.add(&format!("s3://{name}"), SimStore::new(seed));
    }
    let inboxes = world.inboxes().clone();
    quiet::run(history(world, seed), |is_idle| inboxes.step(is_idle))
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

/// Runs the histories that are asked for: `COUNTERSIGN_SEEDS` says how many, `COUNTERSIGN_FIRST_SEED` with which the first one begins.
fn run_all(is_in_bucket: bool, test: &str) {
    let first = number("COUNTERSIGN_FIRST_SEED", 0);
    for seed in first..first + number("COUNTERSIGN_SEEDS", 10) {
        std::panic::catch_unwind(|| run(seed, is_in_bucket)).unwrap_or_else(|_| {
            panic!("again: COUNTERSIGN_FIRST_SEED={seed} COUNTERSIGN_SEEDS=1 cargo test -p countersignd --test syncing {test}")
        });
    }
}

#[test]
fn each_event_is_in_the_table_once_at_the_end() {
    run_all(false, "each_event_is_in_the_table_once_at_the_end");
}

#[test]
fn each_event_of_an_inbox_in_a_bucket_is_in_the_table_once() {
    run_all(true, "each_event_of_an_inbox_in_a_bucket_is_in_the_table_once");
}

/// What was found can be looked at again.
#[test]
fn a_seed_decides_a_history_in_a_bucket() {
    for seed in 0..3 {
        assert_eq!(run(seed, true), run(seed, true), "{seed}");
    }
}

#[cfg(countersign_planted_bugs)]
#[test]
fn every_planted_bug_is_found() {
    use countersign_inbox::planted as inbox;
    use countersign_tables::planted as tables;
    use countersignd::planted as service;

    const SEEDS: u64 = 100;
    let mut missed = Vec::new();
    let mut find = |name: String, is_in_bucket: bool| {
        let found = quiet::find(0..SEEDS, |seed| run(seed, is_in_bucket));
        let place = if is_in_bucket { "in a bucket" } else { "on a disk" };
        eprintln!("{name}, inbox {place}: {found:?}");
        missed.extend(found.is_none().then_some(name));
    };
    std::panic::set_hook(Box::new(|_| {}));
    // Commits fail, which without a bug harms nothing.
    for is_in_bucket in [false, true] {
        assert_eq!(quiet::find(0..20, |seed| run(seed, is_in_bucket)), None);
    }
    for bug in tables::PlantedBug::ALL {
        tables::plant(Some(bug));
        find(format!("{bug:?}"), false);
    }
    tables::plant(None);
    for bug in service::PlantedBug::OF_SYNC {
        service::plant(Some(bug));
        find(format!("{bug:?}"), false);
        find(format!("{bug:?}"), true);
    }
    service::plant(None);
    for bug in [inbox::PlantedBug::AcknowledgesBeforeThePut, inbox::PlantedBug::TakesExistsForWritten] {
        inbox::plant(Some(bug));
        find(format!("{bug:?}"), true);
    }
    inbox::plant(None);
    assert!(missed.is_empty(), "not found: {missed:?}");
}
