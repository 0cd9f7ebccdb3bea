//! The same axum handler as it is and behind the layer, and one that gets bodies while they pass. Says where, and how to sign
//! what it is loaded with.

use std::env;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;
use axum::routing::post;
use countersign::axum::VerifiedBody;
use countersign::tower::VerifyLayer;
use countersign::{Message, Secret, Signer, Verifier};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

async fn bare(body: Bytes) -> String {
    body.len().to_string()
}

async fn verified(VerifiedBody(body): VerifiedBody) -> String {
    body.len().to_string()
}

/// Stores nothing, but reads all.
async fn store(body: Body) -> Result<String, StatusCode> {
    let (mut body, mut length) = (pin!(body), 0);
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        length += frame.ok().and_then(|frame| frame.into_data().ok()).ok_or(StatusCode::BAD_GATEWAY)?.len();
    }
    Ok(length.to_string())
}

async fn start(name: &str, app: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{name} {}", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(())
}

/// As `start`, by a server that keeps little of what comes faster than it is read: by itself hyper keeps up to 400 KB of each
/// connection.
async fn start_small(name: &str, app: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{name} {}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(app.clone());
            let connection =
                http1::Builder::new().max_buf_size(64 * 1024).serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let body = env::args().nth(1).ok_or("the body to be signed is missing")?;
    let secret = Secret::new("It's a Secret to Everybody");
    let verifier = Verifier::preset("github", secret.clone())?;
    start("bare", Router::new().route("/hooks", post(bare))).await?;
    let passing = VerifyLayer::new(verifier.clone())?.limit(1 << 30).read_timeout(Duration::from_secs(3600));
    start_small("pass", Router::new().route("/hooks", post(store)).layer(passing.pass_through()?)).await?;
    let layer = VerifyLayer::new(verifier)?;
    start("layer", Router::new().route("/hooks", post(verified)).layer(layer)).await?;
    let lines = Signer::preset("github", secret)?.headers(&Message::new(body.as_bytes()))?;
    for (name, value) in lines {
        println!("{name} {value}");
    }
    std::future::pending().await
}
