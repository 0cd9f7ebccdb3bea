//! The recipe of the guide's page on axum for a test of a handler, and for answers of one's own.

// The guide begins here.
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, body};
use countersign::axum::VerifiedBody;
use countersign::tower::{Refusal, VerifyLayer};
use countersign::{Message, Secret, Signer, Verifier};
use tower::ServiceExt as _;

/// All rejections look the same to the sender, so that a forger learns nothing.
async fn answer(response: Response) -> Response {
    match response.extensions().get::<Refusal>() {
        Some(Refusal::Rejected(_)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::UNAUTHORIZED, json, r#"{"error": "not accepted"}"#).into_response()
        }
        _ => response,
    }
}

fn app(secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let layer = VerifyLayer::new(Verifier::preset("github", Secret::new(secret))?)?;
    let handler = async |VerifiedBody(body): VerifiedBody| format!("{} bytes", body.len());
    Ok(Router::new().route("/hooks", post(handler)).route_layer(layer).layer(map_response(answer)))
}

#[tokio::test]
async fn only_signed_deliveries_are_accepted() -> Result<(), Box<dyn std::error::Error>> {
    let (app, signer) = (app("a secret")?, Signer::preset("github", Secret::new("a secret"))?);
    let lines = signer.headers(&Message::new(b"{}"))?;
    for (body, expected) in [("{}", "2 bytes"), ("[]", r#"{"error": "not accepted"}"#)] {
        let request = lines.iter().fold(Request::post("/hooks"), |request, (name, value)| request.header(name, value));
        let response = app.clone().oneshot(request.body(Body::from(body))?).await?;
        assert_eq!(body::to_bytes(response.into_body(), 100).await?, expected);
    }
    Ok(())
}
// The guide ends here.

/// What the guide shows is what the test above runs.
#[test]
fn the_guide_shows_this_test() {
    let own = include_str!("own_answers.rs");
    let (_, rest) = own.split_once("// The guide begins here.\n").unwrap();
    let (code, _) = rest.split_once("// The guide ends here.\n").unwrap();
    let page = include_str!("../../../crates/countersign/guide/axum.md");
    assert!(page.contains(code), "guide/axum.md has other code than this test");
}
