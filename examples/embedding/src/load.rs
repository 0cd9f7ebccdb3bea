//! The same axum handler twice: as it is, and behind the layer. Says where, and how to sign what it is loaded with.

use std::env;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use countersign::axum::VerifiedBody;
use countersign::tower::VerifyLayer;
use countersign::{Message, Secret, Signer, Verifier};
use tokio::net::TcpListener;

async fn bare(body: Bytes) -> String {
    body.len().to_string()
}

async fn verified(VerifiedBody(body): VerifiedBody) -> String {
    body.len().to_string()
}

async fn start(name: &str, app: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{name} {}", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let body = env::args().nth(1).ok_or("the body to be signed is missing")?;
    let secret = Secret::new("It's a Secret to Everybody");
    let verifier = Verifier::preset("github", secret.clone())?;
    start("bare", Router::new().route("/hooks", post(bare))).await?;
    let layer = VerifyLayer::new(verifier);
    start("layer", Router::new().route("/hooks", post(verified)).layer(layer)).await?;
    let lines = Signer::preset("github", secret)?.headers(&Message::new(body.as_bytes()))?;
    for (name, value) in lines {
        println!("{name} {value}");
    }
    std::future::pending().await
}
