use std::env;

use axum::Router;
use axum::routing::{get, post};
use countersign::axum::{VerifiedBody, VerifiedJson};
use countersign::tower::VerifyLayer;
use countersign::{Secret, Verifier};
use serde::Deserialize;
use tokio::net::TcpListener;

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
    let secret = Secret::new(env::var("WEBHOOK_SECRET")?);
    let verifier = Verifier::preset("github", secret)?;

    let app = Router::new()
        .route("/raw", post(raw))
        .route("/push", post(push))
        // GitHub sends up to 25 MB. The default is 2 MiB.
        .route_layer(VerifyLayer::new(verifier)?.limit(25 << 20))
        // Routes added after `route_layer` are not verified.
        .route("/health", get(|| async { "well\n" }));

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
