//! A server, and those who call it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Extension, Router};
use countersignd::server::tls::Tls;
use countersignd::server::{Handle, TcpConnection, TowerToHyperService, serve_tcp};
use countersignd::settings::Limits;
use http::StatusCode;
use http::header::CONNECTION;

pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);

/// The bytes of a long answer.
pub(crate) const LONG: usize = 48 << 20;

/// A server that runs, and what ends it. When it is dropped it ends at once, and must have logged nothing, such as a panic.
pub(crate) struct Server {
    handle: Handle,
    /// Where `/end-between` waits twice.
    pub(crate) gate: Arc<Barrier>,
    thread: Option<JoinHandle<()>>,
    log: Log,
}

impl Server {
    /// Waits for the end, and gives what was logged.
    pub(crate) fn wait(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        String::from_utf8(std::mem::take(&mut *self.log.0.lock().unwrap())).unwrap()
    }
}

impl Deref for Server {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.end(Duration::ZERO);
        if !thread::panicking() {
            assert_eq!(self.wait(), "");
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Short time-outs, and room for two TCP connections.
pub(crate) fn short() -> Limits {
    Limits { head_timeout: TIMEOUT, idle_timeout: TIMEOUT, connections_max: 2, ..Limits::default() }
}

/// A server with short time-outs, and room for two TCP connections.
pub(crate) fn server() -> (SocketAddr, Server) {
    serve(short(), None)
}

/// A server at an address of its own.
pub(crate) fn serve(limits: Limits, tls: Option<Tls>) -> (SocketAddr, Server) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (listener.local_addr().unwrap(), serve_at(listener, limits, tls))
}

/// A server whose `/` says hello, `/peer` who asks, `/slow` nothing after a while, `/long` much, and whose other paths answer without reading the body;
/// `/end` ends it, `/end-between` too, which lets nothing else run until the gate was passed twice, and `/panic` panics.
pub(crate) fn serve_at(listener: TcpListener, limits: Limits, tls: Option<Tls>) -> Server {
    let handle = Handle::new();
    let unread = (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")], "too large");
    let gate = Arc::new(Barrier::new(2));
    let end = {
        let handle = handle.clone();
        move || handle.end(Duration::from_secs(20))
    };
    let end_between = {
        let (gate, end) = (Arc::clone(&gate), end.clone());
        move || {
            gate.wait();
            gate.wait();
            end();
        }
    };
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/peer", get(|Extension(tcp): Extension<TcpConnection>| async move { tcp.peer.0.to_string() }))
        .route("/slow", get(|| async { tokio::time::sleep(2 * TIMEOUT).await }))
        .route("/long", get(|| async { vec![b'x'; LONG] }))
        .route("/end", get(|| async move { end() }))
        .route("/end-between", get(|| async move { end_between() }))
        .route("/panic", get(panic))
        .fallback(|| async { unread });
    let (of_server, log) = (handle.clone(), Log::default());
    let logged = log.clone();
    let thread = thread::spawn(move || {
        let log = tracing_subscriber::fmt().with_writer(move || logged.clone()).with_ansi(false).finish();
        let _log = tracing::subscriber::set_default(log);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime
            .block_on(serve_tcp(listener, TowerToHyperService::new(router), &limits, tls.as_ref(), of_server))
            .unwrap();
    });
    Server { handle, gate, thread: Some(thread), log }
}

/// Panics, and nothing is printed.
async fn panic() {
    std::panic::resume_unwind(Box::new("of a test"))
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Waits until the server closes, and says what it has sent.
pub(crate) fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// Reads an answer whose body ends so, and leaves the TCP connection open.
pub(crate) fn read_until(stream: &mut impl Read, end: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&bytes));
        bytes.push(byte[0]);
    }
    String::from_utf8(bytes).unwrap()
}

/// Waits until the server takes no further TCP connection.
pub(crate) fn wait_until_refused(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(1));
    }
}
