//! Moments: the one that is now, and the one that a sender has written into a header.

use crate::rfc3339;
use crate::swar::eight_digits;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `seconds` after (or before) 1970. Out of range means the furthest moment there is.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The moment `milliseconds` after (or before) 1970.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_milliseconds(self) -> i64 {
        self.0
    }

    /// Reads what a sender has written. Digits only: no sign, no blank, no fraction, no exponent, and no zero in front, so
    /// that a moment has one text and no zero of a part before it in the signed text can be taken for its own. `None` if
    /// it is not written so, or is a moment that milliseconds in an `i64` cannot hold.
    #[must_use]
    pub fn parse(text: &[u8], unit: TimeUnit) -> Option<Self> {
        match unit {
            TimeUnit::Seconds => digits(text)?.checked_mul(1000).map(Self),
            TimeUnit::Milliseconds => digits(text).map(Self),
            TimeUnit::Rfc3339 => rfc3339::parse(text).map(Self),
        }
    }

    /// How many milliseconds `self` is later than `earlier`; negative if it is earlier. Further apart than an `i64` can
    /// tell means as far as it can.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How a sender writes a moment.
///
/// Exhaustive on purpose: whoever tells them apart is to be told by the compiler of one more, which is a new minor version of 0.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// `s`: seconds since 1970, in digits; 10 of them (2001 to 2286) where the signed text has nothing else that ends them.
    Seconds,
    /// `ms`: milliseconds since 1970, in digits; 13 of them where the signed text has nothing else that ends them.
    Milliseconds,
    /// `rfc3339`: date and time with an offset (RFC 3339 section 5.6), cut to milliseconds.
    Rfc3339,
}

impl TimeUnit {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Seconds, Self::Milliseconds, Self::Rfc3339];

    /// The configuration name: `s`, `ms` or `rfc3339`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Rfc3339 => "rfc3339",
        }
    }
}

/// A number of any length that an `i64` can hold.
fn digits(text: &[u8]) -> Option<i64> {
    if matches!(text, [] | [b'0', _, ..]) {
        return None;
    }
    // Seconds and milliseconds of our time have ten and thirteen digits.
    let (number, rest) = match text.split_first_chunk() {
        Some((first, rest)) => (i64::try_from(eight_digits(*first)?).ok()?, rest),
        None => (0, text),
    };
    rest.iter().try_fold(number, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        Timestamp::parse(text.as_bytes(), TimeUnit::Seconds).map(Timestamp::as_milliseconds)
    }

    fn milliseconds(text: &str) -> Option<i64> {
        Timestamp::parse(text.as_bytes(), TimeUnit::Milliseconds).map(Timestamp::as_milliseconds)
    }

    #[test]
    fn digits_and_nothing_else() {
        assert_eq!(seconds("1614265330"), Some(1_614_265_330_000));
        assert_eq!(milliseconds("1614265330123"), Some(1_614_265_330_123));
        assert_eq!(seconds("0"), Some(0));
        // Behind the first eight, which are read at once, as well as among them.
        assert_eq!(milliseconds("1234567890987654321"), Some(1_234_567_890_987_654_321));
        assert_eq!(milliseconds("9999999999999"), Some(9_999_999_999_999));
        for text in [
            "",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1\t",
            "1.5",
            "1e9",
            "0x1",
            "1_000",
            "1,0",
            "-9223372036854775808",
            "Infinity",
            "NaN",
            "１",
            "1614265330a",
            "161426533:",
            "161426533/",
            "00",
            "01",
            "01614265330",
            "000000000000",
            "1\0",
        ] {
            assert_eq!((seconds(text), milliseconds(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_malformed() {
        assert_eq!(milliseconds("9223372036854775807"), Some(i64::MAX));
        assert_eq!(milliseconds("9223372036854775808"), None);
        assert_eq!(seconds("9223372036854775"), Some(9_223_372_036_854_775_000));
        assert_eq!(seconds("9223372036854776"), None);
        assert_eq!(seconds(&"9".repeat(40)), None);
        assert_eq!(milliseconds(&"0".repeat(40)), None);
    }

    #[test]
    fn distances_never_overflow() {
        let (first, last) = (Timestamp::from_milliseconds(i64::MIN), Timestamp::from_milliseconds(i64::MAX));
        assert_eq!((last.since(first), first.since(last)), (i64::MAX, i64::MIN));
        assert_eq!(Timestamp::from_seconds(i64::MAX), last);
    }

    #[test]
    fn moments_out_of_range_are_the_furthest_there_are() {
        assert_eq!(Timestamp::from_seconds(1_614_265_330).as_milliseconds(), 1_614_265_330_000);
        assert_eq!(Timestamp::from_seconds(-1).as_milliseconds(), -1000);
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::from_milliseconds(i64::MAX));
        assert_eq!(Timestamp::from_seconds(i64::MIN), Timestamp::from_milliseconds(i64::MIN));
    }
}
