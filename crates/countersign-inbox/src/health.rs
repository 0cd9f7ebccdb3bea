//! How an inbox is doing.

use std::io::ErrorKind;
use std::time::Duration;

use crate::disk::Space;

/// How an inbox is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Whether the last group became durable, or none was written, or a new segment could be made since.
    pub is_writable: bool,
    /// Whether another process goes on with this inbox, so that this one takes no event any more. Only in a bucket.
    pub is_superseded: bool,
    /// How often a write, a flush or the making of a segment has failed.
    pub failures: u64,
    /// What the system said when it last has, if it was a disk.
    pub last_failure: Option<ErrorKind>,
    /// When the last group became durable, in microseconds since 1970; 0 if none did.
    pub last_durable_at: i64,
    /// The bytes that wait for the disk or are being written.
    pub queued_bytes: usize,
    /// The bytes of all segments that hold events. On a disk, up to three further files of a segment's length are ready for those to come.
    pub segment_bytes: u64,
    /// How many bytes of events become durable in a second while there are any, as measured of late; 0 if it is not known.
    pub bytes_per_second: u64,
    /// The room of the disk, as it was when it was last looked at, at most ten seconds ago.
    pub space: Space,
    /// The bytes that the segment needs that is used next; 0 if there is a file for it already, or there are no segments,
    /// as in a bucket.
    pub next_segment_bytes: u64,
}

impl Health {
    /// Whether less than a tenth of the disk is free, and less than 2 GiB; or less than the next segment needs. What has its place in the
    /// segment that is open is still taken.
    #[must_use]
    pub fn is_low_on_space(&self) -> bool {
        self.space.is_low() || self.space.free < self.next_segment_bytes
    }

    /// How long what waits takes until it is durable, as far as that can be told from what was measured.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn drain_time(&self) -> Duration {
        Duration::from_secs_f64(self.queued_bytes as f64 / self.bytes_per_second.max(1 << 20) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_low_before_the_disk_is_full() {
        const MIB: u64 = 1 << 20;
        let is_low = |free: u64, total: u64, next_segment_bytes: u64| {
            let health = Health {
                is_writable: true,
                is_superseded: false,
                failures: 0,
                last_failure: None,
                last_durable_at: 0,
                queued_bytes: 0,
                segment_bytes: 0,
                bytes_per_second: 0,
                space: Space { free: free * MIB, total: total * MIB },
                next_segment_bytes: next_segment_bytes * MIB,
            };
            health.is_low_on_space()
        };
        assert!(is_low(99, 1000, 0) && !is_low(100, 1000, 0), "a tenth");
        assert!(is_low(2047, 1 << 20, 0) && !is_low(2048, 1 << 20, 0), "2 GiB");
        assert!(is_low(63, 400, 64) && !is_low(64, 400, 64) && !is_low(63, 400, 0), "the next segment");
    }
}
