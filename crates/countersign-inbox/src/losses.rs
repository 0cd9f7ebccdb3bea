//! What was acknowledged and cannot be read, and the notes of it on disk.
//!
//! The end of a segment says what was known to be lost when it was written. What is found later stands in a note, a file beside the segment
//! with [`NOTE`] behind its name: a line for each seq, the line `others` if there may be more, and a checksum. As long as there is a note,
//! the segment is not removed, also if it can be read again: whoever has been told that it cannot withdraws the note
//! ([`crate::recovered`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::sync::Mutex;

use crate::disk::{Disk, DiskFile, if_readable, read_up_to, remove, write_all};
use crate::event::Seq;
use crate::queue::lock;
use crate::segment::{REWRITTEN, SegmentName};

/// What the name of a note ends with, behind that of its segment.
pub(crate) const NOTE: &str = ".lost";

/// The longest note that is read, in bytes.
const NOTE_BYTES_MAX: u64 = 64 << 20;

/// What was lost of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    pub(crate) seqs: BTreeSet<Seq>,
    /// Whether there may be others, whose seqs are not known.
    pub(crate) is_incomplete: bool,
}

impl Losses {
    pub(crate) fn is_empty(&self) -> bool {
        self.seqs.is_empty() && !self.is_incomplete
    }

    /// Adds one; none is one whose seq is not known. Whether it is new.
    pub(crate) fn insert(&mut self, seq: Option<Seq>) -> bool {
        match seq {
            Some(seq) => self.seqs.insert(seq),
            None => !std::mem::replace(&mut self.is_incomplete, true),
        }
    }

    pub(crate) fn merge(&mut self, others: &Self) {
        self.seqs.extend(&others.seqs);
        self.is_incomplete |= others.is_incomplete;
    }

    /// What is left without those.
    pub(crate) fn without(&self, found: &Self) -> Self {
        Self {
            seqs: self.seqs.difference(&found.seqs).copied().collect(),
            is_incomplete: self.is_incomplete && !found.is_incomplete,
        }
    }

    fn encode(&self) -> String {
        let mut text = String::new();
        self.seqs.iter().for_each(|seq| _ = writeln!(text, "{seq}"));
        if self.is_incomplete {
            text.push_str("others\n");
        }
        let crc = crc32c::crc32c(text.as_bytes());
        _ = writeln!(text, "crc32c {crc:08x}");
        text
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let (lines, crc) = text.split_at(text.rfind('\n').map_or(0, |at| at + 1));
        if crc != format!("crc32c {:08x}", crc32c::crc32c(lines.as_bytes())) {
            return None;
        }
        let mut losses = Self::default();
        for line in lines.lines() {
            losses.insert(if line == "others" { None } else { Some(line.parse().ok()?) });
        }
        Some(losses)
    }
}

/// What the note beside a segment says. One that is damaged says that something was lost.
///
/// # Errors
/// Of the system, but for those that say that it cannot be read.
pub(crate) fn read_note<D: Disk>(disk: &D, segment: &str) -> io::Result<Losses> {
    let read = disk.open(&format!("{segment}{NOTE}")).and_then(|file| {
        let length = usize::try_from(file.length()?.min(NOTE_BYTES_MAX)).unwrap_or(0);
        let mut bytes = vec![0; length];
        let read = read_up_to(&file, &mut bytes, 0)?;
        bytes.truncate(read);
        Ok(bytes)
    });
    let losses = if_readable(read)?.and_then(|bytes| Losses::decode(&bytes));
    Ok(losses.unwrap_or(Losses { is_incomplete: true, ..Losses::default() }))
}

/// Puts a note beside a segment, in place of the one that is there, and makes it durable.
///
/// # Errors
/// Of the system. The note is then as it was.
pub(crate) fn write_note<D: Disk>(disk: &D, segment: &str, losses: &Losses) -> io::Result<()> {
    if crate::planted_bug!(ForgetsWhatWasFoundLost) {
        return Ok(());
    }
    let note = format!("{segment}{NOTE}");
    let rewritten = format!("{note}{REWRITTEN}");
    let _ = disk.remove(&rewritten);
    let written = disk.create(&rewritten).and_then(|file| {
        write_all(&file, losses.encode().as_bytes(), 0)?;
        file.flush()
    });
    if written.is_err() {
        let _ = disk.remove(&rewritten);
    }
    written?;
    disk.rename(&rewritten, &note)?;
    disk.flush_names()
}

/// The notes that this run has written. Whoever finds a loss writes it, one at a time, and none takes back what another one has written.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<BTreeMap<SegmentName, Losses>>);

impl Notes {
    /// Notes what was lost of a segment, with what this run has noted before.
    ///
    /// # Errors
    /// Of the system. What was not written is written the next time.
    pub(crate) fn write<D: Disk>(&self, disk: &D, name: SegmentName, losses: &Losses) -> io::Result<()> {
        let mut notes = lock(&self.0);
        let mut all = losses.clone();
        if let Some(written) = notes.get(&name) {
            all.merge(written);
            if &all == written {
                return Ok(());
            }
        }
        write_note(disk, &name.to_string(), &all)?;
        notes.insert(name, all);
        Ok(())
    }

    /// Puts what `left` gives in the place of the note of a segment, or removes the note if that is nothing. False if `left` gives none: then
    /// the note stays as it is. No note is written meanwhile, so that none is lost that is.
    ///
    /// # Errors
    /// Of the system. The note may then say more than is lost.
    pub(crate) fn replace<D: Disk>(
        &self,
        disk: &D,
        name: SegmentName,
        left: impl FnOnce() -> Option<Losses>,
    ) -> io::Result<bool> {
        let mut notes = lock(&self.0);
        let Some(left) = left() else { return Ok(false) };
        if left.is_empty() {
            notes.remove(&name);
            remove(disk, &format!("{name}{NOTE}"))?;
            disk.flush_names()?;
        } else {
            write_note(disk, &name.to_string(), &left)?;
            notes.insert(name, left);
        }
        Ok(true)
    }

    /// Forgets the note of a segment that is gone.
    pub(crate) fn forget(&self, name: SegmentName) {
        lock(&self.0).remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_no_byte_may_change() {
        for (seqs, is_incomplete) in [(vec![], true), (vec![1], false), (vec![3, u64::MAX], true), (vec![], false)] {
            let losses = Losses { seqs: seqs.into_iter().collect(), is_incomplete };
            let text = losses.encode();
            assert_eq!(Losses::decode(text.as_bytes()), Some(losses));
            for at in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[at] ^= 1;
                assert_eq!(Losses::decode(&changed), None, "{text:?} at {at}");
                assert_eq!(Losses::decode(&text.as_bytes()[..at]), None, "{text:?} up to {at}");
            }
        }
    }
}
