//! What one object is made of, as it is read from the inbox.

use std::io;

use countersign_inbox::{EventLog, LogId, ReadError, Seq};
use tracing::error;

use crate::archive::encoding::Encoding;
use crate::archive::error::ArchiveError;
use crate::archive::events::ObjectEvents;
use crate::archive::line;
use crate::archive::object::{Bounds, Packer};
use crate::archive::store::StoreError;
use crate::metadata::Metadata;

/// What one object is made of.
#[derive(Debug)]
pub struct Batch {
    /// What it holds.
    pub bounds: Bounds,
    /// Its lines.
    pub lines: Packer,
    /// How many they are.
    pub count: u64,
    /// Its events, unless they have more bytes than are wanted.
    pub events: Option<ObjectEvents>,
    /// Whether there may be further events behind it.
    pub is_full: bool,
}

/// Collects events.
#[derive(Debug)]
pub struct Collect<'a> {
    /// Where the events are.
    pub inbox: &'a dyn EventLog,
    /// Where losses are noted.
    pub metadata: &'a Metadata,
    /// How the lines of an object that was not decided are compressed.
    pub encoding: Encoding,
    /// After how many bytes of lines an object is full.
    pub object_bytes: u64,
    /// How many bytes of events are kept beside the lines.
    pub events_bytes_max: usize,
    /// The time, in microseconds since 1970.
    pub now: i64,
    /// Whether what the disk cannot read is passed over as what is damaged is. A later read may find it.
    pub passes_unreadable: bool,
}

impl Collect<'_> {
    /// The events of a connection in a log behind `through`: those of the bounds that were decided, or as many as an object holds. None if
    /// there are none. An event that is lost is noted, and is an alarm.
    ///
    /// # Errors
    /// If inbox or registry fail, or an event is not in an encoding that this version knows.
    pub fn batch(
        &self,
        log: LogId,
        connection: &str,
        through: Seq,
        decided: Option<Bounds>,
    ) -> Result<Option<Batch>, ArchiveError> {
        let last_seq = decided.as_ref().map_or(Seq::MAX, |bounds| bounds.last_seq);
        let encoding = decided.as_ref().map_or(self.encoding, |bounds| bounds.encoding);
        let mut batch: Option<Batch> = None;
        let log_text = log.to_string();
        for stored in self.inbox.read(log, connection, through) {
            let (seqs, stored) = match stored {
                Ok(stored) => (stored.seq..=stored.seq, Ok(stored)),
                Err(error) => match error.lost() {
                    Some((_, seqs)) => (seqs, Err(error)),
                    None => return Err(ArchiveError::Read(error)),
                },
            };
            if *seqs.start() > last_seq {
                break;
            }
            let received_at = stored.as_ref().map_or(self.now, |stored| stored.event().received_at);
            let batch = match &mut batch {
                Some(batch) => batch,
                None => batch.insert(Batch {
                    bounds: Bounds {
                        connection: connection.to_owned(),
                        log: log_text.clone(),
                        first_seq: *seqs.start(),
                        last_seq: *seqs.end(),
                        date: date(received_at),
                        encoding,
                    },
                    lines: Packer::new(encoding).map_err(failed)?,
                    count: 0,
                    events: (self.events_bytes_max > 0).then(ObjectEvents::default),
                    is_full: false,
                }),
            };
            if decided.is_none() && batch.lines.bytes() >= self.object_bytes {
                batch.is_full = true;
                break;
            }
            batch.bounds.last_seq = batch.bounds.last_seq.max(*seqs.end());
            match stored {
                Ok(stored) => {
                    line::write_and_keep(&stored, &log_text, batch.lines.end(), |event| {
                        if let Some(events) = &mut batch.events {
                            events.push(event);
                        }
                    })
                    .map_err(ArchiveError::Event)?;
                    batch.lines.pack().map_err(failed)?;
                    batch.count += 1;
                    batch.events.take_if(|events| events.bytes() > self.events_bytes_max);
                }
                Err(ReadError::Corrupt { .. }) => self.note_loss(log, connection, &seqs)?,
                Err(_) if self.passes_unreadable => self.note_loss(log, connection, &seqs)?,
                Err(error) => return Err(ArchiveError::Read(error)),
            }
        }
        if let (Some(batch), Some(bounds)) = (&mut batch, decided) {
            batch.is_full = true;
            batch.bounds = bounds;
        }
        Ok(batch)
    }

    fn note_loss(
        &self,
        log: LogId,
        connection: &str,
        seqs: &std::ops::RangeInclusive<Seq>,
    ) -> Result<(), ArchiveError> {
        if self.metadata.note_loss(connection, log, seqs, self.now)? {
            error!(alarm = "acknowledged_and_corrupt", %log, ?seqs, connection, "an event that was acknowledged cannot be read");
        }
        Ok(())
    }
}

/// Lines could not be compressed.
fn failed(error: io::Error) -> ArchiveError {
    ArchiveError::Store(StoreError::new("compress", "an object", error))
}

/// The day of a moment in microseconds since 1970, in UTC.
fn date(micros: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(micros);
    at.map_or_else(|_| "0000-00-00".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}
