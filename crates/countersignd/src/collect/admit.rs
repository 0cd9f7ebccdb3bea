//! What is decided before a body is read: whose request it is, and whether there is room for it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign::tower::Refusal;
use http::header::{ALLOW, CONNECTION, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::service::Service;
use pin_project_lite::pin_project;
use tower::BoxError;
use tracing::error;
use uuid::Uuid;

use crate::collect::Collector;
use crate::collect::answer::{Answer, text};
use crate::connections::{Connection, cors};
use crate::error_chain::chain;
use crate::metrics::Outcome;
use crate::server::TcpConnection;
use crate::server::timer::SharedTimer;
use crate::source::Found;

/// The path that senders call, before the endpoint.
const PREFIX: &str = "/webhooks/";

/// The most bytes of a body that does not end the TCP connection if its request is refused.
const SMALL_BODY: u64 = 64 << 10;

/// How long such a body is waited for.
const SMALL_BODY_WAIT: Duration = Duration::from_millis(200);

/// What is known of a request that was admitted.
#[derive(Clone)]
pub(super) struct Admitted {
    /// The connection whose endpoint it calls.
    pub(super) connection: Arc<Connection>,
    /// The timer of its TCP connection.
    pub(super) timer: SharedTimer,
}

/// The service that senders reach: it answers what cannot become an event, and passes on the rest.
#[derive(Clone)]
pub(super) struct Admit<S> {
    collector: Arc<Collector>,
    /// Reads, verifies and keeps.
    receive: S,
}

impl<S> Admit<S> {
    /// Passes what is admitted to `receive`, with an [`Admitted`] among its extensions.
    pub(super) fn new(collector: Arc<Collector>, receive: S) -> Self {
        Self { collector, receive }
    }
}

impl<S, B, F, A> Service<Request<B>> for Admit<S>
where
    S: Fn(Request<B>) -> F + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    F: Future<Output = Result<Response<A>, Infallible>> + Send + 'static,
    A: 'static,
{
    type Response = Response<AnswerBody<A>>;
    type Error = Infallible;
    type Future = Answering<A>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let started = Instant::now();
        match find(&self.collector, request.uri().path()) {
            None => {
                self.collector.metrics.count_unknown();
                Box::pin(async { Ok(not_found().map(Either::Right)) })
            }
            Some(Found::Ready(connection)) => admit(&self.collector, &self.receive, connection, request, started),
            Some(Found::Stored(id)) => {
                let Self { collector, receive } = self.clone();
                Box::pin(async move {
                    match collector.connections.with_id(&id).await {
                        Ok(Some(connection)) => admit(&collector, &receive, connection, request, started).await,
                        Ok(None) => {
                            collector.metrics.count_unknown();
                            Ok(not_found().map(Either::Right))
                        }
                        Err(error) => {
                            error!(connection = &*id, "nothing can be received: {}", chain(&error));
                            let mut response = collector.try_again_later();
                            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                            Ok(response.map(Either::Right))
                        }
                    }
                })
            }
        }
    }
}

/// The body of an answer: what was received, or that of a request that was not admitted.
type AnswerBody<A> = Either<A, Full<Bytes>>;

/// The answer to a request, which comes soon.
type Answering<A> = Pin<Box<dyn Future<Output = Result<Response<AnswerBody<A>>, Infallible>> + Send>>;

/// Answers what cannot become an event, and passes on the rest to `receive`.
fn admit<B, F, A>(
    collector: &Arc<Collector>,
    receive: impl Fn(Request<B>) -> F,
    connection: Arc<Connection>,
    mut request: Request<B>,
    started: Instant,
) -> Answering<A>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    F: Future<Output = Result<Response<A>, Infallible>> + Send + 'static,
    A: 'static,
{
    let origin = connection.origins.allowed(request.headers());
    if let Some((outcome, mut response)) = refusal(collector, &connection, &request, started) {
        connection.traffic.count(&collector.metrics, &connection.id, outcome);
        let body = request.into_body();
        return Box::pin(async move {
            if !passes_over(body).await {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(with_origin(response.map(Either::Right), origin))
        });
    }
    if cors::is_preflight(&request) {
        connection.traffic.count(&collector.metrics, &connection.id, Outcome::Preflight);
        let response = cors::preflight(allowed_methods(&connection), request.headers());
        return Box::pin(async { Ok(with_origin(response.map(Either::Right), origin)) });
    }
    let extensions = request.extensions_mut();
    let tcp = extensions.remove::<TcpConnection>();
    // Three extensions are what their map takes before it grows: one of ours, two of the layer.
    if let Some(tcp) = tcp.as_ref().filter(|_| collector.connections.common().origins.needs_peer()) {
        extensions.insert(tcp.peer);
    }
    let timer = tcp.map(|tcp| tcp.timer).unwrap_or_default();
    extensions.insert(Admitted { connection: Arc::clone(&connection), timer });
    let received = receive(request);
    Box::pin(Receiving { received, collector: Arc::clone(collector), connection, origin, started })
}

fn with_origin<A>(mut response: Response<A>, origin: Option<HeaderValue>) -> Response<A> {
    if let Some(origin) = origin {
        cors::allow(&mut response, origin);
    }
    response
}

pin_project! {
    /// Counts what an admitted request is answered with. An `async` block would hold `received` twice, and that is large.
    struct Receiving<F> {
        #[pin]
        received: F,
        collector: Arc<Collector>,
        connection: Arc<Connection>,
        origin: Option<HeaderValue>,
        started: Instant,
    }
}

impl<F, A> Future for Receiving<F>
where
    F: Future<Output = Result<Response<A>, Infallible>>,
{
    type Output = Result<Response<AnswerBody<A>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (collector, connection) = (&*this.collector, &*this.connection);
        let Ok(response) = ready!(this.received.poll(cx));
        let outcome = Outcome::of(response.status());
        connection.traffic.count(&collector.metrics, &connection.id, outcome);
        match outcome {
            Outcome::Accepted => collector.metrics.answered(this.started.elapsed()),
            Outcome::Rejected => {
                if let Some(Refusal::Rejected(rejection)) = response.extensions().get() {
                    collector.metrics.rejected(*rejection);
                }
                connection.traffic.unauthentic.note(collector.unauthentic_per_second, collector.nanos(*this.started));
            }
            _ => {}
        }
        Poll::Ready(Ok(with_origin(response.map(Either::Left), this.origin.take())))
    }
}

/// Drops the rest of a body whose request is refused, since it is in the way of a further request; whether that was done. A small one is
/// there already or about to come. Without this, the TCP connection of a sender that sends head and body apart is closed behind an answer
/// that does not say so, and its next delivery is lost.
async fn passes_over(body: impl Body) -> bool {
    if body.is_end_stream() {
        return true;
    }
    if body.size_hint().upper().is_none_or(|bytes| bytes > SMALL_BODY) {
        return false;
    }
    let mut body = pin!(body);
    let read = async {
        while let Some(frame) = body.frame().await {
            if frame.is_err() {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(SMALL_BODY_WAIT, read).await.unwrap_or(false)
}

/// What a path leads to.
fn find(collector: &Collector, path: &str) -> Option<Found> {
    collector.connections.at(Uuid::parse_str(path.strip_prefix(PREFIX)?).ok()?)
}

/// The answer to a request that is refused before its body is read.
fn refusal<B>(
    collector: &Collector,
    connection: &Connection,
    request: &Request<B>,
    now: Instant,
) -> Option<(Outcome, Answer)> {
    let may_ask = connection.origins != cors::Origins::None;
    let is_method = [Method::POST, Method::GET, Method::HEAD].contains(request.method());
    if !(is_method || may_ask && cors::is_preflight(request)) {
        return Some((Outcome::Method, wrong_method(connection)));
    }
    let now = collector.nanos(now);
    if let Some(wait) = connection.traffic.unauthentic.closed_for(now) {
        return Some((Outcome::Limited, too_many(wait)));
    }
    if let Some(wait) = connection.rate_limit.and_then(|limit| connection.traffic.authentic.wait(limit, now)) {
        return Some((Outcome::Limited, too_many(wait)));
    }
    if collector.is_full(connection) {
        collector.metrics.refused_as_full();
        return Some((Outcome::Full, collector.try_again_later()));
    }
    (!collector.inbox.takes_events()).then(|| (Outcome::Shed, collector.try_again_later()))
}

fn not_found() -> Answer {
    let mut answer = text(StatusCode::NOT_FOUND, "not found\n");
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// The answer to what comes more often than it may.
pub(super) fn too_many(wait: Duration) -> Answer {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let mut answer = text(StatusCode::TOO_MANY_REQUESTS, "too many deliveries\n");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    answer
}

/// The answer to a method that cannot bring an event.
pub(super) fn wrong_method(connection: &Connection) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allowed_methods(connection)));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn allowed_methods(connection: &Connection) -> &'static str {
    if connection.takes_get { "GET, POST" } else { "POST" }
}
