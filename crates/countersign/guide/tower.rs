use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, io, thread};

use bytes::Bytes;
use countersign::tower::{Authentic, Cache, Endpoint, Unanswered, VerifyLayer, WholeBody};
use countersign::{ReplayMemories, Secret, Verifier};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::fs;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tower::{ServiceBuilder, service_fn};

/// The events by tenant and delivery id. In place of a table with these two columns as its key.
type Events = Arc<Mutex<HashMap<(String, String), Bytes>>>;

/// No event of GitHub is larger: it sends up to 25 MB.
const LIMIT: u64 = 25 << 20;

/// A TCP connection is closed after this time, as soon as its last request is answered.
const LONGEST_TCP_CONNECTION: Duration = Duration::from_secs(60);

/// The tenant is what follows `/hooks/` in the path, as in `/hooks/acme`.
fn tenant(head: &Parts) -> Option<String> {
    head.uri.path().strip_prefix("/hooks/").map(str::to_owned)
}

/// Whether a path can have this segment as it is. Every other one is received in another spelling (`%C3%A9` for `é`), or
/// never.
fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The secrets of all tenants, from the lines `TENANT=SECRET` of a file. In place of a database. While a secret is
/// being replaced, its tenant has a line for the new one and a line for the old one.
async fn read_secrets(path: &str) -> Result<HashMap<String, Vec<Secret>>, String> {
    let text = fs::read_to_string(path).await.map_err(|error| format!("{path}: {error}"))?;
    let mut secrets: HashMap<String, Vec<Secret>> = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        match line.split_once('=') {
            Some((name, secret)) if is_tenant(name) && !secret.is_empty() => {
                secrets.entry(name.to_owned()).or_default().push(Secret::new(secret));
            }
            _ => {
                let expected = "expected TENANT=SECRET, TENANT of A-Z, a-z, 0-9, - and _";
                return Err(format!("{path}, line {}: {expected}", index + 1));
            }
        }
    }
    Ok(secrets)
}

/// The endpoint of a tenant with these secrets. Its name is that of the tenant in the file, in its only spelling: messages
/// are remembered under it.
fn new_endpoint(name: String, secrets: Vec<Secret>) -> Result<Endpoint, String> {
    let verifier = Verifier::preset("github", secrets).map_err(|error| format!("{name}: {error}"))?;
    Ok(Endpoint::from(verifier).named(name))
}

/// Stores an event unless it is stored already, as `INSERT … ON CONFLICT DO NOTHING` does.
fn store(events: &Events, delivery: &Authentic) -> (StatusCode, String) {
    let Some(id) = delivery.delivery_id() else { return (StatusCode::BAD_REQUEST, "no X-GitHub-Delivery\n".into()) };
    let (tenant, body) = (delivery.endpoint().name().to_owned(), delivery.body().clone());
    let text = format!("{} bytes for {tenant}\n", body.len());
    match events.lock().unwrap_or_else(PoisonError::into_inner).entry((tenant, id.text.clone())) {
        Entry::Vacant(place) => place.insert(body),
        Entry::Occupied(_) => return (StatusCode::OK, "stored before\n".into()),
    };
    (StatusCode::OK, text)
}

/// Gets authentic deliveries, and each message only once within the window.
async fn handle(events: Events, request: Request<WholeBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let stored = match request.extensions().get::<Authentic>().cloned() {
        // GitHub hangs up after ten seconds, and the server then drops this future. The task goes on.
        Some(delivery) => tokio::spawn(async move { store(&events, &delivery) }).await.ok(),
        None => None,
    };
    let (status, text) = stored.unwrap_or((StatusCode::INTERNAL_SERVER_ERROR, "internal error\n".into()));
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Why a delivery is refused, and of which tenant. Without a subscriber, the layer says nothing.
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let path = env::var("TENANTS").map_err(|_| "set TENANTS to the path of the file with the secrets")?;
    // What is wrong with the file, such as a blank secret, is reported now and not at the first delivery.
    for (name, secrets) in read_secrets(&path).await? {
        new_endpoint(name, secrets)?;
    }

    // The secrets of a tenant are looked up once in five minutes at most. A name without a tenant is looked up again
    // after ten seconds. Anyone can make up names, and each new one costs a look-up.
    let endpoints = Cache::new(10_000, Duration::from_secs(300), tenant, move |name: String| {
        let path = path.clone();
        async move {
            // Anyone can make up names, which must not get into the log with line breaks, nor cost a look-up.
            if !is_tenant(&name) {
                return Ok(None);
            }
            let secrets = read_secrets(&path).await.map_err(|error| format!("{name}: {error}"))?.remove(&name);
            secrets.map(|secrets| new_endpoint(name, secrets)).transpose()
        }
    });

    // Each line of standard input names a tenant whose secrets were replaced. They are looked up again at its next
    // delivery. In place of a notification by whoever replaces secrets.
    let replaced = endpoints.clone();
    thread::spawn(move || io::stdin().lines().map_while(Result::ok).for_each(|name| replaced.forget(&name)));

    // Which messages were accepted, of each tenant under its name. It is kept apart from the verifiers, which are
    // dropped and built again. Several processes need a `ReplayStore` that they share.
    let taken = ReplayMemories::new(100_000)?;
    // GitHub's signatures never expire. After this window, a recorded delivery would be accepted again.
    let window = Duration::from_secs(24 * 3600);
    let layer = VerifyLayer::resolving(endpoints)
        .deduplicate(taken, window)?
        // An event may be stored twice: the second time changes nothing. So a sender that has hung up may try again.
        .unanswered(Unanswered::Forget)
        .limit(LIMIT)
        // Anyone can send bodies of that size, and many at once. The budget is for all that are in memory together. An
        // eighth of it is for small bodies alone, and a body that stands still for five seconds is ended.
        .body_budget(10 * LIMIT)?
        .read_timeout(Duration::from_secs(10));
    let events = Events::default();
    let handler = service_fn(move |request| handle(events.clone(), request));
    let service = ServiceBuilder::new().layer(layer).service(handler);

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
            let mut server = auto::Builder::new(TokioExecutor::new());
            // Without a timer, a sender that begins a head and never ends it would stay for ever.
            server.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(5));
            server.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(10));
            let mut served = pin!(server.serve_connection(TokioIo::new(stream), service));
            let mut ended = timeout(LONGEST_TCP_CONNECTION, served.as_mut()).await;
            if ended.is_err() {
                served.as_mut().graceful_shutdown();
                ended = Ok(served.await);
            }
            if let Ok(Err(error)) = ended {
                eprintln!("{error}");
            }
        });
    }
}
