//! Parses a date and time of RFC 3339 section 5.6, such as `2021-03-25T05:09:27.123-07:00`.

/// Milliseconds since 1970; `None` if the text does not have this form or the day does not exist. Fractions of any
/// length are truncated to milliseconds. A leap second (`:60`) counts as the first second of the next minute.
pub(crate) fn parse(text: &[u8]) -> Option<i64> {
    let (local, zone) = parse_local(text)?;
    local.checked_sub(offset(zone)?.checked_mul(60_000)?)
}

/// As [`parse`], for a text without an offset that is in UTC.
pub(crate) fn parse_utc(text: &[u8]) -> Option<i64> {
    let (utc, zone) = parse_local(text)?;
    zone.is_empty().then_some(utc)
}

/// The local time in milliseconds as if it were UTC, and the text of the offset.
fn parse_local(text: &[u8]) -> Option<(i64, &[u8])> {
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T' | b't', h1, h2, b':', mi1, mi2, b':', s1, s2, rest @ ..] =
        text
    else {
        return None;
    };
    let year = number(&[*y1, *y2, *y3, *y4], 9999)?;
    let month = number(&[*mo1, *mo2], 12)?;
    let day = number(&[*d1, *d2], 31)?;
    let hour = number(&[*h1, *h2], 23)?;
    let minute = number(&[*mi1, *mi2], 59)?;
    let second = number(&[*s1, *s2], 60)?;
    let (fraction, zone) = fraction(rest)?;
    let days = days(year, month, day)?;
    let minutes = days.checked_mul(1440)?.checked_add(hour.checked_mul(60)?)?.checked_add(minute)?;
    let milliseconds = minutes.checked_mul(60)?.checked_add(second)?.checked_mul(1000)?.checked_add(fraction)?;
    Some((milliseconds, zone))
}

/// A decimal number of at most `max`.
fn number(digits: &[u8], max: i64) -> Option<i64> {
    let number = digits.iter().try_fold(0_i64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte.wrapping_sub(b'0')))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    (number <= max).then_some(number)
}

/// The milliseconds of a fraction, 0 if there is none, and the text after it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(length)?;
    let thousandths = match digits {
        [] => return None,
        [a] => [*a, b'0', b'0'],
        [a, b] => [*a, *b, b'0'],
        [a, b, c, ..] => [*a, *b, *c],
    };
    Some((number(&thousandths, 999)?, rest))
}

/// The offset of local time from UTC in minutes.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = number(&[*h1, *h2], 23)?;
            let minutes = hours.checked_mul(60)?.checked_add(number(&[*m1, *m2], 59)?)?;
            if *sign == b'+' { Some(minutes) } else { minutes.checked_neg() }
        }
        _ => None,
    }
}

/// The number of days from 1970-01-01 to a day of the Gregorian calendar; `None` if the day does not exist.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year.checked_rem(4)? == 0 && (year.checked_rem(100)? != 0 || year.checked_rem(400)? == 0);
    // The days of the year before each month, and the length of the month.
    let (before, length) = match month {
        1 => (0, 31),
        2 => (31, if leap { 29 } else { 28 }),
        3 => (59, 31),
        4 => (90, 30),
        5 => (120, 31),
        6 => (151, 30),
        7 => (181, 31),
        8 => (212, 31),
        9 => (243, 30),
        10 => (273, 31),
        11 => (304, 30),
        12 => (334, 31),
        _ => return None,
    };
    if day < 1 || day > length {
        return None;
    }
    let leap_day = i64::from(leap && month > 2);
    // Leap days in the years before this one; year 0 was a leap year.
    let last = year.checked_sub(1)?;
    let leap_days = last.div_euclid(4).checked_sub(last.div_euclid(100))?.checked_add(last.div_euclid(400))?;
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    let of_years = last.checked_mul(365)?.checked_add(leap_days)?.checked_sub(719_162)?;
    of_years.checked_add(before)?.checked_add(leap_day)?.checked_add(day.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn milliseconds(text: &str) -> Option<i64> {
        parse(text.as_bytes())
    }

    #[test]
    fn a_time_without_an_offset_is_in_utc() {
        assert_eq!(parse_utc(b"1985-04-12T23:20:50.52"), Some(482_196_050_520));
        assert_eq!(parse_utc(b"1970-01-01T00:00:00"), Some(0));
        for text in ["1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50+00:00", "1985-04-12T23:20", "1985-04-12T23:20:50."]
        {
            assert_eq!(parse_utc(text.as_bytes()), None, "{text}");
        }
        assert_eq!(milliseconds("1985-04-12T23:20:50"), None);
    }

    /// The examples of RFC 3339 section 5.8, and others with known Unix times.
    #[test]
    fn known_times_are_parsed() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("1985-04-12T23:20:50.52Z", 482_196_050_520),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000),
            ("1996-12-20T00:39:57Z", 851_042_397_000),
            ("1990-12-31T23:59:60Z", 662_688_000_000),
            ("1990-12-31T15:59:60-08:00", 662_688_000_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
            ("2021-02-25t15:02:10z", 1_614_265_330_000),
            ("2022-02-03T04:05:06.123456789123Z", 1_643_861_106_123),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
    }

    /// Every day from 1900 to 2100 has the number after that of the day before.
    #[test]
    fn days_are_consecutive() {
        let mut before = days(1899, 12, 31).unwrap_or_default();
        for year in 1900..=2100 {
            for month in 1..=12 {
                let mut length = 0;
                for day in 1..=31 {
                    if let Some(number) = days(year, month, day) {
                        assert_eq!(number.checked_sub(before), Some(1), "{year}-{month}-{day}");
                        (before, length) = (number, day);
                    }
                }
                assert!((28..=31).contains(&length), "{year}-{month}");
            }
        }
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2023, 2, 29), None);
        assert_eq!(days(2100, 2, 29), None);
    }

    #[test]
    fn other_forms_are_malformed() {
        let good = "2021-02-25T15:02:10Z";
        for cut in 0..good.len() {
            assert_eq!(parse(good.as_bytes().get(..cut).unwrap_or_default()), None);
        }
        for text in [
            "2021-02-25 15:02:10Z",
            "2021-02-25T15:02:10",
            "2021-02-25T15:02:10.Z",
            "2021-02-25T15:02:10,5Z",
            "2021-02-25T15:02Z",
            "21-02-25T15:02:10Z",
            "2021-2-25T15:02:10Z",
            "2021-13-01T00:00:00Z",
            "2021-00-01T00:00:00Z",
            "2021-01-00T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2021-04-31T00:00:00Z",
            "2021-02-25T24:00:00Z",
            "2021-02-25T15:60:10Z",
            "2021-02-25T15:02:61Z",
            "2021-02-25T15:02:10+0100",
            "2021-02-25T15:02:10+24:00",
            "2021-02-25T15:02:10+01:60",
            "2021-02-25T15:02:10 Z",
            "+021-02-25T15:02:10Z",
            "2021-02-25T15:02:10ZZ",
            "2021-02-25T15:02:10Z ",
            " 2021-02-25T15:02:10Z",
            "Thu, 25 Feb 2021 15:02:10 GMT",
            "1614265330",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        for place in 0..good.len() {
            let replaced = format!("{}x{}", &good[..place], &good[place.saturating_add(1)..]);
            assert_eq!(milliseconds(&replaced), None, "{replaced}");
        }
    }
}
