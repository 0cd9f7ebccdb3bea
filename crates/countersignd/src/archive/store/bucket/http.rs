//! The HTTP client of buckets. A person who may create connections says where a bucket is, so the client follows no redirect, and, but for
//! hosts that the operator has named, speaks HTTPS alone, to public addresses alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(25);

/// What the HTTP client of a bucket may reach.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    /// Hosts whose addresses may be private.
    trusted: Arc<[String]>,
    /// Whether the endpoint speaks HTTP without TLS, as the operator has said.
    is_plain: bool,
}

impl Guard {
    /// The operator's `endpoint` is trusted, as are the hosts that he allows.
    pub(super) fn new(endpoint: Option<&Url>, allowed_hosts: &[String]) -> Self {
        let of_endpoint = endpoint.and_then(Url::host_str).map(str::to_owned);
        let allowed = allowed_hosts.iter().filter_map(|host| match Url::parse(host) {
            Ok(origin) => origin.host_str().map(str::to_owned),
            Err(_) => Some(host.clone()),
        });
        let trusted = of_endpoint.into_iter().chain(allowed).map(|host| host.to_ascii_lowercase()).collect();
        Self { trusted, is_plain: endpoint.is_some_and(|endpoint| endpoint.scheme() == "http") }
    }

    /// The client.
    ///
    /// # Errors
    /// If the certificates of the system cannot be read.
    pub(super) fn client(&self) -> reqwest::Result<reqwest::Client> {
        // There is one provider of this process; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .redirect(Policy::none())
            .https_only(!self.is_plain)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .dns_resolver(Arc::new(self.clone()))
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
        let is_trusted = self.trusted.iter().any(|host| host.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.filter(|address| is_trusted || is_public(address.ip())).collect();
            if addresses.is_empty() {
                return Err(format!("{:?} has no public address", name.as_str()).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether the host of a URL is an address.
pub(super) fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

/// Whether an address is of the public internet, as far as its ranges tell (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let is_special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b));
            !is_special
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            // 2000::/3 is what is given out; of it, 2001:db8::/32 is for documents, and 2002::/16 and 64:ff9b::/96 hold IPv4 addresses.
            first & 0xe000 == 0x2000 && !(first == 0x2001 && v6.segments()[1] == 0x0db8) && first != 0x2002
        }
    }
}
