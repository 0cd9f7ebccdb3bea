//! All that is known of one delivery, by the `_id` of its event or by the id that its sender gave it.

pub mod table;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::records::Text;
use countersign_inbox::{EventLog, ReadError, StoredEvent};
use jiff::Timestamp;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::archive::bounds::BOUNDS;
use crate::archive::error::ArchiveError;
use crate::archive::line::{self, ArchivedEvent, Note};
use crate::archive::object::read_lines;
use crate::archive::put::OBJECT_BYTES_MAX;
use crate::archive::stores::Stores;
use crate::background;
use crate::event_id::is_conflict;
use crate::head::Head;
use crate::metadata::Metadata;
use table::Outcome;

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
    /// Where the event is kept: the inbox, or which object of the archive.
    pub place: String,
    /// Whether this delivery repeats an event that is listed before it.
    pub is_repetition: bool,
    /// Whether another event has the sender's id of this one, and another body.
    pub is_conflict: bool,
    /// What became of it.
    pub outcome: Outcome,
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
pub fn find(inbox: &dyn EventLog, id: &str) -> Result<Search, ReadError> {
    let mut search = Search::default();
    let uuid = Uuid::parse_str(id).ok();
    for (log, connections) in inbox.connections() {
        for connection in connections.keys().filter(|connection| &***connection != BOUNDS) {
            for stored in inbox.read(log, connection, 0) {
                match stored {
                    Ok(stored) if has_id(&stored, uuid, id) => search.add(&stored),
                    Ok(_) => {}
                    Err(error) => match error.lost() {
                        Some((log, seqs)) => {
                            tracing::error!(alarm = "acknowledged_and_corrupt", %log, ?seqs, "an event that was acknowledged cannot be read");
                            search.damaged.push((log.to_string(), *seqs.start()));
                        }
                        None => return Err(error),
                    },
                }
            }
        }
    }
    search.relate();
    Ok(search)
}

/// Whether an event has this id, or its sender gave it.
fn has_id(stored: &StoredEvent, uuid: Option<Uuid>, id: &str) -> bool {
    let event = stored.event();
    uuid.is_some_and(|uuid| uuid.as_bytes() == &event.id)
        || Head::decode(event.head).is_some_and(|head| head.sender_id == Some(id))
}

/// Adds what the archive has of deliveries with this id to what the inbox has. It reads all objects of all connections.
///
/// # Errors
/// If the registry or the store fails.
pub async fn find_archived(
    search: &mut Search,
    stores: &Stores,
    metadata: &Metadata,
    id: &str,
) -> Result<(), ArchiveError> {
    let uuid = Uuid::parse_str(id).ok().map(|uuid| uuid.to_string());
    // As it stands in a line, in either place.
    let text = serde_json::to_string(id).map_err(|error| ArchiveError::Event(error.to_string()))?;
    let needles = [Some(text.into_bytes()), uuid.map(|uuid| format!("\"{uuid}\"").into_bytes())];
    for [name, connection, key] in metadata.places()? {
        let store = stores.named(&connection, &name).await.map_err(ArchiveError::Store)?;
        let Some(object) = store.get(&key).await.map_err(ArchiveError::Store)? else { continue };
        let needles = needles.clone();
        let found = background::run(move || {
            let is_near = |line: &&[u8]| needles.iter().flatten().any(|needle| memmem::find(line, needle).is_some());
            let mut near = Vec::new();
            let read = read_lines(&object, OBJECT_BYTES_MAX, |lines| {
                near.extend(lines.split(|byte| *byte == b'\n').filter(is_near).map(<[u8]>::to_vec));
            });
            // What is damaged shows nothing.
            if read.is_ok() { near } else { Vec::new() }
        });
        for line in found.await.map_err(|_| ArchiveError::Ending)? {
            search.add_line(&line, &format!("archived in {key}"), Some(id));
        }
    }
    search.relate();
    Ok(())
}

impl Search {
    /// Adds an event of the inbox.
    fn add(&mut self, stored: &StoredEvent) {
        let mut line = Vec::new();
        // What this version cannot write as a line it cannot show either.
        if line::write(stored, &stored.log.to_string(), &mut line).is_ok() {
            self.add_line(line.trim_ascii_end(), "in the inbox", None);
        }
    }

    /// Adds the event of a line, if it is not there yet and, if an id is given, has it.
    fn add_line(&mut self, line: &[u8], place: &str, id: Option<&str>) {
        let Ok(event) = ArchivedEvent::read(line) else { return };
        let Ok(note) = event.note() else { return };
        let has_id =
            |id: &str| note.sender_id.as_deref() == Some(id) || Uuid::parse_str(id).is_ok_and(|id| id == event.id);
        let is_known = self.found.iter().any(|other| other.log == note.log && other.seq == event.seq);
        if self.found.len() < FOUND_MAX && !is_known && id.is_none_or(has_id) {
            self.found.push(describe(&event, &note, place));
        }
    }

    /// Says of each event what `outcome` says that became of it.
    pub fn set_outcomes(&mut self, mut outcome: impl FnMut(&Found) -> Outcome) {
        for found in &mut self.found {
            found.outcome = outcome(found);
        }
    }

    /// Puts deliveries into the order of their receipt, and says which repeat or contradict others.
    fn relate(&mut self) {
        let found = &mut self.found;
        found.sort_by(|a, b| (&a.received_at, a.seq).cmp(&(&b.received_at, b.seq)));
        for at in 0..found.len() {
            let is_same = |other: &Found| other.connection == found[at].connection;
            let is_repetition = found[..at].iter().any(|other| is_same(other) && other.id == found[at].id);
            let is_conflict = found.iter().any(|other| is_same(other) && is_conflict(other.id, found[at].id));
            (found[at].is_repetition, found[at].is_conflict) = (is_repetition, is_conflict);
        }
    }
}

fn describe(event: &ArchivedEvent<'_>, note: &Note<'_>, place: &str) -> Found {
    let record = &event.record;
    let body = event.content();
    let is_shown = body.len() <= BODY_BYTES_MAX;
    let text = std::str::from_utf8(body).ok();
    let owned = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
    Found {
        id: event.id,
        connection: owned(&record.connection),
        sender_id: note.sender_id.as_deref().map(str::to_owned),
        received_at: Timestamp::from_microsecond(event.received_at)
            .map_or_else(|_| String::new(), |at| format!("{at:.6}")),
        method: owned(&record.method),
        url: owned(&record.url),
        headers: record.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        algorithm: note.algorithm.map(str::to_owned),
        secret_index: note.secret,
        body_bytes: body.len(),
        body: text.filter(|_| is_shown).map(str::to_owned),
        body_base64: if is_shown && text.is_none() { Some(STANDARD.encode(body)) } else { None },
        log: note.log.to_owned(),
        seq: event.seq,
        place: place.to_owned(),
        is_repetition: false,
        is_conflict: false,
        outcome: Outcome::default(),
    }
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
        writeln!(f, "durable      {}, as {} of log {}", self.place, self.seq, self.log)?;
        self.outcome.fmt(f)?;
        if self.is_repetition {
            writeln!(f, "repetition   of an event above: it makes no second row")?;
        }
        if self.is_conflict {
            writeln!(f, "conflict     another event has this sender's id, and another body")?;
        }
        Ok(())
    }
}
