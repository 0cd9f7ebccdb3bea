//! Buckets of Google Cloud Storage, with a service account or the application default credentials of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::client::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GcpCredentialProvider, GoogleCloudStorageBuilder};

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
    pub service_account: Option<PathBuf>,
}

impl Buckets {
    /// Opens a bucket of Google Cloud Storage. Nothing is sent to it.
    ///
    /// # Errors
    /// If the name is not that of a bucket, or the key of the service account cannot be read.
    pub fn open_gcs(&self, gcs: Gcs) -> Result<Objects, StoreError> {
        let name = format!("gs://{}/{}", gcs.bucket, gcs.prefix);
        check_name(&gcs.bucket).map_err(|message| cannot_open(&name, message))?;
        let failed = |error: object_store::Error| cannot_open(&name, error);
        let builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name(&gcs.bucket)
            .with_credentials(self.gcs_credentials(gcs.service_account.as_deref()).map_err(failed)?)
            .with_retry(retries())
            .with_http_connector(Self::guard(self.gcs_endpoint.as_ref()));
        let builder = match &self.gcs_endpoint {
            Some(endpoint) => builder.with_base_url(endpoint.as_str().trim_end_matches('/')),
            None => builder,
        };
        Ok(Objects::new(Arc::new(builder.build().map_err(failed)?), gcs.prefix))
    }

    /// The credentials of a service account, or of this machine. Its metadata server is asked for them, so the client is another one.
    fn gcs_credentials(&self, service_account: Option<&Path>) -> object_store::Result<GcpCredentialProvider> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = match service_account {
            Some(file) => GoogleCloudStorageBuilder::new().with_service_account_path(file.to_string_lossy()),
            // An emulator knows no credentials.
            None if self.gcs_endpoint.is_some() => {
                let credential = GcpCredential { bearer: String::new() };
                return Ok(Arc::new(StaticCredentialProvider::new(credential)));
            }
            None => GoogleCloudStorageBuilder::from_env(),
        };
        Ok(Arc::clone(builder.with_bucket_name("none").build()?.credentials()))
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
