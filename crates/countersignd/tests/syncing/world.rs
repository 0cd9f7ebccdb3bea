//! A collector with an archive and a warehouse, whose clock the test sets.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use countersign_inbox::EventLog;
use countersign_inbox::disk::sim::SimDisk;
use countersign_tables::{Destination, Sqlite};
use countersignd::archive::archiver::{Archiver, Limits as ArchiveLimits};
use countersignd::archive::object::digest;
use countersignd::archive::object::{compress, decompress};
use countersignd::archive::store::Store;
use countersignd::archive::stores::Stores;
use countersignd::clock::Clock;
use countersignd::collect::Collector;
use countersignd::connections::{Common, Connection};
use countersignd::metadata::Metadata;
use countersignd::origin::OriginSource;
use countersignd::seal::{MasterKey, Sealer};
use countersignd::settings::Limits;
use countersignd::source::Source;
use countersignd::sync::resync::{Resync, Resynced};
use countersignd::sync::retry::{Retried, Retry};
use countersignd::sync::reverify::{Reverified, Reverify};
use countersignd::sync::{SyncError, Synced, Syncer};
use countersignd::why::{self, Found};
use http::Request;
use rusqlite::types::ValueRef;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::buckets::Named;
use crate::inboxes::Inboxes;
use crate::store::SimStore;
use crate::support::{Folder, SECRET, hooks, signature};

/// Scheme and host that senders call.
pub(crate) const ORIGIN: &str = "https://hooks.example.com";
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) struct World {
    folder: Folder,
    connections: PathBuf,
    inboxes: Inboxes,
    store: SimStore,
    /// The buckets that connections name, whatever their configuration says; the own store without.
    pub(crate) named: Named,
    now: Arc<AtomicI64>,
    running: Option<Running>,
}

pub(crate) struct Running {
    router: Router,
    collector: Arc<Collector>,
    pub(crate) archiver: Arc<Archiver>,
    pub(crate) syncer: Arc<Syncer>,
    metadata: Arc<Metadata>,
}

/// The path that the senders of the connection with this id call.
pub(crate) fn path(id: &str) -> String {
    format!("/webhooks/{}", endpoint(id))
}

/// The endpoint of the connection with this id.
fn endpoint(id: &str) -> String {
    let number = id.bytes().fold(7_u64, |number, byte| number.wrapping_mul(31) + u64::from(byte)) & 0xffff_ffff_ffff;
    format!("00000000-0000-4000-8000-{number:012x}")
}

impl World {
    /// Connections: their ids, and the fields of their `config`, beside those of HMAC unless they say something else. One with the id
    /// `paused` is, and the table of one with the id `elsewhere` is in a schema of its own.
    pub(crate) fn new(connections: &[(&str, &str)]) -> Self {
        Self::with_inbox(connections, |_| Inboxes::on_disk(1))
    }

    /// The same, with an inbox that is made with the clock of the test.
    pub(crate) fn with_inbox(connections: &[(&str, &str)], inboxes: impl FnOnce(&Arc<AtomicI64>) -> Inboxes) -> Self {
        let folder = Folder::in_memory();
        let now = Arc::new(AtomicI64::new(1_764_374_400_000_000));
        let file = folder.path().join("connections.json");
        let mut world = Self {
            folder,
            connections: file,
            inboxes: inboxes(&now),
            store: SimStore::new(1),
            named: Named::default(),
            now,
            running: None,
        };
        world.configure(connections);
        std::fs::create_dir(world.warehouse()).unwrap();
        world.start();
        world
    }

    /// Writes the file of connections, which the next start reads.
    pub(crate) fn configure(&self, connections: &[(&str, &str)]) {
        let entry = |(id, fields): &(&str, &str)| {
            let comma = if fields.is_empty() { "" } else { "," };
            let hmac =
                format!(r#", "auth_method": "HMAC", "auth_secret": "{SECRET}", "signature_encoding": "HEXA_DECIMAL""#);
            let auth = if fields.contains("\"auth_method\"") || fields.contains("\"scheme\"") { "" } else { &*hmac };
            let (endpoint, is_paused) = (endpoint(id), *id == "paused");
            let schema = if *id == "elsewhere" { "elsewhere" } else { "s" };
            format!(
                r#"{{"id": "{id}", "endpoint": "{endpoint}", "service": "webhooks", "group_id": "g", "paused": {is_paused},
                    "config": {{"schema": "{schema}", "table": "{id}"{auth}{comma} {fields}}}}}"#
            )
        };
        let entries: Vec<_> = connections.iter().map(entry).collect();
        std::fs::write(&self.connections, format!("[{}]", entries.join(","))).unwrap();
    }

    fn start(&mut self) {
        let now = Arc::clone(&self.now);
        let clock = Clock::of(move || UNIX_EPOCH + Duration::from_micros(now.load(Ordering::Relaxed).cast_unsigned()));
        let limits = Limits { backlog_bytes: Some(1 << 30), ..Limits::default() };
        let common = Common {
            origins: OriginSource::new(Some(ORIGIN), &[]),
            endpoint_budget_bytes: limits.endpoint_budget_bytes(),
            body_bytes_max: limits.body_bytes_max,
        };
        let (inbox, _) = self.inboxes.open(256 << 10);
        let source = Source::open(self.connections.clone(), common, clock.clone()).unwrap();
        let collector = Collector::new(Arc::clone(&inbox), source, clock.clone(), &limits);
        let metadata = Arc::new(Metadata::open(self.folder.path()).unwrap());
        let store: Arc<SimStore> = Arc::new(self.store.clone());
        let open = || {
            let (inbox, clock) = (Arc::clone(&inbox), clock.clone());
            Archiver::open(inbox, store.clone(), Arc::clone(&metadata), clock, ArchiveLimits::default())
        };
        let archiver = self.inboxes.open_reader(open);
        let sealer = Sealer::new(&MasterKey::open(self.folder.path(), None, &metadata).unwrap());
        let buckets = Arc::new(self.named.clone());
        let stores = Stores::with_buckets(store.clone(), Arc::clone(&metadata), sealer, buckets);
        let archiver = Arc::new(archiver.with_stores(stores));
        let destination = Box::new(Sqlite::new(self.warehouse()));
        let month = Some(Duration::from_secs(30 * 86_400));
        let syncer = Syncer::new(
            Arc::clone(&collector),
            Arc::clone(&archiver),
            store,
            Arc::clone(&metadata),
            destination,
            month,
        );
        let router = hooks(&collector, &limits);
        self.running = Some(Running { router, collector, archiver, syncer, metadata });
    }

    /// A further syncer, as another process has one.
    pub(crate) fn other_syncer(&self, destination: impl Destination + 'static) -> Arc<Syncer> {
        let Running { collector, archiver, metadata, .. } = self.running();
        let (collector, archiver, metadata) = (Arc::clone(collector), Arc::clone(archiver), Arc::clone(metadata));
        Syncer::new(collector, archiver, Arc::new(self.store.clone()), metadata, Box::new(destination), None)
    }

    /// A further syncer, which finds the objects of the archive in another store.
    pub(crate) fn syncer_at(&self, store: Arc<dyn Store>) -> Arc<Syncer> {
        let Running { collector, metadata, .. } = self.running();
        let (inbox, clock) = (Arc::clone(&collector.inbox), collector.clock.clone());
        let archiver =
            Archiver::open(inbox, Arc::clone(&store), Arc::clone(metadata), clock, ArchiveLimits::default()).unwrap();
        let (collector, metadata) = (Arc::clone(collector), Arc::clone(metadata));
        let destination = Box::new(Sqlite::new(self.warehouse()));
        Syncer::new(collector, Arc::new(archiver), store, metadata, destination, None)
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Ends the process, does something to what it has left, and starts another one.
    pub(crate) fn restart(&mut self, between: impl FnOnce(&mut Self)) {
        self.running = None;
        self.inboxes.end_process();
        between(self);
        self.start();
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, micros: i64) {
        self.now.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) async fn deliver(&self, id: &str, body: &[u8]) {
        let (name, value) = signature(body);
        let request = Request::post(path(id))
            .header(name, value)
            .header("Content-Type", "application/json")
            .body(Body::from(body.to_vec()))
            .unwrap();
        assert_eq!(self.send(request).await, 200, "{id}");
    }

    /// Sends a request; the status of the answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> u16 {
        self.answer(request).await.status().as_u16()
    }

    /// Sends a request; the answer.
    pub(crate) fn answer(&self, request: Request<Body>) -> impl Future<Output = Response> + use<> {
        let router = self.running().router.clone();
        async { router.oneshot(request).await.unwrap() }
    }

    /// Lets the clock tell the time of the system, by which the layer judges the age of deliveries.
    pub(crate) fn set_clock(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        self.now.store(i64::try_from(now).unwrap(), Ordering::Relaxed);
    }

    /// What is known of the deliveries with this id.
    pub(crate) async fn why(&self, id: &str) -> Vec<Found> {
        let running = self.running();
        let search = why::find(&*running.collector.inbox, id).unwrap();
        running.syncer.find(search, id).await.unwrap().found
    }

    pub(crate) fn connection(&self, id: &str) -> Arc<Connection> {
        let connections = self.running().collector.connections.current();
        connections.iter().find(|connection| connection.id == id).cloned().unwrap()
    }

    pub(crate) async fn sync(&self, id: &str) -> Result<Synced, SyncError> {
        self.running().syncer.sync(&self.connection(id)).await
    }

    /// Tries the dead letters of these events again, or all.
    pub(crate) async fn retry(&self, id: &str, events: Vec<Uuid>) -> Retried {
        self.running().syncer.retry(&self.connection(id), Retry { events }, |_| {}).await.unwrap()
    }

    /// Verifies what is archived again.
    pub(crate) async fn reverify(&self, id: &str, since: Option<i64>) -> Reverified {
        let reverify = Reverify { since };
        self.running().syncer.reverify(&self.connection(id), reverify, |_| {}).await.unwrap()
    }

    /// Makes all rows anew, of events that were received since then.
    pub(crate) async fn resync(&self, id: &str, since: Option<i64>) -> Result<Resynced, SyncError> {
        self.running().syncer.resync(&self.connection(id), Resync { since }, |_| {}).await
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    pub(crate) fn table(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.warehouse().join("s.db")).unwrap()
    }

    /// The rows of a table with all that stands in them, but for when they were written.
    pub(crate) fn content(&self, table: &str) -> Vec<String> {
        let db = self.table();
        let mut rows = db.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY _id, _index")).unwrap();
        let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
        let row = |row: &rusqlite::Row<'_>| {
            let value = |at: usize| match row.get_ref(at).unwrap() {
                ValueRef::Text(text) => format!("{}: {:?}", columns[at], String::from_utf8_lossy(text)),
                value => format!("{}: {value:?}", columns[at]),
            };
            let kept = (0..columns.len()).filter(|&at| columns[at] != "_fivetran_synced");
            Ok(kept.map(value).collect::<Vec<_>>().join(", "))
        };
        rows.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.table().execute_batch(sql).unwrap();
    }

    pub(crate) fn has_table(&self, name: &str) -> bool {
        let db = self.table();
        db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").unwrap().exists([name]).unwrap()
    }

    /// `_id` and `_index` of the rows of a table.
    pub(crate) fn rows(&self, table: &str) -> Vec<(String, i64)> {
        let db = self.table();
        let mut rows = db.prepare(&format!("SELECT _id, _index FROM \"{table}\" ORDER BY 1, 2")).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// The bytes of its dead letters.
    pub(crate) fn dead_letters(&self, table: &str) -> Vec<Vec<u8>> {
        let db = self.table();
        let mut rows = db.prepare(&format!("SELECT CAST(raw AS BLOB) FROM \"{table}__dead_letters\"")).unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// The logs that a connection has checkpoints of.
    pub(crate) fn checkpoints(&self, id: &str) -> Vec<Vec<u8>> {
        use countersign_tables::{Format, Table};

        let mut copy = Sqlite::new(self.copy_warehouse());
        let state = copy.open_table(id, &Table::new("s", id, Format::Unpacked), &[]).unwrap();
        state.checkpoints.keys().map(|log| log.to_vec()).collect()
    }

    /// The keys of the objects of a connection, and their lines.
    pub(crate) fn lines(&self, id: &str) -> Vec<(String, Vec<u8>)> {
        let objects = self.store.objects().into_iter();
        let of_connection = objects.filter(|(key, _)| key.starts_with(&format!("connection={id}/")));
        of_connection.map(|(key, object)| (key, decompress(&object, 1 << 30).unwrap())).collect()
    }

    /// Puts other lines in the place of those of an object; also in the registry, if somebody has altered that too.
    pub(crate) fn alter(&self, key: &str, lines: &[u8], is_registered: bool) {
        self.store.plant(key, compress(lines).unwrap().into());
        if is_registered {
            let db = rusqlite::Connection::open(self.data().join("metadata.db")).unwrap();
            db.execute("UPDATE objects SET digest = ? WHERE key = ?", rusqlite::params![digest(lines), key]).unwrap();
        }
    }

    /// Removes an object, though it is registered.
    pub(crate) fn lose(&self, key: &str) {
        self.store.remove_planted(key);
    }

    /// The disk of the inbox.
    pub(crate) fn disk(&self) -> &SimDisk {
        let Inboxes::OnDisk(disk) = &self.inboxes else { panic!("the inbox is in a bucket") };
        disk
    }

    /// Ends the process, and starts no other.
    pub(crate) fn stop(&mut self) {
        self.running = None;
    }

    pub(crate) fn inbox(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.running().collector.inbox)
    }

    /// Where the inbox is.
    pub(crate) fn inboxes(&self) -> &Inboxes {
        &self.inboxes
    }

    /// The losses that the registry knows of, which are alarms.
    pub(crate) fn losses(&self) -> usize {
        self.running().metadata.losses_since(0).unwrap().len()
    }

    /// The store of the archive.
    pub(crate) fn store(&self) -> &SimStore {
        &self.store
    }

    pub(crate) fn objects(&self) -> usize {
        self.store.objects().len()
    }

    /// A copy of the tables in a folder of its own.
    pub(crate) fn copy_warehouse(&self) -> PathBuf {
        let folder = tempfile::tempdir().unwrap().keep();
        let file = folder.join("s.db");
        self.table().execute("VACUUM INTO ?", [file.to_str().unwrap()]).unwrap();
        folder
    }

    pub(crate) fn restore_warehouse(&mut self, copy: &Path) {
        self.remove_warehouse();
        std::fs::copy(copy.join("s.db"), self.warehouse().join("s.db")).unwrap();
    }

    pub(crate) fn remove_warehouse(&mut self) {
        std::fs::remove_dir_all(self.warehouse()).unwrap();
        std::fs::create_dir(self.warehouse()).unwrap();
    }

    /// Removes all of the data folder but the connections.
    pub(crate) fn lose_folder(&mut self) {
        self.remove_warehouse();
        for file in ["metadata.db", "metadata.db-wal", "metadata.db-shm", "master-key"] {
            let _ = std::fs::remove_file(self.folder.path().join(file));
        }
    }

    pub(crate) fn copy_metadata(&self) -> PathBuf {
        let file = self.folder.path().join("copy.db");
        let db = rusqlite::Connection::open(self.folder.path().join("metadata.db")).unwrap();
        db.execute("VACUUM INTO ?", [file.to_str().unwrap()]).unwrap();
        file
    }

    pub(crate) fn restore_metadata(&mut self, copy: &Path) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(format!("metadata.db{end}")));
        }
        std::fs::copy(copy, self.folder.path().join("metadata.db")).unwrap();
    }
}
