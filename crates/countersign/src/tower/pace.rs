//! How fast a body must arrive.

use std::time::Duration;

use tokio::time::Instant;

use crate::tower::refusal::Refusal;

/// How fast a body must arrive, from when the layer first has to wait for a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The time for the whole body. `None` for any.
    pub(crate) timeout: Option<Duration>,
    pub(crate) least_rate: Option<LeastRate>,
}

/// The least bytes a second, once a time has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeastRate {
    pub(crate) bytes_per_second: u32,
    pub(crate) after: Duration,
}

/// How a body that has to be waited for has kept its pace so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    waiting_since: Instant,
    /// By when more must arrive, for the least rate. `None` if there is no such time.
    next_due: Option<Instant>,
}

impl Progress {
    /// The body has to be waited for, for the first time.
    pub(crate) fn begin(pace: Pace, now: Instant) -> Self {
        Self { waiting_since: now, next_due: pace.least_rate.and_then(|rate| now.checked_add(rate.after)) }
    }

    /// Bytes have arrived. They move the time by which more must arrive, but never beyond `after` from now: a sender that
    /// was fast must not stand still for as long as it likes.
    pub(crate) fn received(&mut self, pace: Pace, bytes: usize, now: Instant) {
        let Some(rate) = pace.least_rate else { return };
        let nanos = (bytes as u64).saturating_mul(1_000_000_000) / u64::from(rate.bytes_per_second.max(1));
        let earned = self.next_due.and_then(|due| due.checked_add(Duration::from_nanos(nanos)));
        self.next_due = match (earned, now.checked_add(rate.after)) {
            (Some(earned), Some(latest)) => Some(earned.min(latest)),
            (earned, latest) => earned.or(latest),
        };
    }

    /// When the body is late if nothing more of it arrives, and what it is refused for then. A time that no clock reaches
    /// never comes.
    pub(crate) fn late_at(self, pace: Pace) -> Option<(Instant, Refusal)> {
        let whole = pace.timeout.and_then(|timeout| self.waiting_since.checked_add(timeout));
        let whole = whole.map(|time| (time, Refusal::TimedOut));
        let more = self.next_due.map(|time| (time, Refusal::TooSlow));
        whole.into_iter().chain(more).min_by_key(|(time, _)| *time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_fast_does_not_pay_for_a_standstill() {
        let second = Duration::from_secs(1);
        let rate = LeastRate { bytes_per_second: 1000, after: 5 * second };
        let pace = Pace { timeout: Some(30 * second), least_rate: Some(rate) };
        let start = Instant::now();
        let mut progress = Progress::begin(pace, start);
        assert_eq!(progress.late_at(pace), Some((start + 5 * second, Refusal::TooSlow)));
        // A megabyte at once: it would be worth a thousand seconds.
        progress.received(pace, 1_000_000, start + second);
        assert_eq!(progress.late_at(pace), Some((start + 6 * second, Refusal::TooSlow)));
        // Slower than the rate, each byte moves the time by its own part.
        progress.received(pace, 1000, start + 3 * second);
        assert_eq!(progress.late_at(pace), Some((start + 7 * second, Refusal::TooSlow)));
        progress.received(pace, 1, start + 4 * second);
        assert_eq!(progress.late_at(pace), Some((start + 7 * second + Duration::from_millis(1), Refusal::TooSlow)));
        // At the rate, it goes on until the time for the whole body is over.
        for at in 5..29 {
            progress.received(pace, 2000, start + at * second);
            assert!(progress.late_at(pace).unwrap().0 > start + (at + 1) * second);
        }
        assert_eq!(progress.late_at(pace), Some((start + 30 * second, Refusal::TimedOut)));
    }

    #[test]
    fn times_that_no_clock_reaches_never_come() {
        let rate = LeastRate { bytes_per_second: 1, after: Duration::MAX };
        let pace = Pace { timeout: Some(Duration::MAX), least_rate: Some(rate) };
        let mut progress = Progress::begin(pace, Instant::now());
        progress.received(pace, usize::MAX, Instant::now());
        assert_eq!(progress.late_at(pace), None);
    }
}
