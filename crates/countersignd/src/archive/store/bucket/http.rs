//! The HTTP client of buckets. A person who may create connections says where a bucket is, so the client follows no redirect, and, but for
//! hosts that the operator has named, speaks HTTPS alone, to public addresses alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::store_hosts::Target;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(25);

/// What the HTTP client of a bucket may reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    /// Whether it speaks HTTPS alone.
    pub(super) is_https: bool,
    /// Whether the operator has named the host, so that its address may be a private one.
    pub(super) is_allowed: bool,
}

impl Guard {
    /// The client.
    ///
    /// # Errors
    /// If the certificates of the system cannot be read.
    pub(super) fn client(self) -> reqwest::Result<reqwest::Client> {
        // There is one provider of this process; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .redirect(Policy::none())
            .https_only(self.is_https)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .dns_resolver(Arc::new(self))
            .build()
    }
}

impl HttpConnector for Guard {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = self.client();
        client
            .map(HttpClient::new)
            .map_err(|error| object_store::Error::Generic { store: "HTTP", source: error.into() })
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let target =
            Target { host: name.as_str().to_owned(), port: 0, is_https: self.is_https, is_allowed: self.is_allowed };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            target.check_addresses(&found.iter().map(SocketAddr::ip).collect::<Vec<_>>())?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
