//! How an object is put, so that it is there once, whatever the store says.

use std::time::Duration;

use bytes::Bytes;

use crate::archive::error::ArchiveError;
use crate::archive::object;
use crate::archive::store::{Put, Store};
use crate::background;

/// How many bytes the lines of an object may have: those after which it is closed, and one event of the largest, in base64.
pub const OBJECT_BYTES_MAX: u64 = 160 << 20;

/// How long a store may take for one request, and how often it is asked.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);
const TRIES: u32 = 3;

/// Puts an object whose lines have this digest under a key that is its own. Unless the store says that it was written, what is there
/// decides: it may be this one, which an earlier try has put, or nothing, or another.
///
/// # Errors
/// If the store fails or takes too long, or if there is an object with other lines.
pub async fn put_once(store: &dyn Store, key: &str, object: &Bytes, digest: [u8; 32]) -> Result<(), ArchiveError> {
    let mut failure = ArchiveError::StoreTimeout(key.to_owned());
    for _ in 0..TRIES {
        match tokio::time::timeout(STORE_TIMEOUT, store.put_once(key, object.clone())).await {
            Ok(Ok(Put::Written)) => return Ok(()),
            Ok(Ok(Put::Exists)) if crate::planted_bug!(TakesExistsForSuccess) => return Ok(()),
            Ok(Ok(Put::Exists)) if crate::planted_bug!(TakesExistsForFailure) => {
                return Err(ArchiveError::Foreign(key.to_owned()));
            }
            Ok(Ok(Put::Exists)) | Err(_) => {}
            Ok(Err(error)) => failure = ArchiveError::Store(error),
        }
        match tokio::time::timeout(STORE_TIMEOUT, store.get(key)).await {
            Ok(Ok(Some(found))) => {
                compare(key, found, digest).await?;
                if crate::planted_bug!(TrustsWhatIsThere) {
                    return Ok(());
                }
                // It is read, and yet whoever has put it may have been stopped before it was durable.
                return store.flush(key).await.map_err(ArchiveError::Store);
            }
            // The store has said so of a conflict that is over, or it has failed: again.
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return Err(ArchiveError::Store(error)),
            Err(_) => return Err(ArchiveError::StoreTimeout(key.to_owned())),
        }
    }
    Err(failure)
}

/// Whether an object that is there has the lines of this digest.
async fn compare(key: &str, found: Bytes, digest: [u8; 32]) -> Result<(), ArchiveError> {
    let has_lines =
        move || object::read_lines(&found, OBJECT_BYTES_MAX, |_| {}).is_ok_and(|of_lines| of_lines == digest);
    match background::run(has_lines).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(ArchiveError::Foreign(key.to_owned())),
        Err(_) => Err(ArchiveError::Ending),
    }
}
