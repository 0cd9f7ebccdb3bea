//! Stage 5, freshness: whether an authentic delivery is of now. Judged last, so that "stale" is never said of a forgery.

use crate::rejection::Rejection;
use crate::timestamp::Timestamp;

/// How far the signed timestamp may be from now, in seconds. Exactly that far is still taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tolerance {
    /// How old a delivery may be.
    pub past: u32,
    /// How far a sender's clock may be ahead of ours.
    pub future: u32,
}

impl Tolerance {
    /// The same in both directions.
    #[must_use]
    pub const fn both(seconds: u32) -> Self {
        Self { past: seconds, future: seconds }
    }

    #[inline]
    pub(crate) fn judge(self, timestamp: Timestamp, now: Timestamp) -> Result<(), Rejection> {
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

/// Always fits.
fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds).wrapping_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_belongs_to_the_window() {
        let judge = |age: i64, tolerance: Tolerance| {
            tolerance.judge(
                Timestamp::from_milliseconds(1_000_000),
                Timestamp::from_milliseconds(1_000_000_i64.saturating_add(age)),
            )
        };
        let uneven = Tolerance { past: 300, future: 5 };
        for (age, expected) in [
            (0, Ok(())),
            (300_000, Ok(())),
            (300_001, Err(Rejection::Expired)),
            (-5000, Ok(())),
            (-5001, Err(Rejection::FromFuture)),
        ] {
            assert_eq!(judge(age, uneven), expected, "{age}");
        }
        assert_eq!(judge(0, Tolerance::both(0)), Ok(()));
        assert_eq!(judge(1, Tolerance::both(0)), Err(Rejection::Expired));
        assert_eq!(judge(-1, Tolerance::both(0)), Err(Rejection::FromFuture));
    }

    #[test]
    fn the_furthest_moments_are_judged_too() {
        let (first, last) = (Timestamp::from_milliseconds(i64::MIN), Timestamp::from_milliseconds(i64::MAX));
        assert_eq!(Tolerance::both(u32::MAX).judge(first, last), Err(Rejection::Expired));
        assert_eq!(Tolerance::both(u32::MAX).judge(last, first), Err(Rejection::FromFuture));
    }
}
