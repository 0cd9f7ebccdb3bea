//! What is between the program and a store: a proxy that is slow, fails, loses replies after the effect, says 409 for "again" and 412 where there is
//! nothing, hangs, and is down for a while.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use countersign_inbox::disk::sim::Random;
use http::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A proxy, which ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    faults: Arc<Faults>,
    _runtime: Runtime,
}

#[derive(Default)]
struct Faults {
    /// Host and port of the store.
    upstream: String,
    seed: u64,
    is_on: AtomicBool,
    is_down: AtomicBool,
    refuses_objects: AtomicBool,
    number: AtomicU64,
    puts: AtomicU64,
    /// How often each fault happened.
    happened: [AtomicU64; FAULTS.len()],
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is done, and the answer is 500.
    Fails,
    /// It is done, and the answer is 502.
    LosesTheReply,
    /// Nothing is done, and the answer is 409: another request to the same key is under way.
    SaysAgain,
    /// Nothing is done, and the answer is 412: there is an object.
    SaysThereIsOne,
    /// It takes up to half a second.
    IsSlow,
    /// It is done, and the answer comes after seven seconds.
    Hangs,
}

/// All faults, in their order.
pub(crate) const FAULTS: [Fault; 6] =
    [Fault::Fails, Fault::LosesTheReply, Fault::SaysAgain, Fault::SaysThereIsOne, Fault::IsSlow, Fault::Hangs];

impl Faults {
    /// The fault of the next request.
    fn next(&self, method: &Method) -> Option<Fault> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let is_put = method == Method::PUT;
        // A generator for each request, which come in any order.
        let drawn = match Random::new(Random::new(self.seed).number() ^ number).below(64) {
            0..4 => Some(Fault::Fails),
            4..8 if is_put => Some(Fault::LosesTheReply),
            8..12 if is_put => Some(Fault::SaysAgain),
            12..16 if is_put => Some(Fault::SaysThereIsOne),
            16..24 => Some(Fault::IsSlow),
            24..26 if is_put => Some(Fault::Hangs),
            _ => None,
        };
        // That each happens at all is not left to chance: every other put is given one that has not.
        let is_given = is_put && self.puts.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        let has_not_happened = |fault: &Fault| self.happened[*fault as usize].load(Ordering::Relaxed) == 0;
        let fault = FAULTS.into_iter().find(|fault| is_given && has_not_happened(fault)).or(drawn)?;
        self.happened[fault as usize].fetch_add(1, Ordering::Relaxed);
        Some(fault)
    }
}

/// While the store is down, connections are closed at once.
struct Gate(TcpListener, Arc<Faults>);

impl Listener for Gate {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let accepted = Listener::accept(&mut self.0).await;
            if !self.1.is_down.load(Ordering::Relaxed) {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Proxy {
    /// Starts one in front of a store, given by scheme, host and port.
    pub(crate) fn start(store: &str) -> Self {
        Self::start_before(std::future::ready(store.to_owned()))
    }

    /// The same, and the store too, which ends with it.
    pub(crate) fn start_before(store: impl Future<Output = String>) -> Self {
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(store);
        let upstream = store.strip_prefix("http://").unwrap().to_owned();
        let seed = std::env::var("COUNTERSIGND_SEED").map_or(1, |seed| seed.parse().unwrap());
        let faults = Arc::new(Faults { upstream, seed, ..Faults::default() });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&faults));
        let gate = Gate(listener, Arc::clone(&faults));
        runtime.spawn(async move { axum::serve(gate, routes).await.unwrap() });
        Self { endpoint, faults, _runtime: runtime }
    }

    /// What decides the faults.
    pub(crate) fn seed(&self) -> u64 {
        self.faults.seed
    }

    pub(crate) fn set_faulty(&self, is_on: bool) {
        self.faults.is_on.store(is_on, Ordering::Relaxed);
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.faults.is_down.store(is_down, Ordering::Relaxed);
    }

    /// Whether what is listed may not be read.
    #[cfg(feature = "gcs")]
    pub(crate) fn set_refusing_objects(&self, is_on: bool) {
        self.faults.refuses_objects.store(is_on, Ordering::Relaxed);
    }

    /// How often each of [`FAULTS`] happened.
    pub(crate) fn happened(&self) -> [u64; FAULTS.len()] {
        self.faults.happened.each_ref().map(|count| count.load(Ordering::Relaxed))
    }
}

async fn pass(State(faults): State<Arc<Faults>>, request: Request) -> Response {
    // On connections that are open.
    if faults.is_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let is_get_of_object = request.method() == Method::GET && request.uri().path().contains("date");
    if is_get_of_object && faults.refuses_objects.load(Ordering::Relaxed) {
        return (StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>").into_response();
    }
    let fault = if faults.is_on.load(Ordering::Relaxed) { faults.next(request.method()) } else { None };
    match fault {
        Some(Fault::Fails) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::SaysAgain) => {
            let body = "<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>";
            return (StatusCode::CONFLICT, body).into_response();
        }
        Some(Fault::SaysThereIsOne) => return StatusCode::PRECONDITION_FAILED.into_response(),
        Some(Fault::IsSlow) => {
            tokio::time::sleep(Duration::from_millis(50 + faults.number.load(Ordering::Relaxed) % 450)).await;
        }
        Some(Fault::LosesTheReply | Fault::Hangs) | None => {}
    }
    let answer = forward(&faults.upstream, request).await;
    match fault {
        Some(Fault::LosesTheReply) => return StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::Hangs) => tokio::time::sleep(Duration::from_secs(7)).await,
        _ => {}
    }
    answer.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response())
}

/// Sends a request on as it is, and reads the whole answer; none if the store does not answer.
async fn forward(upstream: &str, request: Request) -> Option<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 256 << 20).await.ok()?;
    let stream = TcpStream::connect(upstream).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let answer = sender.send_request(Request::from_parts(parts, Body::from(body))).await.ok()?;
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove(http::header::TRANSFER_ENCODING);
    let body = to_bytes(Body::new(body), 256 << 20).await.ok()?;
    // The answer to HEAD says the length of what it does not have.
    Some(Response::from_parts(parts, Body::from(body)))
}
