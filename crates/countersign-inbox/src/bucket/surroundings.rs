//! What an inbox in a bucket takes from its machine: time, waiting, random bytes, and threads for requests.

use std::io;
use std::thread;
use std::time::Duration;

/// What the inbox takes from its machine. A simulation gives it a machine of its own.
pub(super) trait Surroundings: Send + Sync + 'static {
    /// The time, in microseconds since 1970.
    fn now(&self) -> i64;

    /// Waits before a request is tried again.
    fn wait(&self, time: Duration);

    /// Fills with random bytes.
    ///
    /// # Errors
    /// If there are none.
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()>;

    /// How many requests may be under way at once, beside puts of events.
    fn requests_at_once(&self) -> usize;
}

/// The machine that this runs on.
pub(super) struct Machine;

impl Surroundings for Machine {
    fn now(&self) -> i64 {
        crate::core::now()
    }

    fn wait(&self, time: Duration) {
        thread::sleep(time);
    }

    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(io::Error::other)
    }

    fn requests_at_once(&self) -> usize {
        16
    }
}
