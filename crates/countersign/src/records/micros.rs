//! A moment to the microsecond.

use std::fmt;
use std::time::{Duration, SystemTime};

/// How many decimals a second has.
const DECIMALS: u32 = 6;
const PER_SECOND: u64 = 1_000_000;

/// A moment, as whole microseconds since the beginning of 1970 in UTC. Earlier moments are negative.
///
/// [`Display`](fmt::Display) writes seconds as a record does: with as many decimals as are needed, at most six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMicros(i64);

/// Why a number is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotMicros {
    /// It has an exponent, or more than six decimals.
    Form,
    /// It is beyond [`UnixMicros::MAX`], as milliseconds are that are taken for seconds.
    Late,
    /// It is before what 64 bits hold.
    Early,
}

impl UnixMicros {
    /// The latest moment that a record can hold: the end of the year 9999. Milliseconds that were written in place of seconds
    /// are beyond it if they are of 1978 or later.
    pub const MAX: Self = Self(253_402_300_800_000_000);

    /// The moment so many microseconds after the beginning of 1970.
    #[must_use]
    pub const fn new(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Microseconds since the beginning of 1970.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// A moment of the system's clock; what is smaller than a microsecond is cut off. `None` if it is more than 292,000
    /// years away from 1970.
    #[must_use]
    pub fn from_system_time(moment: SystemTime) -> Option<Self> {
        let micros = match moment.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_micros()).ok()?,
            // Cut off towards the past, as after 1970.
            Err(before) => -i128::try_from(before.duration().as_nanos().div_ceil(1000)).ok()?,
        };
        i64::try_from(micros).ok().map(Self)
    }

    /// The moment on the system's clock. `None` if this system's clock cannot represent it.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_micros(self.0.unsigned_abs());
        let start = SystemTime::UNIX_EPOCH;
        if self.0 < 0 { start.checked_sub(distance) } else { start.checked_add(distance) }
    }

    /// Reads a valid JSON number, exactly.
    pub(super) fn parse(number: &str) -> Result<Self, NotMicros> {
        let digits = number.strip_prefix('-').unwrap_or(number);
        // What is beyond 64 bits stays there.
        let (mut sum, mut decimals) = (0_u64, None);
        for byte in digits.bytes() {
            match byte {
                b'0'..=b'9' => {
                    sum = sum.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                    decimals = decimals.map(|count| count + 1);
                }
                b'.' => decimals = Some(0),
                _ => return Err(NotMicros::Form),
            }
        }
        let missing = DECIMALS.checked_sub(decimals.unwrap_or(0)).ok_or(NotMicros::Form)?;
        let micros = sum.saturating_mul(10_u64.pow(missing));
        if digits.len() < number.len() {
            return 0_i64.checked_sub_unsigned(micros).map(Self).ok_or(NotMicros::Early);
        }
        let moment = micros.try_into().ok().map(Self);
        moment.filter(|moment| *moment <= Self::MAX).ok_or(NotMicros::Late)
    }
}

impl fmt::Display for UnixMicros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (seconds, fraction) = (self.0.unsigned_abs() / PER_SECOND, self.0.unsigned_abs() % PER_SECOND);
        if fraction == 0 {
            return write!(f, "{sign}{seconds}");
        }
        let (mut digits, mut rest) = ([b'0'; DECIMALS as usize], fraction);
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        let decimals = str::from_utf8(&digits).unwrap_or_default();
        write!(f, "{sign}{seconds}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_written_as_few_as_are_needed() {
        for (number, micros, written) in [
            ("0", 0, "0"),
            ("-0", 0, "0"),
            ("-0.0", 0, "0"),
            ("1614265330", 1_614_265_330_000_000, "1614265330"),
            ("1614265330.123456", 1_614_265_330_123_456, "1614265330.123456"),
            ("1614265330.000001", 1_614_265_330_000_001, "1614265330.000001"),
            ("1614265330.10", 1_614_265_330_100_000, "1614265330.1"),
            ("-0.5", -500_000, "-0.5"),
            ("-1.000001", -1_000_001, "-1.000001"),
            ("253402300800", UnixMicros::MAX.get(), "253402300800"),
            ("-9223372036854.775808", i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(UnixMicros::parse(number), Ok(UnixMicros(micros)), "{number}");
            assert_eq!(UnixMicros(micros).to_string(), written);
        }
    }

    #[test]
    fn other_numbers_are_no_moments() {
        for number in ["1.1234567", "1.0000000", "1e3", "1E3", "1.5e0", "-1e-3"] {
            assert_eq!(UnixMicros::parse(number), Err(NotMicros::Form), "{number}");
        }
        for number in [
            "253402300800.000001",
            "1614265330000",
            "9223372036854.775807",
            "9223372036854.775808",
            "9223372036855",
            "99999999999999999999",
        ] {
            assert_eq!(UnixMicros::parse(number), Err(NotMicros::Late), "{number}");
        }
        for number in ["-9223372036854.775809", "-9223372036855", "-99999999999999999999"] {
            assert_eq!(UnixMicros::parse(number), Err(NotMicros::Early), "{number}");
        }
    }

    #[test]
    fn the_clock_is_read_to_the_microsecond_before_it() {
        let clock = |nanos: i64| {
            let distance = Duration::from_nanos(nanos.unsigned_abs());
            if nanos < 0 { SystemTime::UNIX_EPOCH - distance } else { SystemTime::UNIX_EPOCH + distance }
        };
        for (nanos, micros) in [(0, 0), (999, 0), (1000, 1), (1999, 1), (-1, -1), (-1000, -1), (-1001, -2)] {
            assert_eq!(UnixMicros::from_system_time(clock(nanos)), Some(UnixMicros(micros)), "{nanos}");
        }
        for micros in [0, 1, -1, 1_614_265_330_123_456] {
            assert_eq!(UnixMicros(micros).to_system_time(), Some(clock(micros * 1000)));
        }
    }
}
