//! Serves HTTP/1.1, in the clear or over TLS, with time-outs that fire and a cap on TCP connections.

mod stream;
pub mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum_server::accept::Accept;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Address, Handle};
use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{BoxError, Service, service_fn};

use crate::origin::Peer;
use crate::server::stream::{GuardedStream, Progress, Timeouts};
use crate::server::tls::Tls;
use crate::settings::Limits;

/// The most bytes that are read ahead of a TCP connection; also the most that a head may have.
const READ_BUFFER_BYTES: usize = 64 << 10;

/// Answers by this service, until the handle ends it; over TLS, if there is a certificate.
///
/// # Errors
/// Of the system.
pub async fn serve_tcp<S, B>(
    listener: TcpListener,
    service: S,
    limits: &Limits,
    tls: Option<&Tls>,
    handle: Handle<SocketAddr>,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let capped = Capped {
        connections: Arc::new(Semaphore::new(limits.connections_max)),
        timeouts: Timeouts { head: limits.head_timeout, idle: limits.idle_timeout },
    };
    let mut server = axum_server::from_tcp(listener)?.http1_only().handle(handle);
    // A sender that has shut down its side after the request is answered all the same. Bytes that were read and not yet asked for are
    // held for each TCP connection, so they are few.
    server.http_builder().http1().half_close(true).max_buf_size(READ_BUFFER_BYTES);
    let for_each = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(service.clone())));
    match tls {
        None => server.acceptor(capped).serve(for_each).await,
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls.config.clone()).handshake_timeout(limits.tls_timeout);
            server.acceptor(acceptor.acceptor(capped)).serve(for_each).await
        }
    }
}

/// Serves what the owner of the data folder calls.
///
/// # Errors
/// Of the system.
pub async fn serve_unix<A>(listener: UnixListener, router: Router, handle: Handle<A>) -> io::Result<()>
where
    A: Address<Listener = tokio::net::UnixListener>,
    Handle<A>: Into<Handle<std::os::unix::net::SocketAddr>>,
{
    axum_server::from_unix(listener)?.handle(handle.into()).serve(router.into_make_service()).await
}

/// Takes a TCP connection only while there are fewer than a number of them, and answers small packets at once.
#[derive(Clone)]
struct Capped {
    connections: Arc<Semaphore>,
    timeouts: Timeouts,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Capped {
    type Stream = GuardedStream;
    type Service = OfConnection<S>;
    type Future = std::future::Ready<io::Result<(GuardedStream, OfConnection<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accept = || {
            // Who comes when all are taken is not kept waiting: a balancer tries elsewhere.
            let permit = Arc::clone(&self.connections).try_acquire_owned();
            let permit =
                permit.map_err(|_| io::Error::new(io::ErrorKind::ConnectionRefused, "too many connections"))?;
            stream.set_nodelay(true)?;
            let (peer, progress) = (Peer(stream.peer_addr()?), Arc::new(Progress::default()));
            let stream = GuardedStream::new(stream, Arc::clone(&progress), self.timeouts);
            Ok((stream, OfConnection { service, peer, progress, _permit: Arc::new(permit) }))
        };
        std::future::ready(accept())
    }
}

/// The service of one TCP connection, whose place it keeps as long as it lives.
#[derive(Clone)]
struct OfConnection<S> {
    service: S,
    peer: Peer,
    progress: Arc<Progress>,
    _permit: Arc<OwnedSemaphorePermit>,
}

impl<S, A> Service<Request<A>> for OfConnection<S>
where
    S: Service<Request<A>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        self.progress.set_request();
        request.extensions_mut().insert(self.peer);
        Answering { response: self.service.call(request), progress: Arc::clone(&self.progress) }
    }
}

pin_project! {
    /// Notes when a request was answered.
    struct Answering<F> {
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
