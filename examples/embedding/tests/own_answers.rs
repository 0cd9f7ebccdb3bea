//! The recipe of the guide's page on axum for a test of a handler, and for answers of one's own.

use std::time::Duration;

use axum::http::request::Parts;
use countersign::ReplayMemories;
use countersign::tower::{Cache, Endpoint};

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

/// All that is not authentic looks the same to the sender, so that a forger learns nothing, not even which endpoints there
/// are. A repetition of a message that was handled is authentic, and keeps its 200.
async fn answer(response: Response) -> Response {
    match response.extensions().get::<Refusal>() {
        Some(refusal) if refusal.is_not_authentic() => {
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

/// The status and text of the answer to a delivery to a path, with these header lines.
async fn answered(app: &Router, path: &str, lines: &[(String, String)], body: &'static str) -> (StatusCode, String) {
    let request = lines.iter().fold(Request::post(path), |request, (name, value)| request.header(name, value));
    let response = app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status();
    (status, String::from_utf8(body::to_bytes(response.into_body(), 100).await.unwrap().to_vec()).unwrap())
}

/// A stranger cannot tell an unknown tenant from a forged delivery, and a sender that repeats a message hears that it was
/// taken.
#[tokio::test]
async fn unknown_tenants_look_like_forgeries_and_repetitions_do_not() {
    let name = |head: &Parts| head.uri.path().strip_prefix("/hooks/").map(str::to_owned);
    let load = async |name: String| -> Result<Option<Endpoint>, String> {
        if name != "acme" {
            return Ok(None);
        }
        let verifier = Verifier::preset("github", Secret::new("a secret")).map_err(|error| error.to_string())?;
        Ok(Some(Endpoint::from(verifier).named(name)))
    };
    let layer = VerifyLayer::resolving(Cache::new(10, Duration::from_secs(60), name, load))
        .deduplicate(ReplayMemories::new(10).unwrap(), Duration::from_secs(60))
        .unwrap();
    let handler = async |VerifiedBody(body): VerifiedBody| format!("{} bytes", body.len());
    let app = Router::new().route("/hooks/{tenant}", post(handler)).route_layer(layer).layer(map_response(answer));
    let lines = Signer::preset("github", Secret::new("a secret")).unwrap().headers(&Message::new(b"{}")).unwrap();

    let not_accepted = (StatusCode::UNAUTHORIZED, r#"{"error": "not accepted"}"#.to_owned());
    assert_eq!(answered(&app, "/hooks/acme", &lines, "[]").await, not_accepted);
    assert_eq!(answered(&app, "/hooks/acme", &[], "{}").await, not_accepted);
    assert_eq!(answered(&app, "/hooks/umbrella", &lines, "{}").await, not_accepted);
    assert_eq!(answered(&app, "/hooks/acme", &lines, "{}").await, (StatusCode::OK, "2 bytes".to_owned()));
    assert_eq!(answered(&app, "/hooks/acme", &lines, "{}").await, (StatusCode::OK, "taken before\n".to_owned()));
}

/// What the guide shows is what the test above runs.
#[test]
fn the_guide_shows_this_test() {
    let own = include_str!("own_answers.rs");
    let (_, rest) = own.split_once("// The guide begins here.\n").unwrap();
    let (code, _) = rest.split_once("// The guide ends here.\n").unwrap();
    let page = include_str!("../../../crates/countersign/guide/axum.md");
    assert!(page.contains(code), "guide/axum.md has other code than this test");
}
