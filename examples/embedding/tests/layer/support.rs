//! A server whose handler notes what it gets, and a client that writes what it is told.

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

/// No test waits longer than this for anything that should happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn verifier() -> Verifier {
    Verifier::preset("github", Secret::new(SECRET)).unwrap()
}

/// A connection with that verifier, under whose name messages can be remembered.
pub(crate) fn hub() -> Endpoint {
    Endpoint::from(verifier()).named("hub")
}

/// The value of `X-Hub-Signature-256`.
pub(crate) fn signature(body: &[u8]) -> String {
    let signer = Signer::preset("github", Secret::new(SECRET)).unwrap();
    signer.headers(&Message::new(body)).unwrap().remove(0).1
}

/// What a handler got.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    pub(crate) body: Vec<u8>,
    /// How the body ended, if not well.
    pub(crate) error: Option<String>,
    pub(crate) has_trailers: bool,
    pub(crate) verified: Option<Verified>,
    pub(crate) authentic: Option<Authentic>,
    pub(crate) decision: Option<Decision>,
}

/// What a handler got, delivery by delivery.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<Noted>>>);

impl Notes {
    pub(crate) fn all(&self) -> Vec<Noted> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<Vec<u8>> {
        self.all().into_iter().map(|noted| noted.body).collect()
    }
}

/// Notes all of a request. It answers with success even if the body fails, as a careless handler would.
async fn note(State(notes): State<Notes>, request: Request) -> (StatusCode, &'static str) {
    let (parts, mut body) = request.into_parts();
    let mut noted = Noted {
        verified: parts.extensions.get().copied(),
        authentic: parts.extensions.get().cloned(),
        decision: parts.extensions.get().cloned(),
        ..Noted::default()
    };
    while let Some(frame) = body.frame().await {
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => noted.body.extend(data),
            Ok(Err(_)) => noted.has_trailers = true,
            Err(error) => {
                noted.error = Some(error.to_string());
                break;
            }
        }
    }
    notes.0.lock().unwrap().push(noted);
    (StatusCode::OK, "taken\n")
}

/// A service that notes everything, and its notes.
pub(crate) fn noting() -> (Router, Notes) {
    let notes = Notes::default();
    (Router::new().fallback(note).with_state(notes.clone()), notes)
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
                // What becomes of a connection that the client breaks is not our concern.
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// A connection on which anything can be written.
pub(crate) struct Wire(TcpStream);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header lines in lower case, without the date.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.write_all(bytes.as_ref()).await.unwrap();
        self
    }

    /// Writes without minding that the server may have hung up.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Says that nothing more comes.
    pub(crate) async fn shut(&mut self) -> &mut Self {
        self.0.shutdown().await.unwrap();
        self
    }

    /// Whether something came back within `time`.
    pub(crate) async fn hears_within(&mut self, time: Duration) -> bool {
        timeout(time, self.0.readable()).await.is_ok()
    }

    /// Whether the server hangs up.
    pub(crate) async fn is_closed(&mut self) -> bool {
        timeout(PATIENCE, self.0.read_u8()).await.expect("the server says nothing").is_err()
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.read()).await.expect("the server does not answer")
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

/// Sends one delivery on a connection of its own.
pub(crate) async fn deliver(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    Wire::connect(address).await.send(request).await.answer().await
}

/// The answer that senders get whose deliveries are not authentic.
pub(crate) fn is_rejection(answer: &Answer) -> bool {
    *answer
        == Answer {
            status: 401,
            headers: vec!["content-type: text/plain; charset=utf-8".into(), "content-length: 13".into()],
            body: "not accepted\n".into(),
        }
}
