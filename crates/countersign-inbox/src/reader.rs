//! Reads the events of one connection in one log, in the order of their seqs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::catalog::{Entries, Source};
use crate::disk::{Disk, read_exact, read_up_to};
use crate::error::ReadError;
use crate::event::{Event, LogId, Seq};
use crate::index::Entry;
use crate::log::Shared;
use crate::queue::lock;
use crate::record::{HEADER_BYTES, Header, Kind, decode};
use crate::scan::index_of;
use crate::segment::{SegmentHeader, SegmentName};

/// An event that was read from a log, with its place there.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The log that the event was appended to.
    pub log: LogId,
    /// The place of the event in that log.
    pub seq: Seq,
    pub(crate) payload: Vec<u8>,
}

impl StoredEvent {
    /// The event.
    ///
    /// # Panics
    /// Never: what is no event cannot be read.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        decode(&self.payload).expect("a payload is decoded before it becomes a StoredEvent")
    }
}

impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent")
            .field("log", &self.log)
            .field("seq", &self.seq)
            .field("event", &self.event())
            .finish_non_exhaustive()
    }
}

/// An iterator over events, made by [`Inbox::read`](crate::Inbox::read). Each file is opened when its turn comes. A file that is
/// removed meanwhile, because its events were released, is passed over.
///
/// Behind a damaged record it goes on; after [`ReadError::Io`] it ends.
pub struct Reader<D: Disk> {
    shared: Arc<Shared<D>>,
    connection: String,
    after: Seq,
    sources: VecDeque<Source>,
    current: Option<Current<D::File>>,
}

/// The file that is being read.
struct Current<F> {
    segment: SegmentName,
    name: String,
    log: LogId,
    header: SegmentHeader,
    file: F,
    entries: std::vec::IntoIter<Entry>,
}

impl<D: Disk> Reader<D> {
    pub(crate) fn new(shared: Arc<Shared<D>>, log: LogId, connection: &str, after: Seq) -> Self {
        let sources = lock(&shared.catalog).sources(log, connection, after).into();
        Self { shared, connection: connection.to_owned(), after, sources, current: None }
    }

    /// Opens the next file; none if there is no further one.
    fn open_next(&mut self) -> Result<bool, ReadError> {
        while let Some(Source { name, header, entries }) = self.sources.pop_front() {
            let text = name.to_string();
            let failed = |source| ReadError::Io { file: text.clone(), source };
            let file = match self.shared.disk.open(&text) {
                Ok(file) => file,
                // Released or copied, since the list was made: then what was copied stands there instead.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    self.look_for_copy(name);
                    continue;
                }
                Err(error) => return Err(failed(error)),
            };
            let entries = match entries {
                Entries::Known(entries) => entries,
                Entries::Sealed(summary) => {
                    let mut index = index_of(&file, &header, &summary).map_err(failed)?;
                    index.remove(self.connection.as_str()).unwrap_or_default()
                }
            };
            let entries: Vec<_> = entries.into_iter().filter(|entry| entry.seq > self.after).collect();
            self.current =
                Some(Current { segment: name, name: text, log: name.log, header, file, entries: entries.into_iter() });
            return Ok(true);
        }
        Ok(false)
    }

    /// Puts the copy of a segment that is gone in its place.
    fn look_for_copy(&mut self, gone: SegmentName) {
        let sources = lock(&self.shared.catalog).sources(gone.log, &self.connection, self.after);
        let copy = sources.into_iter().find(|source| source.name.number == gone.number && source.name != gone);
        self.sources.extend(copy);
        self.sources.make_contiguous().sort_by_key(|source| source.header.first_seq);
    }
}

impl<F: crate::disk::DiskFile> Current<F> {
    fn read(&mut self, entry: Entry) -> Result<StoredEvent, ReadError> {
        let position = u64::from(entry.position);
        let mut record = vec![0; HEADER_BYTES + entry.payload_bytes as usize];
        let failed = |source| ReadError::Io { file: self.name.clone(), source };
        match read_exact(&self.file, &mut record, position) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                record.fill(0);
                read_up_to(&self.file, &mut record, position).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        let header = Header::decode(&record, self.header.key, position);
        let payload = record.split_off(HEADER_BYTES);
        let is_undamaged = header.is_some_and(|header| {
            header.kind == Kind::Event && header.seq == entry.seq && header.payload_crc == crc32c::crc32c(&payload)
        });
        if (is_undamaged || crate::planted_bug!(ChecksNoPayload)) && decode(&payload).is_some() {
            return Ok(StoredEvent { log: self.log, seq: entry.seq, payload });
        }
        Err(ReadError::Corrupt { log: self.log, seq: entry.seq, file: self.name.clone(), position })
    }
}

impl<D: Disk> Iterator for Reader<D> {
    type Item = Result<StoredEvent, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(entry) = current.entries.next() {
                    let event = current.read(entry);
                    if let Err(ReadError::Corrupt { seq, .. }) = event {
                        // What is left of it is kept when the rest is released.
                        let mut catalog = lock(&self.shared.catalog);
                        let lost = catalog.get_mut(current.segment).map(|segment| &mut segment.summary.lost);
                        lost.into_iter().filter(|lost| !lost.contains(&seq)).for_each(|lost| lost.push(seq));
                    }
                    if matches!(event, Err(ReadError::Io { .. })) {
                        self.current = None;
                        self.sources.clear();
                    }
                    return Some(event);
                }
                self.current = None;
            }
            match self.open_next() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.sources.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<D: Disk> fmt::Debug for Reader<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("connection", &self.connection)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
