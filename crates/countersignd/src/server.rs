//! Serves HTTP/1.1 with time-outs that fire and a cap on TCP connections.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum_server::accept::Accept;
use axum_server::{Address, Handle};
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::Limits;

/// Serves what senders call, until the handle ends it.
///
/// # Errors
/// Of the system.
pub async fn serve_tcp(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    let connections = Arc::new(Semaphore::new(limits.connections_max));
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(Capped { connections })
        .http1_only()
        .first_request_timeout(limits.head_timeout)
        .handle(handle);
    // A sender that has shut down its side after the request is answered all the same.
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).half_close(true);
    server.serve(router.into_make_service()).await
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
}

impl<S: Send + 'static> Accept<TcpStream, S> for Capped {
    type Stream = TcpStream;
    type Service = WithPlace<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(TcpStream, WithPlace<S>)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let permit = Arc::clone(&self.connections).try_acquire_owned();
        Box::pin(async move {
            // Who comes when all are taken is not kept waiting: a balancer tries elsewhere.
            let permit =
                permit.map_err(|_| io::Error::new(io::ErrorKind::ConnectionRefused, "too many connections"))?;
            stream.set_nodelay(true)?;
            Ok((stream, WithPlace { service, _permit: Arc::new(permit) }))
        })
    }
}

/// A service that keeps the place of its TCP connection as long as it lives.
#[derive(Clone)]
struct WithPlace<S> {
    service: S,
    _permit: Arc<OwnedSemaphorePermit>,
}

impl<S, R> tower::Service<R> for WithPlace<S>
where
    S: tower::Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}
