//! Receiving: admit, verify while the body arrives, append, wait until it is durable, answer 200.
//!
//! | answer | when |
//! |---|---|
//! | 200 `{"id":"…"}` | The event is durable, or a handshake was answered |
//! | 401 | The layer's one answer for what is not authentic |
//! | 404 | No connection has this endpoint. The body is not read, and the TCP connection is closed |
//! | 400 | A GET with a body |
//! | 405 | A method that cannot bring an event to this connection |
//! | 408, 413 | The body took too long, or is too large |
//! | 503 | The connection has as many bytes in the inbox as it may, there is no room, or the event was not durable in time. It may be stored all the same; if it has an id, a repetition is the same event |

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Extension, Json, Router};
use bytes::Bytes;
use countersign::tower::{Authentic, VerifyLayer, lookup};
use countersign_inbox::disk::Disk;
use countersign_inbox::{AppendError, Event, Inbox};
use http::header::{ALLOW, CONNECTION, HeaderMap, HeaderName, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use uuid::Uuid;

use crate::clock::Clock;
use crate::connections::Connection;
use crate::event_id::{SenderId, event_id};
use crate::metrics::{Metrics, Outcome};
use crate::settings::Limits;
use crate::source::Source;
use crate::verdict::StoredVerdict;
use crate::{head, settings};

/// What receiving needs.
#[expect(missing_debug_implementations, reason = "it holds the connections")]
pub struct Collector<D: Disk> {
    /// Where events become durable.
    pub inbox: Arc<Inbox<D>>,
    /// The connections as they are now.
    pub connections: Source,
    /// The time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// Scheme and host that senders call.
    pub public_url: Option<String>,
    /// The bytes of events that one connection may have in the inbox.
    pub backlog_bytes: u64,
}

impl<D: Disk> Collector<D> {
    /// Whether a connection has as many bytes in the inbox as it may.
    fn is_full(&self, connection: &Connection) -> bool {
        self.inbox.backlog_bytes(&connection.id) >= self.backlog_bytes
    }

    /// The answer to what there is no room for, or what was not durable in time: to come again when what waits is written.
    fn try_again_later(&self) -> Response {
        let seconds = self.inbox.health().drain_time().as_secs().clamp(1, 60);
        (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from(seconds))], "try again later\n")
            .into_response()
    }
}

/// The routes that senders call, and nothing else.
///
/// # Errors
/// If a limit is one that the layer refuses.
pub fn routes<D: Disk>(collector: &Arc<Collector<D>>, limits: &Limits) -> Result<Router, settings::SettingsError> {
    // The endpoint was found by `admit`.
    let layer = VerifyLayer::resolving(lookup(|parts: &Parts| {
        parts.extensions.get::<Arc<Connection>>().map(|connection| Arc::clone(&connection.endpoint))
    }))
    .limit(limits.body_bytes_max)
    .read_timeout(limits.body_timeout)
    .body_budget(limits.body_budget_bytes)
    .map_err(|error| settings::SettingsError::new("body_budget_bytes", error))?
    .small_body_budget(limits.small_body_budget_bytes());
    let event = any(receive::<D>)
        .layer(layer)
        .layer(from_fn_with_state(Arc::clone(collector), admit::<D>))
        .with_state(Arc::clone(collector));
    Ok(Router::new().route("/webhooks/{endpoint}", event).fallback(not_found))
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [(CONNECTION, "close")], "not found\n").into_response()
}

/// Finds the connection, and refuses at once what cannot become an event.
async fn admit<D: Disk>(
    State(collector): State<Arc<Collector<D>>>,
    Path(endpoint): Path<String>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let found =
        Uuid::parse_str(&endpoint).ok().and_then(|endpoint| collector.connections.current().at(endpoint).cloned());
    let Some(connection) = found else {
        collector.metrics.count(None, Outcome::Unknown);
        return not_found().await;
    };
    let is_method = [Method::POST, Method::GET, Method::HEAD].contains(request.method());
    if !is_method {
        collector.metrics.count(Some(&connection.id), Outcome::Method);
        return wrong_method(&connection);
    }
    let is_full = collector.is_full(&connection);
    if is_full || !collector.inbox.takes_events() {
        collector.metrics.count(Some(&connection.id), if is_full { Outcome::Full } else { Outcome::Shed });
        let mut response = collector.try_again_later();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    request.extensions_mut().insert(Arc::clone(&connection));
    let response = next.run(request).await;
    let outcome = Outcome::of(response.status());
    collector.metrics.count(Some(&connection.id), outcome);
    if outcome == Outcome::Accepted {
        collector.metrics.answered(started.elapsed());
    }
    response
}

fn wrong_method(connection: &Connection) -> Response {
    let allowed = if connection.takes_get { "GET, POST" } else { "POST" };
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, allowed), (CONNECTION, "close")], "method not allowed\n").into_response()
}

/// Makes an authentic delivery an event, and answers once it is durable.
async fn receive<D: Disk>(
    State(collector): State<Arc<Collector<D>>>,
    Extension(connection): Extension<Arc<Connection>>,
    Extension(authentic): Extension<Authentic>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let is_get = parts.method == Method::GET;
    if parts.method == Method::HEAD || (is_get && !connection.takes_get) {
        return wrong_method(&connection);
    }
    // The query of a GET stands for the body that it must not have.
    if is_get && !authentic.body().is_empty() {
        return (StatusCode::BAD_REQUEST, "a GET has no body here\n").into_response();
    }
    let body = if is_get {
        Bytes::copy_from_slice(parts.uri.query().unwrap_or_default().as_bytes())
    } else {
        authentic.body().clone()
    };
    let delivery_id = authentic.delivery_id();
    let sender_id = delivery_id.map(|id| SenderId { text: &id.text, is_signed: id.is_signed });
    let id = event_id(connection.dedupe, &connection.id, sender_id, &body, Uuid::now_v7);
    let url = parts.uri.path_and_query().map_or("/", |url| url.as_str());
    let url = format!("{}{url}", collector.public_url.as_deref().unwrap_or_default());
    let head = head::encode(
        parts.method.as_str(),
        &url,
        sender_id.map(|id| id.text),
        kept(&parts.headers, &connection.kept_headers, connection.token_header.as_ref()),
    );
    let event = Event {
        connection: &connection.id,
        id: *id.as_bytes(),
        received_at: collector.clock.unix_micros(),
        verdict: &StoredVerdict::new(authentic.verified(), connection.configuration).encode(),
        head: &head,
        body: &body,
    };
    // The event is in the queue from here on, also if the sender hangs up and this future is dropped. Its bytes were copied: what holds
    // the body is let go before the disk is waited for.
    let append = collector.inbox.append(&event);
    drop((authentic, parts, body));
    match tokio::time::timeout(connection.answer_deadline, append).await {
        Ok(Ok(_)) => Json(Accepted { id }).into_response(),
        Ok(Err(AppendError::TooLarge)) => (StatusCode::PAYLOAD_TOO_LARGE, "the event is too large\n").into_response(),
        Ok(Err(_)) | Err(_) => collector.try_again_later(),
    }
}

/// The answer to a delivery that was accepted.
#[derive(serde::Serialize)]
struct Accepted {
    id: Uuid,
}

/// The headers that are stored, in the order in which they arrived. Of a token only its place.
fn kept<'a>(
    headers: &'a HeaderMap,
    names: &'a HashSet<HeaderName>,
    token_header: Option<&'a HeaderName>,
) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    headers.iter().filter(|(name, _)| names.contains(*name)).map(move |(name, value)| {
        let is_token = token_header == Some(name);
        (name.as_str(), if is_token { &[][..] } else { value.as_bytes() })
    })
}
