//! The end of a sealed segment: where each connection's records are.
//!
//! Three records follow the last group. The *index* lists the records; the *summary* says how many records each connection has,
//! which is all that a start needs; the *trailer*, at the end of the file, says where the two are. A segment without them is read
//! from its beginning.
//!
//! | payload of | content |
//! |---|---|
//! | index | of each connection, the list of its records: of each, seq − first seq of the segment (4 bytes), position (4), length of the payload (4); behind them their CRC-32C (4) |
//! | summary | last seq (8), number of lost seqs (4), each of them (8); number of connections (4), and of each: length of the name (1), name, records (4), bytes (8), first seq (8), last seq (8) |
//! | trailer | position of the index (8), position of the summary (8) |
//!
//! Each list has a checksum of its own because a reader of one connection reads its list alone, and passes over what stands in it before the
//! seq that it begins at: a damaged seq would pass over an event.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::disk::{DiskFile, read_exact, read_up_to, write_all};
use crate::event::Seq;
use crate::marks::{self, Seal};
use crate::record::{ALIGNMENT, HEADER_BYTES, Header, Kind, pad, record_bytes, u64_at};
use crate::segment::SegmentHeader;

pub(crate) const TRAILER_PAYLOAD_BYTES: usize = 16;
/// The length of an entry of the index, and of the checksum behind the entries of a connection, in bytes.
pub(crate) const ENTRY_BYTES: usize = 12;
pub(crate) const CRC_BYTES: usize = 4;
const TRAILER_BYTES: u64 = (HEADER_BYTES + TRAILER_PAYLOAD_BYTES) as u64;

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    pub(crate) position: u32,
    pub(crate) payload_bytes: u32,
}

/// What a segment holds of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) records: u32,
    /// The length of the records in the file.
    pub(crate) bytes: u64,
    pub(crate) first_seq: Seq,
    pub(crate) last_seq: Seq,
    /// Where the list of these records begins in the index of a sealed segment, in bytes.
    pub(crate) index_at: u32,
}

impl Share {
    /// Counts a record.
    pub(crate) fn add(share: &mut Option<Self>, entry: Entry) {
        let none = Self { records: 0, bytes: 0, first_seq: entry.seq, last_seq: entry.seq, index_at: 0 };
        share.get_or_insert(none).count(entry);
    }

    /// Counts a further record.
    pub(crate) fn count(&mut self, entry: Entry) {
        self.records += 1;
        self.bytes += record_bytes(entry.payload_bytes as usize);
        self.last_seq = entry.seq;
    }

    /// The length of the list of these records in the index, in bytes.
    fn list_bytes(&self) -> usize {
        self.records as usize * ENTRY_BYTES + CRC_BYTES
    }

    /// Where the next list begins in the index.
    fn list_end(&self) -> Option<u32> {
        self.index_at.checked_add(u32::try_from(self.list_bytes()).ok()?)
    }
}

/// The records of a segment by connection, in the order of their seqs.
pub(crate) type Index = BTreeMap<Arc<str>, Vec<Entry>>;

/// What a segment holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) last_seq: Seq,
    /// The seqs whose records were acknowledged and cannot be read.
    pub(crate) lost: Vec<Seq>,
    pub(crate) shares: BTreeMap<Arc<str>, Share>,
}

impl Summary {
    /// Counts the records of an index.
    pub(crate) fn of(index: &Index, lost: Vec<Seq>) -> Self {
        let mut summary = Self { lost, ..Self::default() };
        let mut index_at = 0;
        for (connection, entries) in index {
            let mut share = None;
            for &entry in entries {
                Share::add(&mut share, entry);
            }
            if let Some(share) = &mut share {
                share.index_at = index_at;
                index_at = share.list_end().expect("shorter than the segment");
            }
            if let Some(share) = share {
                summary.last_seq = summary.last_seq.max(share.last_seq);
                summary.shares.insert(Arc::clone(connection), share);
            }
        }
        summary.last_seq = summary.lost.iter().copied().fold(summary.last_seq, Seq::max);
        summary
    }

    /// How many records there are.
    fn records(&self) -> u32 {
        self.shares.values().fold(0, |records, share| records.saturating_add(share.records))
    }

    /// The length of the index, in bytes.
    fn index_bytes(&self) -> u32 {
        self.shares.last_key_value().and_then(|(_, share)| share.list_end()).unwrap_or(0)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.last_seq.to_le_bytes());
        bytes.extend_from_slice(&count(self.lost.len()));
        self.lost.iter().for_each(|seq| bytes.extend_from_slice(&seq.to_le_bytes()));
        bytes.extend_from_slice(&count(self.shares.len()));
        for (connection, share) in &self.shares {
            bytes.push(u8::try_from(connection.len()).expect("a connection has at most 255 bytes"));
            bytes.extend_from_slice(connection.as_bytes());
            bytes.extend_from_slice(&share.records.to_le_bytes());
            for number in [share.bytes, share.first_seq, share.last_seq] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let last_seq = bytes.u64()?;
        let mut lost = Vec::new();
        for _ in 0..bytes.u32()? {
            lost.push(bytes.u64()?);
        }
        let mut shares = BTreeMap::new();
        let mut index_at = 0_u32;
        for _ in 0..bytes.u32()? {
            let length = usize::from(bytes.take(1)?[0]);
            let connection = std::str::from_utf8(bytes.take(length)?).ok()?;
            let (records, numbers) = (bytes.u32()?, [bytes.u64()?, bytes.u64()?, bytes.u64()?]);
            let share = Share { records, bytes: numbers[0], first_seq: numbers[1], last_seq: numbers[2], index_at };
            index_at = share.list_end()?;
            shares.insert(connection.into(), share);
        }
        bytes.0.is_empty().then_some(Self { last_seq, lost, shares })
    }
}

fn count(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a segment has fewer than 2^32 bytes").to_le_bytes()
}

/// What is left to be decoded.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn entry(&mut self, header: &SegmentHeader) -> Option<Entry> {
        let (seq, position, payload_bytes) = (self.u32()?, self.u32()?, self.u32()?);
        Some(Entry { seq: header.first_seq + u64::from(seq), position, payload_bytes })
    }

    /// The entries of a connection with so many records, if their checksum holds.
    fn list(&mut self, header: &SegmentHeader, records: u32) -> Option<Vec<Entry>> {
        let list = self.take((records as usize).checked_mul(ENTRY_BYTES)?)?;
        if self.u32()? != crc32c::crc32c(list) && !crate::planted_bug!(TrustsTheIndexUnchecked) {
            return None;
        }
        let mut list = Bytes(list);
        (0..records).map(|_| list.entry(header)).collect()
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8).map(|bytes| u64_at(bytes, 0))
    }
}

/// Writes index, summary and trailer at `position`, and the mark that says so; cuts the file off behind them when they are durable. Nothing
/// that was durable depends on it: without a trailer the segment is read from its beginning.
///
/// # Errors
/// Of the system.
pub(crate) fn seal(
    file: &impl DiskFile,
    header: &SegmentHeader,
    index: &Index,
    lost: Vec<Seq>,
    position: u64,
) -> io::Result<Summary> {
    let mut planted = Index::new();
    let index = if crate::planted_bug!(LeavesTheLastRecordOutOfTheIndex) {
        planted.extend(index.iter().map(|(connection, entries)| {
            (Arc::clone(connection), entries[..entries.len() - usize::from(entries.len() > 1)].to_vec())
        }));
        &planted
    } else {
        index
    };
    let summary = Summary::of(index, lost);
    let mut lists = Vec::new();
    for entries in index.values().filter(|entries| !entries.is_empty()) {
        let start = lists.len();
        for entry in entries {
            let seq = u32::try_from(entry.seq - header.first_seq).map_err(|_| io::ErrorKind::InvalidData)?;
            for number in [seq, entry.position, entry.payload_bytes] {
                lists.extend_from_slice(&number.to_le_bytes());
            }
        }
        let crc = crc32c::crc32c(&lists[start..]);
        lists.extend_from_slice(&crc.to_le_bytes());
    }
    let mut bytes = Vec::new();
    let mut push = |payload: &[u8]| {
        let at = position + bytes.len() as u64;
        let record = Header {
            kind: Kind::Index,
            seq: summary.last_seq,
            durable_seq: summary.last_seq,
            payload_bytes: u32::try_from(payload.len()).expect("shorter than the segment"),
            payload_crc: crc32c::crc32c(payload),
        };
        bytes.extend_from_slice(&record.encode(header.key, at));
        bytes.extend_from_slice(payload);
        pad(&mut bytes, ALIGNMENT);
        at
    };
    let places = [push(&lists), push(&summary.encode())].map(u64::to_le_bytes).concat();
    push(&places);
    write_all(file, &bytes, position)?;
    let events = u32::try_from(summary.lost.len()).map_or(u32::MAX, |lost| summary.records().saturating_add(lost));
    let (mark, at) = marks::seal(header.key, Seal { last_seq: summary.last_seq, events });
    write_all(file, &mark, at)?;
    let end = position + bytes.len() as u64;
    if file.length()? > end {
        // First the mark: a shorter file without it was cut off by someone else.
        file.flush()?;
        file.truncate(end)?;
    }
    file.flush()?;
    Ok(summary)
}

/// The positions of index and summary, if the file ends with a trailer.
fn trailer(file: &impl DiskFile, key: u64) -> io::Result<Option<(u64, u64)>> {
    let Some(position) = file.length()?.checked_sub(TRAILER_BYTES) else { return Ok(None) };
    let payload = payload(file, key, position)?.filter(|payload| payload.len() == TRAILER_PAYLOAD_BYTES);
    Ok(payload.map(|payload| (u64_at(&payload, 0), u64_at(&payload, 8))))
}

/// The payload of the index record at a position, if it is one and undamaged.
fn payload(file: &impl DiskFile, key: u64, position: u64) -> io::Result<Option<Vec<u8>>> {
    let length = file.length()?;
    let mut header = [0; HEADER_BYTES];
    if position.checked_add(HEADER_BYTES as u64).is_none_or(|end| end > length) {
        return Ok(None);
    }
    read_exact(file, &mut header, position)?;
    let Some(header) = Header::decode(&header, key, position).filter(|header| header.kind == Kind::Index) else {
        return Ok(None);
    };
    let start = position + HEADER_BYTES as u64;
    if start + u64::from(header.payload_bytes) > length {
        return Ok(None);
    }
    let mut payload = vec![0; header.payload_bytes as usize];
    read_exact(file, &mut payload, start)?;
    Ok((crc32c::crc32c(&payload) == header.payload_crc).then_some(payload))
}

/// The summary of a sealed segment; none if it is not sealed, or damaged at its end.
///
/// # Errors
/// Of the system.
pub(crate) fn read_summary(file: &impl DiskFile, key: u64) -> io::Result<Option<Summary>> {
    let Some((_, position)) = trailer(file, key)? else { return Ok(None) };
    Ok(payload(file, key, position)?.and_then(|payload| Summary::decode(&payload)))
}

/// Where the records of one connection are, without reading where the others are. None if the segment is not sealed, or damaged at its end.
///
/// # Errors
/// Of the system.
pub(crate) fn read_entries(
    file: &impl DiskFile,
    header: &SegmentHeader,
    summary: &Summary,
    share: &Share,
) -> io::Result<Option<Vec<Entry>>> {
    let Some((position, _)) = trailer(file, header.key)? else { return Ok(None) };
    let mut record = [0; HEADER_BYTES];
    if read_up_to(file, &mut record, position)? < HEADER_BYTES {
        return Ok(None);
    }
    let record = Header::decode(&record, header.key, position)
        .filter(|record| record.kind == Kind::Index && record.payload_bytes == summary.index_bytes());
    if record.is_none() {
        return Ok(None);
    }
    let mut list = vec![0; share.list_bytes()];
    let start = position + HEADER_BYTES as u64 + u64::from(share.index_at);
    let read = read_up_to(file, &mut list, start)?;
    Ok(Bytes(&list[..read]).list(header, share.records))
}

/// The index of a sealed segment; none if it is not sealed, or damaged at its end.
///
/// # Errors
/// Of the system.
pub(crate) fn read_index(file: &impl DiskFile, header: &SegmentHeader) -> io::Result<Option<Index>> {
    let Some((index, summary)) = trailer(file, header.key)? else { return Ok(None) };
    let (Some(lists), Some(summary)) = (payload(file, header.key, index)?, payload(file, header.key, summary)?) else {
        return Ok(None);
    };
    let Some(summary) = Summary::decode(&summary) else { return Ok(None) };
    let mut lists = Bytes(&lists);
    let mut index = Index::new();
    for (connection, share) in summary.shares {
        let Some(entries) = lists.list(header, share.records) else { return Ok(None) };
        index.insert(connection, entries);
    }
    Ok(Some(index))
}
