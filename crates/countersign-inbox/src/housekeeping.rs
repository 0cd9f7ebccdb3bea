//! What is done beside the appending: the next segment is made, full ones get their ends, and what was released goes.
//!
//! Nothing here is needed for an event to be durable. Each task may fail, and is tried again the next time.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use crate::catalog::SegmentState;
use crate::disk::{Disk, DiskFile, Space, remove};
use crate::hold;
use crate::index::{self, Index, Summary};
use crate::losses::Losses;
use crate::queue::lock;
use crate::record::record_bytes;
use crate::removal::{discard, remove_copies};
use crate::retention::{Action, Policy, plan};
use crate::rewrite::rewrite;
use crate::segment::{BLOCK_BYTES, GROUPS_START, SET_ASIDE, SegmentHeader, SegmentName};
use crate::shared::{Full, Shared};

/// Does what is due. Tries everything, and gives the first error.
pub(crate) fn run<D: Disk>(shared: &Shared<D>, policy: Policy, now: i64) -> io::Result<()> {
    let sealed = seal(shared);
    let finished = finish_given_up(shared);
    let spare = prepare(shared);
    // What was refused must be gone before the segment behind it goes, whose header says that it was.
    let retained = note_losses(shared).and(discard(shared).and_then(|()| retain(shared, policy, now)));
    let is_low = shared.disk.space().is_ok_and(Space::is_low);
    let freed = if is_low { shared.remove_all_free() } else { Ok(()) };
    sealed.and(finished).and(spare).and(retained).and(freed)
}

/// Makes the segment that is used next.
fn prepare<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    if lock(&shared.work).spare.is_none() {
        let prepared = shared.prepare()?;
        lock(&shared.work).spare = Some(prepared);
    }
    Ok(())
}

/// Whether an event can be written: to the segment that is open, or to the next one, which is made.
pub(crate) fn has_place<D: Disk>(shared: &Shared<D>) -> bool {
    let is_open = lock(&shared.catalog).segments().any(|segment| matches!(segment.state, SegmentState::Open(_)));
    is_open || lock(&shared.work).spare.is_some()
}

/// Makes the segment that is used next anew, to see whether that can be done.
pub(crate) fn renew_spare<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let spare = lock(&shared.work).spare.take();
    lock(&shared.work).discarded.extend(spare.map(|spare| spare.name));
    prepare(shared)
}

/// Writes the ends of full segments.
pub(crate) fn seal<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let mut outcome = Ok(());
    // Not in the head of the loop, where the lock would be held while the disk works.
    let full = std::mem::take(&mut lock(&shared.work).full);
    for Full { name, file, position } in full {
        let found = lock(&shared.catalog).get_mut(name).and_then(|segment| match &segment.state {
            SegmentState::Full(index) => Some((segment.header, Arc::clone(index))),
            _ => None,
        });
        let Some((header, index)) = found else { continue };
        let sealed = index::seal(&file, &header, &index, Vec::new(), position);
        match sealed.and_then(|summary| Ok((summary, file.length()?))) {
            Ok((summary, bytes)) => finished(shared, name, summary, bytes),
            // Its records are durable; the next start reads it from its beginning.
            Err(error) => {
                if let Some(segment) = lock(&shared.catalog).get_mut(name) {
                    segment.state = SegmentState::GivenUp(index);
                }
                outcome = outcome.and(Err(error));
            }
        }
    }
    outcome
}

/// Enters that a segment has its end.
fn finished<D: Disk>(shared: &Shared<D>, name: SegmentName, summary: Summary, bytes: u64) {
    let summary = Arc::new(summary);
    let old = lock(&shared.catalog).get_mut(name).map(|segment| {
        segment.bytes = bytes;
        (std::mem::replace(&mut segment.summary, summary), std::mem::replace(&mut segment.state, SegmentState::Sealed))
    });
    // What 100,000 connections had in it is dropped while nobody waits for the catalog.
    drop(old);
}

/// Puts a new file, with an end, in the place of each segment whose writes or flushes failed. Its durable records are read back: no flush
/// failed that they were in.
fn finish_given_up<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let given_up: Vec<_> = lock(&shared.catalog)
        .segments()
        .filter_map(|segment| match &segment.state {
            SegmentState::GivenUp(index) => {
                Some((segment.name, segment.header, Arc::clone(index), segment.losses().clone()))
            }
            _ => None,
        })
        .collect();
    let mut outcome = Ok(());
    for (name, header, index, losses) in given_up {
        let rewritten = finish(shared, name, &header, &index, &losses);
        match rewritten {
            Ok((summary, bytes)) => finished(shared, name, summary, bytes),
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome
}

/// Puts a new file in the place of a segment; says what is in it, and how long it is.
fn finish<D: Disk>(
    shared: &Shared<D>,
    name: SegmentName,
    header: &SegmentHeader,
    index: &Index,
    losses: &Losses,
) -> io::Result<(Summary, u64)> {
    let text = name.to_string();
    let ends =
        index.values().flatten().map(|entry| u64::from(entry.position) + record_bytes(entry.payload_bytes as usize));
    let mut end = ends.max().unwrap_or(GROUPS_START);
    let file = shared.disk.open(&text)?;
    if !losses.is_empty() {
        // What is left of them may stand behind the last record.
        end = end.max(file.length()?);
    }
    let end = end.next_multiple_of(BLOCK_BYTES);
    // On a full disk this is tried again and again.
    if shared.disk.space()?.free < end {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let mut content = vec![0; usize::try_from(end).map_err(|_| io::ErrorKind::FileTooLarge)?];
    crate::disk::read_up_to(&file, &mut content, 0)?;
    // Not what has a record, and could only not be read: of that the note speaks. Should the index be damaged later, it is missed too.
    let listed: BTreeSet<_> = index.values().flatten().map(|entry| entry.seq).collect();
    let lost = losses.seqs.difference(&listed).copied().collect();
    let summary = rewrite(&shared.disk, &text, header, &content, index, lost, end)?;
    Ok((summary, shared.disk.open(&text)?.length()?))
}

/// Notes what was found to be lost and could not be noted then, or not at once.
fn note_losses<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let unnoted: Vec<_> = lock(&shared.catalog)
        .segments()
        .filter_map(|segment| Some((segment.name, segment.unnoted()?.clone())))
        .collect();
    unnoted.iter().try_for_each(|(name, losses)| shared.note(*name, losses))
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
        let held = hold::hold(shared, name, now);
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
    let is_reusable = matches!(action, Action::Remove(_)) && shared.is_reusable(name);
    if let Action::SetAside(_) = action {
        note_losses(shared)?;
        let renamed = shared.disk.rename(&name.to_string(), &format!("{name}{SET_ASIDE}"));
        // It was renamed before, and its name could not be flushed.
        renamed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    } else if is_reusable {
        shared.free(name)?;
    } else {
        // Under the other name, if it was to be used again, and that failed.
        shared.remove_free(name)?;
        remove(&shared.disk, &name.to_string())?;
    }
    // Before one behind it goes, whose header says what in this one had been refused, and before the file is used again.
    if !(is_reusable && crate::planted_bug!(ReusesAFileThatMayComeBack)) {
        shared.disk.flush_names()?;
    }
    shared.notes.forget(name);
    let removed = {
        let mut catalog = lock(&shared.catalog);
        if let Action::SetAside(_) = action { catalog.set_aside(name) } else { catalog.remove(name) }
    };
    drop(removed);
    if is_reusable {
        lock(&shared.work).free.push(name);
    }
    Ok(())
}

/// What is done at the end: the last segment gets its end, and the files go that would have been used next.
pub(crate) fn end<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let mut work = lock(&shared.work);
    let spare = work.spare.take();
    work.discarded.extend(spare.map(|spare| spare.name));
    drop(work);
    seal(shared).and(discard(shared)).and(shared.remove_all_free())
}
