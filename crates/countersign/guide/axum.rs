use std::env;

use axum::Router;
use axum::routing::post;
use countersign::axum::{VerifiedBody, VerifiedJson};
use countersign::tower::VerifyLayer;
use countersign::{Secret, Verifier};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Push {
    r#ref: String,
}

/// Nothing gets here that is not authentic.
async fn raw(VerifiedBody(body): VerifiedBody) -> String {
    format!("{} bytes\n", body.len())
}

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
        .route_layer(VerifyLayer::new(verifier))
        // What stands below is not behind the layer.
        .route("/health", axum::routing::get(|| async { "ok\n" }));

    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
