//! Messages that come twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use countersign::ReplayGuard;
use countersign::tower::VerifyLayer;

use crate::support::{Wire, deliver, is_rejection, noting, post, serve, signature, verifier};

fn guard() -> ReplayGuard {
    ReplayGuard::with_window(verifier(), Duration::from_secs(600), 1000).unwrap()
}

#[tokio::test]
async fn a_message_is_taken_once() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(guard()))).await;
    assert!(is_rejection(&deliver(address, post(b"other", &signature(b"one"))).await));
    for (body, is_new) in [(b"one", true), (b"one", false), (b"two", true), (b"one", false), (b"two", false)] {
        let answer = deliver(address, post(body, &signature(body))).await;
        assert_eq!(answer.status == 200, is_new);
        assert_eq!(is_rejection(&answer), !is_new);
    }
    assert_eq!(notes.bodies(), [b"one", b"two"]);
}

#[tokio::test]
async fn a_message_that_the_handler_could_not_keep_may_come_again() {
    let status = Arc::new(AtomicU16::new(503));
    let answers = status.clone();
    let handler = async move || StatusCode::from_u16(answers.load(Ordering::SeqCst)).unwrap();
    let address = serve(Router::new().fallback(handler).layer(VerifyLayer::new(guard()))).await;
    let request = post(b"one", &signature(b"one"));
    for failure in [503, 500, 429, 404] {
        status.store(failure, Ordering::SeqCst);
        assert_eq!(deliver(address, &request).await.status, failure);
    }
    status.store(204, Ordering::SeqCst);
    assert_eq!(deliver(address, &request).await.status, 204);
    assert!(is_rejection(&deliver(address, &request).await));
}

#[tokio::test]
async fn so_may_one_whose_sender_did_not_wait_for_the_answer() {
    let is_slow = Arc::new(AtomicU16::new(1));
    let slowness = is_slow.clone();
    let handler = async move || {
        if slowness.load(Ordering::SeqCst) == 1 {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
    };
    let address = serve(Router::new().fallback(handler).layer(VerifyLayer::new(guard()))).await;
    let request = post(b"one", &signature(b"one"));
    let mut wire = Wire::connect(address).await;
    assert!(!wire.send(&request).await.hears_within(Duration::from_millis(200)).await);
    // While the handler is at it, the message is taken.
    assert!(is_rejection(&deliver(address, &request).await));
    drop(wire);
    is_slow.store(0, Ordering::SeqCst);
    // The server finds out by and by that nobody listens.
    for _ in 0..100 {
        if deliver(address, &request).await.status == 200 {
            assert!(is_rejection(&deliver(address, &request).await));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the message is still remembered");
}
