//! What the inbox and its two threads share: the queue, what is measured of the disk, and the signal to the thread that keeps house.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::disk::{Disk, Space};
use crate::queue::{Queue, lock};
use crate::retention::Policy;
use crate::shared::Shared;

/// What the inbox and its threads share.
pub(crate) struct Core<D: Disk> {
    pub(crate) shared: Arc<Shared<D>>,
    pub(crate) queue: Queue,
    pub(crate) policy: Policy,
    pub(crate) is_writable: AtomicBool,
    pub(crate) last_durable_at: AtomicU64,
    pub(crate) bytes_per_second: AtomicU64,
    pub(crate) space: Mutex<Space>,
    /// Whether housekeeping is to end, and the signal that it has something to do.
    pub(crate) housekeeping: (Mutex<Signal>, Condvar),
}

#[derive(Default)]
pub(crate) struct Signal {
    pub(crate) is_due: bool,
    pub(crate) is_ended: bool,
}

impl<D: Disk> Core<D> {
    /// Has housekeeping look at once.
    pub(crate) fn signal(&self) {
        lock(&self.housekeeping.0).is_due = true;
        self.housekeeping.1.notify_one();
    }
}

/// The time, in microseconds since 1970.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
