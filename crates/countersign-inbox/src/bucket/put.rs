//! How an object is put, so that it is there once, whatever the store says.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Bucket, Put};

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
    match bucket.put_once(key, object) {
        Ok(Put::Written) => return Attempt::Durable,
        Ok(Put::Exists) | Err(_) => {}
    }
    match bucket.get(key) {
        Ok(Some(found)) if found == **object => Attempt::Durable,
        Ok(Some(found)) => Attempt::Foreign(found),
        Ok(None) | Err(_) => Attempt::Unknown,
    }
}

/// Puts an object, with a few attempts. Returns what is there instead, if it is another one.
///
/// # Errors
/// If it is not known whether it is there.
pub(super) fn put(bucket: &impl Bucket, key: &str, object: &Arc<[u8]>) -> io::Result<Option<Vec<u8>>> {
    again(|| match attempt(bucket, key, object) {
        Attempt::Durable => Ok(None),
        Attempt::Foreign(found) => Ok(Some(found)),
        Attempt::Unknown => Err(io::Error::other(format!("it is not known whether {key} was put"))),
    })
}

/// Tries something a few times.
///
/// # Errors
/// That of the last attempt.
pub(super) fn again<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        if let Ok(done) = work() {
            return Ok(done);
        }
        thread::sleep(wait);
        wait *= 2;
    }
    work()
}
