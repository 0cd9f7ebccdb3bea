//! Stage 6, freshness: whether an authentic delivery was sent recently. Reported last, so that a forgery is never
//! called "expired".

use crate::rejection::Rejection;
use crate::timestamp::Timestamp;

/// How far the signed timestamp may be from now, in seconds. A delivery at exactly that distance is still accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tolerance {
    /// How old a delivery may be.
    pub past: u32,
    /// How far the sender's clock may be ahead of ours.
    pub future: u32,
}

impl Tolerance {
    /// The same tolerance in both directions.
    #[must_use]
    pub const fn both(seconds: u32) -> Self {
        Self { past: seconds, future: seconds }
    }

    /// Judges a time of sending. For formats whose time the core does not read itself; call it only once the message is
    /// known to be authentic.
    ///
    /// # Errors
    /// [`Rejection::Expired`] if it is longer ago than `past`, [`Rejection::FromFuture`] if it is further ahead than
    /// `future`.
    #[inline]
    pub fn check(self, timestamp: Timestamp, now: Timestamp) -> Result<(), Rejection> {
        let age = now.since(timestamp);
        if age > milliseconds(self.past) {
            Err(Rejection::Expired)
        } else if age < milliseconds(self.future).wrapping_neg() {
            Err(Rejection::FromFuture)
        } else {
            Ok(())
        }
    }
}

/// Cannot overflow: the largest result is below 2^42.
fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds).wrapping_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_at_exactly_the_tolerance_is_fresh() {
        let check = |age: i64, tolerance: Tolerance| {
            tolerance.check(
                Timestamp::from_milliseconds(1_000_000),
                Timestamp::from_milliseconds(1_000_000_i64.saturating_add(age)),
            )
        };
        let asymmetric = Tolerance { past: 300, future: 5 };
        for (age, expected) in [
            (0, Ok(())),
            (300_000, Ok(())),
            (300_001, Err(Rejection::Expired)),
            (-5000, Ok(())),
            (-5001, Err(Rejection::FromFuture)),
        ] {
            assert_eq!(check(age, asymmetric), expected, "{age}");
        }
        assert_eq!(check(0, Tolerance::both(0)), Ok(()));
        assert_eq!(check(1, Tolerance::both(0)), Err(Rejection::Expired));
        assert_eq!(check(-1, Tolerance::both(0)), Err(Rejection::FromFuture));
    }

    #[test]
    fn the_earliest_and_latest_timestamps_can_be_compared() {
        let (earliest, latest) = (Timestamp::from_milliseconds(i64::MIN), Timestamp::from_milliseconds(i64::MAX));
        assert_eq!(Tolerance::both(u32::MAX).check(earliest, latest), Err(Rejection::Expired));
        assert_eq!(Tolerance::both(u32::MAX).check(latest, earliest), Err(Rejection::FromFuture));
    }
}
