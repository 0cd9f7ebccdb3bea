//! The events of a connection, page by page, and what became of each.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use countersign_inbox::{LogId, Seq};
use countersign_tables::{Format, Table};
use tokio::task::spawn_blocking;
use tracing::error;
use uuid::Uuid;

use crate::archive::error::ArchiveError;
use crate::archive::line::{self, ArchivedEvent};
use crate::metadata::TableName;
use crate::sync::load::read_text;
use crate::sync::{SyncError, Syncer};

/// The most objects and the most events of the inbox that are read for one page, which may then have fewer events than were wanted.
const OBJECTS_MAX: usize = 16;
const OF_INBOX_MAX: usize = 10_000;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// It has rows, or it repeats one that has.
    Row,
    /// It, or an element of it, could not be a row.
    DeadLetter,
    /// It is in no table yet.
    Waiting,
}

impl EventOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Row, Self::DeadLetter, Self::Waiting];

    /// As the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::DeadLetter => "dead_letter",
            Self::Waiting => "waiting",
        }
    }
}

/// An event of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEvent {
    /// The `_id`.
    pub id: Uuid,
    /// The sender's id of the delivery.
    pub sender_id: Option<String>,
    /// When it was received, in microseconds since 1970.
    pub received_at: i64,
    /// How many bytes its body has.
    pub bytes: u64,
    /// The log, and the place in it.
    pub place: (LogId, Seq),
    /// Whether it is in an object of the archive already.
    pub is_archived: bool,
    /// What became of it.
    pub outcome: EventOutcome,
    /// How many rows it has.
    pub rows: usize,
    /// The reasons of its dead letters.
    pub reasons: Vec<String>,
}

/// Which events are wanted.
#[derive(Clone, Copy, Debug)]
pub struct WantedEvents {
    /// Those behind this place.
    pub after: Option<(LogId, Seq)>,
    /// Those that were received from this moment on, in microseconds since 1970.
    pub since: i64,
    /// Those of which this became.
    pub outcome: Option<EventOutcome>,
    /// At most so many.
    pub limit: usize,
}

/// A page of events.
#[derive(Clone, Debug, Default)]
pub struct EventPage {
    /// The events, log by log in the order of their receipt.
    pub events: Vec<ListedEvent>,
    /// Behind what the next page begins; nothing at the end.
    pub next: Option<(LogId, Seq)>,
}

impl EventPage {
    /// Adds events, which are all there are up to their last place. Returns whether the page is full, and ends behind the last that was
    /// looked at.
    fn add(&mut self, events: Vec<ListedEvent>, wanted: &WantedEvents) -> bool {
        for event in events {
            if self.events.len() == wanted.limit {
                return true;
            }
            self.next = Some(event.place);
            let fits =
                event.received_at >= wanted.since && wanted.outcome.is_none_or(|outcome| outcome == event.outcome);
            if fits {
                self.events.push(event);
            }
        }
        false
    }
}

impl Syncer {
    /// A page of the events of a connection.
    ///
    /// # Errors
    /// As [`SyncError`] lists them.
    pub async fn events(&self, connection: &str, wanted: &WantedEvents) -> Result<EventPage, SyncError> {
        let in_inbox = self.collector.inbox.connections();
        let of_inbox = in_inbox.iter().filter(|(_, of)| of.contains_key(connection)).map(|(log, _)| *log);
        let logs: BTreeSet<LogId> = self.metadata.logs(connection)?.into_keys().chain(of_inbox).collect();
        let mut page = EventPage { next: wanted.after, ..EventPage::default() };
        let mut objects_read = 0;
        for log in logs {
            let after = match wanted.after {
                Some((first, _)) if log < first => continue,
                Some((first, seq)) if log == first => seq,
                _ => 0,
            };
            // Looked up before the objects: what is archived meanwhile is in both, and not in neither.
            let of_inbox = self.events_of_inbox(connection, log, after).await?;
            let mut through = after;
            for object in self.metadata.objects(connection, log, after)? {
                if objects_read == OBJECTS_MAX {
                    return Ok(page);
                }
                objects_read += 1;
                through = object.bounds.last_seq;
                let lines = read_text(self.stores(), &object).await?;
                let events = self.listed(connection, log, lines, after, true).await?;
                if page.add(events, wanted) {
                    return Ok(page);
                }
                page.next = Some((log, through));
            }
            let (is_all, events) = of_inbox;
            let events = events.into_iter().filter(|event| event.place.1 > through).collect();
            if page.add(events, wanted) || !is_all {
                return Ok(page);
            }
        }
        page.next = None;
        Ok(page)
    }

    /// The events of the inbox behind a place, and whether these are all.
    async fn events_of_inbox(
        &self,
        connection: &str,
        log: LogId,
        after: Seq,
    ) -> Result<(bool, Vec<ListedEvent>), SyncError> {
        let (inbox, id) = (Arc::clone(&self.collector.inbox), connection.to_owned());
        let read = spawn_blocking(move || {
            let (mut text, log_text) = (Vec::new(), log.to_string());
            let mut count = 0;
            for stored in inbox.read(log, &id, after).take(OF_INBOX_MAX) {
                count += 1;
                match stored {
                    // What this version cannot write as a line it cannot show either.
                    Ok(stored) => drop(line::write(&stored, &log_text, &mut text)),
                    Err(error) => match error.lost() {
                        Some((log, seqs)) => {
                            error!(alarm = "acknowledged_and_corrupt", %log, ?seqs, "an event that was acknowledged cannot be read");
                        }
                        None => return Err(ArchiveError::Read(error)),
                    },
                }
            }
            Ok((count < OF_INBOX_MAX, text))
        });
        let (is_all, lines) = read.await.map_err(|_| SyncError::Ending)??;
        Ok((is_all, self.listed(connection, log, lines, after, false).await?))
    }

    /// The events of lines, with what became of them.
    async fn listed(
        &self,
        connection: &str,
        log: LogId,
        lines: Vec<u8>,
        after: Seq,
        is_archived: bool,
    ) -> Result<Vec<ListedEvent>, SyncError> {
        let table = self.metadata.table(connection)?;
        let destination = Arc::clone(&self.destination);
        let listed = spawn_blocking(move || {
            let mut listed = Vec::new();
            for event in ArchivedEvent::read_block(&lines) {
                let event = event.map_err(ArchiveError::Event)?;
                if event.seq <= after {
                    continue;
                }
                let mut one = describe(&event, log, is_archived)?;
                if let Some(TableName { schema, name }) = &table {
                    let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
                    let found = destination.find(&Table::new(schema, name, Format::Packed), event.id.as_bytes())?;
                    one.rows = found.rows.len();
                    one.reasons = found.dead_letters.into_iter().map(|letter| letter.reason).collect();
                    one.outcome = match (one.rows, &one.reasons[..]) {
                        (_, [_, ..]) => EventOutcome::DeadLetter,
                        (0, []) => EventOutcome::Waiting,
                        _ => EventOutcome::Row,
                    };
                }
                listed.push(one);
            }
            Ok(listed)
        });
        listed.await.map_err(|_| SyncError::Ending)?
    }
}

fn describe(event: &ArchivedEvent<'_>, log: LogId, is_archived: bool) -> Result<ListedEvent, ArchiveError> {
    let note = event.note().map_err(ArchiveError::Event)?;
    Ok(ListedEvent {
        id: event.id,
        sender_id: note.sender_id.map(Cow::into_owned),
        received_at: event.received_at,
        bytes: event.content().len() as u64,
        place: (log, event.seq),
        is_archived,
        outcome: EventOutcome::Waiting,
        rows: 0,
        reasons: Vec::new(),
    })
}
