//! Reads the events of one connection in one log, in the order of their seqs.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::catalog::{Entries, Source};
use crate::disk::{Disk, DiskFile, if_readable, is_unreadable, read_up_to};
use crate::error::ReadError;
use crate::event::{Event, LogId, Seq};
use crate::index::{self, Entry};
use crate::losses::NOTE;
use crate::queue::lock;
use crate::record::{HEADER_BYTES, Header, Kind, decode};
use crate::scan::{PERHAPS_MISSING, index_of};
use crate::segment::{SegmentHeader, SegmentName};
use crate::shared::Shared;

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
/// removed or used again meanwhile, because its events were released, is passed over.
///
/// Behind a record or file that is damaged or cannot be read it goes on; after [`ReadError::Io`] it ends.
pub struct Reader<D: Disk> {
    shared: Arc<Shared<D>>,
    connection: String,
    after: Seq,
    sources: VecDeque<Source>,
    current: Option<Current<D::File>>,
}

/// How many bytes are read of a file at a time, where the records that are wanted lie close together.
const PIECE_BYTES: usize = 256 << 10;

/// The file that is being read.
pub(crate) struct Current<F> {
    segment: SegmentName,
    name: String,
    header: SegmentHeader,
    file: F,
    /// The length of the file.
    bytes: u64,
    pub(crate) entries: std::vec::IntoIter<Entry>,
    /// What was read of the file, and where that begins.
    piece: Vec<u8>,
    piece_at: u64,
}

impl<D: Disk> Reader<D> {
    pub(crate) fn new(shared: Arc<Shared<D>>, log: LogId, connection: &str, after: Seq) -> Self {
        let sources = lock(&shared.catalog).sources(log, connection, after).into();
        Self { shared, connection: connection.to_owned(), after, sources, current: None }
    }

    /// Opens the next file; none if there is no further one.
    fn open_next(&mut self) -> Result<bool, ReadError> {
        while let Some(source) = self.sources.pop_front() {
            let (name, text) = (source.name, source.name.to_string());
            let seqs = source.seqs(&self.connection, self.after);
            match self.open(source) {
                Ok(current) => {
                    self.current = Some(current);
                    return Ok(true);
                }
                // Released or copied, since the list was made: then what was copied stands there instead.
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.look_for_copy(name),
                Err(source) if is_unreadable(&source) => {
                    if self.lose(name, None)? {
                        return Err(ReadError::UnreadableFile { log: name.log, seqs, file: text, source });
                    }
                }
                Err(source) => return Err(ReadError::Io { file: text, source }),
            }
        }
        Ok(false)
    }

    fn open(&self, Source { name, header, entries }: Source) -> io::Result<Current<D::File>> {
        let text = name.to_string();
        let file = self.shared.disk.open(&text)?;
        let entries = match entries {
            Entries::Known(entries) => entries,
            Entries::Sealed(summary) => {
                let share = summary.shares.get(self.connection.as_str()).copied();
                let read = share.map(|share| index::read_entries(&file, &header, &summary, &share));
                match read.map(if_readable).transpose()?.flatten().flatten() {
                    Some(entries) => entries,
                    // As is found from the beginning of the file.
                    None => index_of(&file, &header, &summary)?.remove(self.connection.as_str()).unwrap_or_default(),
                }
            }
        };
        let entries: Vec<_> = entries.into_iter().filter(|entry| entry.seq > self.after).collect();
        Current::new(name, text, header, file, entries)
    }

    /// Notes that an event, or the whole file, cannot be read. False if the segment is gone: then what was copied of it stands in its place,
    /// and the reader goes on there.
    fn lose(&mut self, segment: SegmentName, seq: Option<Seq>) -> Result<bool, ReadError> {
        // If that cannot be noted, nobody may be told to pass over it: it would be forgotten.
        let note = |source| ReadError::Io { file: format!("{segment}{NOTE}"), source };
        let is_known = self.shared.lose(segment, seq).map_err(note)? || crate::planted_bug!(BelievesAReusedFile);
        if !is_known {
            self.look_for_copy(segment);
        }
        Ok(is_known)
    }

    /// Puts the copy of a segment that is gone in its place.
    fn look_for_copy(&mut self, gone: SegmentName) {
        let sources = lock(&self.shared.catalog).sources(gone.log, &self.connection, self.after);
        let copy = sources.into_iter().find(|source| source.name.number == gone.number && source.name != gone);
        self.sources.extend(copy.filter(|_| !crate::planted_bug!(PassesOverWhatWasCopied)));
        self.sources.make_contiguous().sort_by_key(|source| source.header.first_seq);
    }

    /// The event of the next entry of a file; none if the segment is gone, and its copy comes next.
    fn read(&mut self, mut current: Current<D::File>, entry: Entry) -> Result<Option<StoredEvent>, ReadError> {
        let error = match current.read(entry) {
            Ok(event) => {
                self.after = entry.seq;
                self.current = Some(current);
                return Ok(Some(event));
            }
            Err(error) if is_unreadable(&error) => {
                let file = current.name.clone();
                ReadError::Unreadable { log: current.segment.log, seq: entry.seq, file, source: error }
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let (file, position) = (current.name.clone(), u64::from(entry.position));
                ReadError::Corrupt { log: current.segment.log, seq: entry.seq, file, position }
            }
            Err(source) => return Err(ReadError::Io { file: current.name, source }),
        };
        // It is not noted what was lost if that is not certain.
        if !self.lose(current.segment, (entry.position != PERHAPS_MISSING).then_some(entry.seq))? {
            return Ok(None);
        }
        self.after = entry.seq;
        if !crate::planted_bug!(EndsAtAnUnreadableRecord) {
            self.current = Some(current);
        }
        Err(error)
    }
}

impl<F: DiskFile> Current<F> {
    /// A file whose entries are to be read.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn new(
        segment: SegmentName,
        name: String,
        header: SegmentHeader,
        file: F,
        entries: Vec<Entry>,
    ) -> io::Result<Self> {
        let bytes = file.length()?;
        let (entries, piece) = (entries.into_iter(), Vec::new());
        Ok(Self { segment, name, header, file, bytes, entries, piece, piece_at: 0 })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Of the system; `InvalidData` if the record is damaged.
    pub(crate) fn read(&mut self, entry: Entry) -> io::Result<StoredEvent> {
        let position = u64::from(entry.position);
        let length = HEADER_BYTES as u64 + u64::from(entry.payload_bytes);
        if position + length > self.bytes {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let (key, segment) = (self.header.key, self.segment);
        let record = self.record(position, length)?;
        let header = Header::decode(record, key, position);
        let payload = &record[HEADER_BYTES..];
        let is_undamaged = header.is_some_and(|header| {
            header.kind == Kind::Event && header.seq == entry.seq && header.payload_crc == crc32c::crc32c(payload)
        });
        if (is_undamaged || crate::planted_bug!(ChecksNoPayload)) && decode(payload).is_some() {
            return Ok(StoredEvent { log: segment.log, seq: entry.seq, payload: payload.to_vec() });
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// The bytes of a record, out of a larger piece of the file if further ones are wanted of it.
    fn record(&mut self, position: u64, length: u64) -> io::Result<&[u8]> {
        let is_there = position >= self.piece_at && position + length <= self.piece_at + self.piece.len() as u64;
        if !is_there {
            let piece = self.piece_bytes(position, length);
            match self.fill(position, piece) {
                // What cannot be read of the piece may lie beside the record.
                Err(_) if piece > length => self.fill(position, length)?,
                filled => filled?,
            }
        }
        let from = usize::try_from(position - self.piece_at).map_err(|_| io::ErrorKind::InvalidData)?;
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?;
        self.piece.get(from..from + length).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// How much is read for a record: up to the last of the next ones that are wanted, if they make up half of it.
    fn piece_bytes(&self, position: u64, length: u64) -> u64 {
        let (mut piece, mut wanted) = (length, length);
        for entry in self.entries.as_slice() {
            let bytes = HEADER_BYTES as u64 + u64::from(entry.payload_bytes);
            let end = u64::from(entry.position) + bytes;
            if u64::from(entry.position) < position || end > position + PIECE_BYTES as u64 || end > self.bytes {
                break;
            }
            wanted += bytes;
            if wanted >= (end - position) / 2 {
                piece = end - position;
            }
        }
        piece
    }

    /// Reads a piece of the file; what lies behind its end is zeros.
    fn fill(&mut self, position: u64, bytes: u64) -> io::Result<()> {
        let bytes = usize::try_from(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        self.piece.resize(bytes, 0);
        // One that was larger than others takes no room for ever.
        self.piece.shrink_to(bytes.max(PIECE_BYTES));
        self.piece_at = position;
        let read = read_up_to(&self.file, &mut self.piece, position);
        match read {
            Ok(read) => self.piece[read..].fill(0),
            // Nothing of it counts.
            Err(_) => self.piece.clear(),
        }
        read.map(drop)
    }
}

impl<D: Disk> Iterator for Reader<D> {
    type Item = Result<StoredEvent, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let read = match self.current.take() {
                Some(mut current) => match current.entries.next() {
                    Some(entry) => self.read(current, entry),
                    None => Ok(None),
                },
                None => match self.open_next() {
                    Ok(true) => Ok(None),
                    Ok(false) => return None,
                    Err(error) => Err(error),
                },
            };
            if matches!(read, Err(ReadError::Io { .. })) {
                self.sources.clear();
            }
            if let Some(read) = read.transpose() {
                return Some(read);
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
