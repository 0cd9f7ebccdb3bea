//! What is between the program and a store: a proxy that is slow, fails, loses replies after the effect, says 409 for "again", hangs, and is
//! down for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
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
    is_on: AtomicBool,
    is_down: AtomicBool,
    number: AtomicU64,
    /// How often each fault happened.
    happened: [AtomicU64; 5],
}

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Fails,
    LosesTheReply,
    SaysAgain,
    IsSlow,
    Hangs,
}

impl Faults {
    /// The fault of the next request.
    fn next(&self, method: &Method) -> Option<Fault> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let is_put = method == Method::PUT;
        let fault = match number.wrapping_mul(2_654_435_761) >> 7 & 31 {
            0 | 1 => Fault::Fails,
            2 | 3 if is_put => Fault::LosesTheReply,
            4 | 5 if is_put => Fault::SaysAgain,
            6..10 => Fault::IsSlow,
            10 if is_put && number.is_multiple_of(3) => Fault::Hangs,
            _ => return None,
        };
        self.happened[fault as usize].fetch_add(1, Ordering::Relaxed);
        Some(fault)
    }
}

impl Proxy {
    /// Starts one in front of a store, given by scheme, host and port.
    pub(crate) fn start(store: &str) -> Self {
        let upstream = store.strip_prefix("http://").unwrap().to_owned();
        let faults = Arc::new(Faults { upstream, ..Faults::default() });
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&faults));
        runtime.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { endpoint, faults, _runtime: runtime }
    }

    pub(crate) fn set_faulty(&self, is_on: bool) {
        self.faults.is_on.store(is_on, Ordering::Relaxed);
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.faults.is_down.store(is_down, Ordering::Relaxed);
    }

    /// How often each fault happened.
    pub(crate) fn happened(&self) -> [u64; 5] {
        self.faults.happened.each_ref().map(|count| count.load(Ordering::Relaxed))
    }
}

async fn pass(State(faults): State<Arc<Faults>>, request: Request) -> Response {
    if faults.is_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let fault = if faults.is_on.load(Ordering::Relaxed) { faults.next(request.method()) } else { None };
    match fault {
        Some(Fault::Fails) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::SaysAgain) => {
            let body = "<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>";
            return (StatusCode::CONFLICT, body).into_response();
        }
        Some(Fault::IsSlow) => {
            tokio::time::sleep(Duration::from_millis(50 + faults.number.load(Ordering::Relaxed) % 300)).await;
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
