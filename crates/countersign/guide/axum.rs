use std::{env, io};

use axum::Router;
use axum::routing::{get, post};
use countersign::axum::{VerifiedBody, VerifiedJson};
use countersign::tower::VerifyLayer;
use countersign::{Secret, Verifier};
use serde::Deserialize;
use tokio::net::TcpListener;

/// No event of GitHub is larger: it sends up to 25 MB. The layer's default is 2 MiB.
const LIMIT: u64 = 25 << 20;

#[derive(Deserialize)]
struct Push {
    r#ref: String,
}

/// Takes any body, as it came over the wire.
async fn raw(VerifiedBody(body): VerifiedBody) -> String {
    format!("{} bytes\n", body.len())
}

/// Takes JSON.
async fn push(VerifiedJson(push): VerifiedJson<Push>) -> String {
    format!("a push to {}\n", push.r#ref)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Why a delivery is refused. Without a subscriber, the layer says nothing.
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let secret = env::var("WEBHOOK_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = Secret::new(secret.ok_or("set WEBHOOK_SECRET to the secret of the sender")?);
    let verifier = Verifier::preset("github", secret)?;

    let app = Router::new()
        .route("/raw", post(raw))
        .route("/push", post(push))
        // Anyone can send bodies of that size, and many at once. The budget is for all that are in memory together. An
        // eighth of it is for small bodies alone, and a body that stands still for five seconds is ended.
        .route_layer(VerifyLayer::new(verifier)?.limit(LIMIT).body_budget(10 * LIMIT)?)
        // Routes added after `route_layer` are not verified.
        .route("/health", get(|| async { "well\n" }));

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
