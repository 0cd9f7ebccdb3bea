//! The thread that keeps house: when it is asked to, and every ten seconds.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::core::{Core, now};
use crate::disk::Disk;
use crate::housekeeping;
use crate::queue::lock;

/// The work of the thread that keeps house: when it is signalled, and every ten seconds.
pub(crate) fn keep<D: Disk>(core: &Core<D>) {
    loop {
        if let Ok(space) = core.shared.disk.space() {
            *lock(&core.space) = space;
        }
        // What fails is tried again.
        let kept = housekeeping::run(&core.shared, core.policy, now());
        // Then the first event would be refused, and that is to be known before it comes.
        if kept.is_err() && !housekeeping::has_place(&core.shared) {
            core.is_writable.store(false, Ordering::Relaxed);
        }
        // After a failure no event may come by which it could be seen that the disk is well again.
        if !core.is_writable.load(Ordering::Relaxed) && !core.queue.is_closed() {
            match housekeeping::renew_spare(&core.shared) {
                Ok(()) => core.is_writable.store(true, Ordering::Relaxed),
                Err(error) => lock(&core.shared.work).fail(&error),
            }
        }
        let mut signal = lock(&core.housekeeping.0);
        while !signal.is_due && !signal.is_ended {
            // While the disk fails, it is tried more often.
            let seconds = if core.is_writable.load(Ordering::Relaxed) { 10 } else { 1 };
            let waited = core.housekeeping.1.wait_timeout(signal, Duration::from_secs(seconds));
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            signal = guard;
            if timeout.timed_out() {
                break;
            }
        }
        if signal.is_ended {
            drop(signal);
            let _ = housekeeping::end(&core.shared);
            return;
        }
        signal.is_due = false;
    }
}
