//! What becomes of an authentic delivery: an event in the inbox, and an answer once it is durable.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use countersign::tower::{Authentic, WholeBody};
use countersign_inbox::{Append, AppendError, Event};
use http::{HeaderMap, Method, Request, StatusCode};
use uuid::Uuid;

use crate::collect::Collector;
use crate::collect::admit::{Admitted, too_many, wrong_method};
use crate::collect::answer::{Answer, accepted, text};
use crate::connections::Connection;
use crate::event_id::{SenderId, event_id};
use crate::head;
use crate::server::timer::SharedTimer;
use crate::verdict::StoredVerdict;

/// An event in the queue of the inbox.
struct Queued {
    connection: Arc<Connection>,
    id: Uuid,
    received_at: i64,
    append: Append,
    timer: SharedTimer,
}

/// Makes an authentic delivery an event, and answers once it is durable. The event is in the queue when this returns, also if the sender
/// hangs up and the future is dropped. Its bytes were copied, so what holds the body is let go before the disk is waited for.
pub(super) fn keep(
    collector: &Arc<Collector>,
    request: Request<WholeBody>,
) -> impl Future<Output = Result<Answer, Infallible>> + Send + use<> {
    let queued = append(collector, request);
    let collector = Arc::clone(collector);
    async move {
        let Queued { connection, id, received_at, append, timer } = match queued {
            Ok(queued) => queued,
            Err(refusal) => return Ok(*refusal),
        };
        Ok(match timer.within(connection.answer_deadline, append).await {
            Some(Ok(_)) => {
                connection.traffic.received(received_at);
                accepted(id)
            }
            Some(Err(AppendError::TooLarge)) => text(StatusCode::PAYLOAD_TOO_LARGE, "the event is too large\n"),
            Some(Err(_)) | None => collector.try_again_later(),
        })
    }
}

/// Appends an authentic delivery to the inbox, or says why not.
fn append(collector: &Collector, request: Request<WholeBody>) -> Result<Queued, Box<Answer>> {
    let (mut parts, _) = request.into_parts();
    let admitted = parts.extensions.remove::<Admitted>();
    let authentic = parts.extensions.remove::<Authentic>();
    let (Some(Admitted { connection, timer }), Some(authentic)) = (admitted, authentic) else {
        // `Admit` and the layer put them there.
        return Err(Box::new(text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")));
    };
    let is_get = parts.method == Method::GET;
    if parts.method == Method::HEAD || (is_get && !connection.takes_get) {
        return Err(Box::new(wrong_method(&connection)));
    }
    // The query of a GET stands for the body that it must not have.
    if is_get && !authentic.body().is_empty() {
        return Err(Box::new(text(StatusCode::BAD_REQUEST, "a GET has no body here\n")));
    }
    if let Some(limit) = connection.rate_limit {
        let now = collector.nanos(Instant::now());
        if !connection.traffic.authentic.take(limit, now) {
            let wait = connection.traffic.authentic.wait(limit, now).unwrap_or_default();
            return Err(Box::new(too_many(wait)));
        }
    }
    let body = if is_get {
        Bytes::copy_from_slice(parts.uri.query().unwrap_or_default().as_bytes())
    } else {
        authentic.body().clone()
    };
    let delivery_id = authentic.delivery_id();
    let sender_id = delivery_id.map(|id| SenderId { text: &id.text, is_signed: id.is_signed });
    let id = event_id(connection.dedupe, &connection.id, sender_id, &body, Uuid::now_v7);
    let head = head::encode(
        parts.method.as_str(),
        &collector.connections.common().origins.url(&parts),
        sender_id.map(|id| id.text),
        kept(&parts.headers, &connection),
    );
    let received_at = collector.clock.unix_micros();
    let event = Event {
        connection: &connection.id,
        id: *id.as_bytes(),
        received_at,
        verdict: &StoredVerdict::new(authentic.verified(), connection.configuration).encode(),
        head: &head,
        body: &body,
    };
    let append = collector.inbox.append(&event);
    Ok(Queued { connection, id, received_at, append, timer })
}

/// The headers that are stored. Of a token only its place.
fn kept<'a>(headers: &'a HeaderMap, connection: &'a Connection) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    connection.kept_headers.choose(headers).map(|(name, value)| {
        let is_token = connection.token_header.as_ref() == Some(name);
        (name.as_str(), if is_token { &[][..] } else { value })
    })
}
