//! One TCP connection: its requests are answered one after the other, until it or the server ends.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

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

/// Answers the requests of a TCP connection. At the end of the server it answers the one that it has begun to receive, and closes.
pub(super) async fn serve<S, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    service: OfConnection<S>,
    ending: Arc<Ending>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>> + 'static,
{
    let mut http = http1::Builder::new();
    // A sender that has shut down its side after the request is answered all the same. Bytes that were read and not yet asked for are
    // held for each TCP connection, so they are few.
    http.half_close(true).max_buf_size(READ_BUFFER_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut end = pin!(ending.wait());
    let (mut is_waiting, mut is_ending) = (false, false);
    poll_fn(|cx| {
        // Polled once, and never again if it is ready then: the signal wakes this task afterwards, and the flag says whether it was given.
        if !is_waiting {
            is_waiting = true;
            let _ = end.as_mut().poll(cx);
        }
        if !is_ending && ending.has_begun() {
            is_ending = true;
            connection.as_mut().graceful_shutdown();
        }
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
    _permit: OwnedSemaphorePermit,
}

impl<S> OfConnection<S> {
    pub(super) fn new(service: S, peer: Peer, progress: Arc<Progress>, permit: OwnedSemaphorePermit) -> Self {
        let connection = TcpConnection { peer, timer: SharedTimer::default() };
        Self { service, connection, progress, _permit: permit }
    }
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for OfConnection<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.progress.set_request();
        request.extensions_mut().insert(self.connection.clone());
        Answering { response: self.service.call(request), progress: Arc::clone(&self.progress) }
    }
}

pin_project! {
    /// Notes when a request was answered.
    pub(super) struct Answering<F> {
        #[pin]
        response: F,
        progress: Arc<Progress>,
    }
}

impl<F: Future> Future for Answering<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.response.poll(cx));
        this.progress.set_answered();
        Poll::Ready(outcome)
    }
}
