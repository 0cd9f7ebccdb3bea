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

/// No event of GitHub is larger: it sends up to 25 MB. The layer's default is 2 MiB.
const GITHUB_LIMIT: u64 = 25 << 20;

/// The most bytes of bodies that are in memory together, of each sender.
const BUDGET: u64 = 10 * GITHUB_LIMIT;

#[derive(Deserialize)]
struct Push {
    r#ref: String,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
}

/// Receives authentic deliveries of GitHub. The name of the endpoint, such as `github/acme`, says which secret has
/// verified the delivery.
async fn push(Extension(delivery): Extension<Authentic>, VerifiedJson(push): VerifiedJson<Push>) -> String {
    format!("{}: a push to {}\n", delivery.endpoint().name(), push.r#ref)
}

/// Receives authentic deliveries of Stripe.
async fn event(Extension(delivery): Extension<Authentic>, VerifiedJson(event): VerifiedJson<Event>) -> String {
    format!("{}: {} {}\n", delivery.endpoint().name(), event.r#type, event.id)
}

/// Whether a path can have this segment as it is. Every other one is received in another spelling (`%C3%A9` for `é`), or
/// never.
fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
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
            Some((key @ ("github" | "stripe", tenant), secret)) if is_tenant(tenant) && !secret.is_empty() => {
                secrets.entry(key).or_default().push(Secret::new(secret));
            }
            _ => {
                return Err(format!(
                    "line {}: expected github/TENANT=SECRET or stripe/TENANT=SECRET, TENANT of A-Z, a-z, 0-9, - and _",
                    index + 1
                )
                .into());
            }
        }
    }
    let mut endpoints = HashMap::new();
    for ((sender, tenant), secrets) in secrets {
        // Sender and tenant: with `deduplicate`, endpoints of one name would hide each other's messages.
        let name = format!("{sender}/{tenant}");
        let verifier = Verifier::preset(sender, secrets).map_err(|error| format!("{name}: {error}"))?;
        endpoints.insert(format!("/{name}"), Arc::new(Endpoint::from(verifier).named(name)));
    }
    Ok(endpoints)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = env::var("TENANTS").map_err(|_| "set TENANTS to the path of the file with the secrets")?;
    let lines = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let endpoints = Arc::new(endpoints(&lines).map_err(|error| format!("{file}, {error}"))?);
    // Each request is verified with the endpoint of its path. A path that has none gets the same 401 as a forged delivery.
    let layer = || {
        let endpoints = endpoints.clone();
        VerifyLayer::resolving(lookup(move |head: &Parts| endpoints.get(head.uri.path()).cloned()))
    };

    // Each sender has a router with a layer of its own, so that their settings can differ.
    let github = Router::new()
        .route("/github/{tenant}", post(push))
        // Anyone can send bodies of that size, and many at once. The budget is for all that are in memory together.
        .route_layer(layer().limit(GITHUB_LIMIT).body_budget(BUDGET)?);
    let stripe = Router::new().route("/stripe/{tenant}", post(event)).route_layer(layer().body_budget(BUDGET)?);
    let app = github
        .merge(stripe)
        // Routes added after `route_layer` are not verified.
        .route("/health", get(|| async { "well\n" }));

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
