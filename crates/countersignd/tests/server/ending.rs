//! How a server ends: what has begun is answered.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use countersignd::settings::Limits;

use crate::world::{TIMEOUT, connect, read_to_end, read_until, serve, serve_at, server, wait_until_refused};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// Asserts that a request was answered, and that this was said to be the last answer.
fn assert_last(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer:?}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer:?}");
}

#[test]
fn at_the_end_what_has_begun_is_answered_and_who_is_idle_is_cut_off() {
    let (address, mut server) = serve(Limits::default(), None);
    let [mut fresh, mut first, mut later, mut slow, mut idle] = [(); 5].map(|()| connect(address));
    first.write_all(&REQUEST[..7]).unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    for stream in [&mut later, &mut idle] {
        stream.write_all(REQUEST).unwrap();
        read_until(stream, "hello");
    }
    later.write_all(&REQUEST[..7]).unwrap();
    // An answer on a TCP connection that was opened after that: by then it has arrived.
    let mut last = connect(address);
    last.write_all(REQUEST).unwrap();
    read_until(&mut last, "hello");
    let started = Instant::now();
    server.end(Duration::from_secs(20));
    server.end(Duration::ZERO);
    assert_eq!((read_to_end(idle), read_to_end(last)), (String::new(), String::new()));
    wait_until_refused(address);
    fresh.write_all(REQUEST).unwrap();
    assert_last(&read_to_end(fresh));
    // What comes behind the last one is not answered.
    first.write_all(&[&REQUEST[7..], REQUEST].concat()).unwrap();
    assert_last(&read_to_end(first));
    later.write_all(&[&REQUEST[7..], REQUEST].concat()).unwrap();
    assert_last(&read_to_end(later));
    assert_last(&read_to_end(slow));
    assert_eq!(server.wait(), "");
    assert!(started.elapsed() < Duration::from_secs(10));
}

/// Nothing else runs while the request is handled that ends the server; by then another has arrived.
#[test]
fn at_the_end_a_request_that_was_not_read_yet_is_answered() {
    let (address, server) = serve(Limits::default(), None);
    let (mut stream, mut other) = (connect(address), connect(address));
    stream.write_all(REQUEST).unwrap();
    read_until(&mut stream, "hello");
    other.write_all(b"GET /end-between HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    server.gate.wait();
    stream.write_all(REQUEST).unwrap();
    server.gate.wait();
    assert_last(&read_to_end(stream));
}

#[test]
fn at_the_end_who_sends_no_request_has_no_more_time_than_before() {
    let (address, mut server) = server();
    let (silent, mut half) = (connect(address), connect(address));
    half.write_all(&REQUEST[..7]).unwrap();
    let started = Instant::now();
    server.end(Duration::from_secs(20));
    assert_eq!(server.wait(), "");
    assert_eq!((read_to_end(silent), read_to_end(half)), (String::new(), String::new()));
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

/// The first of them ends the server, before the tasks of the others have run for the first time. The second server takes those that the
/// first has not, as the process does that is started with the same socket.
#[test]
fn whoever_connects_as_the_server_ends_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut end = connect(address);
    end.write_all(b"GET /end HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut streams: Vec<_> = (0..100).map(|_| connect(address)).collect();
    for (number, stream) in streams.iter_mut().enumerate() {
        let now = if number % 2 == 0 { REQUEST } else { &REQUEST[..7] };
        stream.write_all(now).unwrap();
    }
    let mut first = serve_at(listener.try_clone().unwrap(), Limits::default(), None);
    assert!(read_to_end(end).starts_with("HTTP/1.1 200"));
    for stream in streams.iter_mut().skip(1).step_by(2) {
        stream.write_all(&REQUEST[7..]).unwrap();
    }
    assert_eq!(first.wait(), "");
    let second = serve_at(listener, Limits::default(), None);
    // Those that it has kept alive.
    let answers: Vec<_> = streams.iter_mut().map(|stream| read_until(stream, "hello")).collect();
    drop(second);
    let of_first = answers.iter().filter(|answer| answer.contains("connection: close")).count();
    assert!(of_first > 0, "nobody came as it ended");
}
