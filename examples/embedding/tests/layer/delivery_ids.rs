//! A memory of messages, which the task that handles a message settles, as the guide's page on axum shows it.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Extension, Router};
use countersign::http::HeaderLines;
use countersign::tower::{Authentic, Cache, Endpoint, VerifyLayer};
use countersign::{Delivery, Identity, Message, Preset, Repeated, ReplayMemories, Secret, Signer, Verifier, presets};
use http::request::Parts;

use crate::support::{Client, SECRET, deliver, head};

// The guide begins here.
/// Longer than the sender tries again, which Stripe does for three days.
const WINDOW: Duration = Duration::from_secs(4 * 24 * 3600);

/// What identifies the message of an authentic delivery. `None` if its sender signs nothing.
fn identity(headers: &HeaderMap, delivery: &Authentic) -> Option<Identity> {
    let (id, verifier) = (delivery.delivery_id(), delivery.endpoint().verifier());
    if let Some(id) = id.filter(|id| id.is_signed) {
        return Some(Identity::of_delivery_id(&id.text));
    }
    // There may be no id, as in a slash command of Slack.
    let (method, url) = (delivery.method().as_str(), delivery.url());
    let signed = Delivery { method, url, headers: &HeaderLines(headers), body: delivery.body() };
    let identity = verifier.identify(&signed)?;
    // Only for senders that sign the body alone: whoever has recorded a delivery can have it handled again with another id.
    let id = id.filter(|_| verifier.signs_body_alone());
    Some(id.map_or(identity, |id| identity.with_delivery_id(&id.text)))
}

/// Does the work once for each message of each endpoint.
async fn hook(
    State(messages): State<ReplayMemories>,
    headers: HeaderMap,
    Extension(delivery): Extension<Authentic>,
) -> (StatusCode, &'static str) {
    let Some(identity) = identity(&headers, &delivery) else {
        eprintln!("{}: this sender signs nothing that identifies a message", delivery.endpoint().name());
        return (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n");
    };
    let memory = messages.of(delivery.endpoint().name());
    let ticket = match memory.take(identity, SystemTime::now(), WINDOW) {
        Ok(ticket) => ticket,
        Err(Repeated::Handled) => return (StatusCode::OK, "handled before\n"),
        Err(_) => return (StatusCode::CONFLICT, "still being handled\n"),
    };
    // If the sender hangs up, the server drops this future. The task goes on, and settles the message.
    let settled = tokio::spawn(async move {
        // The work is a second task, so that a panic of it is a failure.
        let is_done = matches!(tokio::spawn(work(delivery)).await, Ok(Ok(())));
        if is_done {
            memory.finish(&ticket)
        } else {
            memory.forget(&ticket)
        };
        is_done
    });
    match settled.await {
        Ok(true) => (StatusCode::OK, "handled\n"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "try again\n"),
    }
}
// The guide ends here.

/// The tenants and ids for which work was done or tried.
static CALLS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn calls(tenant: &str, id: &str) -> usize {
    CALLS.lock().unwrap().iter().filter(|call| **call == format!("{tenant} {id}")).count()
}

/// The first attempt fails or panics, and each takes its time, if the id says so.
async fn work(delivery: Authentic) -> Result<(), &'static str> {
    let id = delivery.delivery_id().map_or_else(|| "none".to_owned(), |id| id.text.clone());
    let tenant = delivery.endpoint().name().to_owned();
    CALLS.lock().unwrap().push(format!("{tenant} {id}"));
    match &*id {
        "evt_fails" if calls(&tenant, &id) == 1 => Err("the database is down"),
        "evt_panics" => {
            assert!(calls(&tenant, &id) > 1, "the first call fails");
            Ok(())
        }
        "evt_slow" => {
            tokio::time::sleep(Duration::from_millis(600)).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn secret(tenant: &str) -> Secret {
    Secret::new(format!("{SECRET} of {tenant}"))
}

fn tenant(head: &Parts) -> Option<String> {
    head.uri.path().strip_prefix("/hooks/").map(str::to_owned)
}

/// The event `id` for a tenant, signed so many seconds ago: each attempt has another signed text.
fn event(tenant: &str, id: &str, seconds_ago: u64) -> Vec<u8> {
    let body = format!(r#"{{"id": "{id}"}}"#);
    let now = SystemTime::now() - Duration::from_secs(seconds_ago);
    let signer = Signer::preset("stripe", secret(tenant)).unwrap();
    let (name, value) = signer.headers(&Message { now, ..Message::new(body.as_bytes()) }).unwrap().remove(0);
    let lines = [format!("content-length: {}", body.len()), format!("{name}: {value}")];
    let head = head(&[&lines[0], &lines[1]]).replacen("/hooks", &format!("/hooks/{tenant}"), 1);
    [head, body].concat().into_bytes()
}

#[tokio::test]
async fn a_retry_that_is_signed_anew_is_handled_once() {
    let endpoints = Cache::new(10, Duration::from_secs(60), tenant, |name: String| async move {
        let verifier = Verifier::preset("stripe", secret(&name)).map_err(|error| error.to_string())?;
        Ok::<_, String>(Some(Endpoint::from(verifier).named(name)))
    });
    let ids = ReplayMemories::new(1000).unwrap();
    let app = Router::new()
        .route("/hooks/{tenant}", post(hook))
        .route_layer(VerifyLayer::resolving(endpoints))
        .with_state(ids);
    let address = crate::support::serve(app).await;
    let status = async |tenant, id, seconds_ago| deliver(address, event(tenant, id, seconds_ago)).await.status;

    // Another tenant may use the same id.
    for tenant in ["acme", "umbrella"] {
        for seconds_ago in [30, 20, 10] {
            assert_eq!(status(tenant, "evt_1", seconds_ago).await, 200);
            assert_eq!(calls(tenant, "evt_1"), 1);
        }
    }
    for id in ["evt_fails", "evt_panics"] {
        assert_eq!(status("acme", id, 30).await, 500);
        assert_eq!((status("acme", id, 20).await, status("acme", id, 10).await), (200, 200));
        assert_eq!(calls("acme", id), 2);
    }

    // The sender hangs up: the work goes on, and counts as done when it is.
    let mut client = Client::connect(address).await;
    client.send(event("acme", "evt_slow", 30)).await;
    assert!(!client.responds_within(Duration::from_millis(200)).await);
    drop(client);
    assert_eq!(status("acme", "evt_slow", 20).await, 409);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(status("acme", "evt_slow", 10).await, 200);
    assert_eq!(calls("acme", "evt_slow"), 1);
}

/// A server for one sender, in front of that handler.
async fn server(preset: &'static str) -> std::net::SocketAddr {
    let endpoint = Endpoint::from(Verifier::preset(preset, secret(preset)).unwrap()).named(preset);
    let app = Router::new()
        .route("/hooks", post(hook))
        .route_layer(VerifyLayer::new(endpoint).unwrap())
        .with_state(ReplayMemories::new(1000).unwrap());
    crate::support::serve(app).await
}

/// A signed delivery with more header lines.
fn signed(preset: &str, body: &str, seconds_ago: u64, lines: &[&str]) -> Vec<u8> {
    let now = SystemTime::now() - Duration::from_secs(seconds_ago);
    let signer = Signer::preset(preset, secret(preset)).unwrap();
    let headers = signer.headers(&Message { now, ..Message::new(body.as_bytes()) }).unwrap();
    let mut all: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    all.push(format!("content-length: {}", body.len()));
    let all: Vec<_> = all.iter().map(|line| &line[..]).chain(lines.iter().copied()).collect();
    [head(&all), body.to_owned()].concat().into_bytes()
}

/// A slash command of Slack is a form without an id. It is a message of its own, by its signed text.
#[tokio::test]
async fn a_slash_command_without_an_id_is_handled_once() {
    let address = server("slack").await;
    let form = "command=%2Fweather&text=94070";
    let command = signed("slack", form, 20, &["content-type: application/x-www-form-urlencoded"]);
    assert_eq!(deliver(address, &command).await.body, "handled\n");
    assert_eq!(deliver(address, &command).await.body, "handled before\n");
    // The same words at another time are another command.
    assert_eq!(deliver(address, signed("slack", form, 10, &[])).await.body, "handled\n");
    assert_eq!(calls("slack", "none"), 2);
    // An event has an id, by which a retry that is signed anew is known.
    let event = r#"{"event_id": "Ev1"}"#;
    assert_eq!(deliver(address, signed("slack", event, 20, &[])).await.body, "handled\n");
    assert_eq!(deliver(address, signed("slack", event, 10, &[])).await.body, "handled before\n");
}

/// Shopify signs the body alone, and sends equal ones for two topics.
#[tokio::test]
async fn equal_bodies_for_two_topics_are_two_events() {
    let address = server("shopify").await;
    let body = r#"{"id": 820982911946154508}"#;
    let event = |topic: &str| {
        signed("shopify", body, 0, &["x-shopify-event-id: 98880550", &format!("x-shopify-topic: {topic}")])
    };
    for topic in ["orders/create", "orders/paid"] {
        assert_eq!(deliver(address, event(topic)).await.body, "handled\n");
        assert_eq!(deliver(address, event(topic)).await.body, "handled before\n");
    }
    assert_eq!(deliver(address, signed("shopify", body, 0, &[])).await.body, "handled\n");
}

/// A secret in the form that a preset requires.
fn secret_for(preset: &Preset) -> Secret {
    let text = if preset.json().contains(r#""secret": "BASE64""#) {
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    } else if preset.json().contains(r#""secret": "HEXA_DECIMAL""#) {
        "31f290f6bf0629"
    } else {
        SECRET
    };
    Secret::new(text)
}

/// Scheme and host of the URLs that are signed below.
const ORIGIN: &str = "https://hooks.example.com";

/// A delivery of a sender that may sign the URL. `None` if it signs nothing, or not such a body.
fn signed_for_url(preset: &Preset, content_type: &str, body: &str) -> Option<String> {
    let signer = Signer::preset(preset.name(), secret_for(preset)).ok()?;
    let url = format!("{ORIGIN}/hooks");
    let headers = [("content-type", content_type.as_bytes())];
    let message = Message { url: &url, headers: &headers, id: "msg_1", ..Message::new(body.as_bytes()) };
    let signed = signer.headers(&message).ok()?;
    let mut lines: Vec<_> = signed.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.extend([format!("content-type: {content_type}"), format!("content-length: {}", body.len())]);
    Some(head(&lines.iter().map(|line| &line[..]).collect::<Vec<_>>()) + body)
}

/// What a sender signs identifies its messages, also if that is the method or the URL. The senders whose deliveries are not
/// accepted here sign a body of their own form, or headers that they add.
#[tokio::test]
async fn each_sender_that_signs_is_handled_once() {
    let mut handled = Vec::new();
    for preset in presets() {
        for (content_type, body) in
            [("application/json", r#"{"a": 1}"#), ("application/x-www-form-urlencoded", "a=1&b=2")]
        {
            let Some(delivery) = signed_for_url(preset, content_type, body) else { continue };
            let verifier = Verifier::preset(preset.name(), secret_for(preset)).unwrap();
            let endpoint = Endpoint::from(verifier).named(preset.name()).origin(ORIGIN);
            let app = Router::new()
                .route("/hooks", post(hook))
                .route_layer(VerifyLayer::new(endpoint).unwrap())
                .with_state(ReplayMemories::new(1000).unwrap());
            let address = crate::support::serve(app).await;
            let answer = deliver(address, &delivery).await;
            assert_ne!(answer.status, 500, "{}: {}", preset.name(), answer.body);
            if answer.status == 200 {
                assert_eq!(answer.body, "handled\n", "{}", preset.name());
                assert_eq!(deliver(address, &delivery).await.body, "handled before\n", "{}", preset.name());
                handled.push(preset.name());
            }
        }
    }
    handled.dedup();
    let of_urls = ["twilio", "square", "hubspot", "trello", "mandrill", "messagebird", "appwrite", "walmart"];
    let missing: Vec<_> = of_urls.into_iter().filter(|name| !handled.contains(name)).collect();
    assert!(missing.is_empty(), "no delivery of {missing:?} was accepted");
    assert!(handled.len() >= 120, "only {} senders: {handled:?}", handled.len());
}

/// What the guide shows is what the test above runs.
#[test]
fn the_guide_shows_this_handler() {
    let own = include_str!("delivery_ids.rs");
    let (_, rest) = own.split_once("// The guide begins here.\n").unwrap();
    let (handler, _) = rest.split_once("// The guide ends here.\n").unwrap();
    let page = include_str!("../../../../crates/countersign/guide/axum.md");
    assert!(page.contains(handler), "guide/axum.md has another handler than this test");
}
