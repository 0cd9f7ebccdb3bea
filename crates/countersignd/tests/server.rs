//! What the server does with TCP connections that do not behave: time-outs that fire, and a cap that holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use axum_server::Handle;
use countersignd::server::serve_tcp;
use countersignd::settings::Limits;

const TIMEOUT: Duration = Duration::from_millis(300);

/// A server with short time-outs, and room for two TCP connections.
fn server() -> (SocketAddr, Handle<SocketAddr>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let handle = Handle::new();
    let limits = Limits { head_timeout: TIMEOUT, idle_timeout: TIMEOUT, connections_max: 2, ..Limits::default() };
    let (of_server, router) = (handle.clone(), Router::new().route("/", get(|| async { "hello" })));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve_tcp(listener, router, &limits, None, of_server)).unwrap();
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
