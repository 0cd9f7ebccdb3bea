//! How a server ends: what has begun is answered.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use countersignd::settings::Limits;

use crate::world::{TIMEOUT, connect, read_to_end, read_until, serve, serve_at};

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
    let (address, server) = serve(Limits::default(), None);
    let (mut idle, mut fresh, mut slow) = (connect(address), connect(address), connect(address));
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut idle, "hello");
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    // An answer on a TCP connection that was opened later: by then the request is being answered.
    let mut later = connect(address);
    later.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut later, "hello");
    let started = Instant::now();
    server.end(Duration::from_secs(20));
    server.end(Duration::ZERO);
    assert_eq!(read_to_end(idle), "");
    assert_eq!(fresh.read(&mut [0]).unwrap(), 0);
    wait_until_refused(address);
    let answer = read_to_end(slow);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn what_is_not_answered_in_time_at_the_end_is_dropped() {
    let (address, server) = serve(Limits::default(), None);
    let (mut half, mut slow) = (connect(address), connect(address));
    half.write_all(b"GET / HT").unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut later = connect(address);
    later.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    read_until(&mut later, "hello");
    server.end(TIMEOUT / 10);
    assert_eq!((read_to_end(half), read_to_end(slow)), (String::new(), String::new()));
    wait_until_refused(address);
}

/// The first of them ends the server, before the tasks of the others have run for the first time.
#[test]
fn whoever_connects_as_the_server_ends_makes_no_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let streams: Vec<_> = (0..100)
        .map(|number| {
            let mut stream = connect(address);
            let path = if number == 0 { "/end" } else { "/" };
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            stream
        })
        .collect();
    let mut server = serve_at(listener, Limits::default(), None);
    for stream in streams {
        read_to_end(stream);
    }
    assert_eq!(server.wait(), "");
}
