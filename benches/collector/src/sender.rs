//! One TCP connection of a sender, over HTTP/1.1.

use std::io;

use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer::Answer;

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

impl Connection {
    /// Sends a request, and reads the answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = Answer::parse(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}
