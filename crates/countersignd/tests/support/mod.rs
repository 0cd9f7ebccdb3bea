//! A folder that is removed at the end, connections, and senders that sign.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "not every test needs all")]

#[cfg(feature = "buckets")]
pub(crate) mod cloud;
pub(crate) mod debts;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
pub(crate) mod https;
pub(crate) mod program;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use countersignd::collect::{self, Collector};
use countersignd::settings::Limits;
use hyper::service::Service as _;

pub(crate) const SECRET: &str = "a-secret-that-must-not-leak";
pub(crate) const TOKEN: &str = "a-token-that-must-not-leak";

/// What senders call, for requests that a test makes.
pub(crate) fn hooks(collector: &Arc<Collector>, limits: &Limits) -> Router {
    let receive = collect::service(collector, limits).unwrap();
    Router::new().fallback_service(tower::service_fn(move |request| receive.call(request)))
}

/// A folder of a test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// One in memory, where the system has such files: nothing in it is to survive.
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(parent: &Path) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("countersignd-test-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file of connections.
    pub(crate) fn connections(&self, connections: &[Connection]) -> PathBuf {
        let file = self.0.join("connections.json");
        let entries: Vec<_> = connections.iter().map(Connection::json).collect();
        std::fs::write(&file, format!("[{}]", entries.join(","))).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A connection of a test: its id, its endpoint, and the fields of its `config` beside `schema` and `table`.
pub(crate) struct Connection {
    pub(crate) id: &'static str,
    pub(crate) endpoint: &'static str,
    pub(crate) config: String,
}

impl Connection {
    fn json(&self) -> String {
        let Self { id, endpoint, config } = self;
        format!(
            r#"{{"id": "{id}", "endpoint": "{endpoint}", "service": "webhooks", "group_id": "g",
                "config": {{"schema": "s", "table": "{id}", {config}}}}}"#
        )
    }

    pub(crate) fn path(&self) -> String {
        format!("/webhooks/{}", self.endpoint)
    }
}

/// One connection of each way to authenticate.
pub(crate) fn connections() -> [Connection; 6] {
    let secret = format!(r#""auth_secret": "{SECRET}""#);
    [
        Connection {
            id: "hmac",
            endpoint: "00000000-0000-4000-8000-000000000001",
            config: format!(
                r#""auth_method": "HMAC", {secret}, "signature_encoding": "HEXA_DECIMAL", "id_from": "json:/id", "keep_headers": ["X-Shop"],
                    "sync_format": "Packed""#
            ),
        },
        Connection {
            id: "token",
            endpoint: "00000000-0000-4000-8000-000000000002",
            config: format!(r#""auth_method": "TOKEN_BASED", "auth_secret": "{TOKEN}""#),
        },
        Connection {
            id: "none",
            endpoint: "00000000-0000-4000-8000-000000000003",
            config: r#""auth_method": "NONE", "dedupe": "body""#.to_owned(),
        },
        Connection {
            id: "meta",
            endpoint: "00000000-0000-4000-8000-000000000004",
            config: format!(r#""scheme": "meta", {secret}"#),
        },
        Connection {
            id: "trello",
            endpoint: "00000000-0000-4000-8000-000000000005",
            config: format!(r#""scheme": "trello", {secret}"#),
        },
        Connection {
            id: "sentry",
            endpoint: "00000000-0000-4000-8000-000000000006",
            config: format!(r#""scheme": "sentry", {secret}"#),
        },
    ]
}

/// The header that authenticates a body to the connection `hmac`.
pub(crate) fn signature(body: &[u8]) -> (String, String) {
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(SECRET)).unwrap();
    signer.headers(&Message::new(body)).unwrap().into_iter().next().unwrap()
}

/// The header that authenticates a body to a preset.
pub(crate) fn preset_signature(preset: &str, body: &[u8]) -> (String, String) {
    let headers = Signer::preset(preset, Secret::new(SECRET)).unwrap().headers(&Message::new(body)).unwrap();
    headers.into_iter().next().unwrap()
}
