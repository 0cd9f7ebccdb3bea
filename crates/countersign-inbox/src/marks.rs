//! Two marks beside the second copy of a segment's header, in sectors of their own. They say what a file has had that was cut off later.
//!
//! | position | content |
//! |---|---|
//! | 7,168 | the length of the file, from the beginning; it does not become shorter before it has the second mark |
//! | 7,680 | that the segment has its end, with the last seq and the number of events that it speaks of |
//!
//! Each is a header of a record ([`crate::record`]) without a payload. To write the second one puts the second copy of the header at risk,
//! and never the first.

use std::io;

use crate::disk::{DiskFile, if_readable, read_up_to};
use crate::event::Seq;
use crate::record::{HEADER_BYTES, Header, Kind};
use crate::segment::GROUPS_START;

const SECTOR_BYTES: u64 = 512;
const LENGTH_AT: u64 = GROUPS_START - 2 * SECTOR_BYTES;
const SEAL_AT: u64 = GROUPS_START - SECTOR_BYTES;

/// What the marks of a segment say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The length that the file was made with, in bytes.
    pub(crate) length: Option<u64>,
    pub(crate) seal: Option<Seal>,
}

/// What the end of a segment has said, which may be cut off since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// The last seq that counts.
    pub(crate) last_seq: Seq,
    /// How many events it has listed, with those that were lost.
    pub(crate) events: u32,
}

impl Marks {
    /// The marks of a segment with this key; none if they are not there, damaged or unreadable.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn read(file: &impl DiskFile, key: u64) -> io::Result<Self> {
        let mark = |kind: Kind, position: u64| {
            let mut bytes = [0; HEADER_BYTES];
            let read = if_readable(read_up_to(file, &mut bytes, position))?;
            let header = read.and_then(|_| Header::decode(&bytes, key, position));
            Ok::<_, io::Error>(header.filter(|header| header.kind == kind))
        };
        let seal = mark(Kind::Seal, SEAL_AT)?.filter(|_| !crate::planted_bug!(IgnoresWhatWasCutOff));
        Ok(Self {
            length: mark(Kind::Length, LENGTH_AT)?.map(|header| header.seq),
            seal: seal.map(|header| Seal { last_seq: header.seq, events: header.payload_bytes }),
        })
    }
}

/// Whether a file has something where the mark of a segment's end stands, be it damaged. False if that cannot be read.
///
/// # Errors
/// Of the system.
pub(crate) fn has_seal(file: &impl DiskFile) -> io::Result<bool> {
    let mut bytes = [0; HEADER_BYTES];
    let read = if_readable(read_up_to(file, &mut bytes, SEAL_AT))?;
    Ok(read.is_some() && bytes != [0; HEADER_BYTES])
}

/// Enters the length of a file into its first blocks.
pub(crate) fn enter_length(blocks: &mut [u8], key: u64, length: u64) {
    let start = usize::try_from(LENGTH_AT).expect("in the second block");
    let mark = Header { kind: Kind::Length, seq: length, durable_seq: 0, payload_bytes: 0, payload_crc: 0 };
    blocks[start..start + HEADER_BYTES].copy_from_slice(&mark.encode(key, LENGTH_AT));
}

/// The mark that a segment has its end, and its position.
pub(crate) fn seal(key: u64, seal: Seal) -> ([u8; HEADER_BYTES], u64) {
    let Seal { last_seq, events } = seal;
    let mark = Header { kind: Kind::Seal, seq: last_seq, durable_seq: last_seq, payload_bytes: events, payload_crc: 0 };
    (mark.encode(key, SEAL_AT), SEAL_AT)
}
