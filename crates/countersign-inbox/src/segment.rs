//! A segment: one file of a log. Its name and its header. How its file is made before records are written to it: [`crate::prepared`].
//!
//! | position | content |
//! |---|---|
//! | 0 | the header |
//! | 4,096 | the header again, so that one damaged block does not cost a whole segment; behind it two marks ([`crate::marks`]) |
//! | 8,192 | groups, each at a multiple of 4,096: the records of one flush |
//! | behind the last group, once the segment is sealed | index, summary and trailer ([`crate::index`]) |
//! | behind the last group, before that | zeros, or what the file held when it was that of an earlier segment ([`crate::prepared`]) |
//!
//! A group begins at a block of its own, so no flush writes again what an earlier one has made durable.
//!
//! | offset | length | header |
//! |---|---|---|
//! | 0 | 16 | `countersign-inbx` |
//! | 16 | 4 | version of the format: 1 |
//! | 20 | 4 | CRC-32C of the position and all the rest |
//! | 24 | 16 | id of the log |
//! | 40 | 8 | number of the segment |
//! | 48 | 8 | key of the segment, random |
//! | 56 | 8 | first seq |
//! | 64 | 8 | the highest seq that was durable when the segment was begun |
//! | 72 | 8 | the number of the segment in which it stands |
//!
//! In a copy that holds some of the records, the last two are their number and the last seq.

use std::fmt;
use std::io;

use crate::disk::{DiskFile, read_around};
use crate::event::{LogId, Seq};
use crate::record::{seeded_crc, u32_at, u64_at};

/// What the name of a file ends with that takes the place of another once it is complete.
pub(crate) const REWRITTEN: &str = ".rewritten";
/// What the names of files end with that an operator should look at.
pub(crate) const SET_ASIDE: &str = ".corrupt";

/// What the groups of a segment begin at multiples of, in bytes.
pub(crate) const BLOCK_BYTES: u64 = 4096;

/// Where the first group begins.
pub(crate) const GROUPS_START: u64 = 2 * BLOCK_BYTES;

const HEADER_BYTES: usize = 80;
const MAGIC: &[u8; 16] = b"countersign-inbx";
const VERSION: u32 = 1;

/// The name of a segment: that of its log, its number there, and the number of the part if it is a copy that holds some of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SegmentName {
    pub(crate) log: LogId,
    pub(crate) number: u64,
    pub(crate) held: Option<u32>,
}

impl SegmentName {
    /// The segment that a copy was made of.
    pub(crate) fn segment(self) -> Self {
        Self { held: None, ..self }
    }

    /// The name in a file's name, or none.
    pub(crate) fn parse(file: &str) -> Option<Self> {
        let (log, rest) = file.split_at_checked(32)?;
        let (log, rest) = (LogId::parse(log)?, rest.strip_prefix('-')?);
        let name = if let Some(number) = rest.strip_suffix(".segment") {
            Self { log, number: number.parse().ok()?, held: None }
        } else {
            let (number, part) = rest.strip_suffix(".held")?.split_once('-')?;
            Self { log, number: number.parse().ok()?, held: Some(part.parse().ok()?) }
        };
        // No two files have one name.
        (name.to_string() == file).then_some(name)
    }
}

impl fmt::Display for SegmentName {
    /// The name of the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.held {
            None => write!(f, "{}-{:010}.segment", self.log, self.number),
            Some(part) => write!(f, "{}-{:010}-{part:06}.held", self.log, self.number),
        }
    }
}

/// The header of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) log: LogId,
    pub(crate) number: u64,
    pub(crate) key: u64,
    pub(crate) first_seq: Seq,
    /// The highest seq that was durable when the segment was begun, and the number of the segment in which it stands. With them
    /// recovery knows, of every segment but the last, what was acknowledged. In a copy, how many records it has, and the last seq.
    pub(crate) durable_seq: Seq,
    pub(crate) durable_number: u64,
}

/// What stands where a header should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundHeader {
    /// At least one of the two copies.
    Valid(SegmentHeader),
    /// Zeros: no group of this segment was ever flushed to the file, because the first flush writes the header too. Unless it has the mark
    /// of an end.
    Blank,
    /// Something else.
    Damaged,
    /// Nothing that can be read, at least not now.
    Unreadable,
}

impl SegmentHeader {
    /// The first blocks of the segment, both copies of the header.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut blocks = vec![0; usize::try_from(GROUPS_START).expect("two blocks")];
        for position in [0, BLOCK_BYTES] {
            let start = usize::try_from(position).expect("in the second block");
            let copy = &mut blocks[start..start + HEADER_BYTES];
            copy[..16].copy_from_slice(MAGIC);
            copy[16..20].copy_from_slice(&VERSION.to_le_bytes());
            copy[24..40].copy_from_slice(&self.log.0);
            let numbers = [self.number, self.key, self.first_seq, self.durable_seq, self.durable_number];
            for (place, number) in copy[40..].chunks_exact_mut(8).zip(numbers) {
                place.copy_from_slice(&number.to_le_bytes());
            }
            let crc = Self::crc(copy, position);
            copy[20..24].copy_from_slice(&crc.to_le_bytes());
        }
        blocks
    }

    /// Both copies of the header, and where they stand.
    pub(crate) fn copies(&self) -> [(Vec<u8>, u64); 2] {
        let blocks = self.encode();
        [0, BLOCK_BYTES].map(|position| {
            let start = usize::try_from(position).expect("in the second block");
            (blocks[start..start + HEADER_BYTES].to_vec(), position)
        })
    }

    /// Reads the header at the beginning of a file.
    ///
    /// # Errors
    /// Of the system, but for those that say that it cannot be read; `Unsupported` for a segment of a later version of the format.
    pub(crate) fn read(file: &impl DiskFile) -> io::Result<FoundHeader> {
        let mut blocks = vec![0; usize::try_from(GROUPS_START).expect("two blocks")];
        let (read, unreadable) = read_around(file, &mut blocks)?;
        let mut found = FoundHeader::Blank;
        for position in [0, BLOCK_BYTES] {
            let start = usize::try_from(position).expect("in the second block");
            let copy = &blocks[start..start + HEADER_BYTES];
            if read >= start + HEADER_BYTES && &copy[..16] == MAGIC && u32_at(copy, 20) == Self::crc(copy, position) {
                if u32_at(copy, 16) != VERSION {
                    let message =
                        format!("a segment of version {}; this program reads version {VERSION}", u32_at(copy, 16));
                    return Err(io::Error::new(io::ErrorKind::Unsupported, message));
                }
                return Ok(FoundHeader::Valid(Self {
                    log: LogId(*copy[24..].first_chunk().expect("16 bytes")),
                    number: u64_at(copy, 40),
                    key: u64_at(copy, 48),
                    first_seq: u64_at(copy, 56),
                    durable_seq: u64_at(copy, 64),
                    durable_number: u64_at(copy, 72),
                }));
            }
            if copy.iter().any(|&byte| byte != 0) {
                found = FoundHeader::Damaged;
            }
        }
        Ok(if unreadable.is_empty() { found } else { FoundHeader::Unreadable })
    }

    fn crc(copy: &[u8], position: u64) -> u32 {
        crc32c::crc32c_append(seeded_crc(0, position, &copy[..20]), &copy[24..HEADER_BYTES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::sim::{Faults, SimDisk};
    use crate::disk::{Disk as _, write_all};

    const LOG: LogId = LogId([0x5a; 16]);
    const HEADER: SegmentHeader =
        SegmentHeader { log: LOG, number: 3, key: 99, first_seq: 7, durable_seq: 6, durable_number: 2 };

    #[test]
    fn names_are_read_back() {
        for held in [None, Some(0), Some(1_000_000)] {
            let name = SegmentName { log: LOG, number: 12, held };
            assert_eq!(SegmentName::parse(&name.to_string()), Some(name));
        }
        let good = SegmentName { log: LOG, number: 12, held: None }.to_string();
        let upper = good.to_uppercase();
        for bad in [&good[1..], &good[..40], &good.replace("-0", "-"), &upper, "lock", "", &"\u{e9}".repeat(40)] {
            assert_eq!(SegmentName::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn one_copy_of_the_header_is_enough() {
        let disk = SimDisk::new(1, Faults::default());
        let file = disk.create("x").unwrap();
        let blocks = HEADER.encode();
        assert_eq!(SegmentHeader::read(&file).unwrap(), FoundHeader::Blank);
        write_all(&file, &vec![0; blocks.len()], 0).unwrap();
        assert_eq!(SegmentHeader::read(&file).unwrap(), FoundHeader::Blank);
        for damaged in [None, Some(0_usize), Some(20), Some(79), Some(4096), Some(4120), Some(4175)] {
            let mut blocks = blocks.clone();
            if let Some(place) = damaged {
                blocks[place] ^= 1;
            }
            write_all(&file, &blocks, 0).unwrap();
            assert_eq!(SegmentHeader::read(&file).unwrap(), FoundHeader::Valid(HEADER), "{damaged:?}");
        }
        let mut damaged = blocks.clone();
        damaged[50] ^= 1;
        damaged[4150] ^= 1;
        write_all(&file, &damaged, 0).unwrap();
        assert_eq!(SegmentHeader::read(&file).unwrap(), FoundHeader::Damaged);
        // The copies are not alike: each belongs to its place.
        let mut moved = vec![0; blocks.len()];
        moved[4096..4176].copy_from_slice(&blocks[..80]);
        write_all(&file, &moved, 0).unwrap();
        assert_eq!(SegmentHeader::read(&file).unwrap(), FoundHeader::Damaged);
    }
}
