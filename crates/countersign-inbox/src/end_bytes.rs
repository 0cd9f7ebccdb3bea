//! How long the end of a segment will be, so that room is left for it, which a full disk cannot refuse.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use crate::index::{CRC_BYTES, ENTRY_BYTES, TRAILER_PAYLOAD_BYTES};
use crate::record::{ALIGNMENT, HEADER_BYTES};

/// The length of the end of a segment, from the events in it.
#[derive(Debug)]
pub(crate) struct EndBytes {
    bytes: u64,
    /// Hashes of the connections that have records in it.
    connections: HashSet<u64, BuildHasherDefault<AlreadyHashed>>,
    hasher: RandomState,
}

/// What the end has of a further event.
#[derive(Debug)]
pub(crate) struct EventEnd {
    connection: u64,
    bytes: u64,
}

impl EndBytes {
    pub(crate) fn new() -> Self {
        // Three records, filled up; what the summary begins with; the trailer.
        let bytes = 3 * (HEADER_BYTES as u64 + ALIGNMENT) + 16 + TRAILER_PAYLOAD_BYTES as u64;
        Self { bytes, connections: HashSet::default(), hasher: RandomState::new() }
    }

    /// What the end would have of a further event of a connection.
    pub(crate) fn of_event(&self, connection: &str) -> EventEnd {
        let hash = self.hasher.hash_one(connection);
        let share = 1 + connection.len() as u64 + 4 + 3 * 8 + CRC_BYTES as u64;
        let is_new = !self.connections.contains(&hash);
        EventEnd { connection: hash, bytes: ENTRY_BYTES as u64 + if is_new { share } else { 0 } }
    }

    /// The length with that event, in bytes.
    pub(crate) fn with(&self, event: &EventEnd) -> u64 {
        self.bytes + event.bytes
    }

    /// Counts the event.
    pub(crate) fn add(&mut self, event: &EventEnd) {
        self.bytes += event.bytes;
        self.connections.insert(event.connection);
    }
}

/// The hash of a number that is one already.
#[derive(Debug, Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Not called: only numbers are hashed.
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
