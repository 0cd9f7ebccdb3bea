//! Copies the records of a segment that were not released, so that it can go.
//!
//! A connection with much has a held file of its own. Those with little share one: a file for each of thousands would cost more than the
//! segment, and one for all would be pinned by any of them.

use std::io;
use std::sync::Arc;

use crate::catalog::{Segment, SegmentState};
use crate::disk::{Disk, DiskFile, is_unreadable, read_exact, write_in_pieces};
use crate::index::{self, Entry, Index, Summary};
use crate::queue::lock;
use crate::record::{ALIGNMENT, HEADER_BYTES, Header, pad, record_bytes};
use crate::removal::{discard, remove_copies};
use crate::scan::{PERHAPS_MISSING, index_of};
use crate::segment::{BLOCK_BYTES, GROUPS_START, SegmentHeader, SegmentName};
use crate::shared::Shared;

/// How many times as long a segment is as the records in a held file that connections share.
const SHARED_PART: u64 = 16;

/// Copies the records of a segment that were not released, and removes the segment when all are durable. A start that finds both removes
/// the copies.
pub(crate) fn hold<D: Disk>(shared: &Shared<D>, name: SegmentName, now: i64) -> io::Result<()> {
    let disk = &shared.disk;
    let found = lock(&shared.catalog).get_mut(name).map(|segment| (segment.header, Arc::clone(&segment.summary)));
    let Some((header, summary)) = found else { return Ok(()) };
    let read = disk.open(&name.to_string()).and_then(|file| Ok((index_of(&file, &header, &summary)?, file)));
    let (index, file) = match read {
        Err(error) if is_unreadable(&error) => {
            // It stays as it is, and is not tried again.
            shared.lose(name, None)?;
            return Err(error);
        }
        read => read?,
    };
    remove_copies(disk, name)?;
    let mut copies = Vec::new();
    for (part, records) in (0..).zip(parts(shared, name, index)) {
        let copy = SegmentName { held: Some(part), ..name };
        let to = disk.create(&copy.to_string())?;
        copies.push(write_copy(shared, (&file, &header), (&to, copy), &records, now)?);
    }
    if !crate::planted_bug!(RemovesBeforeTheCopyIsFlushed) {
        disk.flush_names()?;
    }
    let removed = {
        let mut catalog = lock(&shared.catalog);
        // A reader has been told of a loss, which it may not have been; the copies do not say so.
        if catalog.get_mut(name).is_none_or(|segment| !segment.losses().is_empty()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} cannot be read in whole")));
        }
        let removed = catalog.remove(name);
        for copy in copies {
            catalog.add(copy);
        }
        removed
    };
    drop(removed);
    lock(&shared.work).discarded.push(name);
    discard(shared)
}

/// What is to be copied, and what of it into one file.
fn parts<D: Disk>(shared: &Shared<D>, name: SegmentName, index: Index) -> Vec<Index> {
    let bytes_max = shared.segment_bytes / SHARED_PART;
    let mut parts = Vec::new();
    let (mut small, mut small_bytes) = (Index::new(), 0);
    for (connection, mut entries) in index {
        let released = lock(&shared.catalog).released_seq(name.log, &connection);
        entries.retain(|entry| entry.seq > released);
        let bytes: u64 = entries.iter().map(|entry| record_bytes(entry.payload_bytes as usize)).sum();
        if entries.is_empty() {
            continue;
        }
        if bytes > bytes_max {
            parts.push(Index::from([(connection, entries)]));
            continue;
        }
        if small_bytes + bytes > bytes_max {
            parts.push(std::mem::take(&mut small));
            small_bytes = 0;
        }
        small_bytes += bytes;
        small.insert(connection, entries);
    }
    if !small.is_empty() {
        parts.push(small);
    }
    parts
}

/// Writes a copy of these records, with their seqs, and makes it durable.
fn write_copy<D: Disk>(
    shared: &Shared<D>,
    (from, of): (&D::File, &SegmentHeader),
    (to, name): (&D::File, SegmentName),
    records: &Index,
    now: i64,
) -> io::Result<Segment> {
    let key = shared.next_key();
    let seqs = || records.values().flatten().map(|entry| entry.seq);
    let (first_seq, last_seq) = (seqs().min().unwrap_or(0), seqs().max().unwrap_or(0));
    let header = SegmentHeader { key, first_seq, durable_seq: seqs().count() as u64, durable_number: last_seq, ..*of };
    let mut bytes = header.encode();
    let mut copied = Index::new();
    for (connection, entries) in records {
        let mut places = Vec::with_capacity(entries.len());
        for &entry in entries {
            let Some((old, payload)) = read(from, of, entry, shared, name.segment())? else {
                let message = format!("event {} of log {} is damaged", entry.seq, name.log);
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            };
            let position = bytes.len() as u64;
            bytes.extend_from_slice(&old.encode(key, position));
            bytes.extend_from_slice(&payload);
            pad(&mut bytes, ALIGNMENT);
            let position = u32::try_from(position).map_err(|_| io::ErrorKind::FileTooLarge)?;
            places.push(Entry { position, ..entry });
        }
        copied.insert(Arc::clone(connection), places);
    }
    write_in_pieces(to, &bytes, 0)?;
    let end = (bytes.len() as u64).max(GROUPS_START).next_multiple_of(BLOCK_BYTES);
    let summary = if crate::planted_bug!(RemovesBeforeTheCopyIsFlushed) {
        Summary::of(&copied, Vec::new())
    } else {
        index::seal(to, &header, &copied, Vec::new(), end)?
    };
    Ok(Segment::new(name, header, to.length()?, SegmentState::Sealed, summary, now))
}

/// Reads a record that is to be copied. One that is damaged or cannot be read is lost: the segment then stays as it is, and is not tried
/// again.
fn read<D: Disk>(
    from: &D::File,
    of: &SegmentHeader,
    entry: Entry,
    shared: &Shared<D>,
    segment: SegmentName,
) -> io::Result<Option<(Header, Vec<u8>)>> {
    let position = u64::from(entry.position);
    let mut record = vec![0; HEADER_BYTES + entry.payload_bytes as usize];
    let read = match read_exact(from, &mut record, position) {
        Err(error) if !is_unreadable(&error) && error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        read => read,
    };
    let payload = record.split_off(HEADER_BYTES);
    let header = Header::decode(&record, of.key, position)
        .filter(|header| read.is_ok() && header.seq == entry.seq && header.payload_crc == crc32c::crc32c(&payload));
    match header {
        Some(header) => Ok(Some((header, payload))),
        None => shared.lose(segment, (entry.position != PERHAPS_MISSING).then_some(entry.seq)).map(|_| None),
    }
}
