//! The bytes of an object: a header that says its place, and records as in a segment on disk ([`crate::record`]).
//!
//! | offset | length | header |
//! |---|---|---|
//! | 0 | 8 | `CSOBJ001` |
//! | 8 | 16 | the log |
//! | 24 | 8 | the number of the object in the log, from 1 |
//! | 32 | 8 | the highest number of which it was known that it and all before it are durable, when this object was made |
//! | 40 | 16 | the owner of the log |
//! | 56 | 4 | how many records there are |
//! | 60 | 4 | CRC-32C of the header before it |
//!
//! An object without records with the number 1 may be the one that the log has begun with. Any other was put by a process that goes on with
//! the log of another: nothing will be put in its place.

use std::ops::Range;

use crate::event::{Event, LogId, Seq};
use crate::queue::Pending;
use crate::record::{self, HEADER_BYTES, Header, Kind, u32_at, u64_at};

const MAGIC: &[u8; 8] = b"CSOBJ001";
pub(super) const OBJECT_HEADER_BYTES: usize = 64;

/// The place of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) log: LogId,
    pub(super) number: u64,
}

impl Place {
    /// The key of the object there. Keys are listed in the order of the numbers.
    pub(super) fn key(&self) -> String {
        format!("{}/{:016}", self.log, self.number)
    }

    /// The place that a key says; none if it is not one of ours.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        let (log, number) = key.split_once('/')?;
        let place = Self { log: LogId::parse(log)?, number: number.parse().ok()? };
        (place.number > 0 && place.key() == key).then_some(place)
    }

    /// What the checksums of records cover beside them, so that none is taken for one of another object.
    fn seed(&self) -> u64 {
        u64_at(&self.log.0, 0) ^ u64_at(&self.log.0, 8).rotate_left(32) ^ self.number
    }
}

/// What the header of an object says beside its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) owner: [u8; 16],
    /// See the table above.
    pub(super) durable: u64,
}

/// A record of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) seq: Seq,
    /// Where in the object its payload is.
    pub(super) payload: Range<usize>,
}

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) facts: Facts,
    pub(super) records: Vec<Stored>,
}

/// The bytes of the object with these events, the first of which has this seq.
pub(super) fn encode(place: Place, facts: Facts, events: &[Pending], first_seq: Seq) -> Vec<u8> {
    let bytes = events.iter().map(|event| record::record_bytes(event.payload.len())).sum::<u64>();
    let mut object = Vec::with_capacity(OBJECT_HEADER_BYTES + usize::try_from(bytes).unwrap_or(0));
    object.extend_from_slice(MAGIC);
    object.extend_from_slice(&place.log.0);
    object.extend_from_slice(&place.number.to_le_bytes());
    object.extend_from_slice(&facts.durable.to_le_bytes());
    object.extend_from_slice(&facts.owner);
    object.extend_from_slice(&u32::try_from(events.len()).unwrap_or(u32::MAX).to_le_bytes());
    object.extend_from_slice(&crc32c::crc32c(&object).to_le_bytes());
    for (event, seq) in events.iter().zip(first_seq..) {
        let header = Header {
            kind: Kind::Event,
            seq,
            durable_seq: 0,
            payload_bytes: u32::try_from(event.payload.len()).unwrap_or(u32::MAX),
            payload_crc: event.payload_crc,
        };
        let position = object.len() as u64;
        object.extend_from_slice(&header.encode(place.seed(), position));
        object.extend_from_slice(&event.payload);
        record::pad(&mut object, record::ALIGNMENT);
    }
    object
}

/// What the object at a place holds; none if it is damaged or of another place.
pub(super) fn decode(place: Place, object: &[u8]) -> Option<Content> {
    let (header, _) = object.split_first_chunk::<OBJECT_HEADER_BYTES>()?;
    let is_ours = header[..8] == *MAGIC
        && header[8..24] == place.log.0
        && u64_at(header, 24) == place.number
        && u32_at(header, 60) == crc32c::crc32c(&header[..60]);
    if !is_ours {
        return None;
    }
    let facts = Facts { durable: u64_at(header, 32), owner: *header[40..].first_chunk()? };
    let count = u32_at(header, 56) as usize;
    let mut records = Vec::with_capacity(count.min(object.len() / HEADER_BYTES));
    let mut position = OBJECT_HEADER_BYTES;
    while position < object.len() {
        let header = Header::decode(&object[position..], place.seed(), position as u64)?;
        let payload = position + HEADER_BYTES..position + HEADER_BYTES + header.payload_bytes as usize;
        let bytes = object.get(payload.clone())?;
        let follows = records.last().is_none_or(|last: &Stored| header.seq == last.seq + 1);
        if header.payload_crc != crc32c::crc32c(bytes) || !follows || record::decode(bytes).is_none() {
            return None;
        }
        records.push(Stored { seq: header.seq, payload });
        position += usize::try_from(header.record_bytes()).ok()?;
    }
    (records.len() == count && position == object.len()).then_some(Content { facts, records })
}

/// The event of a record that was decoded.
pub(super) fn event<'a>(object: &'a [u8], stored: &Stored) -> Option<Event<'a>> {
    record::decode(object.get(stored.payload.clone())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(body: &[u8]) -> Pending {
        let event = Event { connection: "a", id: [1; 16], received_at: 5, verdict: b"v", head: b"h", body };
        Pending::new(record::encode(&event).unwrap(), None).0
    }

    #[test]
    fn what_is_encoded_is_decoded_at_its_place_alone_and_no_bit_may_change() {
        let place = Place { log: LogId::new(1_800_000_000_000, [3; 10]), number: 7 };
        let facts = Facts { owner: [9; 16], durable: 6 };
        let object = encode(place, facts, &[pending(b"one"), pending(b"two!")], 41);
        let content = decode(place, &object).unwrap();
        assert_eq!(content.facts, facts);
        let events: Vec<_> =
            content.records.iter().map(|stored| (stored.seq, event(&object, stored).unwrap().body)).collect();
        assert_eq!(events, [(41, &b"one"[..]), (42, b"two!")]);
        assert_eq!(decode(Place { number: 8, ..place }, &object), None);
        // What fills a record up to its alignment is all that no checksum covers.
        let padding = |position: usize| {
            content.records.iter().any(|stored| (stored.payload.end..stored.payload.end + 8).contains(&position))
                && content
                    .records
                    .iter()
                    .all(|stored| !(stored.payload.start - HEADER_BYTES..stored.payload.end).contains(&position))
        };
        for bit in 0..object.len() * 8 {
            let mut changed = object.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(place, &changed).is_some(), padding(bit / 8), "{bit}");
        }
        for length in 0..object.len() {
            assert_eq!(decode(place, &object[..length]), None, "{length}");
        }
        let empty = encode(place, facts, &[], 0);
        assert_eq!(decode(place, &empty).unwrap().records, []);
    }

    #[test]
    fn keys_say_their_places() {
        let place = Place { log: LogId::new(1_800_000_000_000, [3; 10]), number: 4711 };
        assert_eq!(Place::of_key(&place.key()), Some(place));
        for other in
            ["", "x/1", &place.key()[1..], &place.key().replace("/0", "/"), &format!("{}/0000000000000000", place.log)]
        {
            assert_eq!(Place::of_key(other), None, "{other}");
        }
    }
}
