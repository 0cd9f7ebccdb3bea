//! The log of one run: it writes groups of events to segments, one flush for each group, and says what has become durable.
//!
//! The way of a group, all in [`Log::commit`]: it is given its seqs, written behind the last group, flushed, entered into the
//! catalog, and only then acknowledged. A segment whose write or flush failed is given up: its file is never written or flushed
//! again, because after a failed flush the system may forget what it could not write and let the next flush succeed. The group is
//! refused, and the next one begins a new segment, whose header says up to which seq the one before was durable.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::catalog::{Segment, SegmentState};
use crate::disk::{Disk, DiskFile, write_all};
use crate::end_bytes::{EndBytes, EventEnd};
use crate::error::AppendError;
use crate::event::Seq;
use crate::index::{Entry, Index, Summary};
use crate::marks;
use crate::prepared::Prepared;
use crate::queue::{Appended, Pending, lock};
use crate::record::{ALIGNMENT, HEADER_BYTES, Header, Kind, decode, pad, record_bytes};
use crate::segment::{BLOCK_BYTES, GROUPS_START, SegmentHeader, SegmentName};
use crate::shared::{Full, Shared};

/// The most that is written before a flush, in bytes, unless a single event has more.
pub(crate) const GROUP_BYTES_MAX: u64 = 4 << 20;

/// The segment to which groups are written.
struct Current<F> {
    name: SegmentName,
    header: SegmentHeader,
    file: F,
    /// Where the next group begins.
    position: u64,
    /// Whether the header still has to be written, with the first group.
    is_new: bool,
    /// What its end will need.
    end: EndBytes,
}

/// What [`Log::commit`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommitReport {
    /// Events that became durable.
    pub(crate) durable: u64,
    /// Events that did not.
    pub(crate) failed: u64,
    /// Whether the last group became durable.
    pub(crate) is_last_durable: bool,
}

/// The log of this run. One thread owns it.
pub(crate) struct Log<D: Disk> {
    shared: Arc<Shared<D>>,
    next_seq: Seq,
    durable_seq: Seq,
    /// The number of the segment in which `durable_seq` stands.
    durable_number: u64,
    current: Option<Current<D::File>>,
    buffer: Vec<u8>,
}

/// Tells the appenders of these events that the disk has failed.
fn refuse(events: impl IntoIterator<Item = Pending>) {
    for event in events {
        event.settle(Err(AppendError::Failed));
    }
}

impl<D: Disk> Log<D> {
    pub(crate) fn new(shared: Arc<Shared<D>>) -> Self {
        Self { shared, next_seq: 1, durable_seq: 0, durable_number: 0, current: None, buffer: Vec::new() }
    }

    /// The most bytes that the payload of an event may have in a segment of this length.
    pub(crate) fn payload_bytes_max(segment_bytes: u64) -> u64 {
        (segment_bytes - GROUPS_START).saturating_sub(HEADER_BYTES as u64 + ALIGNMENT)
    }

    /// Makes these events durable, group by group, and tells each appender the outcome.
    pub(crate) fn commit(&mut self, mut pending: VecDeque<Pending>, now: i64) -> CommitReport {
        let mut report = CommitReport::default();
        while !pending.is_empty() {
            let group = match self.next_group(&mut pending, now) {
                Ok(group) => group,
                Err(error) => {
                    lock(&self.shared.work).fail(&error);
                    report.failed += pending.len() as u64;
                    report.is_last_durable = false;
                    refuse(pending);
                    break;
                }
            };
            let first_seq = self.next_seq;
            self.next_seq += group.len() as u64;
            let entries = self.encode(&group, first_seq);
            let Err(error) = self.write(&group, &entries) else {
                report.durable += group.len() as u64;
                report.is_last_durable = true;
                debug_assert_eq!(
                    first_seq + group.len() as u64 - 1,
                    self.durable_seq,
                    "acknowledged before it is durable"
                );
                for (event, seq) in group.into_iter().zip(first_seq..) {
                    event.settle(Ok(Appended { log: self.shared.id, seq }));
                }
                continue;
            };
            if crate::planted_bug!(GivesASeqTwice) {
                self.next_seq = first_seq;
            }
            self.give_up(now, &error);
            report.failed += group.len() as u64;
            report.is_last_durable = false;
            refuse(group);
        }
        report
    }

    /// The events that are written together: as many as fit into the segment, with room for its end. Begins a new one if none fits; an
    /// event that is too large for that has the whole segment, and its end has to find room behind it.
    fn next_group(&mut self, pending: &mut VecDeque<Pending>, now: i64) -> io::Result<Vec<Pending>> {
        fn connection(event: &Pending) -> &str {
            decode(&event.payload).map_or("", |event| event.connection)
        }
        let segment_bytes = self.shared.segment_bytes;
        let fits = |current: &Current<D::File>, bytes: u64, end: &EventEnd| {
            let position = (current.position + bytes).next_multiple_of(BLOCK_BYTES);
            position + current.end.with(end) <= segment_bytes
        };
        if let (Some(current), Some(first)) = (&self.current, pending.front())
            && !fits(current, record_bytes(first.payload.len()), &current.end.of_event(connection(first)))
        {
            self.finish(now);
        }
        let current = match &mut self.current {
            Some(current) => current,
            none => none.insert(Self::begin(&self.shared, self.next_seq, self.durable_seq, self.durable_number)?),
        };
        let mut taken = 0;
        let mut group = Vec::new();
        while let Some(event) = pending.front() {
            let end = current.end.of_event(connection(event));
            taken += record_bytes(event.payload.len());
            if !group.is_empty() && (taken > GROUP_BYTES_MAX || !fits(current, taken, &end)) {
                break;
            }
            current.end.add(&end);
            group.extend(pending.pop_front());
        }
        Ok(group)
    }

    fn begin(
        shared: &Shared<D>,
        first_seq: Seq,
        durable_seq: Seq,
        durable_number: u64,
    ) -> io::Result<Current<D::File>> {
        let spare = lock(&shared.work).spare.take();
        let Prepared { name, file } = spare.map_or_else(|| shared.prepare(), Ok)?;
        let key = shared.next_key();
        let header = SegmentHeader { log: shared.id, number: name.number, key, first_seq, durable_seq, durable_number };
        let state = SegmentState::Open(Index::new());
        lock(&shared.catalog).add(Segment::new(name, header, shared.segment_bytes, state, Summary::default(), 0));
        Ok(Current { name, header, file, position: GROUPS_START, is_new: true, end: EndBytes::new() })
    }

    /// Puts the records of a group into the buffer, with the header of the segment if it is new, and says where they will stand.
    fn encode(&mut self, group: &[Pending], first_seq: Seq) -> Vec<Entry> {
        let current = self.current.as_ref().expect("a group was taken for it");
        self.buffer.clear();
        let start = if current.is_new {
            self.buffer.extend_from_slice(&current.header.encode());
            marks::enter_length(&mut self.buffer, current.header.key, self.shared.segment_bytes);
            0
        } else {
            current.position
        };
        let mut entries = Vec::with_capacity(group.len());
        let stated = if crate::planted_bug!(StatesADurableSeqTooEarly) {
            first_seq + group.len() as u64 - 1
        } else {
            self.durable_seq
        };
        for (event, seq) in group.iter().zip(first_seq..) {
            let position = start + self.buffer.len() as u64;
            let payload_bytes = u32::try_from(event.payload.len()).expect("checked when it was appended");
            let header =
                Header { kind: Kind::Event, seq, durable_seq: stated, payload_bytes, payload_crc: event.payload_crc };
            self.buffer.extend_from_slice(&header.encode(current.header.key, position));
            self.buffer.extend_from_slice(&event.payload);
            pad(&mut self.buffer, ALIGNMENT);
            let position = u32::try_from(position).expect("a segment has fewer than 2^32 bytes");
            entries.push(Entry { seq, position, payload_bytes });
        }
        // Whole blocks, so that the system need not read what it already has on disk.
        let room = usize::try_from(self.shared.segment_bytes - start).unwrap_or(usize::MAX);
        if self.buffer.len() < room {
            pad(&mut self.buffer, BLOCK_BYTES);
            self.buffer.truncate(room);
        }
        entries
    }

    /// Writes and flushes the buffer, and enters the group into the catalog.
    fn write(&mut self, group: &[Pending], entries: &[Entry]) -> io::Result<()> {
        let current = self.current.as_mut().expect("a group was encoded for it");
        let start = if current.is_new { 0 } else { current.position };
        write_all(&current.file, &self.buffer, start)?;
        Self::flush(&current.file)?;
        current.is_new = false;
        current.position = start + (self.buffer.len() as u64).next_multiple_of(BLOCK_BYTES);
        self.durable_seq = entries.last().map_or(self.durable_seq, |entry| entry.seq);
        self.durable_number = current.header.number;
        let connections = group.iter().map(|event| decode(&event.payload).map_or("", |event| event.connection));
        lock(&self.shared.catalog).appended(
            current.name,
            current.header.first_seq,
            connections.zip(entries.iter().copied()),
        );
        // Not to hold for ever what one large event has needed.
        if self.buffer.capacity() as u64 > 2 * GROUP_BYTES_MAX {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    /// Flushes a group. The planted bugs are those that others have made here.
    fn flush(file: &D::File) -> io::Result<()> {
        if crate::planted_bug!(FlushesNoGroup) {
            return Ok(());
        }
        let flushed = file.flush();
        if crate::planted_bug!(AcknowledgesBeforeTheFlush) {
            return Ok(());
        }
        if crate::planted_bug!(FlushesAgainAfterAFailure) {
            return flushed.or_else(|_| file.flush());
        }
        flushed
    }

    /// States behind the last group that it is durable, without a flush: for the time in which nothing more is written, so that
    /// recovery can tell an event that was acknowledged from one that was not.
    pub(crate) fn mark(&mut self, now: i64) {
        let Some(current) = self.current.as_ref().filter(|current| !current.is_new) else { return };
        if current.position + HEADER_BYTES as u64 > self.shared.segment_bytes {
            return;
        }
        let mark = Header {
            kind: Kind::Mark,
            seq: self.durable_seq,
            durable_seq: self.durable_seq,
            payload_bytes: 0,
            payload_crc: crc32c::crc32c(&[]),
        };
        let bytes = mark.encode(current.header.key, current.position);
        if let Err(error) = write_all(&current.file, &bytes, current.position) {
            self.give_up(now, &error);
        }
    }

    /// Gives up the segment whose write or flush has failed.
    fn give_up(&mut self, now: i64, error: &io::Error) {
        let Some(current) = self.current.take() else { return };
        lock(&self.shared.work).fail(error);
        if current.is_new {
            lock(&self.shared.catalog).remove(current.name);
            lock(&self.shared.work).discarded.push(current.name);
            return;
        }
        let mut catalog = lock(&self.shared.catalog);
        if let Some(segment) = catalog.get_mut(current.name) {
            segment.ended_at = now;
            if let SegmentState::Open(index) = &mut segment.state {
                segment.state = SegmentState::GivenUp(Arc::new(std::mem::take(index)));
            }
        }
    }

    /// Leaves the segment to housekeeping, which writes its end.
    pub(crate) fn finish(&mut self, now: i64) {
        let Some(Current { name, file, position, is_new, .. }) = self.current.take() else { return };
        if is_new {
            lock(&self.shared.catalog).remove(name);
            lock(&self.shared.work).discarded.push(name);
            return;
        }
        if let Some(segment) = lock(&self.shared.catalog).get_mut(name) {
            segment.ended_at = now;
            if let SegmentState::Open(index) = &mut segment.state {
                segment.state = SegmentState::Full(Arc::new(std::mem::take(index)));
            }
        }
        let position = if crate::planted_bug!(SealsOverTheLastGroup) { position - BLOCK_BYTES } else { position };
        lock(&self.shared.work).full.push(Full { name, file, position });
    }
}
