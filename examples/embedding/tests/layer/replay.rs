//! Messages that arrive several times.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use countersign::tower::{Cache, Endpoint, Refusal, RepeatedAnswer, Unanswered, VerifyLayer, lookup};
use countersign::{Message, ReplayMemories, Secret, Signer, Verifier};
use http::request::Parts;

use crate::support::{
    Answer, Client, SECRET, deliver, head, is_rejection, named_endpoint, post, recording_app, serve, signature,
    verifier,
};

const WINDOW: Duration = Duration::from_secs(600);

fn memories() -> ReplayMemories {
    ReplayMemories::new(1000).unwrap()
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(named_endpoint()).unwrap().deduplicate(memories(), WINDOW).unwrap()
}

fn is_repetition(answer: &Answer) -> bool {
    (answer.status, &answer.body[..]) == (200, "taken before\n")
}

#[tokio::test]
async fn a_message_is_handled_once() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer())).await;
    assert!(is_rejection(&deliver(address, post(b"other", &signature(b"one"))).await));
    for (body, is_new) in [(b"one", true), (b"one", false), (b"two", true), (b"one", false), (b"two", false)] {
        let answer = deliver(address, post(body, &signature(body))).await;
        assert_eq!((answer.status, is_repetition(&answer)), (200, !is_new));
    }
    assert_eq!(records.bodies(), [b"one", b"two"]);
}

/// Two senders of one tenant that sign the body alone, named by sender and tenant, share a store: the same body is a
/// message of each. Under one name, the one would hide the other.
#[tokio::test]
async fn equal_bodies_of_two_senders_are_two_messages() {
    let endpoint = |path: &str| {
        let sender = path.strip_prefix('/')?.strip_suffix("/acme")?;
        let verifier = Verifier::preset(sender, Secret::new(SECRET)).ok()?;
        Some(Arc::new(Endpoint::from(verifier).named(format!("{sender}/acme"))))
    };
    let (app, records) = recording_app();
    let layer = VerifyLayer::resolving(lookup(move |head: &Parts| endpoint(head.uri.path())));
    let address = serve(app.layer(layer.deduplicate(memories(), WINDOW).unwrap())).await;
    for is_new in [true, false] {
        for sender in ["github", "shopify"] {
            let signer = Signer::preset(sender, Secret::new(SECRET)).unwrap();
            let (name, value) = signer.headers(&Message::new(b"{}")).unwrap().remove(0);
            let request = head(&[&format!("{name}: {value}"), "content-length: 2"]) + "{}";
            let answer = deliver(address, request.replacen("/hooks", &format!("/{sender}/acme"), 1)).await;
            assert_eq!((answer.status, is_repetition(&answer)), (200, !is_new), "{sender}: {answer:?}");
        }
    }
    assert_eq!(records.bodies(), [b"{}", b"{}"]);
}

/// What nothing is signed of cannot be remembered, whatever the window: the error says what helps.
#[tokio::test]
async fn what_is_not_signed_is_exempted() {
    let connections = [
        r#"{"auth_method": "NONE"}"#,
        r#"{"auth_method": "TOKEN_BASED", "auth_secret": "a token", "auth_header_key": "X-Token"}"#,
    ];
    for json in connections {
        let endpoint = || Endpoint::from(Verifier::from_connection(json).unwrap()).named("hooks");
        let error = VerifyLayer::new(endpoint()).unwrap().deduplicate(memories(), WINDOW).unwrap_err().to_string();
        assert!(error.contains("NONE") && error.contains("exempt the endpoint with Endpoint::repeatable"), "{error}");
        assert!(!error.contains("window"), "{error}");
        let layer = VerifyLayer::new(endpoint().repeatable()).unwrap().deduplicate(memories(), WINDOW).unwrap();
        let (app, records) = recording_app();
        let address = serve(app.layer(layer)).await;
        for _ in 0..2 {
            let request = head(&["x-token: a token", "content-length: 2"]) + "{}";
            assert_eq!(deliver(address, request).await.status, 200);
        }
        assert_eq!(records.bodies().len(), 2);
    }
    let text = Refusal::NotIdentifiable.to_string();
    assert!(text.contains("TOKEN_BASED or NONE") && text.contains("Endpoint::repeatable"), "{text}");
}

#[tokio::test]
async fn a_repetition_can_be_rejected() {
    let (app, _) = recording_app();
    let address = serve(app.layer(layer().repeated_answer(RepeatedAnswer::Rejected))).await;
    assert_eq!(deliver(address, post(b"one", &signature(b"one"))).await.status, 200);
    assert!(is_rejection(&deliver(address, post(b"one", &signature(b"one"))).await));
}

#[tokio::test]
async fn a_message_is_handled_again_after_a_failure() {
    let status = Arc::new(AtomicU16::new(503));
    let answers = status.clone();
    let handler = async move || StatusCode::from_u16(answers.load(Ordering::SeqCst)).unwrap();
    let address = serve(Router::new().fallback(handler).layer(layer())).await;
    let request = post(b"one", &signature(b"one"));
    for failure in [503, 500, 429, 404] {
        status.store(failure, Ordering::SeqCst);
        assert_eq!(deliver(address, &request).await.status, failure);
    }
    status.store(204, Ordering::SeqCst);
    assert_eq!(deliver(address, &request).await.status, 204);
    assert!(is_repetition(&deliver(address, &request).await));
}

/// gRPC always answers with 200. A header contains the status of the call.
#[tokio::test]
async fn a_grpc_status_other_than_0_is_a_failure() {
    let status = Arc::new(AtomicU16::new(14));
    let answers = status.clone();
    let handler = async move || [("grpc-status", answers.load(Ordering::SeqCst).to_string())];
    let address = serve(Router::new().fallback(handler).layer(layer())).await;
    let request = post(b"one", &signature(b"one"));
    for failure in [14, 13, 0] {
        status.store(failure, Ordering::SeqCst);
        let answer = deliver(address, &request).await;
        assert!(answer.headers.contains(&format!("grpc-status: {failure}")), "{answer:?}");
    }
    assert!(is_repetition(&deliver(address, &request).await));
}

/// A handler that never answers, and a count of its calls.
fn endless() -> (Router, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let handler = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    };
    (Router::new().fallback(handler), calls)
}

/// A sender that closes the TCP connection and repeats the message runs the handler once.
#[tokio::test]
async fn closing_does_not_run_a_handler_again() {
    let (app, calls) = endless();
    let address = serve(app.layer(layer())).await;
    let request = post(b"one", &signature(b"one"));
    let mut client = Client::connect(address).await;
    assert!(!client.send(&request).await.responds_within(Duration::from_millis(200)).await);
    drop(client);
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = deliver(address, &request).await;
        assert_eq!((answer.status, &answer.body[..]), (409, "still being handled\n"));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn closing_runs_a_handler_again_if_configured() {
    let (app, calls) = endless();
    let address = serve(app.layer(layer().unanswered(Unanswered::Forget))).await;
    let request = post(b"one", &signature(b"one"));
    for turn in 1..=3 {
        let mut client = Client::connect(address).await;
        for _ in 0..100 {
            client.send(&request).await;
            if !client.responds_within(Duration::from_millis(50)).await {
                break;
            }
            // The server notices after a while that the TCP connection was closed.
            assert_eq!(client.answer().await.status, 409);
        }
        assert_eq!(calls.load(Ordering::SeqCst), turn);
    }
}

#[tokio::test]
async fn a_panic_of_the_handler_is_a_failure() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let handler = async move || {
        tokio::task::yield_now().await;
        assert!(count.fetch_add(1, Ordering::SeqCst) > 0, "the first call fails");
    };
    let address = serve(Router::new().fallback(handler).layer(layer())).await;
    let request = post(b"one", &signature(b"one"));
    assert!(Client::connect(address).await.send(&request).await.is_closed().await);
    assert_eq!(deliver(address, &request).await.status, 200);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

/// A resolver of endpoints whose name is the path.
fn name(head: &Parts) -> String {
    head.uri.path().to_owned()
}

fn to(path: &str, body: &[u8]) -> String {
    String::from_utf8(post(body, &signature(body))).unwrap().replacen("/hooks", path, 1)
}

/// Messages stay known when the endpoint is loaded again: for every delivery, after it was evicted or removed, or after
/// its secrets changed.
#[tokio::test]
async fn messages_are_known_after_the_endpoint_was_loaded_again() {
    let load = async |name: String| {
        let secrets = vec![Secret::new("new"), Secret::new(SECRET)];
        Ok::<_, countersign::ConfigError>(Some(Endpoint::from(Verifier::preset("github", secrets)?).named(name)))
    };
    let load = move |name| Box::pin(load(name));
    let by_name = |head: &Parts| Some(name(head));
    let hour = Duration::from_secs(3600);
    let expiring = Cache::new(100, Duration::ZERO, by_name, load);
    let evicting = Cache::new(1, hour, by_name, load);
    let forgetting = Cache::new(100, hour, by_name, load);
    for (what, cache) in [("expired", &expiring), ("evicted", &evicting), ("forgotten", &forgetting)] {
        let (app, records) = recording_app();
        let layer = VerifyLayer::resolving(cache.clone()).deduplicate(memories(), WINDOW).unwrap();
        let address = serve(app.layer(layer)).await;
        assert_eq!(deliver(address, to("/a", b"one")).await.status, 200);
        for other in 0..20 {
            assert_eq!(deliver(address, to(&format!("/b{other}"), b"one")).await.status, 200);
        }
        cache.forget("/a");
        assert!(is_repetition(&deliver(address, to("/a", b"one")).await), "{what}");
        assert_eq!(records.all().len(), 21, "{what}");
    }
}

/// A second layer over the same store, such as after a change of configuration.
#[tokio::test]
async fn a_second_layer_over_the_same_store_knows_the_messages() {
    let memories = memories();
    for is_first in [true, false] {
        let (app, records) = recording_app();
        let layer = VerifyLayer::new(named_endpoint()).unwrap().deduplicate(memories.clone(), WINDOW).unwrap();
        let address = serve(app.layer(layer)).await;
        assert_eq!(is_repetition(&deliver(address, post(b"one", &signature(b"one"))).await), !is_first);
        assert_eq!(records.all().len(), usize::from(is_first));
    }
    assert_eq!(memories.of("hub").len(), 1);
}

/// The messages of one endpoint are not those of another, and do not evict them.
#[tokio::test]
async fn each_endpoint_has_a_memory_of_its_own() {
    let (app, records) = recording_app();
    let find = |head: &Parts| std::future::ready(Ok(Some(Endpoint::from(verifier()).named(name(head)).into())));
    let memories = ReplayMemories::new(2).unwrap();
    let layer = VerifyLayer::resolving(find).deduplicate(memories.clone(), WINDOW).unwrap();
    let address = serve(app.layer(layer)).await;
    for path in ["/a", "/b"] {
        assert_eq!(deliver(address, to(path, b"one")).await.body, "taken\n");
    }
    for body in [b"2", b"3", b"4"] {
        assert_eq!(deliver(address, to("/b", body)).await.body, "taken\n");
    }
    assert!(is_repetition(&deliver(address, to("/a", b"one")).await));
    assert_eq!((memories.of("/a").evicted(), memories.of("/b").evicted(), records.all().len()), (0, 2, 5));
}

/// Two layers with one endpoint each that share a store: the ids of one sender do not hide those of the other.
#[tokio::test]
async fn layers_that_share_a_store_keep_their_messages_apart() {
    let (memories, secret) = (memories(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let signer = Signer::preset("svix", Secret::new(secret)).unwrap();
    let lines = signer.headers(&Message { id: "msg_1", ..Message::new(b"one") }).unwrap();
    let mut all: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    all.push("content-length: 3".to_owned());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let request = head(&all) + "one";
    for name in ["shop", "bank"] {
        let (app, records) = recording_app();
        let endpoint = Endpoint::from(Verifier::preset("svix", Secret::new(secret)).unwrap()).named(name);
        let layer = VerifyLayer::new(endpoint).unwrap().deduplicate(memories.clone(), Duration::ZERO).unwrap();
        assert_eq!(deliver(serve(app.layer(layer)).await, &request).await.body, "taken\n", "{name}");
        assert_eq!(records.all().len(), 1);
    }
}

/// An error when the layer is built or, with a resolver, a 500 for each delivery.
#[tokio::test]
async fn messages_that_cannot_be_remembered_are_refused() {
    let token = || Verifier::token(Secret::new("a")).unwrap();
    let once = |verifier: Verifier, window| {
        VerifyLayer::new(Endpoint::from(verifier).named("a")).unwrap().deduplicate(memories(), window)
    };
    let unnamed = VerifyLayer::new(verifier()).unwrap().deduplicate(memories(), WINDOW).unwrap_err();
    assert_eq!(unnamed.kind().name(), "invalid_config");
    assert!(unnamed.to_string().contains("Endpoint::named"), "{unnamed}");
    assert!(VerifyLayer::new(Endpoint::from(verifier()).repeatable()).unwrap().deduplicate(memories(), WINDOW).is_ok());
    assert_eq!(once(token(), WINDOW).unwrap_err().kind().name(), "unsupported");
    assert_eq!(once(verifier(), Duration::ZERO).unwrap_err().kind().name(), "invalid_config");
    let tolerant = Verifier::preset("stripe", Secret::new("a")).unwrap();
    assert!(once(tolerant, Duration::ZERO).is_ok());
    let (app, records) = recording_app();
    let find = move |head: &Parts| {
        let named = |verifier: Verifier| Endpoint::from(verifier).named("a");
        std::future::ready(Ok(Some(Arc::new(match head.uri.path() {
            "/unnamed" => verifier().into(),
            "/token" => named(token()),
            "/repeatable" => Endpoint::from(verifier()).repeatable(),
            _ => named(verifier()),
        }))))
    };
    let layer = VerifyLayer::resolving(find).deduplicate(memories(), WINDOW).unwrap();
    let address = serve(app.layer(layer)).await;
    for (path, statuses) in
        [("/unnamed", [500, 500]), ("/token", [500, 500]), ("/repeatable", [200, 200]), ("/named", [200, 200])]
    {
        for status in statuses {
            assert_eq!(deliver(address, to(path, b"one")).await.status, status, "{path}");
        }
    }
    assert_eq!(records.all().len(), 3);
}
