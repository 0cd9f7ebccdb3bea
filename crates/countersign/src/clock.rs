//! Converts the time of the operating system to a timestamp of the core.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign_core::Timestamp;

/// Returns `time` in milliseconds since 1970, rounded towards 1970. A time out of range becomes the nearest one in range.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let milliseconds = |distance: Duration| {
        let seconds = i64::try_from(distance.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
        seconds.saturating_add(i64::from(distance.subsec_millis()))
    };
    Timestamp::from_milliseconds(match time.duration_since(UNIX_EPOCH) {
        Ok(since_epoch) => milliseconds(since_epoch),
        Err(before_epoch) => -milliseconds(before_epoch.duration()),
    })
}
