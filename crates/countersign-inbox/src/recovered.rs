//! What was said to be lost and can be read again: a disk that refuses a read may do it the next time.
//!
//! Only what was read counts as found. Of a note that names seqs, those are found whose records are undamaged now. Of one that says that
//! there may be others, all or none: every record that the segment lists must be there.

use std::io;
use std::sync::Arc;

use crate::catalog::{Segment, SegmentState};
use crate::disk::{Disk, if_readable, is_unreadable, remove};
use crate::event::LogId;
use crate::index::{self, Entry, Index, Summary};
use crate::losses::{Losses, NOTE, read_note, write_note};
use crate::queue::lock;
use crate::reader::{Current, StoredEvent};
use crate::scan::index_of;
use crate::segment::{FoundHeader, SET_ASIDE, SegmentHeader, SegmentName};
use crate::shared::Shared;

/// Events that were said to be lost, by a start or a reader, and can be read now.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recovered {
    /// The log of the events.
    pub log: LogId,
    /// The file that they are in.
    pub file: String,
    /// The events, of all connections, in the order of their place in the file.
    pub events: Vec<StoredEvent>,
    /// Whether these are all events of the file, because it was not known which of them were lost.
    pub is_whole: bool,
    /// Whether the file was set aside, so that no reader comes to it.
    pub is_set_aside: bool,
    name: SegmentName,
    found: Losses,
    /// What of the file is still lost.
    left: Losses,
    /// How often losses of the segment were told when it was read.
    told: u64,
}

/// A file of which something is said to be lost.
struct Lossy {
    name: SegmentName,
    header: SegmentHeader,
    summary: Arc<Summary>,
    /// Where its records are, if its end does not say it yet.
    index: Option<Arc<Index>>,
    losses: Losses,
    told: u64,
}

/// The next file behind `after` of which something can be read again, in the order of logs and numbers.
pub(crate) fn next<D: Disk>(shared: &Shared<D>, after: Option<&Recovered>) -> Option<Recovered> {
    let after = after.map(|last| (last.name, last.is_set_aside));
    let mut files: Vec<_> = {
        let catalog = lock(&shared.catalog);
        let lossy = catalog.segments().filter(|segment| !segment.losses().is_empty());
        lossy.map(|segment| (segment.name, false)).chain(catalog.set_aside.iter().map(|name| (*name, true))).collect()
    };
    files.sort_unstable();
    let mut next = files.into_iter().filter(|file| Some(*file) > after);
    // What cannot be read is tried again the next time.
    next.find_map(|(name, is_set_aside)| look_into(shared, name, is_set_aside).ok().flatten())
}

fn look_into<D: Disk>(shared: &Shared<D>, name: SegmentName, is_set_aside: bool) -> io::Result<Option<Recovered>> {
    let (file, lossy) = if is_set_aside {
        (format!("{name}{SET_ASIDE}"), read_set_aside(&shared.disk, name)?)
    } else {
        (name.to_string(), lock(&shared.catalog).get_mut(name).and_then(|segment| Lossy::of(segment)))
    };
    let Some(lossy) = lossy else { return Ok(None) };
    let found = look(&shared.disk, &file, &lossy)?;
    Ok(found.map(|(events, found)| Recovered {
        log: name.log,
        file,
        events,
        is_whole: found.is_incomplete,
        name,
        is_set_aside,
        left: lossy.losses.without(&found),
        found,
        told: lossy.told,
    }))
}

impl Lossy {
    /// None of a segment of which a part is missing: only a start can tell what was in it.
    fn of(segment: &Segment) -> Option<Self> {
        let index = match &segment.state {
            SegmentState::Incomplete { .. } => return None,
            SegmentState::Sealed => None,
            SegmentState::Open(index) => Some(Arc::new(index.clone())),
            SegmentState::Full(index) | SegmentState::GivenUp(index) => Some(Arc::clone(index)),
        };
        Some(Self {
            name: segment.name,
            header: segment.header,
            // Not shared with a segment to which records are appended, which would copy it then.
            summary: if index.is_some() { Arc::new((*segment.summary).clone()) } else { Arc::clone(&segment.summary) },
            index,
            losses: segment.losses().clone(),
            told: segment.told(),
        })
    }
}

/// What is known of a file that was set aside; none if that is too little to read it.
fn read_set_aside<D: Disk>(disk: &D, name: SegmentName) -> io::Result<Option<Lossy>> {
    let file = disk.open(&format!("{name}{SET_ASIDE}"))?;
    let FoundHeader::Valid(header) = SegmentHeader::read(&file)? else { return Ok(None) };
    let Some(summary) = index::read_summary(&file, header.key)? else { return Ok(None) };
    let mut losses = read_note(disk, &name.to_string())?;
    losses.seqs.extend(&summary.lost);
    Ok(Some(Lossy { name, header, summary: Arc::new(summary), index: None, losses, told: 0 }))
}

/// Reads what is said to be lost of a file, and says what of it was found; none if nothing was.
fn look<D: Disk>(disk: &D, file: &str, lossy: &Lossy) -> io::Result<Option<(Vec<StoredEvent>, Losses)>> {
    let Lossy { name, header, summary, losses, .. } = lossy;
    let opened = disk.open(file)?;
    let index = match &lossy.index {
        Some(index) => Arc::clone(index),
        None => Arc::new(index_of(&opened, header, summary)?),
    };
    let is_wanted = |entry: &&Entry| losses.is_incomplete || losses.seqs.contains(&entry.seq);
    let mut wanted: Vec<Entry> = index.values().flatten().filter(is_wanted).copied().collect();
    wanted.sort_by_key(|entry| entry.position);
    let listed: usize = summary.shares.values().map(|share| share.records as usize).sum();
    if losses.is_incomplete && wanted.len() < listed {
        return Ok(None);
    }
    let mut reader = Current::new(*name, file.to_owned(), *header, opened, wanted)?;
    let mut events = Vec::new();
    while let Some(entry) = reader.entries.next() {
        match reader.read(entry) {
            Ok(event) => events.push(event),
            Err(error) if is_unreadable(&error) || error.kind() == io::ErrorKind::InvalidData => {
                if losses.is_incomplete {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
    let seqs = events.iter().map(|event| event.seq).filter(|seq| losses.seqs.contains(seq)).collect();
    let mut found = Losses { seqs, is_incomplete: losses.is_incomplete };
    if crate::planted_bug!(WithdrawsWhatItHasNotRead) {
        found = losses.clone();
    }
    Ok((!found.is_empty()).then_some((events, found)))
}

/// What is still lost of a segment with a note, when a start looks.
///
/// # Errors
/// Of the system, but for those that say that something cannot be read.
pub(crate) fn still_lost<D: Disk>(disk: &D, segment: &Segment) -> io::Result<Losses> {
    let Some(lossy) = Lossy::of(segment) else { return Ok(segment.losses().clone()) };
    left(disk, &segment.name.to_string(), &lossy)
}

/// The same of a file that was set aside; none if it has no note, or cannot be read.
///
/// # Errors
/// As [`still_lost`].
pub(crate) fn still_lost_set_aside<D: Disk>(disk: &D, name: SegmentName) -> io::Result<Option<Losses>> {
    let Some(lossy) = if_readable(read_set_aside(disk, name))?.flatten() else { return Ok(None) };
    left(disk, &format!("{name}{SET_ASIDE}"), &lossy).map(Some)
}

fn left<D: Disk>(disk: &D, file: &str, lossy: &Lossy) -> io::Result<Losses> {
    let found = if_readable(look(disk, file, lossy))?.flatten();
    Ok(found.map_or_else(|| lossy.losses.clone(), |(_, found)| lossy.losses.without(&found)))
}

/// Withdraws that something was lost. False if a reader was told of a loss in this file since it was read: then nothing is withdrawn.
///
/// # Errors
/// Of the system. What could not be done is done by the next attempt, or start.
pub(crate) fn withdraw<D: Disk>(shared: &Shared<D>, recovered: &Recovered) -> io::Result<bool> {
    let Recovered { name, found, left, is_set_aside, told, file, .. } = recovered;
    if !is_set_aside {
        return shared.notes.replace(&shared.disk, *name, || {
            lock(&shared.catalog).get_mut(*name).and_then(|segment| segment.withdraw(found, *told))
        });
    }
    if !left.is_empty() {
        return write_note(&shared.disk, &name.to_string(), left).map(|()| true);
    }
    // First the file: without its note it would be one of which nothing is known.
    remove(&shared.disk, file)?;
    shared.disk.flush_names()?;
    lock(&shared.catalog).set_aside.remove(name);
    remove(&shared.disk, &format!("{name}{NOTE}"))?;
    Ok(true)
}
