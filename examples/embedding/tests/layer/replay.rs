//! Messages that come twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use countersign::tower::{Cache, Endpoint, RepeatedAnswer, Unanswered, VerifyLayer};
use countersign::{Message, ReplayMemories, Secret, Signer, Verifier};
use http::request::Parts;

use crate::support::{
    Answer, SECRET, Wire, deliver, head, hub, is_rejection, noting, post, serve, signature, verifier,
};

const WINDOW: Duration = Duration::from_secs(600);

fn memories() -> ReplayMemories {
    ReplayMemories::new(1000).unwrap()
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(hub()).unwrap().deduplicate(memories(), WINDOW).unwrap()
}

fn is_repetition(answer: &Answer) -> bool {
    (answer.status, &answer.body[..]) == (200, "taken before\n")
}

#[tokio::test]
async fn a_message_is_taken_once() {
    let (app, notes) = noting();
    let address = serve(app.layer(layer())).await;
    assert!(is_rejection(&deliver(address, post(b"other", &signature(b"one"))).await));
    for (body, is_new) in [(b"one", true), (b"one", false), (b"two", true), (b"one", false), (b"two", false)] {
        let answer = deliver(address, post(body, &signature(body))).await;
        assert_eq!((answer.status, is_repetition(&answer)), (200, !is_new));
    }
    assert_eq!(notes.bodies(), [b"one", b"two"]);
}

#[tokio::test]
async fn a_repetition_can_be_rejected() {
    let (app, _) = noting();
    let address = serve(app.layer(layer().repeated_answer(RepeatedAnswer::Rejected))).await;
    assert_eq!(deliver(address, post(b"one", &signature(b"one"))).await.status, 200);
    assert!(is_rejection(&deliver(address, post(b"one", &signature(b"one"))).await));
}

#[tokio::test]
async fn a_message_that_the_handler_could_not_keep_may_come_again() {
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

/// gRPC answers 200 whatever happened; what became of the call stands in a header of its own.
#[tokio::test]
async fn a_grpc_handler_that_failed_has_failed() {
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

/// A handler that never ends, and how often it was called.
fn endless() -> (Router, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let handler = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    };
    (Router::new().fallback(handler), calls)
}

/// Whoever hangs up and sends again, and again, runs the handler once.
#[tokio::test]
async fn to_hang_up_is_no_way_to_run_a_handler_again() {
    let (app, calls) = endless();
    let address = serve(app.layer(layer())).await;
    let request = post(b"one", &signature(b"one"));
    let mut wire = Wire::connect(address).await;
    assert!(!wire.send(&request).await.hears_within(Duration::from_millis(200)).await);
    drop(wire);
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = deliver(address, &request).await;
        assert_eq!((answer.status, &answer.body[..]), (409, "still being handled\n"));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn unless_the_operator_allows_it() {
    let (app, calls) = endless();
    let address = serve(app.layer(layer().unanswered(Unanswered::Forget))).await;
    let request = post(b"one", &signature(b"one"));
    for turn in 1..=3 {
        let mut wire = Wire::connect(address).await;
        for _ in 0..100 {
            wire.send(&request).await;
            if !wire.hears_within(Duration::from_millis(50)).await {
                break;
            }
            // The server finds out by and by that the one before has gone.
            assert_eq!(wire.answer().await.status, 409);
        }
        assert_eq!(calls.load(Ordering::SeqCst), turn);
    }
}

#[tokio::test]
async fn a_handler_that_panics_has_failed() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let handler = async move || {
        tokio::task::yield_now().await;
        assert!(count.fetch_add(1, Ordering::SeqCst) > 0, "the first call fails");
    };
    let address = serve(Router::new().fallback(handler).layer(layer())).await;
    let request = post(b"one", &signature(b"one"));
    assert!(Wire::connect(address).await.send(&request).await.is_closed().await);
    assert_eq!(deliver(address, &request).await.status, 200);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

/// The name of a tenant is the path.
fn name(head: &Parts) -> String {
    head.uri.path().to_owned()
}

fn to(path: &str, body: &[u8]) -> String {
    String::from_utf8(post(body, &signature(body))).unwrap().replacen("/hooks", path, 1)
}

/// The connection is looked up anew for every delivery, or once more after it was evicted or forgotten, or after its secrets
/// changed; what was taken is known all the same.
#[tokio::test]
async fn what_was_taken_is_known_whatever_becomes_of_the_connection() {
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
        let (app, notes) = noting();
        let layer = VerifyLayer::resolving(cache.clone()).deduplicate(memories(), WINDOW).unwrap();
        let address = serve(app.layer(layer)).await;
        assert_eq!(deliver(address, to("/a", b"one")).await.status, 200);
        for other in 0..20 {
            assert_eq!(deliver(address, to(&format!("/b{other}"), b"one")).await.status, 200);
        }
        cache.forget("/a");
        assert!(is_repetition(&deliver(address, to("/a", b"one")).await), "{what}");
        assert_eq!(notes.all().len(), 21, "{what}");
    }
}

/// A layer that is built anew over the same memory, such as after a change of configuration.
#[tokio::test]
async fn a_layer_that_is_built_anew_knows_what_was_taken() {
    let memories = memories();
    for is_first in [true, false] {
        let (app, notes) = noting();
        let layer = VerifyLayer::new(hub()).unwrap().deduplicate(memories.clone(), WINDOW).unwrap();
        let address = serve(app.layer(layer)).await;
        assert_eq!(is_repetition(&deliver(address, post(b"one", &signature(b"one"))).await), !is_first);
        assert_eq!(notes.all().len(), usize::from(is_first));
    }
    assert_eq!(memories.of("hub").len(), 1);
}

/// One tenant's messages are not another's, and push none of them out.
#[tokio::test]
async fn each_connection_has_a_memory_of_its_own() {
    let (app, notes) = noting();
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
    assert_eq!((memories.of("/a").evicted(), memories.of("/b").evicted(), notes.all().len()), (0, 2, 5));
}

/// Two layers for one connection each that share a store: ids of one sender hide none of the other's.
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
        let (app, notes) = noting();
        let endpoint = Endpoint::from(Verifier::preset("svix", Secret::new(secret)).unwrap()).named(name);
        let layer = VerifyLayer::new(endpoint).unwrap().deduplicate(memories.clone(), Duration::ZERO).unwrap();
        assert_eq!(deliver(serve(app.layer(layer)).await, &request).await.body, "taken\n", "{name}");
        assert_eq!(notes.all().len(), 1);
    }
}

/// Whatever cannot hold is an error when the layer is made, or, with a resolver, the operator's fault.
#[tokio::test]
async fn what_cannot_be_remembered_is_refused() {
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
    let (app, notes) = noting();
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
    assert_eq!(notes.all().len(), 3);
}
