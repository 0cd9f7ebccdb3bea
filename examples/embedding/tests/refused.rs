//! The recipe of the guide's page on axum that keeps refused deliveries for `countersign explain`. In a process of its own,
//! since the file is in the current folder.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use countersign::records::{Record, UnixMicros};
use countersign::tower::VerifyLayer;
use countersign::{Message, Rejection, Secret, Signer, Verifier};
use tower::ServiceExt as _;

// The guide begins here.
async fn keep(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 2 << 20).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let lines = parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let mut record = Record::new(lines.map(|(name, value)| (name.into(), value.into())).collect(), &body[..]);
    record.received_at = UnixMicros::from_system_time(SystemTime::now());
    let mut line = Vec::new();
    let is_written = record.write_line(&mut line).is_ok();
    let response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    if is_written && response.status() == StatusCode::UNAUTHORIZED {
        // For nobody else to read. Without `mode` outside of Unix.
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open("refused.ndjson");
        if let Err(error) = file.and_then(|mut file| file.write_all(&line)) {
            eprintln!("refused.ndjson: {error}");
        }
    }
    response
}
// The guide ends here.

#[tokio::test]
async fn what_is_refused_is_kept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(&folder).unwrap();
    let verifier = || Verifier::preset("github", Secret::new("a secret")).unwrap();
    let app = Router::new()
        .route("/hooks", post(|body: String| async move { body }))
        .route_layer(VerifyLayer::new(verifier()).unwrap())
        .layer(from_fn(keep));
    let signer = Signer::preset("github", Secret::new("a secret")).unwrap();
    let (name, value) = signer.headers(&Message::new(b"good")).unwrap().remove(0);
    let mut answers = Vec::new();
    for body in ["good", "forged\n"] {
        let request = Request::post("/hooks").header(&name, &value).body(Body::from(body)).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        answers.push((response.status().as_u16(), to_bytes(response.into_body(), 100).await.unwrap()));
    }
    assert_eq!(answers, [(200, "good".into()), (401, "not accepted\n".into())]);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata("refused.ndjson").unwrap());
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    let file = std::fs::read("refused.ndjson").unwrap();
    assert_eq!(file.split_inclusive(|byte| *byte == b'\n').count(), 1);
    let record = Record::read(&file[..file.len() - 1]).unwrap();
    assert_eq!(&record.body[..], b"forged\n");
    assert!(record.received_at.is_some());
    assert_eq!(verifier().verify(&record.delivery(), SystemTime::now()), Err(Rejection::Mismatch));
}

/// What the guide shows is what the test above runs.
#[test]
fn the_guide_shows_this_layer() {
    let own = include_str!("refused.rs");
    let (_, rest) = own.split_once("// The guide begins here.\n").unwrap();
    let (layer, _) = rest.split_once("// The guide ends here.\n").unwrap();
    let page = include_str!("../../../crates/countersign/guide/axum.md");
    assert!(page.contains(layer), "guide/axum.md has another layer than this test");
}
