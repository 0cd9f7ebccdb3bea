//! The scheme and host that a sender called: for senders that sign the URL, and for what is stored.
//!
//! The operator states it (`public_url`), or a trusted proxy does (`X-Forwarded-Proto`, and `X-Forwarded-Host` or `Host`). What anybody
//! else writes into these headers is not believed.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who is at the other end of the TCP connection of a request, in its extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// How the scheme and host that a sender called are found.
#[derive(Clone, Debug, Default)]
pub struct OriginSource {
    public_url: Option<Arc<str>>,
    trusted_proxies: Arc<[IpNet]>,
}

impl OriginSource {
    /// Scheme and host as the operator states them, or else as a proxy of these networks does.
    #[must_use]
    pub fn new(public_url: Option<&str>, trusted_proxies: &[IpNet]) -> Self {
        Self { public_url: public_url.map(Arc::from), trusted_proxies: trusted_proxies.into() }
    }

    /// Whether there may be one at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.public_url.is_none() && self.trusted_proxies.is_empty()
    }

    /// Whether it matters who is at the other end of the TCP connection.
    #[must_use]
    pub fn needs_peer(&self) -> bool {
        self.public_url.is_none() && !self.trusted_proxies.is_empty()
    }

    /// Scheme and host that the sender of a request called, if they are known.
    pub fn origin(&self, parts: &Parts) -> Option<Cow<'_, str>> {
        match &self.public_url {
            Some(url) => Some(Cow::Borrowed(url)),
            None => self.forwarded(parts).map(Cow::Owned),
        }
    }

    /// The URL that the sender of a request called; path and query alone if scheme and host are not known.
    pub fn url<'a>(&self, parts: &'a Parts) -> Cow<'a, str> {
        let path = path(parts);
        match self.origin(parts) {
            Some(origin) => Cow::Owned(format!("{origin}{path}")),
            None => path,
        }
    }

    fn forwarded(&self, parts: &Parts) -> Option<String> {
        if self.trusted_proxies.is_empty() {
            return None;
        }
        let Peer(address) = parts.extensions.get()?;
        // An IPv4 address that comes to a socket for both is written within an IPv6 one.
        let address = address.ip().to_canonical();
        if !self.trusted_proxies.iter().any(|network| network.contains(&address)) {
            return None;
        }
        let scheme = last(&parts.headers, &FORWARDED_PROTO)?;
        let host = last(&parts.headers, &FORWARDED_HOST).or_else(|| last(&parts.headers, &HOST))?;
        let origin = format!("{scheme}://{host}");
        is_origin(&origin).then_some(origin)
    }
}

/// The last value of a header: what the nearest proxy has written, whatever came before it.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// Whether a URL is scheme, host and port alone.
#[must_use]
pub fn is_origin(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_host))
}

/// Reads a network such as `10.0.0.0/8`, or one address.
///
/// # Errors
/// If it is neither.
pub fn read_network(text: &str) -> Result<IpNet, String> {
    let network = IpNet::from_str(text).ok().or_else(|| IpAddr::from_str(text).ok().map(IpNet::from));
    network.ok_or_else(|| format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
}

/// Path and query of a request. The path of a target in absolute form may be empty, as in `https://example.com?a=b`; it is then `/`
/// (RFC 9112 section 3.2.1).
pub(crate) fn path(parts: &Parts) -> Cow<'_, str> {
    match parts.uri.path_and_query() {
        None => Cow::Borrowed("/"),
        Some(path) if path.as_str().starts_with('/') => Cow::Borrowed(path.as_str()),
        Some(path) => Cow::Owned(path.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(peer: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().uri("/webhooks/1?a=b");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(Peer(SocketAddr::new(peer.parse().unwrap(), 1)));
        parts
    }

    const FORWARDED: [(&str, &str); 3] = [
        ("host", "inner:8080"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example, hooks.example.com"),
    ];

    #[test]
    fn headers_are_believed_from_trusted_proxies_alone() {
        let networks = [read_network("10.0.0.0/8").unwrap(), read_network("fd00::1").unwrap()];
        let source = OriginSource::new(None, &networks);
        for (peer, url) in [
            ("10.1.2.3", "https://hooks.example.com/webhooks/1?a=b"),
            ("::ffff:10.1.2.3", "https://hooks.example.com/webhooks/1?a=b"),
            ("fd00::1", "https://hooks.example.com/webhooks/1?a=b"),
            ("fd00::2", "/webhooks/1?a=b"),
            ("11.1.2.3", "/webhooks/1?a=b"),
        ] {
            assert_eq!(source.url(&parts(peer, &FORWARDED)), url, "{peer}");
        }
        let host = [("host", "hooks.example.com:8443"), ("x-forwarded-proto", "http")];
        assert_eq!(source.origin(&parts("10.0.0.1", &host)).unwrap(), "http://hooks.example.com:8443");
        for wrong in [
            &FORWARDED[..1],
            &[("x-forwarded-proto", "https"), ("host", "a/b")],
            &[("x-forwarded-proto", "ftp"), ("host", "a")],
        ] {
            assert_eq!(source.origin(&parts("10.0.0.1", wrong)), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_url_has_a_path() {
        let source = OriginSource::new(Some("https://hooks.example.com"), &[]);
        for (target, url) in [
            ("/a?b=c", "https://hooks.example.com/a?b=c"),
            ("https://proxy.example", "https://hooks.example.com/"),
            ("https://proxy.example?b=c", "https://hooks.example.com/?b=c"),
            ("https://proxy.example/?b=c", "https://hooks.example.com/?b=c"),
        ] {
            let parts = http::Request::builder().uri(target).body(()).unwrap().into_parts().0;
            assert_eq!(source.url(&parts), url, "{target}");
        }
    }

    #[test]
    fn what_the_operator_states_comes_first() {
        let networks = [read_network("0.0.0.0/0").unwrap()];
        let source = OriginSource::new(Some("https://public.example"), &networks);
        assert_eq!(source.origin(&parts("10.0.0.1", &FORWARDED)).unwrap(), "https://public.example");
        assert!(OriginSource::default().is_empty() && !source.is_empty());
        assert!(OriginSource::new(None, &networks).needs_peer() && !source.needs_peer());
        assert_eq!(OriginSource::default().origin(&parts("10.0.0.1", &FORWARDED)), None);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in ["10.0.0.0/33", "10.0.0", "example.com", ""] {
            assert!(read_network(wrong).unwrap_err().contains("neither an address nor a network"), "{wrong}");
        }
    }
}
