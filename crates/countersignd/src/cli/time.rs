//! Moments on the command line.

use jiff::Timestamp;

/// Microseconds since 1970 of a moment in RFC 3339, or of the beginning of a day in UTC.
pub(super) fn read(text: &str) -> Result<i64, String> {
    // A day and nothing behind it.
    let is_day = text.len() == "2026-11-29".len();
    let day = || format!("{text}T00:00:00Z").parse::<Timestamp>().ok().filter(|_| is_day);
    let moment = text.parse::<Timestamp>().ok().or_else(day);
    moment.map(Timestamp::as_microsecond).ok_or_else(|| {
        "give a day (in UTC) such as 2026-11-29, or a time such as 2026-11-29T21:52:54Z or 2026-11-29T22:52:54+01:00".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_moments() {
        let day = 1_795_910_400_000_000;
        for (text, moment) in [
            ("2026-11-29", day),
            ("2026-11-29T00:00:00Z", day),
            ("2026-11-29T01:00:00+01:00", day),
            ("2026-11-29T00:00:00.000001Z", day + 1),
            ("1969-12-31T23:59:59Z", -1_000_000),
        ] {
            assert_eq!(read(text), Ok(moment), "{text}");
        }
        for text in ["", "yesterday", "2026-11-31", "2026-11-29T00:00:00", "29.11.2026", "1795910400", "99999-01-01"] {
            assert!(read(text).unwrap_err().contains("such as 2026-11-29"), "{text}");
        }
    }
}
