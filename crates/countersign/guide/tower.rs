use std::collections::HashMap;
use std::convert::Infallible;
use std::env;
use std::time::Duration;

use bytes::Bytes;
use countersign::tower::{Authentic, Cache, Endpoint, VerifyLayer, WholeBody};
use countersign::{ReplayMemories, Secret, Verifier};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::{ServiceBuilder, service_fn};

/// The tenant is what follows `/hooks/` in the path, as in `/hooks/acme`.
fn tenant(head: &Parts) -> Option<String> {
    head.uri.path().strip_prefix("/hooks/").map(str::to_owned)
}

/// Gets authentic deliveries, and each message only once within the window.
async fn handle(request: Request<WholeBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let tenant = request.extensions().get::<Authentic>().map_or("", |authentic| authentic.endpoint().name()).to_owned();
    let body = request.into_body().into_bytes();
    Ok(Response::new(format!("{} bytes for {tenant}\n", body.len()).into()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In place of a database.
    let tenants = env::var("TENANTS")?;
    let secrets: HashMap<String, String> = tenants
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, secret)| (name.into(), secret.into()))
        .collect();

    // Asks for a secret once in five minutes at most. What comes of it is shared by all deliveries.
    let connections = Cache::new(10_000, Duration::from_secs(300), tenant, move |name: String| {
        let secret = secrets.get(&name).cloned();
        async move {
            let Some(secret) = secret else { return Ok(None) };
            let verifier = Verifier::preset("github", Secret::new(secret))?;
            Ok::<_, countersign::ConfigError>(Some(Endpoint::from(verifier).named(name)))
        }
    });

    // Which messages were accepted, of each tenant under its name. It is kept apart from the verifiers, which are dropped and
    // built again. Several processes need a `ReplayStore` that they share.
    let taken = ReplayMemories::new(100_000)?;
    // GitHub's signatures never expire. After this window, a recorded delivery would be accepted again.
    let window = Duration::from_secs(24 * 3600);
    let layer = VerifyLayer::resolving(connections)
        .deduplicate(taken, window)?
        .limit(1 << 20)
        .body_budget(64 << 20)?
        .read_timeout(Duration::from_secs(10));
    let service = ServiceBuilder::new().layer(layer).service(service_fn(handle));

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
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
                eprintln!("{error}");
            }
        });
    }
}
