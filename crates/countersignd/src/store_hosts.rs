//! Which hosts a connection may name as its store. A request of a customer must not make this process call the operator's own network
//! (server-side request forgery).
//!
//! A URL must be `https` to a name, on port 443, that is one of the service's own or that the operator allows (`allow_store_hosts`). What
//! the name resolves to must be public, unless the operator has named it. Redirects are not followed: whoever connects must refuse them,
//! and must connect to the addresses that were checked here, not resolve anew.

mod addresses;
mod error;

use std::net::IpAddr;

use http::Uri;

use addresses::is_link_local;
pub use addresses::is_public;
pub use error::HostError;

/// A service that keeps objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `S3`.
    S3,
    /// `AZURE`.
    Azure,
    /// `GCS`.
    Gcs,
}

impl Service {
    /// What the names of its hosts end with.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &[".amazonaws.com", ".amazonaws.com.cn"],
            Self::Azure => &[".blob.core.windows.net", ".blob.core.chinacloudapi.cn", ".blob.core.usgovcloudapi.net"],
            Self::Gcs => &[".storage.googleapis.com"],
        }
    }

    /// Names that are no suffixes.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Gcs => &["storage.googleapis.com"],
            Self::S3 | Self::Azure => &[],
        }
    }
}

/// The hosts that the operator allows beside those of the services.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// This host, over https, on any port.
    Name(String),
    /// All hosts with this end, which begins with a dot.
    Suffix(String),
    /// This host and port, over http.
    Plain(String, u16),
}

/// A host that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, in lower case.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is called over https.
    pub is_https: bool,
    /// Whether the operator has named it, so that its address may be a private one.
    pub is_allowed: bool,
}

impl Allowed {
    /// Reads the setting: names, `*.` and an end, or `http://NAME:PORT` for a host without TLS.
    ///
    /// # Errors
    /// If one is none of these.
    pub fn new(hosts: &[String]) -> Result<Self, String> {
        let entry = |text: &String| {
            let wrong = || {
                format!(
                    "{text:?} must be a name such as minio.internal, an end such as *.s3.internal, or http://NAME:PORT"
                )
            };
            let lower = text.to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("http://") {
                let (name, port) = rest.split_once(':').ok_or_else(wrong)?;
                let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
                return is_name(name).then(|| Entry::Plain(name.to_owned(), port)).ok_or_else(wrong);
            }
            let entry = match lower.strip_prefix("*.") {
                // Not a whole top-level domain.
                Some(end) => (is_name(end) && end.contains('.')).then(|| Entry::Suffix(format!(".{end}"))),
                None => is_name(&lower).then(|| Entry::Name(lower.clone())),
            };
            entry.ok_or_else(wrong)
        };
        hosts.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a URL may be that of a store of this service, by its text.
    ///
    /// # Errors
    /// As [`HostError`] lists them, but for what depends on addresses.
    pub fn check_url(&self, service: Service, url: &str) -> Result<Target, HostError> {
        let url: Uri = url.parse().map_err(|_| HostError::Malformed)?;
        let is_https = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(HostError::Scheme),
        };
        let authority = url.authority().ok_or(HostError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(HostError::User);
        }
        let host = authority.host().to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host).to_owned();
        if is_address(&host) {
            return Err(HostError::Literal);
        }
        if !is_name(&host) {
            return Err(HostError::Malformed);
        }
        // Not the parsed port, of which too large a number is none.
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| HostError::Malformed)?,
            None if is_https => 443,
            None => 80,
        };
        let is_allowed = self.0.iter().any(|entry| match entry {
            Entry::Name(name) => is_https && *name == host,
            Entry::Suffix(end) => is_https && is_under(&host, end),
            Entry::Plain(name, plain) => !is_https && *name == host && *plain == port,
        });
        if !is_allowed {
            if !is_https {
                return Err(HostError::Scheme);
            }
            let is_own = service.names().contains(&&*host) || service.suffixes().iter().any(|end| is_under(&host, end));
            if !is_own {
                return Err(HostError::Unknown(host));
            }
            if port != 443 {
                return Err(HostError::Port);
            }
        }
        Ok(Target { host, port, is_https, is_allowed })
    }
}

impl Target {
    /// Whether these may be called, to which its name resolves. All must be right: which of them is called is left to chance.
    ///
    /// # Errors
    /// `Private` and `Nowhere`.
    pub fn check_addresses(&self, addresses: &[IpAddr]) -> Result<(), HostError> {
        if addresses.is_empty() {
            return Err(HostError::Nowhere);
        }
        // Also where private addresses are allowed: there cloud machines find their own credentials.
        let is_right = |address: &&IpAddr| is_public(**address) || self.is_allowed && !is_link_local(**address);
        match addresses.iter().find(|address| !is_right(address)) {
            Some(address) => Err(HostError::Private(*address)),
            None => Ok(()),
        }
    }
}

/// Whether a host is under an end, and not the end itself.
fn is_under(host: &str, end: &str) -> bool {
    host.strip_suffix(end).is_some_and(|label| !label.is_empty())
}

/// Letters, digits and hyphens between dots.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(is_label) && !is_address(host)
}

/// Whether something would take a host for an address: with brackets, or with a number at its end, as in `127.1`, `0x7f000001` and
/// `2130706433` (<https://url.spec.whatwg.org/#ends-in-a-number-checker>).
fn is_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let is_decimal = !last.is_empty() && last.bytes().all(|digit| digit.is_ascii_digit());
    host.starts_with('[') || host.contains(':') || is_hex || is_decimal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(service: Service, url: &str, allowed: &[&str]) -> Result<Target, HostError> {
        let allowed: Vec<_> = allowed.iter().map(|host| (*host).to_owned()).collect();
        Allowed::new(&allowed).unwrap().check_url(service, url)
    }

    #[test]
    fn hosts_of_the_service_may_be_named() {
        for (service, url, host) in [
            (Service::Azure, "https://acme.blob.core.windows.net/hooks?sv=1&sig=s", "acme.blob.core.windows.net"),
            (Service::Azure, "https://ACME.Blob.Core.Windows.Net.:443/", "acme.blob.core.windows.net"),
            (Service::S3, "https://acme.s3.eu-central-1.amazonaws.com", "acme.s3.eu-central-1.amazonaws.com"),
            (Service::S3, "https://s3.cn-north-1.amazonaws.com.cn/acme", "s3.cn-north-1.amazonaws.com.cn"),
            (Service::Gcs, "https://storage.googleapis.com/acme", "storage.googleapis.com"),
            (Service::Gcs, "https://acme.storage.googleapis.com", "acme.storage.googleapis.com"),
        ] {
            let target = Target { host: host.to_owned(), port: 443, is_https: true, is_allowed: false };
            assert_eq!(check(service, url, &[]), Ok(target), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let unknown = |host: &str| HostError::Unknown(host.to_owned());
        for (url, error) in [
            ("", HostError::Malformed),
            ("https://", HostError::Malformed),
            ("acme.blob.core.windows.net", HostError::Scheme),
            ("http://acme.blob.core.windows.net", HostError::Scheme),
            ("ftp://acme.blob.core.windows.net", HostError::Scheme),
            ("file:///etc/passwd", HostError::Malformed),
            ("https://u:p@acme.blob.core.windows.net", HostError::User),
            ("https://acme.blob.core.windows.net@evil.example", HostError::User),
            ("https://acme.blob.core.windows.net:8443", HostError::Port),
            ("https://blob.core.windows.net", unknown("blob.core.windows.net")),
            ("https://evilblob.core.windows.net", unknown("evilblob.core.windows.net")),
            ("https://acme.blob.core.windows.net.evil.example", unknown("acme.blob.core.windows.net.evil.example")),
            ("https://evil.example/acme.blob.core.windows.net", unknown("evil.example")),
            ("https://evil.example?acme.blob.core.windows.net", unknown("evil.example")),
            ("https://localhost", unknown("localhost")),
            ("https://acme.s3.amazonaws.com", unknown("acme.s3.amazonaws.com")),
            ("https://127.0.0.1", HostError::Literal),
            ("https://127.1", HostError::Literal),
            ("https://2130706433", HostError::Literal),
            ("https://0x7f000001", HostError::Literal),
            ("https://0x7f.1", HostError::Literal),
            ("https://0177.0.0.1", HostError::Literal),
            ("https://127.0.0.1.", HostError::Literal),
            ("https://[::1]", HostError::Literal),
            ("https://[fd00:ec2::254]/latest", HostError::Literal),
            ("https://169.254.169.254/latest/meta-data", HostError::Literal),
            ("https://a..blob.core.windows.net", HostError::Malformed),
            ("https://-a.blob.core.windows.net", HostError::Malformed),
            ("https://a_b.blob.core.windows.net", HostError::Malformed),
            ("https://acme.blob.core.windows.net:99999", HostError::Malformed),
            ("https://é.blob.core.windows.net", HostError::Malformed),
            ("https://a b.blob.core.windows.net", HostError::Malformed),
        ] {
            assert_eq!(check(Service::Azure, url, &[]), Err(error), "{url}");
        }
    }

    #[test]
    fn what_the_operator_allows_may_be_named() {
        let allowed = ["minio.internal", "*.S3.internal", "http://plain.internal:9000"];
        for (url, is_good) in [
            ("https://minio.internal", true),
            ("https://MINIO.internal:9000/bucket", true),
            ("http://minio.internal:9000", false),
            ("https://x.minio.internal", false),
            ("https://eu.s3.internal", true),
            ("https://s3.internal", false),
            ("http://plain.internal:9000", true),
            ("http://plain.internal", false),
            ("https://plain.internal:9000", false),
            ("https://10.0.0.1", false),
        ] {
            let target = check(Service::S3, url, &allowed);
            assert_eq!(target.as_ref().is_ok_and(|target| target.is_allowed), is_good, "{url}: {target:?}");
        }
        for wrong in [
            "",
            "*",
            "*.com",
            "*.",
            "https://minio.internal",
            "http://minio.internal",
            "10.0.0.1",
            "http://10.0.0.1:80",
            "a b",
            "minio.internal:9000",
        ] {
            assert!(Allowed::new(&[wrong.to_owned()]).unwrap_err().contains("must be a name"), "{wrong}");
        }
    }

    #[test]
    fn nothing_private_is_called() {
        let public = [
            "1.1.1.1",
            "52.95.0.1",
            "100.63.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ];
        // Private, and what only the operator may name.
        let private = [
            "10.0.0.1",
            "127.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "203.0.113.9",
            "::1",
            "fc00::1",
            "fd12::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "3fff::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "::127.0.0.1",
        ];
        // What nobody may name.
        let never = [
            "0.0.0.0",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
        ];
        let own = Target { host: "h".to_owned(), port: 443, is_https: true, is_allowed: false };
        let allowed = Target { is_allowed: true, ..own.clone() };
        let right: IpAddr = "1.1.1.1".parse().unwrap();
        for (addresses, of_service, of_operator) in
            [(&public[..], true, true), (&private, false, true), (&never, false, false)]
        {
            for address in addresses {
                let address: IpAddr = address.parse().unwrap();
                assert_eq!(own.check_addresses(&[right, address]).is_ok(), of_service, "{address}");
                assert_eq!(allowed.check_addresses(&[address]).is_ok(), of_operator, "{address}");
            }
        }
        assert_eq!(own.check_addresses(&[]), Err(HostError::Nowhere));
        let private = own.check_addresses(&["10.0.0.1".parse().unwrap()]).unwrap_err().to_string();
        assert!(private.contains("10.0.0.1") && private.contains("allow_store_hosts"), "{private}");
    }
}
