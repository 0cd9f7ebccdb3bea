//! How an object is put, so that it is there once, whatever the store says.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::{Bucket, Put};
use crate::planted_bug;
use crate::queue::lock;

/// How often what a start needs is tried, and how long after the first failure; then twice as long each time.
const TRIES: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// What one attempt has come to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The object is there.
    Durable,
    /// Another object is in its place: this one.
    Foreign(Vec<u8>),
    /// It is not known whether it is there: again.
    Unknown,
}

/// Tries to put an object. Unless the store says that it was written, what is there decides: it may be this one, which an earlier attempt
/// has put, or nothing, or another.
pub(super) fn attempt(bucket: &impl Bucket, key: &str, object: &Arc<[u8]>) -> Attempt {
    let answer = bucket.put_once(key, object);
    let says_exists = matches!(answer, Ok(Put::Exists));
    if says_exists && planted_bug!(TakesExistsForAFailure) {
        return Attempt::Unknown;
    }
    if says_exists && planted_bug!(TakesExistsForWritten) {
        return Attempt::Durable;
    }
    if answer.is_err() && planted_bug!(TakesAFailureForWritten) {
        return Attempt::Durable;
    }
    match answer {
        Ok(Put::Written) => return Attempt::Durable,
        Ok(Put::Exists) | Err(_) => {}
    }
    match bucket.get(key) {
        Ok(Some(found)) if found == **object => Attempt::Durable,
        Ok(Some(_)) if planted_bug!(TakesAnyObjectForItsOwn) => Attempt::Durable,
        Ok(Some(found)) => Attempt::Foreign(found),
        Ok(None) | Err(_) => Attempt::Unknown,
    }
}

/// Puts an object, with a few attempts. Returns what is there instead, if it is another one.
///
/// # Errors
/// If it is not known whether it is there.
pub(super) fn put<B: Bucket>(core: &Core<B>, key: &str, object: &Arc<[u8]>) -> io::Result<Option<Vec<u8>>> {
    again(core, || match attempt(&core.bucket, key, object) {
        Attempt::Durable => Ok(None),
        Attempt::Foreign(found) => Ok(Some(found)),
        Attempt::Unknown => Err(io::Error::other(format!("it is not known whether {key} was put"))),
    })
}

/// Puts the object without events that the current log begins with.
///
/// # Errors
/// Of the store.
pub(super) fn begin_log<B: Bucket>(core: &Core<B>) -> io::Result<()> {
    let log = Arc::clone(&lock(&core.current));
    let (place, opening) = log.opening(core.settings.owner);
    if put(core, &place.key(), &opening)?.is_some() {
        return Err(io::Error::other("the store has another object under a key that was never used"));
    }
    lock(&core.others).begun.push(log.id);
    core.objects().note_opening(place);
    Ok(())
}

/// Tries something a few times.
///
/// # Errors
/// That of the last attempt.
pub(super) fn again<B: Bucket, T>(core: &Core<B>, mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        if let Ok(done) = work() {
            return Ok(done);
        }
        core.surroundings.wait(wait);
        wait *= 2;
    }
    work()
}
