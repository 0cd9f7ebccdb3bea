//! Moments of the operating system, and those of the core.

use std::time::{SystemTime, UNIX_EPOCH};

use countersign_core::Timestamp;

/// Milliseconds since 1970; what is out of range becomes the furthest moment there is.
pub(crate) fn timestamp(moment: SystemTime) -> Timestamp {
    let milliseconds = match moment.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |before| -before),
    };
    Timestamp::from_milliseconds(milliseconds)
}
