//! What one load reads from the archive: the events of a run of objects of one log.

use std::ops::Range;

use countersign_inbox::{LogId, Seq};
use countersign_tables::Event;

use crate::archive::error::ArchiveError;
use crate::archive::line::ArchivedEvent;
use crate::archive::object;
use crate::archive::put::OBJECT_BYTES_MAX;
use crate::archive::registry::Object;
use crate::archive::store::Store;

/// How many bytes of lines one load reads, unless one object alone has more. Many events are written faster than few: they are sorted by
/// their keys first.
const LOAD_BYTES: u64 = 64 << 20;

/// The number of the first objects that one load takes.
#[must_use]
pub fn first_load(objects: &[Object]) -> usize {
    let mut bytes = 0;
    let fitting = objects.iter().take_while(|object| {
        bytes += object.bytes;
        bytes <= LOAD_BYTES
    });
    fitting.count().max(1).min(objects.len())
}

/// The lines of a run of objects of one log.
#[expect(missing_debug_implementations, reason = "it holds what senders have sent")]
pub struct Lines {
    /// The log.
    pub log: LogId,
    /// The last seq that the run covers.
    pub last_seq: Seq,
    text: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Lines {
    /// Reads objects, of which there is at least one.
    ///
    /// # Errors
    /// If the store fails, or an object is not there or damaged: then its events are not passed over.
    pub async fn read(store: &dyn Store, log: LogId, objects: &[Object]) -> Result<Self, ArchiveError> {
        let mut lines = Self { log, last_seq: 0, text: Vec::new(), ranges: Vec::new() };
        for object in objects {
            let key = object.bounds.key();
            let found = store.get(&key).await.map_err(ArchiveError::Store)?;
            let found = found.ok_or_else(|| ArchiveError::Missing(key.clone()))?;
            let (digest, damaged) = (object.digest, key.clone());
            let text = tokio::task::spawn_blocking(move || {
                let text = object::decompress(&found, OBJECT_BYTES_MAX).ok()?;
                (object::digest(&text) == digest).then_some(text)
            });
            let text = text.await.map_err(|_| ArchiveError::Ending)?.ok_or(ArchiveError::Damaged(damaged))?;
            lines.add(&text);
            lines.last_seq = object.bounds.last_seq;
        }
        Ok(lines)
    }

    /// Lines that were made of a log.
    #[must_use]
    pub fn of_text(log: LogId, text: &[u8]) -> Self {
        let mut lines = Self { log, last_seq: 0, text: Vec::new(), ranges: Vec::new() };
        lines.add(text);
        lines
    }

    fn add(&mut self, text: &[u8]) {
        let begin = self.text.len();
        self.text.extend_from_slice(text);
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| begin + at);
        let mut from = begin;
        for end in ends {
            self.ranges.push(from..end);
            from = end + 1;
        }
    }

    /// The events of the lines.
    ///
    /// # Errors
    /// If a line is none of ours.
    pub fn events(&self) -> Result<Vec<ArchivedEvent<'_>>, ArchiveError> {
        let event = |line: &Range<usize>| ArchivedEvent::read(&self.text[line.clone()]).map_err(ArchiveError::Event);
        self.ranges.iter().map(event).collect()
    }
}

/// An event, as tables take it.
#[must_use]
pub fn event<'a>(archived: &'a ArchivedEvent<'_>) -> Event<'a> {
    Event {
        seq: archived.seq,
        id: *archived.id.as_bytes(),
        received_at: archived.received_at,
        content_type: archived.header("content-type"),
        content_encoding: archived.header("content-encoding"),
        is_query: archived.is_get(),
        body: archived.content(),
    }
}
