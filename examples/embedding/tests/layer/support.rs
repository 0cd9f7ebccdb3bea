//! A server whose handler records its requests, and a client that sends any bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use countersign::tower::{Authentic, Decision, Endpoint};
use countersign::{Message, Secret, Signer, Verified, Verifier};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// The longest time that a test waits for anything.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(60);

pub(crate) fn verifier() -> Verifier {
    Verifier::preset("github", Secret::new(SECRET)).unwrap()
}

/// An endpoint with that verifier and a name.
pub(crate) fn named_endpoint() -> Endpoint {
    Endpoint::from(verifier()).named("hub")
}

/// The value of `X-Hub-Signature-256`.
pub(crate) fn signature(body: &[u8]) -> String {
    let signer = Signer::preset("github", Secret::new(SECRET)).unwrap();
    signer.headers(&Message::new(body)).unwrap().remove(0).1
}

/// A request that the handler got.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) body: Vec<u8>,
    /// The error with which the body ended.
    pub(crate) error: Option<String>,
    pub(crate) has_trailers: bool,
    pub(crate) verified: Option<Verified>,
    pub(crate) authentic: Option<Authentic>,
    pub(crate) decision: Option<Decision>,
}

/// The requests that the handler got.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Vec<Record>>>);

impl Records {
    pub(crate) fn all(&self) -> Vec<Record> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<Vec<u8>> {
        self.all().into_iter().map(|record| record.body).collect()
    }
}

/// Records a request. Answers with success even if the body ends with an error, as a careless handler would.
async fn record_request(State(records): State<Records>, request: Request) -> (StatusCode, &'static str) {
    let (parts, mut body) = request.into_parts();
    let mut record = Record {
        verified: parts.extensions.get().copied(),
        authentic: parts.extensions.get().cloned(),
        decision: parts.extensions.get().cloned(),
        ..Record::default()
    };
    while let Some(frame) = body.frame().await {
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => record.body.extend(data),
            Ok(Err(_)) => record.has_trailers = true,
            Err(error) => {
                record.error = Some(error.to_string());
                break;
            }
        }
    }
    records.0.lock().unwrap().push(record);
    (StatusCode::OK, "taken\n")
}

/// A service that records all requests, and the records.
pub(crate) fn recording_app() -> (Router, Records) {
    let records = Records::default();
    (Router::new().fallback(record_request).with_state(records.clone()), records)
}

/// Serves HTTP/1 and HTTP/2 on a port of its own until the test ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(app.clone());
            tokio::spawn(async move {
                // An error here is a TCP connection that the client has closed.
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// A TCP connection on which a test can send any bytes.
pub(crate) struct Client(TcpStream);

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header lines in lower case, without the date.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.write_all(bytes.as_ref()).await.unwrap();
        self
    }

    /// Sends bytes. Returns `false` if the server has closed the TCP connection.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Closes the sending side.
    pub(crate) async fn shut(&mut self) -> &mut Self {
        self.0.shutdown().await.unwrap();
        self
    }

    /// Whether the server sends something within `time`.
    pub(crate) async fn responds_within(&mut self, time: Duration) -> bool {
        timeout(time, self.0.readable()).await.is_ok()
    }

    /// Whether the server closes the TCP connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        timeout(MAX_WAIT, self.0.read_u8()).await.expect("the server says nothing").is_err()
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        timeout(MAX_WAIT, self.read()).await.expect("the server does not answer")
    }

    async fn read(&mut self) -> Answer {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let (first, rest) = head.split_once("\r\n").unwrap();
        let status = first.split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<String> =
            rest.lines().filter(|line| !line.is_empty() && !line.starts_with("date:")).map(str::to_owned).collect();
        let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body).unwrap() }
    }
}

/// The head of a POST with these header lines.
pub(crate) fn head(lines: &[&str]) -> String {
    let mut head = "POST /hooks HTTP/1.1\r\nhost: localhost\r\n".to_owned();
    for line in lines {
        head += line;
        head += "\r\n";
    }
    head + "\r\n"
}

/// A POST of `body` with a content-length and the signature line `signature`.
pub(crate) fn post(body: &[u8], signature: &str) -> Vec<u8> {
    let lines = [&format!("content-length: {}", body.len())[..], &format!("x-hub-signature-256: {signature}")];
    [head(&lines).as_bytes(), body].concat()
}

/// Sends one delivery on a new TCP connection.
pub(crate) async fn deliver(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    Client::connect(address).await.send(request).await.answer().await
}

/// Whether this is the response to a delivery that is not authentic.
pub(crate) fn is_rejection(answer: &Answer) -> bool {
    *answer
        == Answer {
            status: 401,
            headers: vec!["content-type: text/plain; charset=utf-8".into(), "content-length: 13".into()],
            body: "not accepted\n".into(),
        }
}
