//! What is done with the files of earlier runs before a new log begins.
//!
//! A segment with a valid end is believed. One without was open when its process ended: it is read from its beginning, what counts
//! in it is decided ([`judge`]), and its end is written. Of a group that was torn by a power cut nothing was acknowledged, so
//! nothing is said of it. An event that was acknowledged and is not there is reported by log and seq.

mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::catalog::{Catalog, Segment, SegmentState};
use crate::disk::{Disk, DiskFile, write_all};
use crate::error::OpenError;
use crate::event::{LogId, Seq};
use crate::index::{self, Index, Summary};
use crate::scan::{Scan, scan};
use crate::segment::{BLOCK_BYTES, FoundHeader, SegmentHeader, SegmentName};
use judge::{Decision, Facts, Judgement, decide, judge, judge_copy};

/// What the names of files end with that an operator should look at.
pub(crate) const SET_ASIDE: &str = ".corrupt";

/// What the name of a file ends with that takes the place of another once it is complete.
const REWRITTEN: &str = ".rewritten";

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
    /// Their seqs; empty if the whole file cannot be read, so that they are not known.
    pub seqs: Vec<Seq>,
    /// The file that holds what is left of them. It is kept, and reported by every start, until someone removes it.
    pub file: String,
}

/// A file of the inbox with a valid header.
struct Found<F> {
    name: SegmentName,
    file: F,
    header: SegmentHeader,
    summary: Option<Summary>,
}

/// Reads the folder, mends what was cut off, and says what is there.
pub(crate) fn recover<D: Disk>(disk: &D, now: i64) -> Result<(Catalog, RecoveryReport), OpenError> {
    let mut report = RecoveryReport::default();
    let mut catalog = Catalog::default();
    let names = list(disk, &mut report)?;
    // Names may be in memory only: what is built on below must be durable first.
    disk.flush_names().map_err(OpenError::io("flush the names in the folder", None))?;
    for (log, names) in names {
        let mut found = sort_out(disk, log, &names, &mut report)?;
        found.sort_by_key(|found| (found.header.first_seq, found.name));
        let headers: Vec<_> =
            found.iter().filter(|found| found.name.held.is_none()).map(|found| found.header).collect();
        for found in found {
            // Not the header behind it in the list: copies stand in it too.
            let next = headers.iter().find(|header| header.first_seq > found.header.first_seq);
            let next = next.filter(|_| found.name.held.is_none());
            catalog.add(take_in(disk, found, next, now, &mut report)?);
        }
    }
    report.events = catalog
        .segments()
        .flat_map(|segment| segment.summary.shares.values())
        .map(|share| u64::from(share.records))
        .sum();
    Ok((catalog, report))
}

/// The files of each log. Removes what a rewriting has left that was not finished.
fn list<D: Disk>(disk: &D, report: &mut RecoveryReport) -> Result<BTreeMap<LogId, BTreeSet<SegmentName>>, OpenError> {
    let mut logs = BTreeMap::<_, BTreeSet<_>>::new();
    for file in disk.list().map_err(OpenError::io("list the files of the folder", None))? {
        if let Some(name) = SegmentName::parse(&file) {
            logs.entry(name.log).or_default().insert(name);
        } else if file.strip_suffix(REWRITTEN).and_then(SegmentName::parse).is_some() {
            disk.remove(&file).map_err(OpenError::io("remove", file))?;
        } else if let Some(name) = file.strip_suffix(SET_ASIDE).and_then(SegmentName::parse) {
            // An alarm until the operator removes the file.
            let seqs = seqs_lost_in(disk, &file).map_err(OpenError::io("read", file.clone()))?;
            report.losses.push(Loss { log: name.log, seqs, file });
        } else {
            report.unknown_files.push(file);
        }
    }
    Ok(logs)
}

/// The seqs of what was lost in a file that was set aside, if it can be read.
fn seqs_lost_in<D: Disk>(disk: &D, file: &str) -> io::Result<Vec<Seq>> {
    let file = disk.open(file)?;
    let FoundHeader::Valid(header) = SegmentHeader::read(&file)? else { return Ok(Vec::new()) };
    Ok(index::read_summary(&file, header.key)?.map(|summary| summary.lost).unwrap_or_default())
}

/// Reads the headers and ends of the files of one log, removes those that hold nothing and sets those aside that cannot be read.
fn sort_out<D: Disk>(
    disk: &D,
    log: LogId,
    names: &BTreeSet<SegmentName>,
    report: &mut RecoveryReport,
) -> Result<Vec<Found<D::File>>, OpenError> {
    let mut opened = Vec::new();
    for &name in names {
        let text = name.to_string();
        let file = disk.open(&text).map_err(OpenError::io("open", text.clone()))?;
        let header = SegmentHeader::read(&file).map_err(OpenError::io("read", text.clone()))?;
        opened.push((name, text, file, header));
    }
    let readable = opened.iter().filter(|(_, _, _, header)| matches!(header, FoundHeader::Valid(_)));
    let readable: BTreeSet<_> = readable.map(|(name, ..)| *name).collect();
    let stated = opened.iter().filter_map(|(name, _, _, header)| match header {
        FoundHeader::Valid(header) if name.held.is_none() => Some(header.durable_number),
        _ => None,
    });
    let stated = stated.collect::<BTreeSet<_>>();
    let mut found = Vec::new();
    for (name, text, file, header) in opened {
        let summary = match header {
            FoundHeader::Valid(header) => {
                index::read_summary(&file, header.key).map_err(OpenError::io("read", text.clone()))?
            }
            FoundHeader::Blank | FoundHeader::Damaged => None,
        };
        let facts = Facts {
            header,
            has_summary: summary.is_some(),
            is_copy: name.held.is_some(),
            has_original: readable.contains(&SegmentName { held: None, ..name }),
            is_stated_durable: name.held.is_none() && stated.contains(&name.number),
        };
        match (decide(facts), header) {
            (Decision::Remove, _) => disk.remove(&text).map_err(OpenError::io("remove", text))?,
            (Decision::UseSummary | Decision::Scan, FoundHeader::Valid(header)) => {
                found.push(Found { name, file, header, summary });
            }
            (Decision::SetAside, _) | (_, FoundHeader::Blank | FoundHeader::Damaged) => {
                let aside = format!("{text}{SET_ASIDE}");
                disk.rename(&text, &aside).map_err(OpenError::io("rename", text))?;
                report.losses.push(Loss { log, seqs: Vec::new(), file: aside });
            }
        }
    }
    Ok(found)
}

/// Takes a segment into the catalog, and writes its end if it has none.
fn take_in<D: Disk>(
    disk: &D,
    found: Found<D::File>,
    next: Option<&SegmentHeader>,
    now: i64,
    report: &mut RecoveryReport,
) -> Result<Segment, OpenError> {
    let Found { name, file, header, summary } = found;
    let text = name.to_string();
    let (summary, state) = if let Some(summary) = summary {
        (summary, SegmentState::Sealed)
    } else {
        let mut scan = scan(&file, &header).map_err(OpenError::io("read", text.clone()))?;
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
            judge(&header, index, scan.durable_seq, next)
        };
        report.refused += judged.refused;
        close(disk, &text, &header, &scan, judged)?
    };
    if !summary.lost.is_empty() {
        report.losses.push(Loss { log: name.log, seqs: summary.lost.clone(), file: text.clone() });
    }
    let file = disk.open(&text).map_err(OpenError::io("open", text.clone()))?;
    let bytes = file.length().map_err(OpenError::io("read the length of", text))?;
    let released_bytes = BTreeMap::new();
    Ok(Segment { name, header, bytes, state, summary, ended_at: now, released_bytes })
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
        return Ok((Summary::of(&index, lost), SegmentState::GivenUp(index)));
    }
    match rewrite(disk, text, header, content, &index, lost.clone(), end) {
        Ok(summary) => Ok((summary, SegmentState::Sealed)),
        Err(_) if !is_doubtful => Ok((Summary::of(&index, lost), SegmentState::GivenUp(index))),
        Err(error) => Err(OpenError::io("write the end of", text.to_owned())(error)),
    }
}

/// Puts a new file with this content and an end at `end` in the place of a segment.
///
/// # Errors
/// Of the system. The segment is then as it was.
pub(crate) fn rewrite<D: Disk>(
    disk: &D,
    text: &str,
    header: &SegmentHeader,
    content: &[u8],
    index: &Index,
    lost: Vec<Seq>,
    end: u64,
) -> io::Result<Summary> {
    let rewritten = format!("{text}{REWRITTEN}");
    let _ = disk.remove(&rewritten);
    let written = disk.create(&rewritten).and_then(|file| {
        write_all(&file, content, 0)?;
        index::seal(&file, header, index, lost, end)
    });
    if written.is_err() {
        let _ = disk.remove(&rewritten);
    }
    let summary = written?;
    disk.rename(&rewritten, text)?;
    disk.flush_names()?;
    Ok(summary)
}
