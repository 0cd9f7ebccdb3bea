//! The thread that writes: it takes what waits, has the log make it durable, and measures how fast that is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::core::{Core, now};
use crate::disk::Disk;
use crate::log::Log;
use crate::queue::{Next, Pending, lock};

/// A group of fewer bytes says how fast the disk is only if it has taken so long.
const TELLING_BYTES: usize = 256 << 10;
const TELLING_TIME: Duration = Duration::from_millis(5);

/// Refuses further events when the thread that writes ends, in whatever way.
struct CloseAtEnd<D: Disk>(Arc<Core<D>>);

impl<D: Disk> Drop for CloseAtEnd<D> {
    fn drop(&mut self) {
        self.0.is_writable.store(false, Ordering::Relaxed);
        self.0.queue.close_and_drop();
    }
}

/// The work of the thread that writes.
pub(crate) struct Writer<D: Disk> {
    core: Arc<Core<D>>,
    log: Log<D>,
}

impl<D: Disk> Writer<D> {
    pub(crate) fn new(core: Arc<Core<D>>, log: Log<D>) -> Self {
        Self { core, log }
    }

    /// Writes until the inbox is closed.
    pub(crate) fn run(mut self) {
        let _closing = CloseAtEnd(Arc::clone(&self.core));
        while self.wait() {}
    }

    /// Writes what waits, or waits for it; whether there may be more.
    fn wait(&mut self) -> bool {
        match self.core.queue.take() {
            Next::Write(pending) => self.commit(pending, now()),
            Next::End => return self.end(now()),
            Next::Idle => {
                self.log.mark(now());
                match self.core.queue.wait() {
                    Next::Write(pending) => self.commit(pending, now()),
                    Next::Idle | Next::End => return self.end(now()),
                }
            }
        }
        true
    }

    /// Writes what waits.
    #[cfg(feature = "sim")]
    pub(crate) fn step(&mut self, now: i64) {
        if let Next::Write(pending) = self.core.queue.take() {
            self.commit(pending, now);
        }
    }

    /// States what is durable, as it is done when nothing waits.
    #[cfg(feature = "sim")]
    pub(crate) fn mark(&mut self, now: i64) {
        self.log.mark(now);
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a measure"
    )]
    fn commit(&mut self, pending: VecDeque<Pending>, now: i64) {
        let bytes: usize = pending.iter().map(|event| event.payload.len()).sum();
        let began = Instant::now();
        let report = self.log.commit(pending, now);
        // A small group that is quickly written says nothing of how fast many are.
        let elapsed = began.elapsed();
        if report.failed == 0 && (bytes >= TELLING_BYTES || elapsed >= TELLING_TIME) {
            // A mean in which the last group counts an eighth.
            let rate = (bytes as f64 / elapsed.as_secs_f64().max(1e-9)) as u64;
            let before = self.core.bytes_per_second.load(Ordering::Relaxed);
            let mean = if before == 0 { rate } else { before - before / 8 + rate / 8 };
            self.core.bytes_per_second.store(mean, Ordering::Relaxed);
        }
        self.core.is_writable.store(report.is_last_durable, Ordering::Relaxed);
        if report.durable > 0 {
            self.core.last_durable_at.store(now.cast_unsigned(), Ordering::Relaxed);
        }
        let needs_keeper = {
            let work = lock(&self.core.shared.work);
            work.spare.is_none() || !work.full.is_empty() || !work.discarded.is_empty()
        };
        if needs_keeper || !report.is_last_durable {
            self.core.signal();
        }
    }

    /// Closes the log.
    pub(crate) fn end(&mut self, now: i64) -> bool {
        self.log.finish(now);
        false
    }
}
