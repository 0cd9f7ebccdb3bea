//! `GET /v1/connections/{id}/events`: what was received, and what became of it. Bodies are not shown; `countersignd why` shows one.

use std::sync::Arc;

use countersign_inbox::{LogId, Seq};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;
use crate::api::view::time;
use crate::archive::object::read_log;
use crate::sync::events::{EventOutcome, ListedEvent, WantedEvents};

impl Api {
    pub(in crate::api) async fn list_events(self: Arc<Self>, call: Call) -> Outcome {
        let wanted = WantedEvents {
            after: call.query.get("cursor").map(place).transpose()?,
            since: call.query.get("since").map(since).transpose()?.unwrap_or(i64::MIN),
            outcome: call.query.get("outcome").map(outcome).transpose()?,
            limit: call.query.limit()?,
        };
        let id = self.blocking(move |api| api.seen(&call).map(|shown| shown.id)).await??;
        let page = self.syncer.events(&id, &wanted).await.map_err(|error| Refusal::failed(&error))?;
        let mut data = json!({"items": page.events.iter().map(event).collect::<Vec<_>>()});
        if let Some((log, seq)) = page.next {
            data["next_cursor"] = format!("{log}-{seq}").into();
        }
        Ok(Answer::data(data))
    }
}

fn event(event: &ListedEvent) -> Value {
    let (log, seq) = event.place;
    json!({
        "id": event.id,
        "sender_id": event.sender_id,
        "received_at": time(event.received_at),
        "body_bytes": event.bytes,
        "log": log.to_string(),
        "seq": seq,
        "is_archived": event.is_archived,
        "outcome": event.outcome.name(),
        "rows": event.rows,
        "dead_letters": event.reasons,
    })
}

/// The cursor of a page: a log, and a place in it.
fn place(text: &str) -> Result<(LogId, Seq), Refusal> {
    let read = || {
        let (log, seq) = text.split_once('-')?;
        Some((read_log(log)?, seq.parse().ok()?))
    };
    read().ok_or_else(|| Refusal::invalid("Field 'cursor' must be the next_cursor of an earlier answer"))
}

/// A moment, or the beginning of a day in UTC.
fn since(text: &str) -> Result<i64, Refusal> {
    let is_day = text.len() == "2026-11-29".len();
    let day = || format!("{text}T00:00:00Z").parse::<Timestamp>().ok().filter(|_| is_day);
    let moment = text.parse::<Timestamp>().ok().or_else(day).map(Timestamp::as_microsecond);
    let message = "Field 'since' must be a day in UTC such as 2026-11-29, or a time such as 2026-11-29T21:52:54Z";
    moment.ok_or_else(|| Refusal::invalid(message))
}

fn outcome(text: &str) -> Result<EventOutcome, Refusal> {
    EventOutcome::ALL.into_iter().find(|outcome| outcome.name() == text).ok_or_else(|| {
        let allowed = EventOutcome::ALL.map(EventOutcome::name).join(", ");
        Refusal::invalid(format!("Field 'outcome' must be one of {allowed}"))
    })
}
