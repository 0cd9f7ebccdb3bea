//! Rates: how many deliveries a second a connection may bring, and how many that are not authentic.
//!
//! The time is given, in nanoseconds since any moment, so that nothing here reads a clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const SECOND: u64 = 1_000_000_000;

/// A rate that may be used up for a second ahead: the generic cell rate algorithm (ITU-T I.371, annex A) with a burst of one
/// second. The limit is given with each use, so it may change.
#[derive(Debug, Default)]
pub struct Rate {
    /// When all that was taken would have been taken at an even pace.
    even: AtomicU64,
}

impl Rate {
    /// How long to wait until one more fits; none if it fits now.
    pub fn wait(&self, per_second: u32, now: u64) -> Option<Duration> {
        let latest = now.saturating_add(SECOND - interval(per_second));
        let wait = self.even.load(Ordering::Relaxed).checked_sub(latest).filter(|wait| *wait > 0)?;
        Some(Duration::from_nanos(wait))
    }

    /// Takes one. Returns `false`, and takes none, if it does not fit.
    pub fn take(&self, per_second: u32, now: u64) -> bool {
        let latest = now.saturating_add(SECOND - interval(per_second));
        let take = |even: u64| (even <= latest).then(|| even.max(now) + interval(per_second));
        self.even.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// The time between two at an even pace.
fn interval(per_second: u32) -> u64 {
    SECOND / u64::from(per_second.max(1))
}

/// Closes for a second when something happens more often than a rate.
#[derive(Debug, Default)]
pub struct Breaker {
    rate: Rate,
    closed_until: AtomicU64,
}

impl Breaker {
    /// Notes that it has happened once more.
    pub fn note(&self, per_second: u32, now: u64) {
        if !self.rate.take(per_second, now) {
            self.closed_until.fetch_max(now.saturating_add(SECOND), Ordering::Relaxed);
        }
    }

    /// How long it stays closed; none if it is open.
    pub fn closed_for(&self, now: u64) -> Option<Duration> {
        let left = self.closed_until.load(Ordering::Relaxed).checked_sub(now).filter(|left| *left > 0)?;
        Some(Duration::from_nanos(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 7 * SECOND;

    #[test]
    fn a_second_of_the_rate_fits_at_once_and_then_one_at_a_time() {
        for per_second in [1, 3, 100, 5000] {
            let rate = Rate::default();
            let at_once = (0..10_000).filter(|_| rate.take(per_second, START)).count();
            assert_eq!(at_once, per_second as usize);
            let wait = rate.wait(per_second, START).unwrap();
            let later = START + u64::try_from(wait.as_nanos()).unwrap();
            assert!(!rate.take(per_second, later - 1) && rate.take(per_second, later) && !rate.take(per_second, later));
            // Over ten seconds it is the rate, and what fits at once.
            let steps = (0..100_000).map(|step| later + step * SECOND / 10_000);
            let taken = steps.filter(|now| rate.take(per_second, *now)).count();
            assert!(taken.abs_diff(10 * per_second as usize) <= 1, "{taken} at {per_second}");
        }
    }

    #[test]
    fn looking_takes_nothing() {
        let rate = Rate::default();
        assert!((0..10).all(|_| rate.wait(2, START).is_none()));
        assert!(rate.take(2, START) && rate.take(2, START));
        assert_eq!(rate.wait(2, START), Some(Duration::from_millis(500)));
        // A higher limit counts from now on.
        assert!(rate.wait(10, START).is_some_and(|wait| wait < Duration::from_millis(500)));
    }

    #[test]
    fn what_happens_too_often_closes_for_a_second() {
        let breaker = Breaker::default();
        for _ in 0..100 {
            breaker.note(100, START);
            assert_eq!(breaker.closed_for(START), None);
        }
        breaker.note(100, START);
        assert_eq!(breaker.closed_for(START + SECOND / 4), Some(Duration::from_millis(750)));
        assert_eq!(breaker.closed_for(START + SECOND), None);
    }
}
