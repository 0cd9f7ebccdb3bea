//! How an object is put, so that it is there once, whatever the store says.

use std::sync::Arc;

use super::{Bucket, Put};

/// What one attempt has come to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attempt {
    /// The object is there.
    Durable,
    /// Another object is in its place.
    Foreign,
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
        Ok(Some(_)) => Attempt::Foreign,
        Ok(None) | Err(_) => Attempt::Unknown,
    }
}
