//! The id of a delivery, in what the handler gets.

use axum::Router;
use countersign::DeliveryId;
use countersign::tower::{Endpoint, VerifyLayer};
use countersign::{Connection, Message, Scheme, Secret, Verifier};

use crate::support::{SECRET, deliver, head, post, recording_app, serve, signature, verifier};

/// A verifier of deliveries signed as GitHub does, with the id at another place.
fn verifier_with(id_from: &str) -> Verifier {
    let json = format!(r#"{{"scheme": "github", "auth_secret": "{SECRET}", "id_from": {id_from}}}"#);
    Connection::from_json(&json).unwrap().verifier().unwrap()
}

fn shown(id: Option<&DeliveryId>) -> Option<(&str, bool)> {
    id.map(|id| (&*id.text, id.is_signed))
}

/// A delivery to `path`.
fn sent(path: &str, lines: &[&str], body: &[u8]) -> Vec<u8> {
    let (length, signature) =
        (format!("content-length: {}", body.len()), format!("x-hub-signature-256: {}", signature(body)));
    let head = head(&[&[&length[..], &signature], lines].concat()).replacen("/hooks", path, 1);
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn the_handler_gets_the_id() {
    let body = br#"{"id": 17}"#;
    let line = ["x-github-delivery: 72d3162e"];
    for (verifier, expected) in [
        (verifier(), Some(("72d3162e", false))),
        (verifier_with(r#""json:/id""#), Some(("17", true))),
        (verifier_with(r#""query:id""#), Some(("a b", false))),
        (verifier_with(r#"[["query:id", "json:/id"]]"#), Some(("a b:17", false))),
        (verifier_with(r#""header:x-other""#), None),
    ] {
        let (app, records) = recording_app();
        let address = serve(app.layer(VerifyLayer::new(verifier).unwrap())).await;
        assert_eq!(deliver(address, sent("/hooks?id=a+b", &line, body)).await.status, 200);
        let all = records.all();
        assert_eq!(shown(all[0].authentic.as_ref().unwrap().delivery_id()), expected);
    }
}

/// What is not authentic reaches no handler, with or without an id.
#[tokio::test]
async fn an_id_makes_nothing_authentic() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier_with(r#""json:/id""#)).unwrap())).await;
    assert_eq!(deliver(address, post(br#"{"id": 17}"#, &signature(b"another"))).await.status, 401);
    assert!(records.all().is_empty());
}

/// In a nested router the query is still that of the request; for a sender that signs the URL it is that of the signed URL.
#[tokio::test]
async fn the_query_of_a_nested_router_and_of_a_signed_url() {
    let nest = |app: Router| Router::new().nest_service("/v1", app);
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier_with(r#""query:id""#)).unwrap();
    let address = serve(nest(app.layer(layer))).await;
    assert_eq!(deliver(address, sent("/v1/hooks?id=7", &[], b"{}")).await.status, 200);
    assert_eq!(shown(records.all()[0].authentic.as_ref().unwrap().delivery_id()), Some(("7", false)));

    // Where the URL touches the body, the end of the last parameter could be the start of the body.
    for (signed, is_signed) in [("{url}\\n{body}", true), ("{url}{body}", false)] {
        let (app, records) = recording_app();
        let scheme = Scheme::from_json(&format!(
            r#"{{"signature": {{"header": "X-Signature"}}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
                "signed": "{signed}", "id_from": "query:id"}}"#
        ))
        .unwrap();
        let verifier = scheme.clone().verifier(Secret::new("x")).unwrap();
        let endpoint = Endpoint::from(verifier).origin("https://hooks.example.com");
        let address = serve(nest(app.layer(VerifyLayer::new(endpoint).unwrap()))).await;
        let message = Message { url: "https://hooks.example.com/v1/hooks?id=7", ..Message::new(b"{}") };
        let (name, value) = scheme.signer(Secret::new("x")).unwrap().headers(&message).unwrap().remove(0);
        let line = format!("{name}: {value}");
        assert_eq!(deliver(address, sent("/v1/hooks?id=7", &[&line], b"{}")).await.status, 200);
        assert_eq!(shown(records.all()[0].authentic.as_ref().unwrap().delivery_id()), Some(("7", is_signed)));
    }
}

/// A body that passes through was not read, so there is no `Authentic`.
#[tokio::test]
async fn a_body_that_passes_through_has_no_id_yet() {
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier_with(r#""json:/id""#)).unwrap().pass_through().unwrap();
    let address = serve(app.layer(layer)).await;
    assert_eq!(deliver(address, sent("/hooks", &[], br#"{"id": 17}"#)).await.status, 200);
    let all = records.all();
    assert!(all[0].authentic.is_none() && all[0].decision.is_some());
}
