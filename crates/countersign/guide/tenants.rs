use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::{env, fs};

use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Extension, Router};
use countersign::axum::VerifiedJson;
use countersign::tower::{Authentic, Endpoint, VerifyLayer, lookup};
use countersign::{Secret, Verifier};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Push {
    r#ref: String,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
}

/// Receives authentic deliveries of GitHub. The tenant is the one whose secret has verified the delivery.
async fn push(Extension(delivery): Extension<Authentic>, VerifiedJson(push): VerifiedJson<Push>) -> String {
    format!("{}: a push to {}\n", delivery.endpoint().name(), push.r#ref)
}

/// Receives authentic deliveries of Stripe.
async fn event(Extension(delivery): Extension<Authentic>, VerifiedJson(event): VerifiedJson<Event>) -> String {
    format!("{}: {} {}\n", delivery.endpoint().name(), event.r#type, event.id)
}

/// The endpoint of each sender and tenant, by the path that the sender calls, such as `/github/acme`.
///
/// They are read from lines such as `github/acme=secret`. While a secret is being replaced, its tenant has a line for
/// the new one and a line for the old one.
fn endpoints(lines: &str) -> Result<HashMap<String, Arc<Endpoint>>, Box<dyn Error>> {
    let mut secrets: HashMap<(&str, &str), Vec<Secret>> = HashMap::new();
    for (index, line) in lines.lines().enumerate() {
        let parts = line.split_once('=').and_then(|(path, secret)| Some((path.split_once('/')?, secret)));
        match parts {
            Some((key @ ("github" | "stripe", tenant), secret)) if !tenant.is_empty() && !secret.is_empty() => {
                secrets.entry(key).or_default().push(Secret::new(secret));
            }
            _ => {
                return Err(format!("line {}: expected github/TENANT=SECRET or stripe/TENANT=SECRET", index + 1).into());
            }
        }
    }
    let mut endpoints = HashMap::new();
    for ((sender, tenant), secrets) in secrets {
        let path = format!("/{sender}/{tenant}");
        let verifier = Verifier::preset(sender, secrets).map_err(|error| format!("{path}: {error}"))?;
        endpoints.insert(path, Arc::new(Endpoint::from(verifier).named(tenant.to_owned())));
    }
    Ok(endpoints)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoints = Arc::new(endpoints(&fs::read_to_string(env::var("TENANTS")?)?)?);
    // Each request is verified with the endpoint of its path. A path that has none gets the same 401 as a forged delivery.
    let layer = || {
        let endpoints = endpoints.clone();
        VerifyLayer::resolving(lookup(move |head: &Parts| endpoints.get(head.uri.path()).cloned()))
    };

    // Each sender has a router with a layer of its own, so that their settings can differ.
    let github = Router::new()
        .route("/github/{tenant}", post(push))
        // GitHub sends up to 25 MB. The default is 2 MiB.
        .route_layer(layer().limit(25 << 20));
    let stripe = Router::new().route("/stripe/{tenant}", post(event)).route_layer(layer());
    let app = github
        .merge(stripe)
        // Routes added after `route_layer` are not verified.
        .route("/health", get(|| async { "well\n" }));

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
