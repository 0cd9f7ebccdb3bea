//! Serves HTTP/1.1, in the clear or over TLS, with time-outs that fire and a cap on TCP connections.

mod connection;
mod ending;
mod stream;
pub mod timer;
pub mod tls;

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Address;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::BoxError;

use crate::origin::Peer;
use crate::panics;
use crate::server::connection::{OfConnection, serve};
use crate::server::ending::Ending;
use crate::server::stream::{GuardedStream, Progress, Timeouts};
use crate::server::tls::Tls;
use crate::settings::Limits;

pub use connection::TcpConnection;
pub use ending::Handle;
/// Makes a service for [`serve_tcp`] of a router.
pub use hyper_util::service::TowerToHyperService;

/// How long nothing is accepted after the system has refused it, as it does without descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// What a panic is said to have ended.
const TASK: &str = "a TCP connection";

/// Answers by this service, until the handle ends it; over TLS, if there is a certificate.
///
/// # Errors
/// Of the system.
pub async fn serve_tcp<S, B>(
    listener: TcpListener,
    service: S,
    limits: &Limits,
    tls: Option<&Tls>,
    handle: Handle,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let timeouts = Timeouts { head: limits.head_timeout, idle: limits.idle_timeout };
    let ending = Arc::new(Ending::default());
    let mut connections = JoinSet::new();
    let drain = loop {
        let accepted = tokio::select! {
            biased;
            drain = handle.wait() => break drain,
            // Whose memory goes only then.
            Some(ended) = connections.join_next() => {
                panics::log(ended, TASK);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        // Who comes when all are taken is not kept waiting: a balancer tries elsewhere.
        let Ok(permit) = Arc::clone(&places).try_acquire_owned() else { continue };
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let progress = Arc::new(Progress::new());
        let stream = GuardedStream::new(stream, Arc::clone(&progress), timeouts);
        let service = OfConnection::new(service.clone(), Peer(peer), progress, Arc::clone(&ending), permit);
        match tls {
            None => connections.spawn(serve(stream, service)),
            Some(tls) => {
                let handshake = tls.accept(stream, limits.tls_timeout);
                connections.spawn(async move {
                    // At the end too: who shakes hands is about to send.
                    if let Ok(stream) = handshake.await {
                        serve(stream, service).await;
                    }
                })
            }
        };
    };
    // Who calls now is refused at once.
    drop(listener);
    ending.begin();
    let _ = tokio::time::timeout(drain, panics::wait_for_all(&mut connections, TASK)).await;
    panics::end_all(&mut connections, TASK).await;
    Ok(())
}

/// Serves what the owner of the data folder calls.
///
/// # Errors
/// Of the system.
pub async fn serve_unix<A>(listener: UnixListener, router: Router, handle: axum_server::Handle<A>) -> io::Result<()>
where
    A: Address<Listener = tokio::net::UnixListener>,
    axum_server::Handle<A>: Into<axum_server::Handle<std::os::unix::net::SocketAddr>>,
{
    axum_server::from_unix(listener)?.handle(handle.into()).serve(router.into_make_service()).await
}
