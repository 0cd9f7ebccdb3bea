use std::convert::Infallible;
use std::env;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use countersign::http::HeaderLines;
use countersign::{Head, Secret, Verifier};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

/// No event of GitHub is larger: it sends up to 25 MB.
const LIMIT: usize = 25 << 20;

/// The bytes of bodies that may be in memory together, over all connections, without the first [`SMALL`] of each. Anyone can
/// send large ones, many at once.
static BUDGET: Semaphore = Semaphore::const_new(10 * LIMIT);

/// As many bytes of each body are not counted, so that large uploads never keep out events of this size.
const SMALL: usize = 64 << 10;

/// A whole body, and what it takes of the budget until it is dropped.
type Delivery = (Vec<u8>, SemaphorePermit<'static>);

/// The body of an authentic delivery, or the status for one that is not.
async fn receive(verifier: &Verifier, request: Request<Incoming>) -> Result<Delivery, StatusCode> {
    let (parts, mut body) = request.into_parts();
    let headers = HeaderLines(&parts.headers);
    let head = Head { method: parts.method.as_str(), url: "", headers: &headers };
    let streaming = verifier.streaming().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut stream = streaming.begin(&head, SystemTime::now()).map_err(|_| StatusCode::UNAUTHORIZED)?;

    let mut whole = Vec::new();
    let mut share = take_of_budget(0)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        // Frames other than data are trailers, which are not signed.
        let Ok(piece) = frame.into_data() else { continue };
        if whole.len() + piece.len() > LIMIT {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let counted = (whole.len() + piece.len()).saturating_sub(SMALL).min(piece.len());
        share.merge(take_of_budget(counted)?);
        stream.update(&piece);
        whole.extend_from_slice(&piece);
    }
    match stream.finish() {
        Ok(_) => Ok((whole, share)),
        Err(rejection) => {
            // For the operator. The sender hears the same of every reason.
            eprintln!("rejected: {}", rejection.name());
            Err(StatusCode::UNAUTHORIZED)
        }
    }
}

fn take_of_budget(bytes: usize) -> Result<SemaphorePermit<'static>, StatusCode> {
    let taken = u32::try_from(bytes).ok().and_then(|bytes| BUDGET.try_acquire_many(bytes).ok());
    taken.ok_or(StatusCode::SERVICE_UNAVAILABLE)
}

async fn answer(verifier: Arc<Verifier>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let received = timeout(Duration::from_secs(10), receive(&verifier, request)).await;
    let (status, text) = match received.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT)) {
        Ok((body, _share)) => (StatusCode::OK, format!("{} bytes\n", body.len())),
        Err(status) => (status, "not accepted\n".to_owned()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = env::var("WEBHOOK_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = Secret::new(secret.ok_or("set WEBHOOK_SECRET to the secret of the sender")?);
    let verifier = Arc::new(Verifier::preset("github", secret)?);

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Such as too many open files. That ends by itself, and other senders must not suffer for it.
                eprintln!("cannot accept a connection: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let verifier = verifier.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(verifier.clone(), request));
            let mut server = http1::Builder::new();
            // Without a timer, a sender that begins a head and never ends it would stay for ever.
            server.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(5));
            if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
                eprintln!("{error}");
            }
        });
    }
}
