//! Responses to requests that are not authentic: the same for every fault.

use std::time::Duration;

use countersign::tower::{RejectedStatus, VerifyLayer};
use countersign::{Message, Secret, Signer, Verifier};

use crate::support::{Client, deliver, head, is_rejection, post, recording_app, serve, signature, verifier};

const BODY: &[u8] = b"Hello, World!";

#[tokio::test]
async fn all_rejections_have_the_same_response() {
    let (app, records) = recording_app();
    let preset = |secret: &str| Verifier::preset("standard-webhooks", Secret::new(secret.to_owned())).unwrap();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let address = serve(app.layer(VerifyLayer::new(preset(secret)).unwrap())).await;
    let signer = Signer::preset("standard-webhooks", Secret::new(secret)).unwrap();
    let lines = |message: Message<'_>| -> Vec<String> {
        signer.headers(&message).unwrap().iter().map(|(name, value)| format!("{name}: {value}")).collect()
    };
    let now = Message { id: "msg_1", ..Message::new(BODY) };
    let long_ago = Message { now: now.now - Duration::from_secs(3600), ..now };
    let far_ahead = Message { now: now.now + Duration::from_secs(3600), ..now };
    let good = lines(now);
    let without = |name: &str| good.iter().filter(|line| !line.starts_with(name)).cloned().collect::<Vec<_>>();
    let with = |line: &str| [without(line.split(':').next().unwrap()), vec![line.to_owned()]].concat();
    let mut faults = vec![
        lines(long_ago),
        lines(far_ahead),
        vec![],
        without("webhook-id"),
        without("webhook-timestamp"),
        without("webhook-signature"),
        with("webhook-timestamp: yesterday"),
        with("webhook-id: msg_2"),
        with("webhook-signature: v1"),
        with("webhook-signature: v1,AAAA"),
        with("webhook-signature: v1,====="),
        with("webhook-signature: v2,AAAA"),
        with(&format!("webhook-signature: v1,{}", "A".repeat(5000))),
    ];
    faults.push([&good[..], &good[..]].concat());
    for fault in &faults {
        let mut all: Vec<&str> = fault.iter().map(String::as_str).collect();
        all.push("content-length: 13");
        let answer = deliver(address, head(&all) + "Hello, World!").await;
        assert!(is_rejection(&answer), "{fault:?}: {answer:?}");
    }
    assert!(records.all().is_empty());
    let mut all: Vec<&str> = good.iter().map(String::as_str).collect();
    all.push("content-length: 13");
    assert_eq!(deliver(address, head(&all) + "Hello, World!").await.status, 200);
}

/// An earlier response would tell the sender that the head is wrong.
#[tokio::test]
async fn there_is_no_response_before_the_body_is_whole() {
    let (app, _) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    for signature in ["", "sha256=00", &signature(b"other")] {
        let mut client = Client::connect(address).await;
        let request = post(BODY, signature);
        let (most, last) = request.split_at(request.len() - 1);
        assert!(!client.send(most).await.responds_within(Duration::from_millis(150)).await, "{signature}");
        assert!(is_rejection(&client.send(last).await.answer().await));
    }
}

#[tokio::test]
async fn the_tcp_connection_stays_open_after_a_rejection() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let mut client = Client::connect(address).await;
    for _ in 0..3 {
        assert!(is_rejection(&client.send(post(b"forged", &signature(BODY))).await.answer().await));
        assert_eq!(client.send(post(BODY, &signature(BODY))).await.answer().await.status, 200);
    }
    assert_eq!(records.bodies(), [BODY; 3]);
}

#[tokio::test]
async fn the_status_can_be_configured() {
    for (status, number) in
        [(RejectedStatus::BadRequest, 400), (RejectedStatus::Unauthorized, 401), (RejectedStatus::Forbidden, 403)]
    {
        let (app, _) = recording_app();
        let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap().rejected_status(status))).await;
        let answer = deliver(address, post(BODY, "sha256=00")).await;
        assert_eq!((answer.status, &answer.body[..]), (number, "not accepted\n"));
    }
}
