//! What is done with the files of earlier runs before a new log begins.
//!
//! A segment with a valid end is believed. One without was open when its process ended: it is read from its beginning, what counts
//! in it is decided ([`judge`]), and its end is written. Of a group that was torn by a power cut nothing was acknowledged, so
//! nothing is said of it. An event that was acknowledged and is not there is reported by log and seq.
//!
//! What the disk refuses to read is reported as what is damaged is. But it may be read the next time, so its file stays as it is, and a
//! note says that it must not be removed ([`crate::losses`]).

mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use crate::catalog::{Catalog, Segment, SegmentState};
use crate::disk::{Disk, DiskFile, if_readable};
use crate::error::OpenError;
use crate::event::{LogId, Seq};
use crate::index::{self, Summary};
use crate::losses::{Losses, NOTE, read_note, write_note};
use crate::marks::{Marks, has_seal};
use crate::prepared::FREE;
use crate::recovered::{still_lost, still_lost_set_aside};
use crate::rewrite::rewrite;
use crate::scan::{Scan, scan};
use crate::segment::{BLOCK_BYTES, FoundHeader, GROUPS_START, REWRITTEN, SET_ASIDE, SegmentHeader, SegmentName};
use judge::{Decision, Facts, Judgement, decide, judge, judge_copy};

/// What was found when the inbox was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecoveryReport {
    /// How many events earlier runs have left.
    pub events: u64,
    /// Events that were acknowledged and cannot be read. Each is an alarm.
    pub losses: Vec<Loss>,
    /// How many complete records were passed over, because they had been refused when the disk failed.
    pub refused: u64,
    /// Files that are neither of the inbox nor known to it. They are left alone.
    pub unknown_files: Vec<String>,
}

/// Events that were acknowledged and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The log of the events.
    pub log: LogId,
    /// Their seqs; empty if they are not known, because the whole file cannot be read, or a part in which there may have been some.
    pub seqs: Vec<Seq>,
    /// The file that holds what is left of them. It is kept, and reported by every start that cannot read them, until someone removes it, or
    /// the note beside it (the same name with `.lost` behind it), after having looked.
    pub file: String,
}

impl RecoveryReport {
    /// Enters what was lost of a file.
    fn lose(&mut self, log: LogId, file: &str, losses: &Losses) {
        let mut push = |seqs| self.losses.push(Loss { log, seqs, file: file.to_owned() });
        if !losses.seqs.is_empty() {
            push(losses.seqs.iter().copied().collect());
        }
        if losses.is_incomplete {
            push(Vec::new());
        }
    }
}

/// The loss of events whose seqs are not known.
static UNKNOWN: Losses = Losses { seqs: BTreeSet::new(), is_incomplete: true };

/// The files of the folder.
#[derive(Default)]
struct Files {
    logs: BTreeMap<LogId, BTreeSet<SegmentName>>,
    /// The segments that have a note, and what it says.
    notes: BTreeMap<SegmentName, Losses>,
    /// What was set aside for an operator.
    set_aside: BTreeSet<SegmentName>,
}

/// A file of the inbox with a valid header.
struct Found {
    name: SegmentName,
    header: SegmentHeader,
    /// The length of the file.
    bytes: u64,
    summary: Option<Summary>,
}

/// What stands at the beginning and end of a file. It is closed again: there may be more files than may be open at once.
struct Ends {
    header: FoundHeader,
    bytes: u64,
    summary: Option<Summary>,
}

/// Reads the folder, mends what was cut off, and says what is there.
pub(crate) fn recover<D: Disk>(disk: &D, now: i64) -> Result<(Catalog, RecoveryReport), OpenError> {
    let mut report = RecoveryReport::default();
    let mut catalog = Catalog::default();
    let Files { logs, notes, set_aside } = list(disk, &mut report)?;
    catalog.set_aside = set_aside;
    // Names may be in memory only: what is built on below must be durable first.
    disk.flush_names().map_err(OpenError::io("flush the names in the folder", None))?;
    for (log, names) in logs {
        let mut found = sort_out(disk, log, &names, &notes, &mut report)?;
        found.sort_by_key(|found| (found.header.first_seq, found.name));
        let headers: Vec<_> =
            found.iter().filter(|found| found.name.held.is_none()).map(|found| found.header).collect();
        for found in found {
            // Not the header behind it in the list: copies stand in it too.
            let next = headers.iter().find(|header| header.first_seq > found.header.first_seq);
            let next = next.filter(|_| found.name.held.is_none());
            let name = found.name;
            match take_in(disk, found, next, notes.get(&name), now, &mut report)? {
                Some(mut segment) => {
                    let before = segment.losses().clone();
                    let is_new = matches!(segment.state, SegmentState::Incomplete { .. }) && !before.is_empty();
                    let mut lost = before.clone();
                    if let Some(noted) = notes.get(&name) {
                        segment.add_losses(noted);
                        let text = name.to_string();
                        lost = still_lost(disk, &segment).map_err(OpenError::io("read", text))?;
                    }
                    report.lose(log, &name.to_string(), &lost);
                    if is_new {
                        note(disk, name, segment.losses(), notes.get(&name))?;
                    }
                    catalog.add(segment);
                }
                None => leave(disk, name, notes.get(&name), &mut report)?,
            }
        }
    }
    report.events = catalog
        .segments()
        .flat_map(|segment| segment.summary.shares.values())
        .map(|share| u64::from(share.records))
        .sum();
    Ok((catalog, report))
}

/// The files of each log. Removes what a rewriting has left that was not finished, files that were to be used again, and notes of segments
/// that are gone.
fn list<D: Disk>(disk: &D, report: &mut RecoveryReport) -> Result<Files, OpenError> {
    let mut files = Files::default();
    let mut noted = Vec::new();
    let mut set_aside = BTreeSet::new();
    for file in disk.list().map_err(OpenError::io("list the files of the folder", None))? {
        let segment = |suffix: &str| file.strip_suffix(suffix).and_then(SegmentName::parse);
        if let Some(name) = SegmentName::parse(&file) {
            files.logs.entry(name.log).or_default().insert(name);
        } else if segment(REWRITTEN).or(segment(&format!("{NOTE}{REWRITTEN}"))).or(segment(FREE)).is_some() {
            disk.remove(&file).map_err(OpenError::io("remove", file))?;
        } else if let Some(name) = segment(SET_ASIDE) {
            set_aside.insert(name);
        } else if let Some(name) = segment(NOTE) {
            noted.push(name);
        } else {
            report.unknown_files.push(file);
        }
    }
    for name in noted {
        let is_there =
            files.logs.get(&name.log).is_some_and(|names| names.contains(&name)) || set_aside.contains(&name);
        let note = format!("{name}{NOTE}");
        if is_there {
            let losses = read_note(disk, &name.to_string()).map_err(OpenError::io("read", note))?;
            files.notes.insert(name, losses);
        } else {
            disk.remove(&note).map_err(OpenError::io("remove", note))?;
        }
    }
    for &name in &set_aside {
        // An alarm until the operator removes the file, or all can be read.
        let file = format!("{name}{SET_ASIDE}");
        let losses = match files.notes.get(&name) {
            Some(noted) => lost_with_note(disk, name, noted),
            None => lost_in(disk, &file).map(|losses| if losses.is_empty() { UNKNOWN.clone() } else { losses }),
        };
        report.lose(name.log, &file, &losses.map_err(OpenError::io("read", file.clone()))?);
    }
    files.set_aside = set_aside;
    Ok(files)
}

/// What was lost in a file that was set aside, if it can be read.
fn lost_in<D: Disk>(disk: &D, file: &str) -> io::Result<Losses> {
    let summary = read_ends(disk, file)?.summary;
    let seqs = summary.map(|summary| summary.lost).unwrap_or_default().into_iter().collect();
    Ok(Losses { seqs, is_incomplete: false })
}

/// What is lost of a file that was set aside and has a note.
fn lost_with_note<D: Disk>(disk: &D, name: SegmentName, noted: &Losses) -> io::Result<Losses> {
    if let Some(left) = still_lost_set_aside(disk, name)? {
        return Ok(left);
    }
    let mut losses = lost_in(disk, &format!("{name}{SET_ASIDE}"))?;
    losses.merge(noted);
    Ok(losses)
}

fn read_ends<D: Disk>(disk: &D, file: &str) -> io::Result<Ends> {
    let read = || {
        let file = disk.open(file)?;
        let (header, bytes) = (SegmentHeader::read(&file)?, file.length()?);
        let FoundHeader::Valid(valid) = header else {
            // The mark is written long after the first flush, so a power cut in that one did not cost the header.
            let is_damaged = header == FoundHeader::Blank && has_seal(&file)?;
            let header = if is_damaged { FoundHeader::Damaged } else { header };
            return Ok(Ends { header, bytes, summary: None });
        };
        // Once more if it cannot be read: from its beginning it takes longer.
        let summary = match if_readable(index::read_summary(&file, valid.key))? {
            Some(summary) => summary,
            None => if_readable(index::read_summary(&file, valid.key))?.flatten(),
        };
        Ok(Ends { header, bytes, summary })
    };
    Ok(if_readable(read())?.unwrap_or(Ends { header: FoundHeader::Unreadable, bytes: 0, summary: None }))
}

/// Reads the headers and ends of the files of one log, removes those that hold nothing and sets those aside that cannot be read.
fn sort_out<D: Disk>(
    disk: &D,
    log: LogId,
    names: &BTreeSet<SegmentName>,
    notes: &BTreeMap<SegmentName, Losses>,
    report: &mut RecoveryReport,
) -> Result<Vec<Found>, OpenError> {
    let mut opened = Vec::new();
    for &name in names {
        let text = name.to_string();
        let mut ends = read_ends(disk, &text).map_err(OpenError::io("read", text.clone()))?;
        // It is that of another segment, whose file was used again: a disk that loses what was flushed has lost the blank one.
        if let FoundHeader::Valid(header) = ends.header
            && (header.log, header.number) != (name.log, name.number)
        {
            ends = Ends { header: FoundHeader::Damaged, summary: None, ..ends };
        }
        opened.push((name, text, ends));
    }
    let readable = opened.iter().filter(|(_, _, ends)| matches!(ends.header, FoundHeader::Valid(_)));
    let readable: BTreeSet<_> = readable.map(|(name, ..)| *name).collect();
    let stated = opened.iter().filter_map(|(name, _, ends)| match ends.header {
        FoundHeader::Valid(header) if name.held.is_none() => Some(header.durable_number),
        _ => None,
    });
    let stated = stated.collect::<BTreeSet<_>>();
    let has_unreadable = opened.iter().any(|(_, _, ends)| ends.header == FoundHeader::Unreadable);
    let mut found = Vec::new();
    for (name, text, Ends { header, bytes, summary }) in opened {
        let facts = Facts {
            header,
            has_summary: summary.is_some(),
            is_copy: name.held.is_some(),
            has_original: readable.contains(&SegmentName { held: None, ..name }),
            is_stated_durable: name.held.is_none() && stated.contains(&name.number),
            has_unreadable,
        };
        match (decide(facts), header) {
            (Decision::Remove, _) => disk.remove(&text).map_err(OpenError::io("remove", text))?,
            (Decision::UseSummary | Decision::Scan, FoundHeader::Valid(header)) => {
                found.push(Found { name, header, bytes, summary });
            }
            (Decision::Leave, FoundHeader::Unreadable) => leave(disk, name, notes.get(&name), report)?,
            (Decision::Leave, _) => {}
            (Decision::SetAside, _) | (_, FoundHeader::Blank | FoundHeader::Damaged | FoundHeader::Unreadable) => {
                let aside = format!("{text}{SET_ASIDE}");
                disk.rename(&text, &aside).map_err(OpenError::io("rename", text))?;
                report.losses.push(Loss { log, seqs: Vec::new(), file: aside });
            }
        }
    }
    Ok(found)
}

/// Reports a file that cannot be read, and leaves it where it is.
fn leave<D: Disk>(
    disk: &D,
    name: SegmentName,
    noted: Option<&Losses>,
    report: &mut RecoveryReport,
) -> Result<(), OpenError> {
    report.lose(name.log, &name.to_string(), &UNKNOWN);
    note(disk, name, &UNKNOWN, noted)
}

/// Notes what was lost of a segment in a file that stays as it is. If that cannot be done, the inbox is not opened: the next start might
/// read the file, know of no loss, and be told that what was lost here is no longer needed.
fn note<D: Disk>(disk: &D, name: SegmentName, losses: &Losses, noted: Option<&Losses>) -> Result<(), OpenError> {
    let mut all = losses.clone();
    if let Some(noted) = noted {
        all.merge(noted);
    }
    if noted == Some(&all) {
        return Ok(());
    }
    write_note(disk, &name.to_string(), &all)
        .map_err(OpenError::io("write the note of what was lost in", name.to_string()))
}

/// Takes a segment into the catalog, and writes its end if it has none. None if it cannot be read.
fn take_in<D: Disk>(
    disk: &D,
    found: Found,
    next: Option<&SegmentHeader>,
    noted: Option<&Losses>,
    now: i64,
    report: &mut RecoveryReport,
) -> Result<Option<Segment>, OpenError> {
    let Found { name, header, bytes, summary } = found;
    let text = name.to_string();
    if let Some(summary) = summary {
        return Ok(Some(Segment::new(name, header, bytes, SegmentState::Sealed, summary, now)));
    }
    let read = disk.open(&text).and_then(|file| Ok((Marks::read(&file, header.key)?, scan(&file, &header)?)));
    let read = if_readable(read).map_err(OpenError::io("read", text.clone()))?;
    let Some((marks, mut scan)) = read else { return Ok(None) };
    let mut index = std::mem::take(&mut scan.index);
    if let Some(last_seq) = scan.last_seq {
        for entries in index.values_mut() {
            entries.retain(|entry| entry.seq <= last_seq);
        }
        index.retain(|_, entries| !entries.is_empty());
    }
    let judged = if name.held.is_some() {
        judge_copy(&header, index, std::mem::take(&mut scan.damaged))
    } else {
        judge(&header, index, scan.durable_seq, next, marks.seal)
    };
    report.refused += judged.refused;
    let is_cut_off = bytes < marks.length.unwrap_or(GROUPS_START) && !crate::planted_bug!(IgnoresWhatWasCutOff);
    // What could not be read when that was noted may have been written over since, by whoever has mended the disk: then its last group is
    // missing, and only a mark behind the last one says that there was none.
    let last_seq = judged.index.values().flatten().map(|entry| entry.seq).max();
    let is_doubtful =
        noted.is_some_and(|noted| noted.is_incomplete) && last_seq.is_none_or(|last_seq| last_seq > scan.durable_seq);
    let is_incomplete = judged.is_incomplete || !judged.is_exact && (is_cut_off || scan.is_unreadable || is_doubtful);
    let is_unreadable = scan.is_unreadable && !crate::planted_bug!(ReplacesWhatItCouldNotRead);
    if is_unreadable || is_incomplete {
        let summary = Summary::of(&judged.index, judged.lost);
        let state = SegmentState::Incomplete { index: Arc::new(judged.index), is_unreadable };
        let mut segment = Segment::new(name, header, bytes, state, summary, now);
        segment.add_losses(&Losses { is_incomplete, ..Losses::default() });
        return Ok(Some(segment));
    }
    let (summary, state) = close(disk, &text, &header, &scan, judged)?;
    // Only a number that is reported.
    let bytes = disk.open(&text).and_then(|file| file.length()).unwrap_or(bytes);
    Ok(Some(Segment::new(name, header, bytes, state, summary, now)))
}

/// Puts a new file, with an end, in the place of a segment that was read from its beginning. If that fails, but all in it is known to be
/// durable, it is read as it is, and housekeeping tries again: a full disk then keeps nobody from starting.
///
/// The old file is not written. What was read of it may be in memory only, and a flush that failed in an earlier run may have made the
/// system believe that it is on disk; an end whose flush fails could be found by the next start, and be gone after a power cut.
fn close<D: Disk>(
    disk: &D,
    text: &str,
    header: &SegmentHeader,
    scan: &Scan,
    Judgement { index, lost, durable_seq, .. }: Judgement,
) -> Result<(Summary, SegmentState), OpenError> {
    // What cannot be read may be what is left of an event: it is kept.
    let end = if scan.has_rest() || !lost.is_empty() { scan.bytes.len() as u64 } else { scan.end };
    let end = end.next_multiple_of(BLOCK_BYTES);
    let content = &scan.bytes[..scan.bytes.len().min(usize::try_from(end).unwrap_or(usize::MAX))];
    let is_doubtful = index.values().flatten().any(|entry| entry.seq > durable_seq);
    if crate::planted_bug!(TrustsThePageCache) {
        return Ok((Summary::of(&index, lost), SegmentState::GivenUp(Arc::new(index))));
    }
    match rewrite(disk, text, header, content, &index, lost.clone(), end) {
        Ok(summary) => Ok((summary, SegmentState::Sealed)),
        Err(_) if !is_doubtful => Ok((Summary::of(&index, lost), SegmentState::GivenUp(Arc::new(index)))),
        Err(error) => Err(OpenError::io("write the end of", text.to_owned())(error)),
    }
}
