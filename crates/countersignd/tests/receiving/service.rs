//! A collector on a simulated disk, and what it answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::{Inbox, Settings};
use countersignd::clock::Clock;
use countersignd::collect::Collector;
use countersignd::connections::Common;
use countersignd::origin::OriginSource;
use countersignd::settings::Limits;
use countersignd::source::Source;
use countersignd::why::{self, Found};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::support::{Connection, Folder, connections, hooks, signature};

/// A collector on a simulated disk.
pub(crate) struct Service {
    pub(crate) collector: Arc<Collector>,
    pub(crate) router: Router,
    pub(crate) disk: SimDisk,
    pub(crate) connections: [Connection; 6],
    pub(crate) folder: Folder,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self::with(&Limits { body_bytes_max: 4096, ..Limits::default() })
    }

    pub(crate) fn with(limits: &Limits) -> Self {
        let folder = Folder::new();
        let connections = connections();
        let file = folder.connections(&connections);
        let common = Common {
            origins: OriginSource::new(Some("https://hooks.example.com"), &[]),
            endpoint_budget_bytes: limits.endpoint_budget_bytes(),
            body_bytes_max: limits.body_bytes_max,
        };
        let disk = SimDisk::new(1, Faults::default());
        let mut settings = Settings::default();
        settings.segment_bytes = 256 << 10;
        let (inbox, _) = Inbox::open(disk.clone(), &settings).unwrap();
        let source = Source::open(file, common, Clock::system()).unwrap();
        let limits = Limits { backlog_bytes: limits.backlog_bytes.or(Some(8000)), ..limits.clone() };
        let collector = Collector::new(Arc::new(inbox), source, Clock::system(), &limits);
        let router = hooks(&collector, &limits);
        Self { collector, router, disk, connections, folder }
    }

    pub(crate) fn path(&self, id: &str) -> String {
        self.connections.iter().find(|connection| connection.id == id).unwrap().path()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_vec())).unwrap()).await.unwrap();
        Answer::read(response).await
    }

    /// Sends a signed body to the connection `hmac`.
    pub(crate) async fn deliver(&self, body: &[u8]) -> Answer {
        let (name, value) = signature(body);
        self.send("POST", &self.path("hmac"), &[(&name, &value)], body).await
    }

    /// The thread that writes says how it went just after those who wait know it.
    pub(crate) async fn wait_until_writable(&self, is_writable: bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.collector.inbox.health().is_writable != is_writable {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn find(&self, id: &str) -> Vec<Found> {
        why::find(&*self.collector.inbox, id).unwrap().found
    }

    pub(crate) fn events(&self) -> usize {
        let connections = self.collector.inbox.connections().into_iter();
        connections
            .flat_map(|(log, of)| of.into_keys().map(move |connection| (log, connection)))
            .map(|(log, connection)| self.collector.inbox.read(log, &connection, 0).count())
            .sum()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// The `_id` of an event that was accepted.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        value["id"].as_str().unwrap().to_owned()
    }
}

/// A body of which nothing ever arrives: whoever reads it waits for ever.
pub(crate) fn body_that_never_comes() -> Body {
    Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>())
}
