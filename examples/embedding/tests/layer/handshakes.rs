//! Senders that send nothing before the endpoint has answered a challenge.

use countersign::tower::{Endpoint, VerifyLayer};
use countersign::{Message, Secret, Signer, Verifier};

use crate::support::{SECRET, deliver, head, is_rejection, recording_app, serve};

fn layer(preset: &str) -> VerifyLayer {
    VerifyLayer::new(Endpoint::from(Verifier::preset(preset, Secret::new(SECRET)).unwrap())).unwrap()
}

#[tokio::test]
async fn a_challenge_in_the_query_is_repeated() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer("dropbox"))).await;
    let request = |target: &str| head(&[]).replacen("POST /hooks", &format!("GET {target}"), 1);
    let response = deliver(address, request("/hooks?challenge=abc123")).await;
    assert_eq!((response.status, &response.body[..]), (200, "abc123"));
    assert!(is_rejection(&deliver(address, request("/hooks?challenge=%3Cscript%3E")).await));
    assert!(is_rejection(&deliver(address, request("/hooks")).await));
    assert!(records.all().is_empty());
}

#[tokio::test]
async fn a_signed_challenge_is_answered_and_an_event_goes_to_the_handler() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer("slack"))).await;
    let signed = |body: &str| {
        let headers = Signer::preset("slack", Secret::new(SECRET)).unwrap().headers(&Message::new(body.as_bytes()));
        let length = format!("content-length: {}", body.len());
        let headers = headers.unwrap();
        let mut lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        lines.push(length);
        head(&lines.iter().map(String::as_str).collect::<Vec<_>>()) + body
    };
    let challenge = r#"{"type": "url_verification", "challenge": "3eZbrw1a"}"#;
    let response = deliver(address, signed(challenge)).await;
    assert_eq!((response.status, &response.body[..]), (200, "3eZbrw1a"));
    let unsigned = head(&[&format!("content-length: {}", challenge.len())]) + challenge;
    assert!(is_rejection(&deliver(address, unsigned).await));
    assert!(records.all().is_empty());
    assert_eq!(deliver(address, signed(r#"{"type": "event_callback"}"#)).await.status, 200);
    assert_eq!(records.all().len(), 1);
}

/// Only the service can keep such a secret.
#[tokio::test]
async fn a_secret_that_the_sender_chooses_is_not_accepted_by_the_layer() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer("asana"))).await;
    let request = head(&["content-length: 0", "x-hook-secret: b537207f20cbfa02357cf448134da559"]);
    assert!(is_rejection(&deliver(address, request).await));
    assert!(records.all().is_empty());
}
