//! Asks the process that has a data folder open, through the socket in it.

use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;

use http::Method;
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;

/// The name of the socket in the data folder.
pub const SOCKET: &str = "control.sock";

/// The answer of the running process to a verb, about the one that is named; none if no process runs.
///
/// # Errors
/// If it cannot be asked, or answers with an error, which is the message.
pub fn ask(data: &Path, method: Method, verb: &str, name: Option<&str>) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = match tokio::net::UnixStream::connect(data.join(SOCKET)).await {
            Ok(stream) => stream,
            Err(error) if [ErrorKind::NotFound, ErrorKind::ConnectionRefused].contains(&error.kind()) => {
                return Ok(None);
            }
            Err(error) => return Err(format!("cannot ask the running process: {error}").into()),
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let name = name.map(|name| name.bytes().fold("/".to_owned(), |path, byte| format!("{path}%{byte:02X}")));
        let path = format!("/{verb}{}", name.unwrap_or_default());
        let request = http::Request::builder().method(method).uri(path).header("Host", "control");
        let response = sender.send_request(request.body(String::new())?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            let message = String::from_utf8_lossy(&body).trim().to_owned();
            return Err(if message.is_empty() { status.to_string() } else { message }.into());
        }
        Ok(Some(body.to_vec()))
    })
}
