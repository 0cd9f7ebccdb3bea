//! How the file of a segment is made before records are written to it: it is filled with zeros, or taken from a segment whose events were
//! all released.
//!
//! Either way its room is its own: a flush of records then writes data and no metadata, and cannot fail for want of room. To fill a file
//! costs about as much processor time as to write the records that it is for; a file that was filled once is used again for nothing.
//!
//! | step | the next start, if the power fails behind it |
//! |---|---|
//! | the file of the released segment gets the name that ends with `.free`, and the names are flushed | removes it |
//! | the segment leaves the catalog | removes it |
//! | zeros are written over the header and its marks, and flushed | removes it |
//! | the file gets the name of the new segment, and the names are flushed | finds it blank, and removes it |
//!
//! * The old name is gone for good before the file is changed: else a start might find a blank file where something was acknowledged.
//! * A reader that still has the file open finds what it does not expect, and then no segment: it goes on, as if the file were gone.
//! * The blank header is durable before the file has the new name: else a start might find the old segment there. (A header that belongs to
//!   another name counts as damaged, whatever the disk does.)
//! * Behind the new segment's groups stands what the file held. It is never taken for records of the new one: each record's checksum covers
//!   the key of its segment, which is random.
//!
//! A file is used again only if it has its end, so that none of its writes or flushes has failed, and no reader has missed anything in it.

use std::io;
use std::ops::Range;

use crate::disk::{Disk, DiskFile, PIECE_BYTES, write_all};
use crate::segment::{GROUPS_START, SegmentName};

/// What the name of a file ends with of which the next segment is made: its own events were all released.
pub(crate) const FREE: &str = ".free";

/// A file whose room is its own, whose header is zeros, and whose name is durable.
#[derive(Debug)]
pub(crate) struct Prepared<F> {
    pub(crate) name: SegmentName,
    pub(crate) file: F,
}

impl<F: DiskFile> Prepared<F> {
    /// Makes such a file, filled with zeros.
    ///
    /// # Errors
    /// Of the system. The file is then removed, if that can be done.
    pub(crate) fn create<D: Disk<File = F>>(disk: &D, name: SegmentName, bytes: u64) -> io::Result<Self> {
        let file = disk.create(&name.to_string())?;
        let prepared = fill(&file, 0..bytes).and_then(|()| flush_names(disk));
        if let Err(error) = prepared {
            // A file that stays is found blank by the next recovery, and removed.
            let _ = disk.remove(&name.to_string());
            return Err(error);
        }
        Ok(Self { name, file })
    }

    /// Makes such a file of the free file of a segment that is gone.
    ///
    /// # Errors
    /// Of the system. The file is then removed, if that can be done.
    pub(crate) fn reuse<D: Disk<File = F>>(
        disk: &D,
        gone: SegmentName,
        name: SegmentName,
        bytes: u64,
    ) -> io::Result<Self> {
        let (free, text) = (free_name(gone), name.to_string());
        let made = disk.open(&free).and_then(|file| {
            empty(&file, bytes)?;
            disk.rename(&free, &text)?;
            flush_names(disk)?;
            Ok(Self { name, file })
        });
        if made.is_err() {
            // Under either name the next recovery removes it.
            let _ = disk.remove(&free);
            let _ = disk.remove(&text);
        }
        made
    }
}

/// The name of the file of a segment that is gone, until the next segment is made of it.
pub(crate) fn free_name(gone: SegmentName) -> String {
    format!("{gone}{FREE}")
}

fn flush_names<D: Disk>(disk: &D) -> io::Result<()> {
    if crate::planted_bug!(FlushesNoNames) { Ok(()) } else { disk.flush_names() }
}

/// Makes the header of a file blank, and brings the file to a length; flushes both.
fn empty(file: &impl DiskFile, bytes: u64) -> io::Result<()> {
    write_all(file, &vec![0; usize::try_from(GROUPS_START).expect("two blocks")], 0)?;
    let length = file.length()?;
    if length > bytes {
        file.truncate(bytes)?;
    }
    if crate::planted_bug!(FlushesNoBlankHeader) {
        return Ok(());
    }
    fill(file, length..bytes)
}

/// Fills a part of a file with zeros, and flushes the file, piece by piece.
fn fill(file: &impl DiskFile, part: Range<u64>) -> io::Result<()> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut position = part.start;
    while position < part.end {
        let piece_end = (position + 1).next_multiple_of(ZEROS.len() as u64).min(part.end);
        let length = usize::try_from(piece_end - position).expect("at most 64 KiB");
        write_all(file, &ZEROS[..length], position)?;
        position = piece_end;
        if position.is_multiple_of(PIECE_BYTES as u64) {
            file.flush()?;
        }
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::sim::{Faults, SimDisk};
    use crate::event::LogId;
    use crate::segment::{FoundHeader, SegmentHeader};

    const BYTES: usize = 200_000;

    fn name(number: u64) -> SegmentName {
        SegmentName { log: LogId([1; 16]), number, held: None }
    }

    #[test]
    fn a_free_file_becomes_a_blank_one_of_the_length_of_a_segment() {
        let start = usize::try_from(GROUPS_START).unwrap();
        for length in [0, 1, start - 1, start, start + 1, 65_536, 100_000, BYTES - 1, BYTES, BYTES + 1, 2 * BYTES] {
            let disk = SimDisk::new(1, Faults::default());
            disk.set_content(&free_name(name(3)), vec![7; length]);
            let prepared = Prepared::reuse(&disk, name(3), name(9), BYTES as u64).unwrap();
            assert_eq!(prepared.name, name(9));
            assert_eq!(SegmentHeader::read(&prepared.file).unwrap(), FoundHeader::Blank, "{length}");
            disk.cut_power();
            assert_eq!(disk.list().unwrap(), [name(9).to_string()], "{length}");
            let mut expected = vec![0; BYTES];
            let kept = start..length.min(BYTES);
            expected.get_mut(kept).unwrap_or_default().fill(7);
            assert!(disk.content(&name(9).to_string()).unwrap() == expected, "{length}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_again_goes() {
        let faults = [
            Faults { write_fails: 1000, ..Faults::default() },
            Faults { flush_fails: 1000, ..Faults::default() },
            Faults { rename_fails: 1000, ..Faults::default() },
            Faults { names_flush_fails: 1000, ..Faults::default() },
            Faults { open_fails: 1000, ..Faults::default() },
        ];
        for faults in faults {
            let disk = SimDisk::new(1, Faults::default());
            disk.set_content(&free_name(name(3)), vec![7; BYTES]);
            disk.set_faults(faults);
            assert!(Prepared::reuse(&disk, name(3), name(9), BYTES as u64).is_err(), "{faults:?}");
            assert!(disk.list().unwrap().is_empty(), "{faults:?}");
        }
    }

    #[test]
    fn a_part_of_any_place_and_length_is_filled() {
        for part in [0..0, 0..1, 5..5, 5..70_000, 65_536..131_072, 65_537..200_000, 100..(2 << 20) + 3] {
            let disk = SimDisk::new(1, Faults::default());
            let file = disk.create("x").unwrap();
            write_all(&file, &[7; 100], 0).unwrap();
            fill(&file, part.clone()).unwrap();
            let content = disk.content("x").unwrap();
            assert_eq!(content.len() as u64, part.end.max(100), "{part:?}");
            let is_filled = |at: usize| part.contains(&(at as u64)) || at >= 100;
            assert!(
                content.iter().enumerate().all(|(at, &byte)| byte == if is_filled(at) { 0 } else { 7 }),
                "{part:?}"
            );
        }
    }
}
