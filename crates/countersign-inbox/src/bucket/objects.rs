//! Which objects there are, and whose events are in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::object::{Content, Place, event};
use crate::event::{LogId, Seq, SeqRange};
use crate::planted_bug;

/// The durable objects of all logs that are known, without their bytes.
#[derive(Debug, Default)]
pub(super) struct Objects {
    logs: BTreeMap<LogId, BTreeMap<u64, Object>>,
    /// The bytes of events by connection that were not released.
    backlog: BTreeMap<Arc<str>, u64>,
    bytes: u64,
    /// Objects all of whose events were released: they are to be removed.
    released: Vec<Place>,
}

/// What is known of an object.
#[derive(Debug)]
pub(super) struct Object {
    bytes: u64,
    shares: BTreeMap<Arc<str>, Share>,
}

/// The events of one connection in one object.
#[derive(Clone, Copy, Debug)]
struct Share {
    first_seq: Seq,
    last_seq: Seq,
    count: u64,
    bytes: u64,
}

impl Object {
    /// What is known of an object that was decoded.
    pub(super) fn of(object: &[u8], content: &Content) -> Self {
        let mut shares: BTreeMap<Arc<str>, Share> = BTreeMap::new();
        for stored in &content.records {
            let Some(event) = event(object, stored) else { continue };
            let bytes = stored.payload.len() as u64;
            if let Some(share) = shares.get_mut(event.connection) {
                share.last_seq = stored.seq;
                share.count += 1;
                share.bytes += bytes;
            } else {
                let share = Share { first_seq: stored.seq, last_seq: stored.seq, count: 1, bytes };
                shares.insert(event.connection.into(), share);
            }
        }
        Self { bytes: object.len() as u64, shares }
    }
}

impl Objects {
    /// Adds an object that is durable. Adding it again changes nothing.
    pub(super) fn add(&mut self, place: Place, object: Object) {
        let numbers = self.logs.entry(place.log).or_default();
        if numbers.contains_key(&place.number) {
            return;
        }
        let Object { bytes, shares } = object;
        let named = shares.into_iter().map(|(connection, share)| {
            // One text for all objects of a connection.
            let name = self.backlog.get_key_value(&connection).map_or(connection, |(name, _)| Arc::clone(name));
            *self.backlog.entry(Arc::clone(&name)).or_default() += share.bytes;
            (name, share)
        });
        let shares = named.collect();
        self.bytes += bytes;
        numbers.insert(place.number, Object { bytes, shares });
    }

    /// The logs, and of each the connections with events that were not released, with the range of their seqs.
    pub(super) fn connections(&self) -> BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>> {
        let mut found: BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>> = BTreeMap::new();
        for (log, numbers) in &self.logs {
            for (connection, share) in numbers.values().flat_map(|object| &object.shares) {
                let connections = found.entry(*log).or_default();
                let range = connections.entry(Arc::clone(connection)).or_insert(share.first_seq..=share.last_seq);
                *range = share.first_seq.min(*range.start())..=share.last_seq.max(*range.end());
            }
        }
        found
    }

    /// The objects with events of a connection in a log behind a seq, in order, and the range of its seqs in each.
    pub(super) fn of(&self, log: LogId, connection: &str, after: Seq) -> Vec<(Place, SeqRange)> {
        let numbers = self.logs.get(&log).into_iter().flatten();
        let shares = numbers.filter_map(|(number, object)| Some((*number, *object.shares.get(connection)?)));
        let behind = shares.filter(|(_, share)| share.last_seq > after);
        behind.map(|(number, share)| (Place { log, number }, share.first_seq..=share.last_seq)).collect()
    }

    /// Notes that the events of a connection in a log up to a seq are kept elsewhere.
    pub(super) fn release(&mut self, log: LogId, connection: &str, through: Seq) {
        let Some(numbers) = self.logs.get_mut(&log) else { return };
        for (number, object) in numbers {
            let is_released = |share: &Share| share.last_seq <= through;
            let Some(share) = object.shares.get(connection).copied().filter(is_released) else { continue };
            object.shares.remove(connection);
            if let Some(backlog) = self.backlog.get_mut(connection) {
                *backlog -= share.bytes;
            }
            if planted_bug!(RemovesAnObjectTooEarly) {
                self.released.push(Place { log, number: *number });
            }
            if object.shares.is_empty() {
                self.released.push(Place { log, number: *number });
            }
        }
        self.backlog.retain(|_, bytes| *bytes > 0);
    }

    /// Notes that a log has begun with an object without events, which is to be removed as others are.
    pub(super) fn note_opening(&mut self, place: Place) {
        self.released.push(place);
    }

    /// The objects that are to be removed, as far as this is known.
    pub(super) fn take_released(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.released)
    }

    /// Notes that an object was removed, or that it could not be, and is to be tried again.
    pub(super) fn set_removed(&mut self, place: Place, is_removed: bool) {
        if !is_removed {
            self.released.push(place);
            return;
        }
        let Some(numbers) = self.logs.get_mut(&place.log) else { return };
        self.bytes -= numbers.remove(&place.number).map_or(0, |object| object.bytes);
        if numbers.is_empty() {
            self.logs.remove(&place.log);
        }
    }

    pub(super) fn contains(&self, place: Place) -> bool {
        self.logs.get(&place.log).is_some_and(|numbers| numbers.contains_key(&place.number))
    }

    /// The bytes of a connection's events that were not released.
    pub(super) fn backlog_bytes(&self, connection: &str) -> u64 {
        self.backlog.get(connection).copied().unwrap_or(0)
    }

    /// How many events there are that were not released.
    pub(super) fn events(&self) -> u64 {
        let shares = self.logs.values().flat_map(BTreeMap::values).flat_map(|object| object.shares.values());
        shares.map(|share| share.count).sum()
    }

    /// The bytes of all objects.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}
