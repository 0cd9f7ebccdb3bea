//! Says in the log that the inbox cannot be written, why and what to do, and that it can be again: once each, however often it fails
//! in between. That another process goes on with the inbox is said once and is the last thing: this one never takes an event again.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use countersign_inbox::{EventLog, Health};
use tokio::time::Instant;
use tracing::{error, info};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);

/// How long nothing may have failed before it counts as well again.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// Looks until another process goes on with the inbox, or else for ever. `place` is where the inbox is.
pub async fn watch(inbox: Arc<dyn EventLog>, place: String) {
    let mut trouble = Trouble::default();
    loop {
        let health = inbox.health();
        match trouble.look(State::of(&health), health.failures, Instant::now()) {
            Some(Change::Begins) => {
                let (cause, to_do) = (cause(health.last_failure), advice(health.last_failure));
                error!(
                    place,
                    cause, to_do, "the inbox cannot be written: senders are answered 503, and it goes on by itself"
                );
            }
            Some(Change::Ends) => info!(place, "the inbox can be written again"),
            Some(Change::Superseded) => {
                error!(
                    place,
                    "superseded: another process goes on with the inbox, and this one answers senders with 503 from now on; end this process"
                );
                return;
            }
            None => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// That the last write to the inbox failed, and why.
#[must_use]
pub fn cause(kind: Option<ErrorKind>) -> &'static str {
    match kind {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
            "the last write to the inbox failed: its disk is full, or has no room for the next file of 64 MiB"
        }
        Some(ErrorKind::ReadOnlyFilesystem) => "the last write to the inbox failed: its file system is read-only",
        Some(ErrorKind::PermissionDenied) => "the last write to the inbox failed: the system does not permit it",
        _ => "the last write to the inbox failed",
    }
}

/// What an operator does then.
fn advice(kind: Option<ErrorKind>) -> &'static str {
    match kind {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
            "make room on its file system, but remove nothing in the inbox"
        }
        Some(ErrorKind::ReadOnlyFilesystem) => {
            "mount it writable; the log of the kernel says why it is read-only, if nobody has mounted it so"
        }
        Some(ErrorKind::PermissionDenied) => "let the user of this process write there",
        Some(_) => "look into the log of the kernel: the disk fails",
        None => "look whether the bucket can be reached and written",
    }
}

/// What can become of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Writable,
    Unwritable,
    /// Another process goes on with the inbox. This never ends.
    Superseded,
}

impl State {
    fn of(health: &Health) -> Self {
        match health {
            Health { is_superseded: true, .. } => Self::Superseded,
            Health { is_writable: true, .. } => Self::Writable,
            _ => Self::Unwritable,
        }
    }
}

/// What was seen the last time.
#[derive(Debug, Default)]
struct Trouble {
    failures: u64,
    /// Whether it was said that it cannot be written, and since when nothing has failed.
    is_told: bool,
    well_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Begins,
    Ends,
    Superseded,
}

impl Trouble {
    /// What is to be said. `failures` counts what has failed since the start.
    fn look(&mut self, state: State, failures: u64, now: Instant) -> Option<Change> {
        // Puts fail before and after, but that is not why nothing is taken, and none that succeeds is an end of it.
        if state == State::Superseded {
            return Some(Change::Superseded);
        }
        let has_failed = state == State::Unwritable || failures > self.failures;
        self.failures = failures;
        if has_failed {
            self.well_since = None;
            return (!std::mem::replace(&mut self.is_told, true)).then_some(Change::Begins);
        }
        let well_since = *self.well_since.get_or_insert(now);
        let is_over = self.is_told && now.duration_since(well_since) >= WELL_AFTER;
        self.is_told &= !is_over;
        is_over.then_some(Change::Ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fails_on_and_off_fills_no_log() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        let mut look = |second, is_writable, failures| {
            let state = if is_writable { State::Writable } else { State::Unwritable };
            trouble.look(state, failures, start + Duration::from_secs(second))
        };
        assert_eq!(look(0, true, 0), None);
        assert_eq!(look(1, false, 1), Some(Change::Begins));
        for second in 2..100 {
            // For nine seconds in ten it is well, and each failure is over before anybody looks.
            assert_eq!(look(second, true, 1 + second / 10), None, "{second}");
        }
        let ends: Vec<_> = (100..130).filter_map(|second| Some((second, look(second, true, 10)?))).collect();
        assert_eq!(ends, [(101, Change::Ends)]);
        assert_eq!(look(131, true, 11), Some(Change::Begins));
        assert_eq!(look(132, false, 11), None);
    }

    #[test]
    fn what_another_process_goes_on_with_is_neither_in_trouble_nor_well_again() {
        // Whether or not a put has failed before, as it does when the store is away while the other process starts.
        for failed_before in [false, true] {
            let (mut trouble, start) = (Trouble::default(), Instant::now());
            let before = trouble.look(if failed_before { State::Unwritable } else { State::Writable }, 0, start);
            assert_eq!(before, failed_before.then_some(Change::Begins));
            for (second, failures) in [(1, 1), (2, 1), (3, 1), (60, 1)] {
                let seen = trouble.look(State::Superseded, failures, start + Duration::from_secs(second));
                assert_eq!(seen, Some(Change::Superseded), "{second}");
            }
        }
    }

    #[test]
    fn each_cause_has_its_advice() {
        assert!(advice(Some(ErrorKind::StorageFull)).contains("room"));
        assert!(advice(Some(ErrorKind::ReadOnlyFilesystem)).contains("mount"));
        assert!(advice(Some(ErrorKind::Other)).contains("disk") && advice(None).contains("bucket"));
    }
}
