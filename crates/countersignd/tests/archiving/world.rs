//! One simulated history: events are received and archived, connections name other buckets, stores fail and are down, and the power is cut, in
//! an order that a seed decides; and what must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use countersign_inbox::disk::sim::{Faults as DiskFaults, Random, SimDisk};
use countersign_inbox::{Event, EventLog, Inbox, LogId, Seq, Settings};
use countersignd::archive::archiver::{Archiver, Limits};
use countersignd::archive::bounds::BOUNDS;
use countersignd::archive::check::{Comparison, compare, compare_buckets};
use countersignd::archive::error::ArchiveError;
use countersignd::archive::line::ArchivedEvent;
use countersignd::archive::object::{Bounds, decompress};
use countersignd::archive::registry::{OWN_STORE, Object};
use countersignd::archive::stores::{Choice, Stores};
use countersignd::clock::Clock;
use countersignd::head;
use countersignd::metadata::Metadata;
use countersignd::seal::{MasterKey, Sealer};
use countersignd::verdict::StoredVerdict;

use crate::buckets::{Named, bucket};
use crate::store::{Faults, SimStore};

/// Connections. At first one is archived in the own store, and of the others each in the bucket that has its name.
const CONNECTIONS: [&str; 3] = ["one", "two", "three"];

/// What was acknowledged: connection and body, by log and seq.
type Debts = BTreeMap<(LogId, Seq), (&'static str, String)>;

/// An event in an object.
struct Archived {
    store: String,
    connection: String,
    body: String,
}

pub(crate) struct World {
    random: Random,
    disk: SimDisk,
    pub(crate) store: SimStore,
    named: Named,
    /// The stores that each connection has named.
    has_named: BTreeMap<&'static str, BTreeSet<String>>,
    folder: tempfile::TempDir,
    metadata: Arc<Metadata>,
    now: Arc<AtomicI64>,
    running: Option<Running>,
    debts: Debts,
    number: u64,
    /// The connections that have named another store since the metadata was copied.
    chosen_since_copy: BTreeSet<&'static str>,
    /// An earlier state of the metadata, and whether it has come back: then events may be in two objects.
    copy: Option<PathBuf>,
    is_older: bool,
}

struct Running {
    inbox: Arc<dyn EventLog>,
    archiver: Archiver,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let mut world = Self {
            random: Random::new(seed),
            disk: SimDisk::new(seed, DiskFaults::default()),
            store: SimStore::new(seed),
            named: Named::default(),
            has_named: BTreeMap::new(),
            folder,
            metadata,
            now: Arc::new(AtomicI64::new(1_700_000_000_000_000)),
            running: None,
            debts: Debts::new(),
            number: 0,
            chosen_since_copy: BTreeSet::new(),
            copy: None,
            is_older: false,
        };
        world.choose("one", OWN_STORE);
        world.choose("two", "s3://two");
        world.choose("three", "s3://three");
        for name in ["s3://two", "s3://three"] {
            world.named.add(name, SimStore::new(seed + name.len() as u64));
        }
        world.start();
        world
    }

    /// A connection names a store.
    fn choose(&mut self, connection: &'static str, store: &str) {
        let choice = store.strip_prefix("s3://").map_or(Choice::Own, bucket);
        self.named.set(connection, choice);
        self.has_named.entry(connection).or_default().insert(store.to_owned());
        // What it has named in between is known from nowhere but the metadata: nothing in a copy of before opens it.
        if !self.chosen_since_copy.insert(connection) {
            self.copy = None;
        }
    }

    /// All stores, by name.
    fn stores(&self) -> BTreeMap<String, SimStore> {
        let mut stores = self.named.stores();
        stores.insert(OWN_STORE.to_owned(), self.store.clone());
        stores
    }

    /// How often each fault was drawn.
    pub(crate) fn drawn(&self) -> [u64; 4] {
        let mut sum = [0; 4];
        for store in self.stores().values() {
            sum.iter_mut().zip(store.drawn()).for_each(|(sum, count)| *sum += count);
        }
        sum
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Clock::of(move || UNIX_EPOCH + Duration::from_micros(now.load(Ordering::Relaxed).cast_unsigned()))
    }

    fn start(&mut self) {
        let mut settings = Settings::default();
        settings.segment_bytes = 16 << 10;
        let (inbox, report) = Inbox::open(self.disk.clone(), &settings).unwrap();
        assert!(report.losses.is_empty(), "{report:?}");
        let inbox: Arc<dyn EventLog> = Arc::new(inbox);
        let limits = Limits { object_bytes: 4000, ..Limits::default() };
        let store = Arc::new(self.store.clone());
        let sealer = Sealer::new(&MasterKey::open(self.folder.path(), None, &self.metadata).unwrap());
        let buckets = Arc::new(self.named.clone());
        let stores = Stores::with_buckets(store.clone(), Arc::clone(&self.metadata), sealer, buckets);
        let archiver =
            Archiver::open(Arc::clone(&inbox), store, Arc::clone(&self.metadata), self.clock(), limits).unwrap();
        self.running = Some(Running { inbox, archiver: archiver.with_stores(stores) });
    }

    pub(crate) async fn step(&mut self) {
        match self.random.below(100) {
            0..56 => self.receive().await,
            56..71 => self.running().archiver.archive_due().await,
            71..78 => {
                let connection = self.any_connection();
                // The store may fail.
                let _ = self.running().archiver.close(connection).await;
            }
            78..82 => {
                self.now.fetch_add(1_800_000_000, Ordering::Relaxed);
            }
            82..88 => self.crash(),
            88..93 => {
                let chance = |random: &mut Random| [0, 150, 300][usize::try_from(random.below(3)).unwrap()];
                let faults = Faults {
                    fails: chance(&mut self.random),
                    loses_answer: chance(&mut self.random),
                    exists_wrongly: chance(&mut self.random),
                    comes_late: chance(&mut self.random),
                };
                self.any_store().set_faults(faults);
            }
            93..95 => self.be_down().await,
            95..96 => self.name_another().await,
            96..98 => self.copy_metadata().await,
            _ => self.restore_metadata(),
        }
    }

    fn any_store(&mut self) -> SimStore {
        let stores = self.stores();
        let at = usize::try_from(self.random.below(stores.len() as u64)).unwrap();
        stores.into_values().nth(at).unwrap()
    }

    /// A store is down for two minutes, in which events come.
    async fn be_down(&mut self) {
        let store = self.any_store();
        store.set_dead(Some(""));
        for _ in 0..8 {
            self.now.fetch_add(15_000_000, Ordering::Relaxed);
            self.receive().await;
            self.running().archiver.archive_due().await;
        }
        store.set_dead(None);
    }

    /// A connection names another store, or is deleted: then its events go to the one that it has named last.
    async fn name_another(&mut self) {
        let connection = self.any_connection();
        match self.random.below(4) {
            0 => {
                // As whoever deletes it does, so that it is known which one that is.
                self.running().archiver.stores().current(connection).await.unwrap();
                self.named.set(connection, Choice::Gone);
                self.copy = None;
            }
            1 => self.choose(connection, OWN_STORE),
            2 => self.choose(connection, "s3://two"),
            _ => self.choose(connection, "s3://three"),
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    fn any_connection(&mut self) -> &'static str {
        CONNECTIONS[usize::try_from(self.random.below(3)).unwrap()]
    }

    async fn receive(&mut self) {
        let connection = self.any_connection();
        self.receive_for(connection).await;
    }

    pub(crate) async fn close(&self, connection: &str) -> Result<(), ArchiveError> {
        self.running().archiver.close(connection).await
    }

    /// The key of the object that the only event of a connection goes into.
    pub(crate) fn next_key(&self, connection: &str) -> String {
        let (log, seq) = self.debts.iter().find(|(_, (of, _))| *of == connection).map(|(place, _)| *place).unwrap();
        format!("connection={connection}/date=2023-11-14/{log}-{seq}-{seq}.ndjson.zst")
    }

    pub(crate) async fn receive_for(&mut self, connection: &'static str) {
        self.number += 1;
        let body =
            format!("{connection} {} {}", self.number, "x".repeat(usize::try_from(self.random.below(700)).unwrap()));
        let head = head::encode("POST", "/webhooks/1", None, [("content-type", &b"text/plain"[..])].into_iter());
        let verdict = StoredVerdict { algorithm: None, secret_index: None, configuration: 7 }.encode();
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.number.to_be_bytes());
        let received_at = self.now.load(Ordering::Relaxed);
        let event = Event { connection, id, received_at, verdict: &verdict, head: &head, body: body.as_bytes() };
        let appended = self.running().inbox.append(&event).await.unwrap();
        self.debts.insert((appended.log, appended.seq), (connection, body));
    }

    pub(crate) fn crash(&mut self) {
        self.disk.cut_power();
        self.running = None;
        // A bucket shows only what is durable.
        self.store.cut_power();
        self.start();
    }

    /// Keeps a copy of the metadata, as a backup does.
    async fn copy_metadata(&mut self) {
        // As setup tests do when a connection is made or names another bucket: which one that is, is noted.
        for connection in CONNECTIONS {
            self.running().archiver.stores().current(connection).await.unwrap();
        }
        let copy = self.folder.path().join("copy.db");
        let _ = std::fs::remove_file(&copy);
        let db = rusqlite::Connection::open(self.folder.path().join("metadata.db")).unwrap();
        db.execute("VACUUM INTO ?", [copy.to_str().unwrap()]).unwrap();
        self.copy = Some(copy);
        self.chosen_since_copy.clear();
    }

    /// Puts the copy in the place of the metadata.
    fn restore_metadata(&mut self) {
        let Some(copy) = self.copy.take() else { return };
        self.running = None;
        self.metadata = Arc::new(Metadata::open(tempfile::tempdir().unwrap().path()).unwrap());
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(format!("metadata.db{end}")));
        }
        std::fs::rename(copy, self.folder.path().join("metadata.db")).unwrap();
        self.metadata = Arc::new(Metadata::open(self.folder.path()).unwrap());
        self.is_older = true;
        self.start();
    }

    /// What must hold at any time: what was acknowledged is in the inbox or in an object that is in the store.
    pub(crate) fn check(&self) {
        let archived = self.archived();
        let inbox = &self.running().inbox;
        let mut kept: BTreeMap<(LogId, Seq), String> = BTreeMap::new();
        for (log, connections) in inbox.connections() {
            for connection in connections.keys().filter(|connection| &***connection != BOUNDS) {
                for stored in inbox.read(log, connection, 0) {
                    let stored = stored.unwrap();
                    kept.insert((log, stored.seq), String::from_utf8(stored.event().body.to_vec()).unwrap());
                }
            }
        }
        for (place, (connection, body)) in &self.debts {
            let objects = archived.get(place).map_or(&[][..], |found| &found[..]);
            assert!(objects.iter().all(|one| one.connection == *connection && one.body == *body), "{place:?}");
            assert!(!objects.is_empty() || kept.get(place) == Some(body), "{place:?} is lost");
            let stores: BTreeSet<&String> = objects.iter().map(|one| &one.store).collect();
            let named = &self.has_named[connection];
            assert!(stores.iter().all(|store| named.contains(*store)), "{place:?} of {connection} is in {stores:?}");
            // A put that has failed may have happened in the one before.
            assert!(stores.len() <= 1 || named.len() > 1 || self.is_older, "{place:?} is in {stores:?}");
            assert!(objects.len() == stores.len() || self.is_older, "{place:?} is in {} objects", objects.len());
        }
    }

    /// Ends without faults: then all is archived, and each object is registered.
    pub(crate) async fn end(&mut self) {
        for store in self.stores().values() {
            store.set_faults(Faults::default());
            store.let_arrive();
        }
        for connection in CONNECTIONS {
            self.running().archiver.close(connection).await.unwrap();
        }
        self.check();
        self.crash();
        let running = self.running();
        for connection in CONNECTIONS {
            running.archiver.close(connection).await.unwrap();
        }
        running.archiver.archive_due().await;
        self.check();
        let archived = self.archived();
        for place in self.debts.keys() {
            assert!(archived.contains_key(place), "{place:?} is not archived");
        }
        let comparison = self.compare().await;
        // Of what is in two stores one object is registered.
        let is_in_two = archived.values().any(|objects| objects.len() > 1);
        assert!(comparison.entered.is_empty() || self.is_older || is_in_two, "{comparison:?}");
        assert!(self.compare().await.entered.is_empty(), "what was entered is entered again");
        self.check_registered();
        // Nothing keeps the inbox from being emptied.
        for connection in CONNECTIONS.iter().chain([&BOUNDS]) {
            let left = running.inbox.backlog_bytes(connection);
            assert_eq!(left, 0, "{connection}: {left} bytes are not released");
        }
    }

    /// Each event is in an object that is registered, and is where it is registered: only such objects come into a table.
    fn check_registered(&self) {
        let stores = self.stores();
        let archived = self.archived();
        for ((log, seq), (connection, _)) in &self.debts {
            let objects = self.metadata.objects(connection, *log, seq - 1).unwrap();
            let is_there = |object: &Object| {
                (object.bounds.first_seq..=object.bounds.last_seq).contains(seq)
                    && stores[&object.store].objects().contains_key(&object.bounds.key())
            };
            let is_in: Vec<_> = archived[&(*log, *seq)].iter().map(|one| &one.store).collect();
            let noted: Vec<String> =
                self.metadata.stores_of(connection).unwrap().into_iter().map(|(name, _)| name).collect();
            assert!(
                objects.iter().any(is_there),
                "{seq} of {connection} in {log} is in {is_in:?}, and in no object of {objects:?}; noted: {noted:?}, named: {:?}",
                self.has_named[connection]
            );
        }
    }

    /// What a comparison of the registry with all stores finds: nothing that is missing or damaged.
    async fn compare(&self) -> Comparison {
        let mut comparison = compare(&self.store, &self.metadata, 0).await.unwrap();
        let stores = self.running().archiver.stores();
        compare_buckets(stores, &self.metadata, 0, &mut comparison).await.unwrap();
        let Comparison { missing, damaged, unreadable, unknown, .. } = &comparison;
        assert_eq!([missing, damaged, unreadable, unknown], [&[""; 0]; 4], "{comparison:?}");
        comparison
    }

    /// The events in the stores, once for each object, by log and seq.
    fn archived(&self) -> BTreeMap<(LogId, Seq), Vec<Archived>> {
        let mut events: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, store) in self.stores() {
            for (key, object) in store.objects() {
                let lines = decompress(&object, 1 << 20).unwrap();
                let log = Bounds::of_key(&key).unwrap().log_id().unwrap();
                for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    let event = ArchivedEvent::read(line).unwrap();
                    let body = String::from_utf8(event.content().to_vec()).unwrap();
                    let connection = event.record.connection.as_deref().unwrap().to_owned();
                    let archived = Archived { store: name.clone(), connection, body };
                    events.entry((log, event.seq)).or_default().push(archived);
                }
            }
        }
        events
    }
}
