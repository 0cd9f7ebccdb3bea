//! Asks the process that has a data folder open, through the socket in it.

pub mod line;

use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;

use http::{Method, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;

use line::Line;

/// The name of the socket in the data folder.
pub const SOCKET: &str = "control.sock";

/// What the running process is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// How.
    pub method: Method,
    /// To do what.
    pub verb: &'a str,
    /// With which connection or event.
    pub name: Option<&'a str>,
    /// What else is to be said, in JSON; or nothing.
    pub body: String,
}

impl<'a> Question<'a> {
    /// Something to be looked up.
    #[must_use]
    pub fn get(verb: &'a str, name: &'a str) -> Self {
        Self { method: Method::GET, verb, name: Some(name), body: String::new() }
    }

    /// Something to be done, with what else is to be said.
    ///
    /// # Errors
    /// If that cannot be JSON.
    pub fn post(verb: &'a str, name: Option<&'a str>, details: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { method: Method::POST, verb, name, body: serde_json::to_string(details)? })
    }
}

/// The answer of the running process; none if no process runs.
///
/// # Errors
/// If it cannot be asked, or answers with an error, which is the message.
pub fn ask(data: &Path, question: Question<'_>) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
    runtime()?.block_on(async {
        let Some(response) = send(data, question).await? else { return Ok(None) };
        Ok(Some(response.into_body().collect().await?.to_bytes().to_vec()))
    })
}

/// The answer of the running process that comes at last; none if no process runs. `progress` is told how far it is.
///
/// # Errors
/// If it cannot be asked, goes away before its end, or answers with an error, which is the message.
pub fn follow<P: DeserializeOwned, T: DeserializeOwned>(
    data: &Path,
    question: Question<'_>,
    mut progress: impl FnMut(P),
) -> Result<Option<T>, Box<dyn Error>> {
    runtime()?.block_on(async {
        let Some(response) = send(data, question).await? else { return Ok(None) };
        let mut body = response.into_body();
        let mut text = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            text.extend_from_slice(&bytes);
            while let Some(end) = memchr::memchr(b'\n', &text) {
                let line = text.drain(..=end).collect::<Vec<_>>();
                match serde_json::from_slice(&line)? {
                    Line::Progress(far) => progress(far),
                    Line::Done(done) => return Ok(Some(done)),
                    Line::Failed(message) => return Err(message.into()),
                }
            }
        }
        Err("the running process has ended before it was done: what it has written stays, and this can be done again"
            .into())
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn send(data: &Path, question: Question<'_>) -> Result<Option<Response<Incoming>>, Box<dyn Error>> {
    let stream = match tokio::net::UnixStream::connect(data.join(SOCKET)).await {
        Ok(stream) => stream,
        Err(error) if [ErrorKind::NotFound, ErrorKind::ConnectionRefused].contains(&error.kind()) => {
            return Ok(None);
        }
        Err(error) => return Err(format!("cannot ask the running process: {error}").into()),
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let Question { method, verb, name, body } = question;
    let name = name.map(|name| name.bytes().fold("/".to_owned(), |path, byte| format!("{path}%{byte:02X}")));
    let path = format!("/{verb}{}", name.unwrap_or_default());
    let request = http::Request::builder().method(method).uri(path).header("Host", "control").body(body)?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(Some(response));
    }
    let body = response.into_body().collect().await?.to_bytes();
    let message = String::from_utf8_lossy(&body).trim().to_owned();
    Err(if message.is_empty() { status.to_string() } else { message }.into())
}
