//! Clients that do not read their answers, or slowly.

use std::io::{self, Read as _, Write};
use std::thread;
use std::time::{Duration, Instant};

use countersignd::settings::Limits;

use crate::support::Folder;
use crate::support::https::over_tls;
use crate::tls::{ask_over_tls, serve_over_tls};
use crate::world::{LONG, TIMEOUT, connect, serve, server, short};

/// What the system holds for both sides of a TCP connection is a few megabytes.
const SENT_MAX: usize = 50_000_000;

/// Asks again and again, and reads nothing, until it can send no more.
fn ask_and_never_read(client: &mut impl Write) {
    let requests = b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let mut sent = 0;
    while client.write_all(&requests).is_ok() {
        sent += requests.len();
        assert!(sent < SENT_MAX, "it is read on although no answer can be written");
    }
}

/// Waits until there is a place again for somebody else.
fn wait_until_answered(mut ask: impl FnMut() -> io::Result<()>) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(error) = ask() {
        assert!(Instant::now() < deadline, "there is no place: {error}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_never_reads_loses_its_place() {
    let (address, _server) = server();
    // There is no more than these two.
    let _clients = [(); 2].map(|()| {
        let mut client = connect(address);
        client.set_write_timeout(Some(TIMEOUT)).unwrap();
        ask_and_never_read(&mut client);
        client
    });
    wait_until_answered(|| {
        let mut client = connect(address);
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")?;
        client.read_exact(&mut [0; 12])
    });
}

#[test]
fn who_never_reads_over_tls_loses_its_place() {
    let folder = Folder::new();
    let (address, _server, trusted) = serve_over_tls(folder.path(), short());
    let _clients = [(); 2].map(|()| {
        let stream = connect(address);
        stream.set_write_timeout(Some(TIMEOUT)).unwrap();
        let mut client = over_tls(stream, &trusted);
        ask_and_never_read(&mut client);
        client
    });
    wait_until_answered(|| ask_over_tls(address, &trusted).map(drop));
}

/// The time begins anew with all that is read.
#[test]
fn who_reads_slowly_gets_the_whole_answer() {
    let idle_timeout = Duration::from_secs(2);
    let (address, _server) = serve(Limits { idle_timeout, ..Limits::default() }, None);
    let mut client = connect(address);
    client.write_all(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let started = Instant::now();
    let mut part = vec![0; 1 << 20];
    // What is left then is more than the system holds.
    for _ in 0..LONG / part.len() - 12 {
        client.read_exact(&mut part).unwrap();
        thread::sleep(Duration::from_millis(60));
    }
    assert!(started.elapsed() > idle_timeout);
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert!(rest.len() > 12 * part.len(), "the end is missing");
}
