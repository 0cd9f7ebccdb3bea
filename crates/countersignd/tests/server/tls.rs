//! Certificates that are read again.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use countersignd::server::tls::Tls;
use countersignd::settings::Limits;
use rustls::pki_types::CertificateDer;

use crate::support::Folder;
use crate::support::https::{certificate, over_tls};
use crate::world::{Server, TIMEOUT, connect, read_until, serve, wait_until_refused};

/// What a client that trusts this certificate alone reads from `/`.
pub(crate) fn ask_over_tls(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    ask_by(connect(address), trusted)
}

/// The same by a TCP connection that is open, and has sent nothing.
fn ask_by(stream: TcpStream, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut stream = over_tls(stream, trusted);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let answer = read_until(&mut stream, "hello");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(answer)
}

/// A server with a new certificate, which is given too.
pub(crate) fn serve_over_tls(folder: &Path, limits: Limits) -> (SocketAddr, Server, CertificateDer<'static>) {
    let (files, trusted) = certificate(folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (address, server) = serve(limits, Some(runtime.block_on(Tls::open(files)).unwrap()));
    (address, server, trusted)
}

#[test]
fn at_the_end_who_has_not_shaken_hands_yet_is_answered() {
    let folder = Folder::new();
    let (address, mut server, trusted) = serve_over_tls(folder.path(), Limits::default());
    let fresh = connect(address);
    // By then it is accepted.
    ask_over_tls(address, &trusted).unwrap();
    server.end(Duration::from_secs(20));
    wait_until_refused(address);
    let answer = ask_by(fresh, &trusted).unwrap();
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(server.wait(), "");
}

#[test]
fn a_certificate_is_read_again() {
    let folder = Folder::new();
    let (files, first) = certificate(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tls = runtime.block_on(Tls::open(files.clone())).unwrap();
    let limits = Limits { tls_timeout: TIMEOUT, ..Limits::default() };
    let (address, _server) = serve(limits, Some(tls.clone()));
    assert!(ask_over_tls(address, &first).unwrap().starts_with("HTTP/1.1 200"));

    let (_, second) = certificate(folder.path());
    runtime.block_on(tls.reload()).unwrap();
    ask_over_tls(address, &first).unwrap_err();
    ask_over_tls(address, &second).unwrap();

    // What is wrong changes nothing, and is said.
    let elsewhere = Folder::new();
    std::fs::copy(certificate(elsewhere.path()).0.key, &files.key).unwrap();
    let error = runtime.block_on(tls.reload()).unwrap_err().to_string();
    assert!(error.contains("cert.pem") && error.contains("key.pem"), "{error}");
    ask_over_tls(address, &second).unwrap();
    std::fs::write(&files.certificate, "no certificate").unwrap();
    runtime.block_on(tls.reload()).unwrap_err();
    ask_over_tls(address, &second).unwrap();

    // Who begins a handshake and stops, or speaks in the clear, is cut off.
    for sent in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let started = Instant::now();
        let mut stream = connect(address);
        stream.write_all(sent).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        assert!(started.elapsed() < Duration::from_secs(10) && !bytes.starts_with(b"HTTP"), "{sent:?}");
    }
}
