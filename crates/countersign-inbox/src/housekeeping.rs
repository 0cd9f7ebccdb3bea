//! What is done beside the appending: the next segment is made, full ones get their ends, and what was released goes.
//!
//! Nothing here is needed for an event to be durable. Each task may fail, and is tried again the next time.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use crate::catalog::{Segment, SegmentState};
use crate::disk::{Disk, DiskFile, write_all};
use crate::event::Seq;
use crate::index::{self, Entry, Index};
use crate::log::{Full, Shared};
use crate::queue::lock;
use crate::record::{ALIGNMENT, HEADER_BYTES, Header, pad, record_bytes};
use crate::recovery::{SET_ASIDE, rewrite};
use crate::retention::{Action, Policy, plan};
use crate::scan::index_of;
use crate::segment::{BLOCK_BYTES, GROUPS_START, SegmentHeader, SegmentName};

/// Does what is due. Tries everything, and gives the first error.
pub(crate) fn run<D: Disk>(shared: &Shared<D>, policy: Policy, now: i64) -> io::Result<()> {
    let sealed = seal(shared);
    let finished = finish_given_up(shared);
    let spare = prepare(shared);
    // What was refused must be gone before the segment behind it goes, whose header says that it was.
    let retained = discard(shared).and_then(|()| retain(shared, policy, now));
    sealed.and(finished).and(spare).and(retained)
}

/// Makes the segment that is used next.
fn prepare<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    if lock(&shared.work).spare.is_none() {
        let prepared = shared.prepare()?;
        lock(&shared.work).spare = Some(prepared);
    }
    Ok(())
}

/// Makes the segment that is used next anew, to see whether that can be done.
pub(crate) fn renew_spare<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let spare = lock(&shared.work).spare.take();
    lock(&shared.work).discarded.extend(spare.map(|spare| spare.name));
    prepare(shared)
}

/// The segment that a held file was copied from.
fn segment_of(copy: SegmentName) -> SegmentName {
    SegmentName { held: None, ..copy }
}

/// Writes the ends of full segments.
pub(crate) fn seal<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let mut outcome = Ok(());
    // Not in the head of the loop, where the lock would be held while the disk works.
    let full = std::mem::take(&mut lock(&shared.work).full);
    for Full { name, file, position } in full {
        let (header, index) = {
            let mut catalog = lock(&shared.catalog);
            let Some(segment) = catalog.get_mut(name) else { continue };
            let SegmentState::Open(index) = &segment.state else { continue };
            (segment.header, index.clone())
        };
        let sealed = index::seal(&file, &header, &index, Vec::new(), position).and_then(|_| file.length());
        let mut catalog = lock(&shared.catalog);
        let Some(segment) = catalog.get_mut(name) else { continue };
        match sealed {
            Ok(bytes) => {
                segment.bytes = bytes;
                segment.state = SegmentState::Sealed;
            }
            // Its records are durable; the next start reads it from its beginning.
            Err(error) => {
                segment.state = SegmentState::GivenUp(index);
                outcome = outcome.and(Err(error));
            }
        }
    }
    outcome
}

/// Puts a new file, with an end, in the place of each segment whose writes or flushes failed. Its durable records are read back: no flush
/// failed that they were in.
fn finish_given_up<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let given_up: Vec<_> = lock(&shared.catalog)
        .segments()
        .filter_map(|segment| match &segment.state {
            SegmentState::GivenUp(index) => {
                Some((segment.name, segment.header, index.clone(), segment.summary.lost.clone()))
            }
            SegmentState::Open(_) | SegmentState::Sealed => None,
        })
        .collect();
    let mut outcome = Ok(());
    for (name, header, index, lost) in given_up {
        let text = name.to_string();
        let ends = index
            .values()
            .flatten()
            .map(|entry| u64::from(entry.position) + record_bytes(entry.payload_bytes as usize));
        let end = ends.max().unwrap_or(GROUPS_START).next_multiple_of(BLOCK_BYTES);
        let rewritten = shared.disk.open(&text).and_then(|file| {
            let mut content = vec![0; usize::try_from(end).map_err(|_| io::ErrorKind::FileTooLarge)?];
            crate::disk::read_up_to(&file, &mut content, 0)?;
            rewrite(&shared.disk, &text, &header, &content, &index, lost, end)?;
            shared.disk.open(&text)?.length()
        });
        match rewritten {
            Ok(bytes) => {
                if let Some(segment) = lock(&shared.catalog).get_mut(name) {
                    segment.bytes = bytes;
                    segment.state = SegmentState::Sealed;
                }
            }
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome
}

/// Removes files that are needed no more, for good: they may hold records that were refused.
fn discard<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let names = lock(&shared.work).discarded.clone();
    if names.is_empty() {
        return Ok(());
    }
    for name in &names {
        remove(&shared.disk, &name.to_string())?;
    }
    shared.disk.flush_names()?;
    lock(&shared.work).discarded.retain(|name| !names.contains(name));
    Ok(())
}

/// Removes a file, if it is there.
fn remove<D: Disk>(disk: &D, file: &str) -> io::Result<()> {
    disk.remove(file).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Removes or copies segments. What frees room comes first, and what cannot be done keeps nothing else back.
fn retain<D: Disk>(shared: &Shared<D>, policy: Policy, now: i64) -> io::Result<()> {
    let mut actions = plan(&lock(&shared.catalog), now, policy);
    actions.sort_by_key(|action| matches!(action, Action::Hold(_)));
    let mut outcome = Ok(());
    // The logs in which something could not be removed: nothing behind it may go, because the header there says what in it counts.
    let mut blocked = BTreeSet::new();
    for &action in &actions {
        let name = action.segment();
        if !blocked.contains(&name.log)
            && let Err(error) = act(shared, action, now)
        {
            blocked.insert(name.log);
            outcome = outcome.and(Err(error));
        }
    }
    if !actions.is_empty() {
        lock(&shared.catalog).forget_empty_logs(shared.id);
    }
    outcome
}

fn act<D: Disk>(shared: &Shared<D>, action: Action, now: i64) -> io::Result<()> {
    let name = action.segment();
    if let Action::Hold(_) = action {
        let held = hold(shared, name, now);
        // While the catalog names the original, the copies are not in use.
        if held.is_err() && lock(&shared.catalog).get_mut(name).is_some() {
            // Half of a copy takes room; what cannot be removed now is removed before the next attempt.
            let _ = remove_copies(&shared.disk, name);
        }
        return held;
    }
    if name.held.is_none() {
        remove_copies(&shared.disk, name)?;
    }
    if let Action::SetAside(_) = action {
        let renamed = shared.disk.rename(&name.to_string(), &format!("{name}{SET_ASIDE}"));
        // It was renamed before, and its name could not be flushed.
        renamed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    } else {
        remove(&shared.disk, &name.to_string())?;
    }
    // Before one behind it goes, whose header says what in this one had been refused.
    shared.disk.flush_names()?;
    lock(&shared.catalog).remove(name);
    Ok(())
}

/// Removes the copies that a failed attempt has left of a segment, for good: without the original, they would be taken for the events.
fn remove_copies<D: Disk>(disk: &D, name: SegmentName) -> io::Result<()> {
    let is_copy =
        |file: &String| SegmentName::parse(file).is_some_and(|copy| copy.held.is_some() && segment_of(copy) == name);
    let copies: Vec<_> = disk.list()?.into_iter().filter(is_copy).collect();
    for copy in &copies {
        disk.remove(copy)?;
    }
    if copies.is_empty() { Ok(()) } else { disk.flush_names() }
}

/// Copies the records of a segment that were not released, one file for each connection, and removes the segment when all are
/// durable. A start that finds both removes the copies.
fn hold<D: Disk>(shared: &Shared<D>, name: SegmentName, now: i64) -> io::Result<()> {
    let disk = &shared.disk;
    let file = disk.open(&name.to_string())?;
    let found = lock(&shared.catalog).get_mut(name).map(|segment| (segment.header, segment.summary.clone()));
    let Some((header, summary)) = found else { return Ok(()) };
    let index = index_of(&file, &header, &summary)?;
    remove_copies(disk, name)?;
    let mut copies = Vec::new();
    for (connection, entries) in index {
        let released = lock(&shared.catalog).released_seq(name.log, &connection);
        let entries: Vec<_> = entries.into_iter().filter(|entry| entry.seq > released).collect();
        if entries.is_empty() {
            continue;
        }
        let part = u32::try_from(copies.len()).expect("fewer parts than bytes");
        let copy = SegmentName { held: Some(part), ..name };
        let to = disk.create(&copy.to_string())?;
        copies.push(write_copy(shared, &file, &header, &to, copy, &connection, &entries, now)?);
    }
    if !crate::planted_bug!(RemovesBeforeTheCopyIsFlushed) {
        disk.flush_names()?;
    }
    {
        let mut catalog = lock(&shared.catalog);
        catalog.remove(name);
        for copy in copies {
            catalog.add(copy);
        }
    }
    lock(&shared.work).discarded.push(name);
    discard(shared)
}

/// Writes a copy of these records, with their seqs, and makes it durable.
#[allow(clippy::too_many_arguments, reason = "a file, and where it comes from")]
fn write_copy<D: Disk>(
    shared: &Shared<D>,
    from: &D::File,
    of: &SegmentHeader,
    to: &D::File,
    name: SegmentName,
    connection: &Arc<str>,
    entries: &[Entry],
    now: i64,
) -> io::Result<Segment> {
    let key = shared.next_key();
    let (first_seq, last_seq) =
        (entries.first().map_or(0, |entry| entry.seq), entries.last().map_or(0, |entry| entry.seq));
    let header = SegmentHeader { key, first_seq, durable_seq: entries.len() as u64, durable_number: last_seq, ..*of };
    let mut bytes = header.encode();
    let mut copied: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut record = vec![0; HEADER_BYTES + entry.payload_bytes as usize];
        crate::disk::read_exact(from, &mut record, u64::from(entry.position))?;
        let old = Header::decode(&record, of.key, u64::from(entry.position))
            .filter(|old| old.seq == entry.seq && old.payload_crc == crc32c::crc32c(&record[HEADER_BYTES..]));
        let Some(old) = old else {
            // Reading it reports the loss. The segment stays as it is, and is not tried again.
            if let Some(segment) = lock(&shared.catalog).get_mut(segment_of(name)) {
                segment.summary.lost.push(entry.seq);
            }
            let message = format!("event {} of log {} is damaged", entry.seq, name.log);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        };
        let position = bytes.len() as u64;
        bytes.extend_from_slice(&old.encode(key, position));
        bytes.extend_from_slice(&record[HEADER_BYTES..]);
        pad(&mut bytes, ALIGNMENT);
        let position = u32::try_from(position).map_err(|_| io::ErrorKind::FileTooLarge)?;
        copied.push(Entry { position, ..*entry });
    }
    write_all(to, &bytes, 0)?;
    let index = Index::from([(Arc::clone(connection), copied)]);
    let end = (bytes.len() as u64).max(GROUPS_START).next_multiple_of(BLOCK_BYTES);
    let summary = if crate::planted_bug!(RemovesBeforeTheCopyIsFlushed) {
        index::Summary::of(&index, Vec::<Seq>::new())
    } else {
        index::seal(to, &header, &index, Vec::new(), end)?
    };
    let (bytes, state, released_bytes) = (to.length()?, SegmentState::Sealed, BTreeMap::new());
    Ok(Segment { name, header, bytes, state, summary, ended_at: now, released_bytes })
}

/// What is done at the end: the last segment gets its end, and the file goes that would have been used next.
pub(crate) fn end<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let mut work = lock(&shared.work);
    let spare = work.spare.take();
    work.discarded.extend(spare.map(|spare| spare.name));
    drop(work);
    seal(shared).and(discard(shared))
}
