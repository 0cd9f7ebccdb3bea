//! One TCP connection of a sender, over HTTP/1.1.

use std::io;

use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Where to send, and how to sign.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) path: String,
    pub(crate) secret: String,
}

impl Target {
    /// The signer of the connection that `scripts/bench-collector` makes: SHA_256, hexadecimal.
    pub(crate) fn signer(&self) -> Signer {
        Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(&*self.secret)).expect("a signer")
    }

    /// A request with this body, with its signature or, if `is_forged`, that of another body.
    pub(crate) fn request(&self, signer: &Signer, body: &[u8], is_forged: bool) -> Vec<u8> {
        let covered = if is_forged { &b"another body"[..] } else { body };
        let headers = signer.headers(&Message::new(covered)).expect("SHA_256 signs any body");
        let mut request = format!("POST {} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n", self.path, body.len());
        for (name, value) in headers {
            request.extend([&name, ": ", &value, "\r\n"]);
        }
        request.push_str("Content-Type: application/json\r\n\r\n");
        [request.as_bytes(), body].concat()
    }

    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(1024) })
    }
}

/// An open TCP connection.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the server closes the TCP connection.
    pub(crate) is_last: bool,
}

impl Connection {
    /// Sends a request, and reads the answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = parse(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer at the beginning of the bytes; none if more must be read.
///
/// # Errors
/// `InvalidData` if it is not HTTP.
fn parse(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| io::ErrorKind::InvalidData)?;
    let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let value = |name: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let length: usize = value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let Some(body) = bytes.get(end + 4..end + 4 + length) else { return Ok(None) };
    let is_last = value("connection").is_some_and(|value| value == "close");
    Ok(Some(Answer { status, body: body.to_vec(), is_last }))
}
