//! Ids and times as text, for destinations that have no types for them.

use std::fmt::Write as _;

/// The 36 characters of a UUID in lower case.
#[must_use]
pub fn uuid(id: &[u8; 16]) -> String {
    String::from_utf8_lossy(&uuid_ascii(id)).into_owned()
}

/// The same as bytes, without an allocation.
pub(crate) fn uuid_ascii(id: &[u8; 16]) -> [u8; 36] {
    /// Where the two digits of each byte stand.
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    for (byte, place) in id.iter().zip(PLACES) {
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// The bytes of a UUID; `None` if `text` is not 32 hexadecimal digits between hyphens.
#[must_use]
pub fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let digits = text.replace('-', "");
    let is_hex = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = if is_hex { u128::from_str_radix(&digits, 16).ok() } else { None };
    number.map(u128::to_be_bytes)
}

/// Microseconds since 1970 as UTC: `2026-11-29T21:52:54.123456Z`.
#[must_use]
pub fn utc(microseconds: i64) -> String {
    let mut text = String::with_capacity(UTC_BYTES);
    write_utc(&mut text, microseconds);
    text
}

/// How many bytes a time has as text, unless its year has more than four digits.
const UTC_BYTES: usize = 27;

/// Puts a time, as [`utc`] writes it, in the place of what stands in `text`.
pub(crate) fn write_utc(text: &mut String, microseconds: i64) {
    let (seconds, fraction) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    text.clear();
    if !(0..=9999).contains(&year) {
        // Writing to a String does not fail.
        let _ = write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z");
        return;
    }
    // What `write!` does takes ten times as long, and each event has a time.
    let mut bytes = *b"0000-00-00T00:00:00.000000Z";
    let parts = [
        (0..4, year),
        (5..7, month),
        (8..10, day),
        (11..13, hour),
        (14..16, minute),
        (17..19, second),
        (20..26, fraction),
    ];
    for (places, mut number) in parts {
        for digit in bytes[places].iter_mut().rev() {
            *digit += u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    }
    text.push_str(str::from_utf8(&bytes).unwrap_or_default());
}

/// Year, month and day of a number of days since 1970. The year is counted from March, so that the leap day is its last.
fn civil(days: i64) -> (i64, i64, i64) {
    // 146,097 days are 400 years; 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_microseconds() {
        for (microseconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_764_374_400_000_000, "2025-11-29T00:00:00.000000Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (-62_167_219_200_000_001, "-001-12-31T23:59:59.999999Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (253_402_300_800_000_000, "10000-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(utc(microseconds), text);
        }
        // No input panics.
        assert!(utc(i64::MAX).starts_with("294247-01-10T"));
        assert!(utc(i64::MIN).starts_with("-290308-12-21T"));
    }

    #[test]
    fn uuids_are_lower_case_text() {
        let id = [0x01, 0x9a, 0xcd, 0xef, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xff];
        assert_eq!(uuid(&id), "019acdef-0001-0203-0405-060708090aff");
        assert_eq!(uuid_bytes(&uuid(&id)), Some(id));
        for wrong in ["", "019acdef-0001-0203-0405-060708090af", "019acdef-0001-0203-0405-060708090afg"] {
            assert_eq!(uuid_bytes(wrong), None);
        }
    }
}
