//! What can be chosen about an inbox.

use std::time::Duration;

/// What can be chosen about an inbox. [`Settings::default`] suits a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The length of a segment, in bytes: 16 KiB to 1 GiB. It is the room for the largest event. Default 64 MiB.
    pub segment_bytes: u64,
    /// How many bytes of events may wait for the disk, or be with it, before an append is refused. One event is taken however large it
    /// is. Default 64 MiB.
    pub queue_bytes_max: usize,
    /// How many bytes of segments there may be before records that pin the oldest are copied. Default: a fifth of the disk.
    pub inbox_bytes: Option<u64>,
    /// How long records may pin a segment before they are copied. Default one hour.
    pub hold_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            queue_bytes_max: 64 << 20,
            inbox_bytes: None,
            hold_after: Duration::from_secs(3600),
        }
    }
}
