use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::time::{Duration, SystemTime};
use std::{env, io, thread};

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use countersign::axum::VerifiedJson;
use countersign::http::HeaderLines;
use countersign::tower::{Authentic, Cache, Endpoint, VerifyLayer};
use countersign::{Delivery, Identity, Repeated, ReplayMemories, Secret, Verifier};
use serde::Deserialize;
use tokio::fs;
use tokio::net::TcpListener;

/// No event of GitHub is larger: it sends up to 25 MB. The layer's default is 2 MiB.
const GITHUB_LIMIT: u64 = 25 << 20;

/// The most bytes of bodies that are in memory together, of each sender.
const BUDGET: u64 = 10 * GITHUB_LIMIT;

/// For how long a message is remembered: longer than the sender tries again, which Stripe does for three days.
const WINDOW: Duration = Duration::from_secs(4 * 24 * 3600);

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
async fn push(
    State(messages): State<ReplayMemories>,
    headers: HeaderMap,
    Extension(delivery): Extension<Authentic>,
    VerifiedJson(push): VerifiedJson<Push>,
) -> (StatusCode, String) {
    let name = delivery.endpoint().name().to_owned();
    let work = async move { Ok(format!("{name}: a push to {}\n", push.r#ref)) };
    once(&messages, &headers, &delivery, work).await
}

/// Receives authentic deliveries of Stripe.
async fn event(
    State(messages): State<ReplayMemories>,
    headers: HeaderMap,
    Extension(delivery): Extension<Authentic>,
    VerifiedJson(event): VerifiedJson<Event>,
) -> (StatusCode, String) {
    let name = delivery.endpoint().name().to_owned();
    let work = async move { Ok(format!("{name}: {} {}\n", event.r#type, event.id)) };
    once(&messages, &headers, &delivery, work).await
}

/// What identifies the message of an authentic delivery. `None` if its sender signs nothing.
fn identity(headers: &HeaderMap, delivery: &Authentic) -> Option<Identity> {
    let (id, verifier) = (delivery.delivery_id(), delivery.endpoint().verifier());
    // A repetition may be signed anew, as those of Stripe are. The id stays the same.
    if let Some(id) = id.filter(|id| id.is_signed) {
        return Some(Identity::of_delivery_id(&id.text));
    }
    let (method, url) = (delivery.method().as_str(), delivery.url());
    let signed = Delivery { method, url, headers: &HeaderLines(headers), body: delivery.body() };
    let identity = verifier.identify(&signed)?;
    // GitHub signs the body alone. Two events may have equal bodies, and the second one would be lost, so the id counts
    // too. But whoever has recorded a delivery can have it handled again, with another id: not where more is signed.
    let id = id.filter(|_| verifier.signs_body_alone());
    Some(id.map_or(identity, |id| identity.with_delivery_id(&id.text)))
}

/// Does the work once for each message of each endpoint. The task that does it says whether the message was handled: if
/// the sender hangs up, the server drops the handler, and the task goes on.
async fn once(
    messages: &ReplayMemories,
    headers: &HeaderMap,
    delivery: &Authentic,
    work: impl Future<Output = Result<String, String>> + Send + 'static,
) -> (StatusCode, String) {
    let Some(identity) = identity(headers, delivery) else {
        eprintln!("{}: this sender signs nothing that identifies a message", delivery.endpoint().name());
        return (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n".into());
    };
    let memory = messages.of(delivery.endpoint().name());
    let ticket = match memory.take(identity, SystemTime::now(), WINDOW) {
        Ok(ticket) => ticket,
        Err(Repeated::Handled) => return (StatusCode::OK, "handled before\n".into()),
        Err(_) => return (StatusCode::CONFLICT, "still being handled\n".into()),
    };
    let settled = tokio::spawn(async move {
        // The work is a second task, so that a panic of it is a failure.
        let done = tokio::spawn(work).await;
        if matches!(done, Ok(Ok(_))) {
            memory.finish(&ticket);
        } else {
            memory.forget(&ticket);
        }
        done
    });
    match settled.await {
        Ok(Ok(Ok(text))) => (StatusCode::OK, text),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "try again\n".into()),
    }
}

/// Whether a path can have this segment as it is. Every other one is received in another spelling (`%C3%A9` for `é`), or
/// never.
fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Sender and tenant, such as `github/acme`. It is the key in the file, the path that the sender calls, and the name of
/// the endpoint: under one name for both senders, a message of one would hide an equal one of the other.
fn is_endpoint(text: &str) -> bool {
    text.split_once('/').is_some_and(|(sender, tenant)| matches!(sender, "github" | "stripe") && is_tenant(tenant))
}

/// The secrets of all endpoints, from lines such as `github/acme=secret` of a file. In place of a database. While a
/// secret is being replaced, its endpoint has a line for the new one and a line for the old one.
async fn read_secrets(path: &str) -> Result<HashMap<String, Vec<Secret>>, String> {
    let text = fs::read_to_string(path).await.map_err(|error| format!("{path}: {error}"))?;
    let mut secrets: HashMap<String, Vec<Secret>> = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        match line.split_once('=') {
            Some((name, secret)) if is_endpoint(name) && !secret.is_empty() => {
                secrets.entry(name.to_owned()).or_default().push(Secret::new(secret));
            }
            _ => {
                let expected =
                    "expected github/TENANT=SECRET or stripe/TENANT=SECRET, TENANT of A-Z, a-z, 0-9, - and _";
                return Err(format!("{path}, line {}: {expected}", index + 1));
            }
        }
    }
    Ok(secrets)
}

/// The endpoint of a name, or `None` if the file has no secret for it.
async fn find_endpoint(path: &str, name: String) -> Result<Option<Endpoint>, String> {
    // Anyone can make up names, which must not get into the log with line breaks, nor cost a look-up.
    if !is_endpoint(&name) {
        return Ok(None);
    }
    let secrets = read_secrets(path).await.map_err(|error| format!("{name}: {error}"))?.remove(&name);
    secrets.map(|secrets| new_endpoint(name, secrets)).transpose()
}

/// The endpoint of a name with these secrets.
fn new_endpoint(name: String, secrets: Vec<Secret>) -> Result<Endpoint, String> {
    let (sender, _) = name.split_once('/').unwrap_or_default();
    let verifier = Verifier::preset(sender, secrets).map_err(|error| format!("{name}: {error}"))?;
    // Deliveries to one endpoint do not take the room of all others.
    Ok(Endpoint::from(verifier).named(name).body_budget(BUDGET / 4))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Why a delivery is refused, of which endpoint. Without a subscriber, the layer says nothing.
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let path = env::var("TENANTS").map_err(|_| "set TENANTS to the path of the file with the secrets")?;
    // What is wrong with the file, such as a blank secret, is reported now and not at the first delivery.
    for (name, secrets) in read_secrets(&path).await? {
        new_endpoint(name, secrets)?;
    }

    // The path without its first slash is the name. An endpoint is looked up once in five minutes at most.
    let name = |head: &Parts| head.uri.path().strip_prefix('/').map(str::to_owned);
    let endpoints = Cache::new(10_000, Duration::from_secs(300), name, move |name: String| {
        let path = path.clone();
        async move { find_endpoint(&path, name).await }
    });
    // Each line of standard input names an endpoint whose secrets were replaced. They are looked up again at its next
    // delivery. In place of a notification by whoever replaces secrets.
    let replaced = endpoints.clone();
    thread::spawn(move || io::stdin().lines().map_while(Result::ok).for_each(|name| replaced.forget(&name)));

    // Each sender has a router with a layer of its own, so that their settings can differ. Anyone can send bodies of
    // the limit, and many at once: the budget is for all that are in memory together.
    let layer = || VerifyLayer::resolving(endpoints.clone());
    let github = Router::new()
        .route("/github/{tenant}", post(push))
        .route_layer(layer().limit(GITHUB_LIMIT).body_budget(BUDGET)?);
    let stripe = Router::new().route("/stripe/{tenant}", post(event)).route_layer(layer().body_budget(BUDGET)?);
    let app = github
        .merge(stripe)
        // Which messages were handled, of each endpoint under its name, in the memory of this process.
        .with_state(ReplayMemories::new(100_000)?)
        // Routes added after `route_layer` are not verified.
        .route("/health", get(|| async { "well\n" }));

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
