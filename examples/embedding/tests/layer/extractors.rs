//! The extractors of axum.

use axum::Router;
use axum::routing::post as route;
use countersign::axum::{VerifiedBody, VerifiedJson};
use countersign::tower::VerifyLayer;
use serde::Deserialize;

use crate::support::{deliver, is_rejection, post, serve, signature, verifier};

#[derive(Deserialize)]
struct Push {
    r#ref: String,
}

async fn length(VerifiedBody(body): VerifiedBody) -> String {
    body.len().to_string()
}

async fn branch(VerifiedJson(push): VerifiedJson<Push>) -> String {
    push.r#ref
}

#[tokio::test]
async fn bodies_and_json() {
    let raw = serve(Router::new().fallback(length).layer(VerifyLayer::new(verifier()).unwrap())).await;
    let json = serve(Router::new().fallback(branch).layer(VerifyLayer::new(verifier()).unwrap())).await;
    let push = br#"{"ref": "refs/heads/main"}"#;
    assert_eq!(deliver(raw, post(push, &signature(push))).await.body, push.len().to_string());
    assert_eq!(deliver(json, post(push, &signature(push))).await.body, "refs/heads/main");
    for address in [raw, json] {
        assert!(is_rejection(&deliver(address, post(push, &signature(b""))).await));
    }
    for wrong in [&b"{\"ref\": 1}"[..], b"{}", b"", b"\xff", b"{\"ref\": \"a\"} b"] {
        let answer = deliver(json, post(wrong, &signature(wrong))).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.starts_with("the body is not the JSON that is expected here: "), "{}", answer.body);
        assert!(is_rejection(&deliver(json, post(wrong, &signature(push))).await));
    }
}

#[tokio::test]
async fn without_the_layer_the_extractors_fail() {
    let app = Router::new().route("/hooks", route(length)).route("/json", route(branch));
    let answer = deliver(serve(app).await, post(b"{}", &signature(b"{}"))).await;
    assert_eq!((answer.status, &answer.body[..]), (500, "internal error\n"));
    // With `pass_through` the body is not verified when the handler is called.
    let layer = VerifyLayer::new(verifier()).unwrap().pass_through().unwrap();
    let app = Router::new().fallback(length).layer(layer);
    assert_eq!(deliver(serve(app).await, post(b"{}", &signature(b"{}"))).await.status, 500);
}
