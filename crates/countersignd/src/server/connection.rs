//! One TCP connection: its requests are answered one after the other, until it or the server ends.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tower::BoxError;

use crate::origin::Peer;
use crate::server::ending::Ending;
use crate::server::stream::Progress;
use crate::server::timer::SharedTimer;

/// The most bytes that are read ahead of a TCP connection; also the most that a head may have.
const READ_BUFFER_BYTES: usize = 64 << 10;

/// Answers the requests of a TCP connection. At the end of the server it answers what has arrived or begun to arrive, and the first request of
/// all if it comes in the time for a head; each of these answers says that it is the last. Then, or at once if it is idle, it closes.
pub(super) async fn serve<S, B>(stream: impl AsyncRead + AsyncWrite + Unpin, service: OfConnection<S>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>> + 'static,
{
    let (progress, ending) = (Arc::clone(&service.progress), Arc::clone(&service.ending));
    let mut http = http1::Builder::new();
    // A sender that has shut down its side after the request is answered all the same. Bytes that were read and not yet asked for are
    // held for each TCP connection, so they are few.
    http.half_close(true).max_buf_size(READ_BUFFER_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut end = pin!(ending.wait());
    let (mut is_waiting, mut is_told) = (false, false);
    poll_fn(|cx| {
        // At the end too, what has arrived is read first.
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // Polled once, and never again if it is ready then: the signal wakes this task afterwards, and the flag says whether it was given.
        if !is_waiting {
            is_waiting = true;
            let _ = end.as_mut().poll(cx);
        }
        // Whoever is told between two requests closes, and would do so in the middle of a head.
        if is_told || !ending.has_begun() || progress.is_in_head() {
            return Poll::Pending;
        }
        is_told = true;
        connection.as_mut().graceful_shutdown();
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}

/// What the extensions of a request say of its TCP connection.
#[derive(Clone, Debug)]
pub struct TcpConnection {
    /// Who is at the other end.
    pub peer: Peer,
    /// What its requests limit their waiting with, one after the other.
    pub timer: SharedTimer,
}

/// The service of one TCP connection, whose place it keeps as long as it lives.
pub(super) struct OfConnection<S> {
    service: S,
    connection: TcpConnection,
    progress: Arc<Progress>,
    ending: Arc<Ending>,
    _permit: OwnedSemaphorePermit,
}

impl<S> OfConnection<S> {
    pub(super) fn new(
        service: S,
        peer: Peer,
        progress: Arc<Progress>,
        ending: Arc<Ending>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let connection = TcpConnection { peer, timer: SharedTimer::default() };
        Self { service, connection, progress, ending, _permit: permit }
    }
}

impl<S, B> Service<Request<Incoming>> for OfConnection<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.progress.set_request();
        request.extensions_mut().insert(self.connection.clone());
        let (progress, ending) = (Arc::clone(&self.progress), Arc::clone(&self.ending));
        Answering { response: self.service.call(request), progress, ending }
    }
}

pin_project! {
    /// Notes when a request was answered. At the end of the server the answer is the last.
    pub(super) struct Answering<F> {
        #[pin]
        response: F,
        progress: Arc<Progress>,
        ending: Arc<Ending>,
    }
}

impl<F, B, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut outcome = ready!(this.response.poll(cx));
        this.progress.set_answered();
        if let Ok(response) = &mut outcome
            && this.ending.has_begun()
        {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(outcome)
    }
}
