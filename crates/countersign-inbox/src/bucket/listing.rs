//! What a listing of the bucket says about logs.

use std::collections::BTreeMap;
use std::io;

use super::core::Core;
use super::object::{OBJECT_HEADER_BYTES, Place};
use super::put::again;
use super::{Bucket, Listed, successor};
use crate::event::LogId;

/// What is in the bucket.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) logs: BTreeMap<LogId, Log>,
    /// When it was put which log follows a log, by log and owner, in microseconds since 1970.
    pub(super) successors: BTreeMap<(LogId, [u8; 16]), i64>,
}

/// The objects of a log.
#[derive(Default)]
pub(super) struct Log {
    /// Their places, and whether there are events.
    pub(super) places: BTreeMap<Place, bool>,
    /// When the newest was put, in microseconds since 1970.
    pub(super) newest: i64,
}

impl Log {
    /// Whether nothing is in it but what has closed it, and perhaps the object that it has begun with.
    pub(super) fn is_closed_and_empty(&self) -> bool {
        !self.places.values().any(|has_events| *has_events) && self.places.keys().any(|place| place.number > 1)
    }
}

/// Lists what is in the bucket.
pub(super) fn list<B: Bucket>(core: &Core<B>) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for Listed { key, bytes, modified } in again(core, || core.bucket.list())? {
        if let Some(place) = Place::of_key(&key) {
            let log = listing.logs.entry(place.log).or_default();
            log.places.insert(place, bytes > OBJECT_HEADER_BYTES as u64);
            log.newest = log.newest.max(modified);
        } else if let Some(successor) = successor::of_key(&key) {
            listing.successors.insert(successor, modified);
        }
    }
    Ok(listing)
}
