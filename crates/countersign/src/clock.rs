//! Moments of the operating system, and those of the core.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign_core::Timestamp;

/// Milliseconds since 1970; what is out of range becomes the furthest moment there is.
pub(crate) fn timestamp(moment: SystemTime) -> Timestamp {
    let milliseconds = |apart: Duration| {
        let seconds = i64::try_from(apart.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
        seconds.saturating_add(i64::from(apart.subsec_millis()))
    };
    Timestamp::from_milliseconds(match moment.duration_since(UNIX_EPOCH) {
        Ok(since) => milliseconds(since),
        Err(before) => -milliseconds(before.duration()),
    })
}
