//! A service with its API, in one process with the test, whose clock the test sets.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use countersign_inbox::disk::OsDisk;
use countersign_inbox::{EventLog, Inbox, Settings};
use countersign_tables::Sqlite;
use countersignd::api::{self, Access, Api};
use countersignd::archive::archiver::{Archiver, Limits as ArchiveLimits};
use countersignd::archive::store::{Store, open_folder};
use countersignd::clock::Clock;
use countersignd::collect::Collector;
use countersignd::connections::Common;
use countersignd::keys::Keys;
use countersignd::metadata::Metadata;
use countersignd::origin::OriginSource;
use countersignd::seal::{MasterKey, Sealer};
use countersignd::settings::{Group, Limits, Services};
use countersignd::source::Source;
use countersignd::source::stored::Stored;
use countersignd::sync::Syncer;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::support::{Folder, SECRET, hooks};

pub(crate) const HOUR: i64 = 3_600_000_000;

pub(crate) struct World {
    pub(crate) folder: Folder,
    pub(crate) collector: Arc<Collector>,
    pub(crate) syncer: Arc<Syncer>,
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) keys: Arc<Keys>,
    hooks: Router,
    /// As the owner of the data folder asks.
    owner: Router,
    /// As others ask, who need a key.
    others: Router,
    /// What the clock is ahead by, in microseconds.
    ahead: Arc<AtomicI64>,
    syncs: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.syncs.abort();
    }
}

/// The body of a request that creates a connection with this table and these further fields of `config`.
pub(crate) fn request(table: &str, config: Value) -> Value {
    let mut request = json!({"group_id": "default", "service": "webhooks", "run_setup_tests": false,
        "config": {"schema": "shop", "table": table, "auth_method": "HMAC", "auth_secret": SECRET, "signature_encoding": "HEXA_DECIMAL"}});
    let Value::Object(config) = config else { panic!("config is an object") };
    request["config"].as_object_mut().unwrap().extend(config);
    request
}

/// The header that signs a body with a secret.
pub(crate) fn signed(secret: &str, body: &[u8]) -> (String, String) {
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(secret)).unwrap();
    signer.headers(&Message::new(body)).unwrap().into_iter().next().unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_file(None)
    }

    /// A service with these connections in its file.
    pub(crate) fn with_file(connections: Option<&Value>) -> Self {
        Self::with(connections, None)
    }

    /// A service whose group has this service account.
    pub(crate) fn with_service_account(account: &str) -> Self {
        Self::with(None, Some(account.to_owned()))
    }

    fn with(connections: Option<&Value>, gcs_service_account: Option<String>) -> Self {
        let folder = Folder::new();
        let file: Option<PathBuf> = connections.map(|connections| {
            let file = folder.path().join("connections.json");
            std::fs::write(&file, connections.to_string()).unwrap();
            file
        });
        let ahead = Arc::new(AtomicI64::new(0));
        let of_clock = Arc::clone(&ahead);
        let clock = Clock::of(move || {
            let ahead = of_clock.load(Ordering::Relaxed).cast_unsigned();
            SystemTime::now().max(UNIX_EPOCH) + Duration::from_micros(ahead)
        });
        let limits = Limits::default();
        let common = Common {
            origins: OriginSource::new(Some("https://hooks.example.com"), &[]),
            endpoint_budget_bytes: limits.endpoint_budget_bytes(),
            body_bytes_max: limits.body_bytes_max,
        };
        let mut settings = Settings::default();
        settings.segment_bytes = 1 << 20;
        let (inbox, _) = Inbox::open(OsDisk::open(folder.path().join("inbox")).unwrap(), &settings).unwrap();
        let inbox: Arc<dyn EventLog> = Arc::new(inbox);
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let key = MasterKey::open(folder.path(), None, &metadata).unwrap();
        let stored = Arc::new(Stored::open(Arc::clone(&metadata), Sealer::new(&key)).unwrap());
        let source = Source::with_stored(file, common, clock.clone(), Some(stored)).unwrap();
        let collector = Collector::new(Arc::clone(&inbox), source, clock.clone(), &limits);
        let store: Arc<dyn Store> = Arc::new(open_folder(&folder.path().join("store")).unwrap());
        let archiver =
            Archiver::open(inbox, Arc::clone(&store), Arc::clone(&metadata), clock, ArchiveLimits::default());
        let warehouse = folder.path().join("warehouse");
        std::fs::create_dir(&warehouse).unwrap();
        let month = Some(Duration::from_secs(30 * 86_400));
        let destination = Box::new(Sqlite::new(warehouse));
        let archiver = Arc::new(archiver.unwrap());
        let syncer = Syncer::new(Arc::clone(&collector), archiver, store, Arc::clone(&metadata), destination, month);
        let groups = vec![Group { gcs_service_account, ..Group::default() }];
        let services = Services::default();
        let api = Api::new(Arc::clone(&collector), Arc::clone(&syncer), Arc::clone(&metadata), groups, services);
        let keys = Arc::new(Keys::open(Arc::clone(&metadata)).unwrap());
        // What is asked for comes at once; what is due by its schedule is looked for by the tests.
        let of_syncs = Arc::clone(&syncer);
        let syncs = tokio::spawn(async move { of_syncs.run_asked().await });
        Self {
            hooks: hooks(&collector, &limits),
            owner: api::routes(&api, Access::Owner),
            others: api::routes(&api, Access::Keys(Arc::clone(&keys))),
            folder,
            collector,
            syncer,
            metadata,
            keys,
            ahead,
            syncs,
        }
    }

    pub(crate) fn advance(&self, micros: i64) {
        self.ahead.fetch_add(micros, Ordering::Relaxed);
    }

    /// Asks as the owner.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.ask_with(method, path, &[("Content-Type", "application/json;version=2")], body.as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &Value::Null).await
    }

    /// Asks as the owner, with these headers and bytes.
    pub(crate) async fn ask_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        Answer::read(send(&self.owner, method, path, headers, body).await).await
    }

    /// Asks as somebody with this key and secret.
    pub(crate) async fn ask_as(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        use base64::Engine as _;
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(key));
        let headers = [("Authorization", &*basic), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Answer::read(send(&self.others, method, path, &headers, body.as_bytes()).await).await
    }

    /// Creates a connection.
    #[track_caller]
    pub(crate) fn create(&self, table: &str, config: Value) -> impl Future<Output = Created> {
        let request = request(table, config);
        async move {
            let answer = self.ask("POST", "/v1/connections", &request).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
            answer.created()
        }
    }

    /// Delivers a body, signed with a secret; the status of the answer.
    pub(crate) async fn deliver(&self, endpoint: &str, secret: &str, body: &str) -> u16 {
        let (name, value) = signed(secret, body.as_bytes());
        self.deliver_with(endpoint, &[(&name, &value)], body.as_bytes()).await
    }

    pub(crate) async fn deliver_with(&self, endpoint: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let response = send(&self.hooks, "POST", &format!("/webhooks/{endpoint}"), headers, body).await;
        let status = response.status().as_u16();
        response.into_body().collect().await.unwrap();
        status
    }

    /// Asks for a sync, and waits until it is over.
    pub(crate) async fn sync(&self, id: &str) {
        let before = self.get(&format!("/v1/connections/{id}")).await.body["data"].clone();
        let answer = self.ask("POST", &format!("/v1/connections/{id}/sync"), &json!({"force": true})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let now = self.get(&format!("/v1/connections/{id}")).await.body["data"].clone();
            let is_told = now["succeeded_at"] != before["succeeded_at"] || now["failed_at"] != before["failed_at"];
            // It is told a moment before another sync may begin.
            if is_told && !self.syncer.is_syncing(id) {
                return;
            }
            assert!(Instant::now() < deadline, "no sync: {now}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A column of a table, in the order of `_id`.
    pub(crate) fn column(&self, table: &str, column: &str) -> Vec<Value> {
        let file = rusqlite::Connection::open(self.folder.path().join("warehouse/shop.db")).unwrap();
        let mut rows = file.prepare(&format!("SELECT \"{column}\" FROM \"{table}\" ORDER BY _created")).unwrap();
        let rows = rows.query_map([], |row| {
            Ok(match row.get_ref(0)? {
                rusqlite::types::ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
                rusqlite::types::ValueRef::Integer(number) => number.into(),
                other => format!("{other:?}").into(),
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}

async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> http::Response<Body> {
    let mut request = Request::builder().method(method).uri(path).header("Host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    router.clone().oneshot(request.body(Body::from(body.to_vec())).unwrap()).await.unwrap()
}

/// A connection that was created.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) endpoint: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    async fn read(response: http::Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{body:?}"));
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) fn created(&self) -> Created {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (id, endpoint) = (text(&self.body["data"]["id"]), text(&self.body["data"]["config"]["endpoint"]));
        Created { path: format!("/v1/connections/{id}"), id, endpoint }
    }

    /// The message of a refusal with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!((self.status, &self.body["code"]), (status, &code.into()), "{}", self.body);
        assert!(self.body.get("data").is_none(), "{}", self.body);
        self.body["message"].as_str().unwrap().to_owned()
    }
}
