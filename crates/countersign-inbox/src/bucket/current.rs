//! The log that events are appended to, and what is put into it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::object::{self, Facts, Place};
use super::row::Row;
use super::surroundings::Surroundings;
use crate::error::OpenError;
use crate::event::{LogId, Seq};
use crate::queue::Pending;

/// How many puts are under way at once.
pub(super) const AT_ONCE: usize = 8;

/// How far the numbers that are given go beyond what is durable: further than puts are under way, so that one that takes long does not keep
/// those behind it from being put.
pub(super) const AHEAD_MAX: usize = 16;

/// The number of a log's first object with events. Before it is one without, so that others see the log before there are any.
pub(super) const FIRST_NUMBER: u64 = 2;

/// The log that events are appended to.
pub(super) struct CurrentLog {
    pub(super) id: LogId,
    pub(super) row: Mutex<Row<Object>>,
}

/// An object that is put, and who waits for it.
pub(super) struct Object {
    pub(super) place: Place,
    pub(super) bytes: Arc<[u8]>,
    pub(super) events: Vec<Pending>,
    pub(super) first_seq: Seq,
}

/// What the thread needs that takes the next events.
#[derive(Default)]
pub(super) struct Turn {
    /// What was taken from the queue, and is in no object yet.
    pub(super) taken: VecDeque<Pending>,
    /// The log that is to follow the current one, as long as it is not known whether it does.
    pub(super) begun: Option<Arc<CurrentLog>>,
    /// The number and the first seq of the next object, and the log that they are of.
    pub(super) next: Option<(LogId, u64, Seq)>,
    pub(super) last_began: Option<Instant>,
}

impl CurrentLog {
    /// A new log, of which nothing is in the bucket yet.
    pub(super) fn begin(surroundings: &dyn Surroundings) -> Result<Self, OpenError> {
        let mut random = [0; 10];
        surroundings.fill(&mut random).map_err(OpenError::io("get random bytes", None))?;
        let milliseconds = u64::try_from(surroundings.now() / 1000).unwrap_or(0);
        Ok(Self { id: LogId::new(milliseconds, random), row: Mutex::new(Row::new(FIRST_NUMBER - 1)) })
    }

    /// The object without events that the log begins with, and its place.
    pub(super) fn opening(&self, owner: [u8; 16]) -> (Place, Arc<[u8]>) {
        let place = Place { log: self.id, number: FIRST_NUMBER - 1 };
        (place, object::encode(place, Facts { owner, durable: 0 }, &[], 0).into())
    }
}
