//! Reads a segment from its beginning, because its end is missing or damaged.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use crate::disk::{DiskFile, if_readable, read_around};
use crate::event::Seq;
use crate::index::{self, Entry, Index, Summary};
use crate::record::{ALIGNMENT, HEADER_BYTES, Header, Kind, decode};
use crate::segment::{GROUPS_START, SegmentHeader};

/// What was found in a segment.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// All of its bytes, and zeros where it cannot be read.
    pub(crate) bytes: Vec<u8>,
    /// Whether a part of it cannot be read.
    pub(crate) is_unreadable: bool,
    /// Its undamaged records.
    pub(crate) index: Index,
    /// The seqs of records whose payload is damaged.
    pub(crate) damaged: Vec<Seq>,
    /// The highest seq that a record states to be durable.
    pub(crate) durable_seq: Seq,
    /// The last seq that counts, if a part of the segment's end says so: what is behind had been refused.
    pub(crate) last_seq: Option<Seq>,
    /// Where the last event or mark ends whose header is undamaged.
    pub(crate) end: u64,
}

impl Scan {
    /// Whether there is anything but zeros behind the last record.
    pub(crate) fn has_rest(&self) -> bool {
        usize::try_from(self.end).ok().and_then(|end| self.bytes.get(end..)).is_some_and(|rest| !is_zero(rest))
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    // A word at a time: most of a segment may be zeros.
    let (words, rest) = bytes.as_chunks::<16>();
    words.iter().all(|word| u128::from_ne_bytes(*word) == 0) && rest.iter().all(|&byte| byte == 0)
}

/// Reads a segment. A record is believed if its header's checksum holds, its event if that of its payload does. Behind a header that
/// does not hold, the next one that does is looked for; and so it is behind what cannot be read.
///
/// # Errors
/// Of the system.
pub(crate) fn scan(file: &impl DiskFile, header: &SegmentHeader) -> io::Result<Scan> {
    let mut bytes = vec![0; usize::try_from(file.length()?).map_err(|_| io::ErrorKind::FileTooLarge)?];
    let (read, unreadable) = read_around(file, &mut bytes)?;
    bytes.truncate(read);
    let mut found = Scan { end: GROUPS_START, is_unreadable: !unreadable.is_empty(), ..Scan::default() };
    let mut position = GROUPS_START;
    while let Some((at, record)) = next_record(&bytes, header.key, position) {
        // The end of the segment, of which a part is missing or damaged. Recovery may have written it: it says what counts, and nothing
        // of what was acknowledged.
        if record.kind == Kind::Index {
            found.last_seq = Some(record.seq);
            break;
        }
        position = at + record.record_bytes();
        found.durable_seq = found.durable_seq.max(record.durable_seq);
        found.end = position.min(bytes.len() as u64);
        if record.kind == Kind::Event && !take_event(&bytes, at, &record, &mut found.index) {
            found.damaged.push(record.seq);
            if crate::planted_bug!(StopsAtTheFirstDamagedRecord) {
                break;
            }
        }
    }
    found.bytes = bytes;
    Ok(found)
}

/// The position of a record that cannot be found.
pub(crate) const MISSING: u32 = 0;

/// The position of a record that cannot be found, and may be that of another connection, or in another file.
pub(crate) const PERHAPS_MISSING: u32 = 1;

/// Where the records of a sealed segment are: as its index says or, if that is damaged, as is found from its beginning. What cannot be
/// found is entered with [`MISSING`] or [`PERHAPS_MISSING`], where no record is, so that reading it reports the loss.
///
/// # Errors
/// Of the system.
pub(crate) fn index_of(file: &impl DiskFile, header: &SegmentHeader, summary: &Summary) -> io::Result<Index> {
    if let Some(index) = if_readable(index::read_index(file, header))?.flatten() {
        return Ok(index);
    }
    let mut index = scan(file, header)?.index;
    // What is behind had been refused.
    for entries in index.values_mut() {
        entries.retain(|entry| entry.seq <= summary.last_seq);
    }
    let found: BTreeSet<_> = index.values().flatten().map(|entry| entry.seq).collect();
    for (connection, share) in &summary.shares {
        let entries = index.entry(Arc::clone(connection)).or_default();
        if entries.len() < share.records as usize {
            let missing =
                (share.first_seq..=share.last_seq).filter(|seq| !found.contains(seq) && !summary.lost.contains(seq));
            let missing: Vec<_> = missing.collect();
            // If there are more, it is not known whose event each was: they are reported to all who miss one.
            let is_certain = entries.len() + missing.len() == share.records as usize;
            let position = if is_certain { MISSING } else { PERHAPS_MISSING };
            entries.extend(missing.into_iter().map(|seq| Entry { seq, position, payload_bytes: 0 }));
            entries.sort_by_key(|entry| entry.seq);
        }
    }
    Ok(index)
}

/// The next record whose header is undamaged, and where it is.
fn next_record(bytes: &[u8], key: u64, mut position: u64) -> Option<(u64, Header)> {
    let key_bytes = key.to_le_bytes();
    while let Some(rest) =
        usize::try_from(position).ok().and_then(|at| bytes.get(at..)).filter(|rest| rest.len() >= HEADER_BYTES)
    {
        if rest[8..16] == key_bytes
            && let Some(header) = Header::decode(rest, key, position)
        {
            return Some((position, header));
        }
        if crate::planted_bug!(StopsAtTheFirstDamagedRecord) && rest[..8] != [0; 8] {
            return None;
        }
        position += ALIGNMENT;
    }
    None
}

/// Enters the event of a record into the index, if it is undamaged.
fn take_event(bytes: &[u8], at: u64, header: &Header, index: &mut Index) -> bool {
    let start = usize::try_from(at).expect("in memory") + HEADER_BYTES;
    let Some(payload) = bytes.get(start..start + header.payload_bytes as usize) else { return false };
    if crc32c::crc32c(payload) != header.payload_crc && !crate::planted_bug!(ChecksNoPayload) {
        return false;
    }
    let (Some(event), Ok(position)) = (decode(payload), u32::try_from(at)) else { return false };
    let entry = Entry { seq: header.seq, position, payload_bytes: header.payload_bytes };
    match index.get_mut(event.connection) {
        Some(entries) => entries.push(entry),
        None => _ = index.insert(Arc::from(event.connection), vec![entry]),
    }
    true
}
