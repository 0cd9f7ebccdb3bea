//! Receiving: admit, verify while the body arrives, append, wait until it is durable, answer 200.
//!
//! | answer | when |
//! |---|---|
//! | 200 `{"id":"…"}` | The event is durable, or a handshake was answered |
//! | 204 | A preflight request of a page, to a connection with `cors_origins` |
//! | 401 | The layer's one answer for what is not authentic |
//! | 404 | No connection has this endpoint. The body is not read, and the TCP connection is closed |
//! | 400 | A GET with a body |
//! | 405 | A method that cannot bring an event to this connection |
//! | 408, 413 | The body took too long or is too slow, or is too large |
//! | 429 | More authentic deliveries than the connection's `rate_limit`, or, for a second, after too many that were not authentic |
//! | 503 | The connection has as many bytes in the inbox as it may, there is no room, or the event was not durable in time. It may be stored all the same; if it has an id, a repetition is the same event |

mod admit;
mod answer;
mod keep;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use countersign::tower::{VerifyLayer, WholeBody, lookup};
use countersign_inbox::EventLog;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use hyper::service::Service;
use tower::{BoxError, Layer as _, Service as _};

use crate::clock::Clock;
use crate::collect::admit::{Admit, Admitted};
use crate::collect::answer::{Answer, text};
use crate::connections::Connection;
use crate::metrics::Metrics;
use crate::settings::{Limits, SettingsError};
use crate::source::Source;

/// The bytes of events that one connection may have in an inbox in a bucket, if no setting says it.
const BUCKET_BACKLOG_BYTES: u64 = 64 << 30;

/// What receiving needs.
#[expect(missing_debug_implementations, reason = "it holds the connections")]
pub struct Collector {
    /// Where events become durable.
    pub inbox: Arc<dyn EventLog>,
    /// The connections as they are now.
    pub connections: Source,
    /// The time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// The bytes of events that one connection may have in the inbox.
    backlog_bytes: u64,
    /// How many deliveries a second that are not authentic a connection takes.
    unauthentic_per_second: u32,
    started: Instant,
}

impl Collector {
    /// A collector of these parts.
    pub fn new(inbox: Arc<dyn EventLog>, connections: Source, clock: Clock, limits: &Limits) -> Arc<Self> {
        let backlog_bytes = limits.backlog_bytes.unwrap_or_else(|| match inbox.health().space.total {
            // A bucket has room without end, and yet an archive that fails must not be noticed by its bill.
            u64::MAX => BUCKET_BACKLOG_BYTES,
            total => total / 10,
        });
        Arc::new(Self {
            inbox,
            connections,
            clock,
            metrics: Metrics::default(),
            backlog_bytes,
            unauthentic_per_second: limits.unauthentic_per_second,
            started: Instant::now(),
        })
    }

    /// The bytes of events that one connection may have in the inbox.
    pub fn backlog_bytes_max(&self) -> u64 {
        self.backlog_bytes
    }

    /// Whether a connection has as many bytes in the inbox as it may.
    fn is_full(&self, connection: &Connection) -> bool {
        self.inbox.backlog_bytes(&connection.id) >= self.backlog_bytes
    }

    /// A moment in nanoseconds since the collector was made.
    fn nanos(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.started).as_nanos()).unwrap_or(u64::MAX)
    }

    /// The answer to what there is no room for, or what was not durable in time: to come again when what waits is written.
    fn try_again_later(&self) -> Answer {
        let seconds = self.inbox.health().drain_time().as_secs().clamp(1, 60);
        let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, "try again later\n");
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        answer
    }
}

/// What senders call, and nothing else. It is no router, which would cost a good delivery about as much as its parsing.
///
/// # Errors
/// If a limit is one that the layer refuses.
pub fn service<B>(
    collector: &Arc<Collector>,
    limits: &Limits,
) -> Result<
    impl Service<
        Request<B>,
        Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>> + Send + use<B>>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + Sync
    + use<B>,
    SettingsError,
>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let wrong = |error| SettingsError::new("body_budget_bytes", error);
    // The endpoint was found by `Admit`.
    let layer = VerifyLayer::resolving(lookup(|parts: &Parts| {
        parts.extensions.get::<Admitted>().map(|admitted| Arc::clone(&admitted.connection.endpoint))
    }))
    .limit(limits.body_bytes_max)
    .read_timeout(limits.body_timeout)
    .least_rate(limits.least_rate, limits.least_rate_after)
    .body_budget(limits.body_budget_bytes)
    .and_then(|layer| layer.unverified_body_budget(limits.body_budget_bytes / 2))
    .map_err(wrong)?
    .small_body_budget(limits.small_body_budget_bytes());
    let kept = Arc::clone(collector);
    let keep = tower::service_fn(move |request: Request<WholeBody>| keep::keep(&kept, request));
    let receive = layer.layer(keep);
    Ok(Admit::new(Arc::clone(collector), move |request| (&receive).call(request)))
}
