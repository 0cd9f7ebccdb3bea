//! All that is known of one delivery, by the `_id` of its event or by the id that its sender gave it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_inbox::disk::Disk;
use countersign_inbox::{Inbox, ReadError, StoredEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event_id::is_conflict;
use crate::head::Head;
use crate::verdict::StoredVerdict;

/// What is known of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The `_id`.
    pub id: Uuid,
    /// The API id of the connection.
    pub connection: String,
    /// The sender's id of the delivery.
    pub sender_id: Option<String>,
    /// When it was received, in RFC 3339 with microseconds.
    pub received_at: String,
    /// The method of the request.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// The headers that were kept; what is not UTF-8 in them is replaced.
    pub headers: Vec<(String, String)>,
    /// The algorithm of the MAC.
    pub algorithm: Option<String>,
    /// Which of the connection's secrets, from 0.
    pub secret_index: Option<u8>,
    /// The length of the body, in bytes.
    pub body_bytes: usize,
    /// The body, if it is UTF-8 and has at most 1 MiB.
    pub body: Option<String>,
    /// The body in base64, if it is not.
    pub body_base64: Option<String>,
    /// Where the event is: the log of the inbox, and the place in it.
    pub log: String,
    /// The place in the log.
    pub seq: u64,
    /// Whether this delivery repeats an event that is listed before it.
    pub is_repetition: bool,
    /// Whether another event has the sender's id of this one, and another body.
    pub is_conflict: bool,
}

/// The most deliveries that are shown, and the most bytes of a body.
const FOUND_MAX: usize = 100;
const BODY_BYTES_MAX: usize = 1 << 20;

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// The deliveries, at most a hundred.
    pub found: Vec<Found>,
    /// Events that were acknowledged and are damaged, so that it cannot be said whether they were looked for: log and place.
    pub damaged: Vec<(String, u64)>,
}

/// Looks through the inbox for deliveries with this id. A damaged event on the way is an alarm.
///
/// # Errors
/// Of the system.
pub fn find<D: Disk>(inbox: &Inbox<D>, id: &str) -> Result<Search, ReadError> {
    let mut found: Vec<Found> = Vec::new();
    let mut damaged = Vec::new();
    let uuid = Uuid::parse_str(id).ok();
    for (log, connections) in inbox.connections() {
        for connection in connections.keys() {
            for stored in inbox.read(log, connection, 0) {
                match stored {
                    Ok(stored) if found.len() < FOUND_MAX => found.extend(describe(&stored, uuid, id)),
                    Ok(_) => {}
                    Err(ReadError::Corrupt { log, seq, .. }) => {
                        tracing::error!(alarm = "acknowledged_and_corrupt", %log, seq, "an event that was acknowledged cannot be read");
                        damaged.push((log.to_string(), seq));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    found.sort_by(|a, b| (&a.received_at, a.seq).cmp(&(&b.received_at, b.seq)));
    for at in 0..found.len() {
        let is_same = |other: &Found| other.connection == found[at].connection;
        let is_repetition = found[..at].iter().any(|other| is_same(other) && other.id == found[at].id);
        let is_conflict = found.iter().any(|other| is_same(other) && is_conflict(other.id, found[at].id));
        (found[at].is_repetition, found[at].is_conflict) = (is_repetition, is_conflict);
    }
    Ok(Search { found, damaged })
}

/// The event, if it has this id.
fn describe(stored: &StoredEvent, uuid: Option<Uuid>, id: &str) -> Option<Found> {
    let event = stored.event();
    let head = Head::decode(event.head)?;
    if uuid != Some(Uuid::from_bytes(event.id)) && head.sender_id != Some(id) {
        return None;
    }
    let verdict = StoredVerdict::decode(event.verdict)?;
    let is_shown = event.body.len() <= BODY_BYTES_MAX;
    let text = std::str::from_utf8(event.body).ok();
    let lossy = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Some(Found {
        id: Uuid::from_bytes(event.id),
        connection: event.connection.to_owned(),
        sender_id: head.sender_id.map(str::to_owned),
        received_at: Timestamp::from_microsecond(event.received_at)
            .map_or_else(|_| String::new(), |at| format!("{at:.6}")),
        method: head.method.to_owned(),
        url: head.url.to_owned(),
        headers: head.headers().map(|(name, value)| (name.to_owned(), lossy(value))).collect(),
        algorithm: verdict.algorithm.map(|algorithm| algorithm.name().to_owned()),
        secret_index: verdict.secret_index,
        body_bytes: event.body.len(),
        body: text.filter(|_| is_shown).map(str::to_owned),
        body_base64: if is_shown && text.is_none() { Some(STANDARD.encode(event.body)) } else { None },
        log: stored.log.to_string(),
        seq: stored.seq,
        is_repetition: false,
        is_conflict: false,
    })
}

impl fmt::Display for Found {
    /// A paragraph for people. Control characters of the sender's are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "event        {}", self.id)?;
        writeln!(f, "connection   {}", self.connection)?;
        if let Some(id) = &self.sender_id {
            writeln!(f, "sender's id  {}", id.escape_debug())?;
        }
        writeln!(f, "received     {} by {} {}", self.received_at, self.method, self.url.escape_debug())?;
        match (&self.algorithm, self.secret_index) {
            (Some(algorithm), Some(secret)) => writeln!(f, "verified     {algorithm}, secret {secret}")?,
            (None, Some(secret)) => writeln!(f, "verified     token {secret}")?,
            _ => writeln!(f, "verified     not at all: auth_method is NONE")?,
        }
        for (name, value) in &self.headers {
            writeln!(f, "header       {name}: {}", value.escape_debug())?;
        }
        let body = self.body.as_deref().or(self.body_base64.as_deref()).unwrap_or_default();
        let shown: String = body.chars().take(200).collect();
        let rest = if shown.len() < body.len() { "…" } else { "" };
        writeln!(f, "body         {} bytes: {}{rest}", self.body_bytes, shown.escape_debug())?;
        writeln!(f, "durable      in the inbox, as {} of log {}", self.seq, self.log)?;
        if self.is_repetition {
            writeln!(f, "repetition   of an event above: it makes no second row")?;
        }
        if self.is_conflict {
            writeln!(f, "conflict     another event has this sender's id, and another body")?;
        }
        Ok(())
    }
}
