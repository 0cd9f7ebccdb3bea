//! Buckets of Google Cloud Storage, with a service account or the application default credentials of this machine.

mod credentials;

use std::path::PathBuf;
use std::sync::Arc;

use object_store::gcp::GoogleCloudStorageBuilder;

use super::{Buckets, cannot_open, retries};
use crate::archive::store::{Objects, StoreError};

/// A bucket of Google Cloud Storage.
#[derive(Clone, Debug)]
pub struct Gcs {
    /// Its name.
    pub bucket: String,
    /// How its keys begin: empty, or ending with `/`.
    pub prefix: String,
    /// The file with the key of the service account; the application default credentials are used without.
    pub key_file: Option<PathBuf>,
}

impl Buckets {
    /// Opens a bucket of Google Cloud Storage. Nothing is sent to it.
    ///
    /// # Errors
    /// If the name is not that of a bucket, or the credentials cannot be read or are of a kind that is not supported.
    pub fn open_gcs(&self, gcs: Gcs) -> Result<Objects, StoreError> {
        let name = format!("gs://{}/{}", gcs.bucket, gcs.prefix);
        check_name(&gcs.bucket).map_err(|message| cannot_open(&name, message))?;
        let whose = match (&gcs.key_file, &self.gcs_endpoint) {
            (Some(_), _) => "the key of the group (gcs_key_file)",
            (None, Some(_)) => "none, since gcs_endpoint is not Google's",
            (None, None) => "the application default credentials",
        };
        let credentials = self.gcs_credentials(gcs.key_file.as_deref()).map_err(|error| cannot_open(&name, error))?;
        let builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name(&gcs.bucket)
            .with_credentials(credentials)
            .with_retry(retries())
            .with_http_connector(Self::guard(self.gcs_endpoint.as_ref()));
        let builder = match &self.gcs_endpoint {
            Some(endpoint) => builder.with_base_url(endpoint.as_str().trim_end_matches('/')),
            None => builder,
        };
        let store = builder.build().map_err(|error| cannot_open(&name, error))?;
        Ok(Objects::new(Arc::new(store), gcs.prefix).opened_with(whose))
    }
}

/// A name of a bucket becomes part of a path (<https://cloud.google.com/storage/docs/buckets#naming>).
fn check_name(bucket: &str) -> Result<(), &'static str> {
    let is_edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_inner = |byte: &u8| is_edge(byte) || matches!(byte, b'-' | b'.' | b'_');
    let bytes = bucket.as_bytes();
    let is_name = (3..=222).contains(&bytes.len())
        && bytes.iter().all(is_inner)
        && bytes.first().is_some_and(is_edge)
        && bytes.last().is_some_and(is_edge)
        && !bucket.contains("..");
    if is_name {
        return Ok(());
    }
    Err(
        "the name of a bucket of Google Cloud Storage has 3 to 222 lower-case letters, digits, hyphens, underscores and dots, and begins and ends with a letter or digit",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_buckets() {
        for name in ["events", "a_b", "events.example.com"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "ab", "Events", "_events", "events-", "a..b", "a/b", "a?b", "a%2fb"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
