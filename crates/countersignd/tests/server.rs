//! What the server does with TCP connections that do not behave: time-outs that fire, and a cap that holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Extension, Router};
use countersignd::server::tls::Tls;
use countersignd::server::{Handle, TcpConnection, TowerToHyperService, serve_tcp};
use countersignd::settings::{Limits, TlsFiles};
use http::StatusCode;
use http::header::CONNECTION;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use support::Folder;

const TIMEOUT: Duration = Duration::from_millis(300);

/// A server with short time-outs, and room for two TCP connections.
fn server() -> (SocketAddr, Handle) {
    serve(Limits { head_timeout: TIMEOUT, idle_timeout: TIMEOUT, connections_max: 2, ..Limits::default() }, None)
}

/// A server whose `/` says hello, `/peer` who asks, `/slow` nothing after a while, and whose other paths answer without reading the body.
fn serve(limits: Limits, tls: Option<Tls>) -> (SocketAddr, Handle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let handle = Handle::new();
    let unread = (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")], "too large");
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/peer", get(|Extension(tcp): Extension<TcpConnection>| async move { tcp.peer.0.to_string() }))
        .route("/slow", get(|| async { tokio::time::sleep(2 * TIMEOUT).await }))
        .fallback(|| async { unread });
    let of_server = handle.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime
            .block_on(serve_tcp(listener, TowerToHyperService::new(router), &limits, tls.as_ref(), of_server))
            .unwrap();
    });
    (address, handle)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Waits until the server closes, and says what it has sent.
fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn who_sends_nothing_or_half_a_head_or_is_idle_is_cut_off() {
    let (address, _handle) = server();
    for (sent, answer) in [
        (&b""[..], ""),
        (b"GET / HT", ""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", ""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello"),
    ] {
        let started = Instant::now();
        let mut stream = connect(address);
        stream.write_all(sent).unwrap();
        let read = read_to_end(stream);
        assert!(read.ends_with(answer), "{read}");
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", String::from_utf8_lossy(sent));
    }
}

#[test]
fn a_head_that_trickles_is_cut_off() {
    let (address, _handle) = server();
    let started = Instant::now();
    let mut stream = connect(address);
    for byte in b"GET / HTTP/1.1\r\nHost: a-very-long-name.example.com\r\n".iter().cycle() {
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert!(started.elapsed() >= TIMEOUT);
}

#[test]
fn there_are_no_more_connections_than_allowed() {
    let (address, _handle) = server();
    let ask = |mut stream: TcpStream| {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).map(|()| stream)
    };
    let kept: Vec<_> = (0..2).map(|_| ask(connect(address)).unwrap()).collect();
    let refused = connect(address);
    assert_eq!(read_to_end(refused), "");
    drop(kept);
    // Their places are free again, once the server has seen that they are closed.
    let deadline = Instant::now() + Duration::from_secs(10);
    while ask(connect(address)).is_err() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Reads an answer whose body ends so, and leaves the TCP connection open.
fn read_until(stream: &mut impl Read, end: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&bytes));
        bytes.push(byte[0]);
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn between_two_requests_there_is_more_time_than_for_a_head() {
    let (address, _handle) = serve(Limits { head_timeout: TIMEOUT, ..Limits::default() }, None);
    let mut stream = connect(address);
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        read_until(&mut stream, "hello");
        std::thread::sleep(2 * TIMEOUT);
    }
    // A head that has begun has no more time than the first.
    stream.write_all(b"GET / HT").unwrap();
    assert_eq!(read_to_end(stream), "");
}

/// Waits until the server takes no further TCP connection.
fn wait_until_refused(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn at_the_end_what_has_begun_is_answered_and_who_is_idle_is_cut_off() {
    let (address, handle) = serve(Limits::default(), None);
    let (mut idle, mut fresh, mut slow) = (connect(address), connect(address), connect(address));
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut idle, "hello");
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    // An answer on a TCP connection that was opened later: by then the request is being answered.
    let mut later = connect(address);
    later.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut later, "hello");
    let started = Instant::now();
    handle.end(Duration::from_secs(20));
    handle.end(Duration::ZERO);
    assert_eq!(read_to_end(idle), "");
    assert_eq!(fresh.read(&mut [0]).unwrap(), 0);
    wait_until_refused(address);
    let answer = read_to_end(slow);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn what_is_not_answered_in_time_at_the_end_is_dropped() {
    let (address, handle) = serve(Limits::default(), None);
    let (mut half, mut slow) = (connect(address), connect(address));
    half.write_all(b"GET / HT").unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut later = connect(address);
    later.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut later, "hello");
    handle.end(TIMEOUT / 10);
    assert_eq!((read_to_end(half), read_to_end(slow)), (String::new(), String::new()));
    wait_until_refused(address);
}

/// Without that, the system resets a TCP connection with unread bytes, and throws away the answer.
#[test]
fn an_answer_before_the_end_of_the_body_reaches_the_sender() {
    let (address, _handle) = server();
    for _ in 0..20 {
        let mut stream = connect(address);
        stream.write_all(b"POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n").unwrap();
        for _ in 0..20 {
            stream.write_all(&vec![b'x'; 100_000]).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 413") && answer.ends_with("too large"), "{answer}");
    }
    // Who never stops is cut off.
    let started = Instant::now();
    let mut stream = connect(address);
    stream.write_all(b"POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n").unwrap();
    while stream.write_all(&vec![b'x'; 100_000]).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn a_handler_knows_who_asks() {
    let (address, _handle) = server();
    let mut stream = connect(address);
    stream.write_all(b"GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let peer = stream.local_addr().unwrap().to_string();
    assert!(read_to_end(stream).ends_with(&peer));
}

/// Files with a new certificate for `localhost`, and the certificate.
fn certificate(folder: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let new = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, new.cert.pem()).unwrap();
    std::fs::write(&files.key, new.signing_key.serialize_pem()).unwrap();
    (files, new.cert.der().clone())
}

/// What a client that trusts this certificate alone reads from `/`.
fn ask_over_tls(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    // As curl and Go do. Who then spoke HTTP/2 would not be understood.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, connect(address));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let answer = read_until(&mut stream, "hello");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(answer)
}

#[test]
fn a_certificate_is_read_again() {
    let folder = Folder::new();
    let (files, first) = certificate(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tls = runtime.block_on(Tls::open(files.clone())).unwrap();
    let limits = Limits { tls_timeout: TIMEOUT, ..Limits::default() };
    let (address, _handle) = serve(limits, Some(tls.clone()));
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
