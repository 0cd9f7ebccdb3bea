//! Whose inbox a place in a bucket is. Two services that do not share their metadata would take each other's events.

use std::error::Error;

use bytes::Bytes;

use crate::archive::store::{Put, Store};
use crate::random::to_hex;

/// The key of the object that says it: beside the logs, whose keys begin with 32 digits.
const KEY: &str = "owner";

/// How often it is tried to say it.
const TRIES: u32 = 5;

/// Says that the inbox belongs to the services with this metadata, unless it belongs to others.
///
/// # Errors
/// If the store fails, or the inbox belongs to others: what to do then.
pub(super) async fn claim(store: &dyn Store, place: &str, owner: [u8; 16]) -> Result<(), Box<dyn Error>> {
    let ours = to_hex(&owner);
    let mut failure = None;
    for _ in 0..TRIES {
        match store.get(KEY).await {
            Ok(Some(found)) if found == ours.as_bytes() => return store.flush(KEY).await.map_err(Into::into),
            Ok(Some(found)) => {
                let theirs = String::from_utf8_lossy(&found[..found.len().min(ours.len())]).escape_debug().to_string();
                return Err(format!(
                    "the inbox {place} belongs to another service, whose metadata has the id {theirs} (this one has {ours}): give this \
                     service another prefix, or start it with a copy of that metadata.db and its master-key; if they are lost for ever, \
                     remove the object {KEY:?} there, and what the other service has left is taken over ten minutes after its last event"
                )
                .into());
            }
            Ok(None) => {}
            Err(error) => failure = Some(error),
        }
        match store.put_once(KEY, Bytes::from(ours.clone())).await {
            Ok(Put::Written) => return Ok(()),
            // What is there says whose it is.
            Ok(Put::Exists) => {}
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.map_or_else(|| format!("the inbox {place} keeps no object").into(), Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::store::open_folder;

    #[tokio::test]
    async fn an_inbox_belongs_to_one_metadata() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_folder(folder.path()).unwrap();
        claim(&store, "s3://a/", [1; 16]).await.unwrap();
        claim(&store, "s3://a/", [1; 16]).await.unwrap();
        let error = claim(&store, "s3://a/", [2; 16]).await.unwrap_err().to_string();
        assert!(error.contains("s3://a/") && error.contains("id 0101") && error.contains("another prefix"), "{error}");
        store.remove(KEY).await.unwrap();
        claim(&store, "s3://a/", [2; 16]).await.unwrap();
    }
}
