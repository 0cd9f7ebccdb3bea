//! The bytes of a record: a header that names its place, and a payload that holds the event.
//!
//! All numbers are little-endian. A record begins at a multiple of [`ALIGNMENT`].
//!
//! | offset | length | header |
//! |---|---|---|
//! | 0 | 4 | CRC-32C of the segment's key, the position of the record in the file, and the rest of the header |
//! | 4 | 4 | kind |
//! | 8 | 8 | key of the segment |
//! | 16 | 8 | seq |
//! | 24 | 8 | the highest seq that was durable when the record was written |
//! | 32 | 4 | length of the payload |
//! | 36 | 4 | CRC-32C of the payload |
//!
//! | offset | length | payload of an event |
//! |---|---|---|
//! | 0 | 8 | time received, microseconds since 1970 |
//! | 8 | 16 | id |
//! | 24 | 2 | length of the connection |
//! | 26 | 2 | length of the verdict |
//! | 28 | 4 | length of the head |
//! | 32 | | connection, verdict, head, body |
//!
//! The key is random and stands nowhere but in its segment, so no sender can write a body that is taken for a record. Because
//! the checksum covers position and key, neither can a record of another place or file.

use crate::event::{Event, Seq};

/// Records begin at multiples of this many bytes, so that the next one can be found behind a damaged one.
pub(crate) const ALIGNMENT: u64 = 8;

/// The length of a header, in bytes.
pub(crate) const HEADER_BYTES: usize = 40;

/// The length of a payload before its texts, in bytes.
const FIXED_BYTES: usize = 32;

/// The most that a connection's name may have, in bytes.
pub(crate) const CONNECTION_BYTES_MAX: usize = 255;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An event.
    Event,
    /// No content: it says which seq was durable when nothing more was to be written. The next group overwrites it.
    Mark,
    /// The index of the segment, its last record.
    Index,
    /// No content: its seq is the length of the file that was made for the segment ([`crate::marks`]).
    Length,
    /// No content: the segment has its end, and so many records in it ([`crate::marks`]).
    Seal,
}

impl Kind {
    fn code(self) -> u32 {
        match self {
            Self::Event => 1,
            Self::Mark => 2,
            Self::Index => 3,
            Self::Length => 4,
            Self::Seal => 5,
        }
    }

    fn of(code: u32) -> Option<Self> {
        [Self::Event, Self::Mark, Self::Index, Self::Length, Self::Seal].into_iter().find(|kind| kind.code() == code)
    }
}

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) seq: Seq,
    pub(crate) durable_seq: Seq,
    pub(crate) payload_bytes: u32,
    pub(crate) payload_crc: u32,
}

impl Header {
    /// Writes the header of a record at `position` in the segment with this key.
    pub(crate) fn encode(&self, key: u64, position: u64) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[4..8].copy_from_slice(&self.kind.code().to_le_bytes());
        bytes[8..16].copy_from_slice(&key.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.seq.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.durable_seq.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = seeded_crc(key, position, &bytes[4..]);
        bytes[..4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header at the beginning of `bytes`, if one stands there that was written for this key and position.
    pub(crate) fn decode(bytes: &[u8], key: u64, position: u64) -> Option<Self> {
        let bytes = bytes.first_chunk::<HEADER_BYTES>()?;
        if u64_at(bytes, 8) != key || u32_at(bytes, 0) != seeded_crc(key, position, &bytes[4..]) {
            return None;
        }
        Some(Self {
            kind: Kind::of(u32_at(bytes, 4))?,
            seq: u64_at(bytes, 16),
            durable_seq: u64_at(bytes, 24),
            payload_bytes: u32_at(bytes, 32),
            payload_crc: u32_at(bytes, 36),
        })
    }

    /// The length of the record with its payload and what fills it up to [`ALIGNMENT`], in bytes.
    pub(crate) fn record_bytes(&self) -> u64 {
        record_bytes(self.payload_bytes as usize)
    }
}

/// The length of a record whose payload has this many bytes.
pub(crate) fn record_bytes(payload_bytes: usize) -> u64 {
    (HEADER_BYTES as u64 + payload_bytes as u64).next_multiple_of(ALIGNMENT)
}

/// The length of the payload of an event; none if a part is too long.
pub(crate) fn payload_bytes(event: &Event<'_>) -> Option<usize> {
    let fits = event.connection.len() <= CONNECTION_BYTES_MAX
        && u16::try_from(event.verdict.len()).is_ok()
        && u32::try_from(event.head.len()).is_ok();
    let bytes = FIXED_BYTES + event.connection.len() + event.verdict.len() + event.head.len() + event.body.len();
    (fits && u32::try_from(bytes).is_ok()).then_some(bytes)
}

/// Fills a buffer with zeros up to a multiple of this many bytes.
pub(crate) fn pad(buffer: &mut Vec<u8>, multiple: u64) {
    let length = (buffer.len() as u64).next_multiple_of(multiple);
    buffer.resize(usize::try_from(length).expect("hardly longer than what is in memory"), 0);
}

/// The payload of an event; none if a part is too long.
pub(crate) fn encode(event: &Event<'_>) -> Option<Vec<u8>> {
    let mut payload = Vec::with_capacity(payload_bytes(event)?);
    payload.extend_from_slice(&event.received_at.to_le_bytes());
    payload.extend_from_slice(&event.id);
    payload.extend_from_slice(&u16::try_from(event.connection.len()).ok()?.to_le_bytes());
    payload.extend_from_slice(&u16::try_from(event.verdict.len()).ok()?.to_le_bytes());
    payload.extend_from_slice(&u32::try_from(event.head.len()).ok()?.to_le_bytes());
    for part in [event.connection.as_bytes(), event.verdict, event.head, event.body] {
        payload.extend_from_slice(part);
    }
    Some(payload)
}

/// The event in a payload; none if the lengths in it do not fit, or the connection is not UTF-8.
pub(crate) fn decode(payload: &[u8]) -> Option<Event<'_>> {
    let (fixed, texts) = payload.split_first_chunk::<FIXED_BYTES>()?;
    let length = |offset: usize| usize::from(u16::from_le_bytes([fixed[offset], fixed[offset + 1]]));
    let (connection, texts) = texts.split_at_checked(length(24))?;
    let (verdict, texts) = texts.split_at_checked(length(26))?;
    let (head, body) = texts.split_at_checked(u32_at(fixed, 28) as usize)?;
    Some(Event {
        connection: std::str::from_utf8(connection).ok()?,
        id: *fixed[8..].first_chunk()?,
        received_at: i64::from_le_bytes(*fixed.first_chunk()?),
        verdict,
        head,
        body,
    })
}

/// The CRC-32C of bytes that belong to one position of one segment.
pub(crate) fn seeded_crc(key: u64, position: u64, bytes: &[u8]) -> u32 {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&key.to_le_bytes());
    seed[8..].copy_from_slice(&position.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&seed), bytes)
}

/// The number at an offset. The caller has looked that it is there.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(*bytes[offset..].first_chunk().expect("the caller has checked the length"))
}

/// The number at an offset. The caller has looked that it is there.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(*bytes[offset..].first_chunk().expect("the caller has checked the length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Event<'_> = Event {
        connection: "a_connection",
        id: [7; 16],
        received_at: -3,
        verdict: b"v",
        head: b"POST /\n",
        body: b"{\"a\":1}",
    };

    #[test]
    fn what_is_encoded_is_decoded() {
        let payload = encode(&EVENT).unwrap();
        assert_eq!(decode(&payload), Some(EVENT));
        assert_eq!(Some(payload.len()), payload_bytes(&EVENT));
        // The body is what is left, so a payload may be cut off in the body alone.
        for length in 0..payload.len() - EVENT.body.len() {
            assert_eq!(decode(&payload[..length]), None, "{length}");
        }
        assert!(encode(&Event { connection: &"x".repeat(256), ..EVENT }).is_none());
        assert!(encode(&Event { verdict: &vec![0; 65_536], ..EVENT }).is_none());
        assert!(encode(&Event { connection: &"x".repeat(255), verdict: &vec![0; 65_535], ..EVENT }).is_some());
    }

    #[test]
    fn a_header_is_valid_at_its_place_alone_and_no_bit_may_change() {
        let header = Header { kind: Kind::Event, seq: 5, durable_seq: 4, payload_bytes: 10, payload_crc: 77 };
        let bytes = header.encode(9, 8192);
        assert_eq!(Header::decode(&bytes, 9, 8192), Some(header));
        assert_eq!(Header::decode(&bytes, 9, 8200), None);
        assert_eq!(Header::decode(&bytes, 8, 8192), None);
        assert_eq!(Header::decode(&bytes[..39], 9, 8192), None);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&changed, 9, 8192), None, "{bit}");
        }
        assert_eq!(header.record_bytes(), 56);
    }
}
