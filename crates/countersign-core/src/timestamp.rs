//! Timestamps: the current time, and the time that a sender has written into a header.

use crate::rfc3339;
use crate::swar::eight_digits;

/// A moment in milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `seconds` after (or, if negative, before) 1970. Saturates if it is out of range.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The moment `milliseconds` after (or, if negative, before) 1970.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_milliseconds(self) -> i64 {
        self.0
    }

    /// Parses a timestamp as a sender writes it. Seconds and milliseconds consist of digits only: no sign, space,
    /// fraction, exponent or leading zero. So each moment has only one text, and a zero at the end of the part before
    /// it in the signed text cannot be read as a part of it. `None` if it has another form, or does not fit into an
    /// `i64` as milliseconds.
    #[must_use]
    pub fn parse(text: &[u8], unit: TimeUnit) -> Option<Self> {
        match unit {
            TimeUnit::Seconds => parse_digits(text)?.checked_mul(1000).map(Self),
            TimeUnit::Milliseconds => parse_digits(text).map(Self),
            TimeUnit::Rfc3339 => rfc3339::parse(text).map(Self),
            TimeUnit::Utc => rfc3339::parse_utc(text).map(Self),
        }
    }

    /// The number of milliseconds from `earlier` to `self`; negative if `self` is earlier. Saturates if it does not fit
    /// into an `i64`.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The unit or format in which a sender writes a timestamp.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. Adding one is a
/// breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// `s`: seconds since 1970, in digits; exactly 10 of them (2001 to 2286) if nothing else delimits them in the
    /// signed text.
    Seconds,
    /// `ms`: milliseconds since 1970, in digits; exactly 13 of them if nothing else delimits them in the signed text.
    Milliseconds,
    /// `rfc3339`: date and time with an offset (RFC 3339 section 5.6), truncated to milliseconds.
    Rfc3339,
    /// `utc`: date and time as in RFC 3339, but without an offset, and taken as UTC: `2021-02-25T15:02:10.123`.
    Utc,
}

impl TimeUnit {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::Rfc3339, Self::Utc];

    /// The configuration name: `s`, `ms`, `rfc3339` or `utc`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Rfc3339 => "rfc3339",
            Self::Utc => "utc",
        }
    }
}

/// A decimal number of any length that fits into an `i64`.
fn parse_digits(text: &[u8]) -> Option<i64> {
    if matches!(text, [] | [b'0', _, ..]) {
        return None;
    }
    // Current timestamps in seconds and milliseconds have ten and thirteen digits: read eight at once.
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
    fn only_digits_are_accepted() {
        assert_eq!(seconds("1614265330"), Some(1_614_265_330_000));
        assert_eq!(milliseconds("1614265330123"), Some(1_614_265_330_123));
        assert_eq!(seconds("0"), Some(0));
        // Digits after the first eight, which are read at once.
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
    fn differences_saturate() {
        let (earliest, latest) = (Timestamp::from_milliseconds(i64::MIN), Timestamp::from_milliseconds(i64::MAX));
        assert_eq!((latest.since(earliest), earliest.since(latest)), (i64::MAX, i64::MIN));
        assert_eq!(Timestamp::from_seconds(i64::MAX), latest);
    }

    #[test]
    fn seconds_out_of_range_saturate() {
        assert_eq!(Timestamp::from_seconds(1_614_265_330).as_milliseconds(), 1_614_265_330_000);
        assert_eq!(Timestamp::from_seconds(-1).as_milliseconds(), -1000);
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::from_milliseconds(i64::MAX));
        assert_eq!(Timestamp::from_seconds(i64::MIN), Timestamp::from_milliseconds(i64::MIN));
    }
}
