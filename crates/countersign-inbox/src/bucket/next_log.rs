//! The log that events are appended to when the one before was closed by a process of another owner.
//!
//! It begins as the first does, with an empty object that others see, and is used only after it was put once that it follows: a process of the
//! same owner that has started meanwhile has put the same of its own log, or finds this one.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::core::Core;
use super::current::{CurrentLog, Turn};
use super::put::{Attempt, attempt};
use super::{Bucket, successor};
use crate::planted_bug;
use crate::queue::lock;

/// Begins another log in the place of the current one, which has stopped. Returns whether it is known now who goes on: else it is to be tried
/// again.
pub(super) fn begin<B: Bucket>(core: &Core<B>, turn: &mut Turn) -> bool {
    let stopped = lock(&core.current).id;
    // The same again: an attempt of before may have put it.
    let log = if let Some(log) = &turn.begun {
        Arc::clone(log)
    } else {
        let Ok(log) = CurrentLog::begin(&*core.surroundings) else { return false };
        lock(&core.others).begun.push(log.id);
        Arc::clone(turn.begun.insert(Arc::new(log)))
    };
    if planted_bug!(GoesOnUnseen) {
        use_from_now_on(core, turn, log);
        return true;
    }
    let (place, opening) = log.opening(core.settings.owner);
    match attempt(&core.bucket, &place.key(), &opening) {
        Attempt::Durable => {}
        Attempt::Foreign(_) => {
            // Another log has this id.
            turn.begun = None;
            return false;
        }
        Attempt::Unknown => return fail(core),
    }
    let next = successor::encode(log.id);
    match attempt(&core.bucket, &successor::key(stopped, core.settings.owner), &next) {
        Attempt::Durable => use_from_now_on(core, turn, log),
        Attempt::Foreign(_) => {
            core.supersede();
            core.failures.fetch_add(1, Ordering::Release);
        }
        Attempt::Unknown => return fail(core),
    }
    true
}

/// Events are appended to this log from now on.
fn use_from_now_on<B: Bucket>(core: &Core<B>, turn: &mut Turn, log: Arc<CurrentLog>) {
    let (opening, _) = log.opening(core.settings.owner);
    *lock(&core.current) = log;
    // Not before: the newest object of the current log alone is not removed.
    core.objects().note_opening(opening);
    (turn.begun, turn.next) = (None, None);
    core.is_writable.store(!core.is_superseded(), Ordering::Relaxed);
}

fn fail<B: Bucket>(core: &Core<B>) -> bool {
    core.failures.fetch_add(1, Ordering::Relaxed);
    core.is_writable.store(false, Ordering::Relaxed);
    false
}
