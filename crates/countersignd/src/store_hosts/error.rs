//! Why a host may not be called.

use std::fmt;
use std::net::IpAddr;

/// Why a host may not be called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostError {
    /// It is no URL.
    Malformed,
    /// It is not https.
    Scheme,
    /// Its host is an address.
    Literal,
    /// There is a user in it.
    User,
    /// The port is not 443.
    Port,
    /// No service has this host, nor does the operator allow it.
    Unknown(String),
    /// The name resolves to this address, which is not public.
    Private(IpAddr),
    /// The name resolves to nothing.
    Nowhere,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("it is no URL such as https://account.blob.core.windows.net/container"),
            Self::Scheme => f.write_str("it must begin with https://"),
            Self::Literal => f.write_str("its host must be a name, not an address"),
            Self::User => f.write_str("it must not hold a user or password"),
            Self::Port => f.write_str("its port must be 443, unless allow_store_hosts names the host"),
            Self::Unknown(host) => write!(
                f,
                "{host:?} is no host of this service: the operator can allow it with the setting allow_store_hosts"
            ),
            Self::Private(address) => write!(
                f,
                "its host resolves to {address}, which is not public: the operator can allow it with the setting allow_store_hosts"
            ),
            Self::Nowhere => f.write_str("its host resolves to no address"),
        }
    }
}

impl std::error::Error for HostError {}
