//! Who is told: a URL, and one POST to it.
//!
//! The URL is the operator's own, so any host may be in it. What answers may not send this process elsewhere: redirects are not followed.
//! A URL may hold a token, so nothing but its host is ever shown.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long one POST may take, from the name of the host to the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Where alerts are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    is_https: bool,
    /// As `Host` has it.
    authority: String,
    /// Without the brackets of an address of IPv6.
    host: String,
    port: u16,
    path: PathAndQuery,
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Scheme and host.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_https { "https" } else { "http" }, self.authority)
    }
}

impl Url {
    /// Reads a URL of `http` or `https`.
    ///
    /// # Errors
    /// If it is none, or holds a user. The message does not show it.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || "must be a URL such as https://alerts.example.com/hooks".to_owned();
        let url: Uri = text.parse().map_err(|_| wrong())?;
        let is_https = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = url.authority().ok_or_else(wrong)?;
        if authority.as_str().contains('@') {
            return Err("must not hold a user or password: alerts are signed instead".to_owned());
        }
        let host = authority.host();
        let port = match authority.as_str()[host.len()..].strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| wrong())?,
            None if is_https => 443,
            None => 80,
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        if host.is_empty() {
            return Err(wrong());
        }
        let path = url.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { is_https, authority: authority.as_str().to_owned(), host, port, path })
    }
}

/// Sends to a URL.
#[derive(Clone)]
pub struct Receiver {
    url: Url,
    /// For https.
    tls: Option<TlsConnector>,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver({})", self.url)
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.url, f)
    }
}

/// Why a message was not delivered.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceiverError {
    /// It took too long.
    Late,
    /// The host cannot be reached, or has no certificate that this machine trusts.
    Connect(io::Error),
    /// It does not speak HTTP.
    Http(hyper::Error),
    /// It has answered with another status than 2xx.
    Status(StatusCode),
    /// It wants the message to be sent elsewhere.
    Redirect(StatusCode),
}

impl fmt::Display for ReceiverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late => write!(f, "no answer within {} seconds", TIMEOUT.as_secs()),
            Self::Connect(_) => f.write_str("cannot connect"),
            Self::Http(_) => f.write_str("the answer is not HTTP, or broke off"),
            Self::Status(status) => write!(f, "it answers {status}"),
            Self::Redirect(status) => {
                write!(f, "it answers {status}, and redirects are not followed: state where they lead")
            }
        }
    }
}

impl Error for ReceiverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Connect(error) => Some(error),
            Self::Http(error) => Some(error),
            _ => None,
        }
    }
}

impl Receiver {
    /// Sends to this URL, and believes the certificates that this machine does (those of `SSL_CERT_FILE`, if that is set).
    ///
    /// # Errors
    /// If the URL is of `https` and the machine believes none.
    pub fn new(url: Url) -> Result<Self, String> {
        if !url.is_https {
            return Ok(Self { url, tls: None });
        }
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        if roots.add_parsable_certificates(found.certs).0 == 0 {
            let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
            return Err(format!(
                "this machine has no certificates of authorities (Debian's package ca-certificates){why}"
            ));
        }
        Self::trusting(url, roots)
    }

    /// Sends to this URL, and believes these certificates alone.
    ///
    /// # Errors
    /// If there is no version of TLS.
    pub fn trusting(url: Url, roots: RootCertStore) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { url, tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Sends a body of JSON with these headers.
    ///
    /// # Errors
    /// As [`ReceiverError`] lists them.
    pub async fn post(&self, headers: &[(String, String)], body: String) -> Result<(), ReceiverError> {
        let status = timeout(TIMEOUT, self.ask(headers, body)).await.map_err(|_| ReceiverError::Late)??;
        match status {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => Err(ReceiverError::Redirect(status)),
            status => Err(ReceiverError::Status(status)),
        }
    }

    async fn ask(&self, headers: &[(String, String)], body: String) -> Result<StatusCode, ReceiverError> {
        let Url { authority, host, port, path, .. } = &self.url;
        let mut request = Request::post(path.as_str())
            .header(HOST, authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("countersignd/", env!("CARGO_PKG_VERSION")));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let invalid = |error: http::Error| ReceiverError::Connect(io::Error::other(error));
        let request = request.body(body).map_err(invalid)?;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(ReceiverError::Connect)?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|error| ReceiverError::Connect(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
                exchange(tls.connect(name, stream).await.map_err(ReceiverError::Connect)?, request).await
            }
        }
    }
}

/// The status of the answer. Its body is not read: nothing in it counts.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<String>,
) -> Result<StatusCode, ReceiverError> {
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(ReceiverError::Http)?;
    let answer = sender.send_request(request);
    // Dropped with this future, and then the TCP connection is closed.
    tokio::pin!(connection, answer);
    tokio::select! {
        answer = &mut answer => Ok(answer.map_err(ReceiverError::Http)?.status()),
        // The answer is there if it came before the end.
        _ = &mut connection => Ok(answer.await.map_err(ReceiverError::Http)?.status()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_never_shown() {
        for (text, host, port, path) in [
            ("https://alerts.example.com/T0/secret?x=y", "alerts.example.com", 443, "/T0/secret?x=y"),
            ("http://10.0.0.1:9000", "10.0.0.1", 9000, "/"),
            ("http://[::1]/a", "::1", 80, "/a"),
            ("https://[::1]:8443", "::1", 8443, "/"),
        ] {
            let url = Url::read(text).unwrap();
            assert_eq!((&*url.host, url.port, url.path.as_str()), (host, port, path), "{text}");
            let shown = format!("{url} {url:?}");
            assert!(shown.contains(host) && !shown.contains("secret"), "{shown}");
        }
        for wrong in [
            "",
            "alerts.example.com",
            "ftp://a",
            "https://",
            "https://a:x/",
            "https://a:99999/",
            "https://u:secret@a/",
            "/secret",
        ] {
            let message = Url::read(wrong).unwrap_err();
            assert!(message.contains("must") && !message.contains("secret@"), "{wrong}: {message}");
        }
    }
}
