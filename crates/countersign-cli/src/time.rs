//! Moments, as they are given on the command line and in records.

use std::time::{Duration, SystemTime};

use countersign::records::UnixMicros;

use crate::error::CliError;

/// The end of the year 9999. Numbers of seconds beyond it are taken for milliseconds.
const LATEST: i64 = UnixMicros::MAX.get() / 1_000_000;

/// The moment that an option names, or now: seconds since 1970, or a date and time of RFC 3339.
pub(crate) fn time_or_now(option: &str, text: Option<&str>) -> Result<SystemTime, CliError> {
    let Some(text) = text else { return Ok(SystemTime::now()) };
    let moment = match text.parse() {
        Ok(seconds) if seconds > LATEST => {
            return Err(CliError::Config(format!(
                "{option}: found {text}, which looks like milliseconds (as seconds it would be after the year 9999); give \
                 seconds since 1970"
            )));
        }
        Ok(seconds) => from_unix_seconds(seconds),
        Err(_) => text.parse::<jiff::Timestamp>().ok().and_then(|moment| SystemTime::try_from(moment).ok()),
    };
    moment.ok_or_else(|| {
        let example = "2025-10-09T09:00:00Z";
        CliError::Config(format!("{option}: found {text:?}; give seconds since 1970, or a time such as {example}"))
    })
}

/// The moment so many seconds after the beginning of 1970, if the system's clock can tell it.
pub(crate) fn from_unix_seconds(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let start = SystemTime::UNIX_EPOCH;
    if seconds < 0 { start.checked_sub(distance) } else { start.checked_add(distance) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_name_the_same_moments() {
        let read = |text| time_or_now("--now", Some(text)).unwrap();
        assert_eq!(read("1760000402"), read("2025-10-09T09:00:02Z"));
        assert_eq!(read("-1"), read("1969-12-31T23:59:59Z"));
        assert_eq!(read("0"), SystemTime::UNIX_EPOCH);
        assert!(time_or_now("--now", None).unwrap() > read("1760000402"));
    }

    #[test]
    fn milliseconds_are_told() {
        assert_eq!(time_or_now("--now", Some("253402300800")).unwrap(), from_unix_seconds(LATEST).unwrap());
        for text in ["253402300801", "1760000402000", "9223372036854775807"] {
            let Err(CliError::Config(message)) = time_or_now("--now", Some(text)) else { panic!("{text}") };
            assert!(message.starts_with(&format!("--now: found {text}, which looks like milliseconds ")), "{message}");
            assert!(message.ends_with("; give seconds since 1970"), "{message}");
        }
    }

    #[test]
    fn what_is_no_moment_is_told() {
        for text in ["", "soon", "2025-10-09", "9223372036854775808"] {
            let Err(CliError::Config(message)) = time_or_now("--now", Some(text)) else { panic!("{text}") };
            assert!(message.starts_with(&format!("--now: found {text:?}; give ")), "{message}");
        }
    }
}
