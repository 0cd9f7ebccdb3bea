//! What the server does with TCP connections that do not behave: time-outs that fire, and a cap that holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ending;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod unread;
mod world;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use countersignd::settings::Limits;

use crate::world::{TIMEOUT, connect, read_to_end, read_until, serve, server};

#[test]
fn who_sends_nothing_or_half_a_head_or_is_idle_is_cut_off() {
    let (address, _server) = server();
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
    let (address, _server) = server();
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
    let (address, _server) = server();
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

#[test]
fn between_two_requests_there_is_more_time_than_for_a_head() {
    let (address, _server) = serve(Limits { head_timeout: TIMEOUT, ..Limits::default() }, None);
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

/// Without that, the system resets a TCP connection with unread bytes, and throws away the answer.
#[test]
fn an_answer_before_the_end_of_the_body_reaches_the_sender() {
    let (address, _server) = server();
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
    let (address, _server) = server();
    let mut stream = connect(address);
    stream.write_all(b"GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let peer = stream.local_addr().unwrap().to_string();
    assert!(read_to_end(stream).ends_with(&peer));
}

/// The server goes on: a request that cannot be answered is not to end it.
#[test]
fn a_panic_ends_its_tcp_connection_and_is_logged() {
    let (address, mut server) = server();
    let mut stream = connect(address);
    stream.write_all(b"GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(read_to_end(stream), "");
    let mut stream = connect(address);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut stream, "hello");
    server.end(Duration::ZERO);
    let log = server.wait();
    assert!(log.contains("ERROR") && log.contains("a panic") && !log.contains("of a test"), "{log}");
}
