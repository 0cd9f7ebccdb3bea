//! What came of a load: counts, and times.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;

/// What came of the deliveries.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) accepted: AtomicU64,
    /// Of a rate, those that were answered within the time that counts, whenever they were due.
    pub(crate) accepted_in_time: AtomicU64,
    /// Answered with something else than 200.
    pub(crate) refused: AtomicU64,
    /// New TCP connections that the server closed without an answer.
    pub(crate) turned_away: AtomicU64,
    /// Answers that never came: the event may be stored or not.
    pub(crate) unknown: AtomicU64,
    /// Deliveries of a rate that were still waiting for a TCP connection when the time was over.
    pub(crate) unsent: AtomicU64,
    pub(crate) forged_refused: AtomicU64,
    pub(crate) forged_accepted: AtomicU64,
    pub(crate) hangups: AtomicU64,
}

impl Counts {
    pub(crate) fn add(count: &AtomicU64) {
        Self::add_many(count, 1);
    }

    pub(crate) fn add_many(count: &AtomicU64, more: usize) {
        count.fetch_add(more as u64, Ordering::Relaxed);
    }
}

/// Times in microseconds. Of a delivery with a rate from when it was due, of another from when it was sent.
pub(crate) struct Times {
    pub(crate) accepted: Histogram<u64>,
    /// Of those that were refused or turned away.
    pub(crate) refused: Histogram<u64>,
}

impl Default for Times {
    fn default() -> Self {
        let times = || Histogram::new_with_bounds(1, 120_000_000, 3).expect("bounds");
        Self { accepted: times(), refused: times() }
    }
}

impl Times {
    pub(crate) fn add(&mut self, other: &Self) {
        for (times, other) in [(&mut self.accepted, &other.accepted), (&mut self.refused, &other.refused)] {
            times.add(other).expect("the same bounds");
        }
    }
}

/// Notes a time.
pub(crate) fn record(times: &mut Histogram<u64>, time: Duration) {
    times.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1));
}
