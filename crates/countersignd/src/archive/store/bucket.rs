//! Buckets of the three cloud services.
//!
//! A bucket belongs to somebody else, who may only let this program write, read and list: nothing here needs the right to delete.

#[cfg(feature = "azure")]
pub mod azure;
#[cfg(feature = "gcs")]
pub mod gcs;
mod http;
#[cfg(feature = "s3")]
pub mod s3;

use std::time::Duration;

use object_store::{BackoffConfig, RetryConfig};
use url::Url;

use super::StoreError;
use crate::settings::{S3Key, Services};
use crate::store_hosts::Allowed;
use http::Guard;

/// What is common to all buckets that this program opens: the operator's part, which no connection can change.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    /// Where S3 is, if not at AWS.
    pub s3_endpoint: Option<Url>,
    /// Where roles are assumed, if not at AWS.
    pub sts_endpoint: Option<Url>,
    /// The key with which S3 is called and roles are assumed; credentials of the environment or the machine without.
    pub s3_key: Option<S3Key>,
    /// Where Azure Blob Storage is for the operator's own containers, if not at Azure.
    pub azure_endpoint: Option<Url>,
    /// Where Google Cloud Storage is, if not at Google.
    pub gcs_endpoint: Option<Url>,
    /// Hosts that connections may name although they are of no known service.
    pub allowed_hosts: Allowed,
}

impl Buckets {
    /// The services as the settings say where they are.
    #[must_use]
    pub fn at(services: &Services) -> Self {
        // The settings have been checked: each is scheme and host.
        let url = |text: &Option<String>| text.as_deref().and_then(|text| Url::parse(text).ok());
        Self {
            s3_endpoint: url(&services.s3_endpoint),
            sts_endpoint: url(&services.sts_endpoint),
            s3_key: services.s3_key.clone(),
            azure_endpoint: url(&services.azure_endpoint),
            gcs_endpoint: url(&services.gcs_endpoint),
            allowed_hosts: services.allowed_hosts.clone(),
        }
    }

    /// The guard of requests to a service: of its own hosts, unless the operator has said where it is.
    fn guard(endpoint: Option<&Url>) -> Guard {
        Guard { is_https: endpoint.is_none_or(|endpoint| endpoint.scheme() == "https"), is_allowed: endpoint.is_some() }
    }
}

/// How a request is tried again. Put-once looks at what is there before it tries again, and the archiver tries for ever.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: Duration::from_secs(20),
    }
}

/// A bucket cannot be opened.
fn cannot_open(name: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::new("open the bucket", name, source)
}
