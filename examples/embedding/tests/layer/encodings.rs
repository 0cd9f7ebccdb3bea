//! Compressed bodies: the compressed bytes are signed.

use std::io::Write;

use countersign::axum::VerifiedJson;
use countersign::tower::VerifyLayer;
use flate2::Compression;
use flate2::write::GzEncoder;
use tower_http::decompression::RequestDecompressionLayer;

use crate::support::{Answer, deliver, head, is_rejection, recording_app, serve, signature, verifier};

const PLAIN: &[u8] = br#"{"ref": "refs/heads/main"}"#;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

async fn deliver_gzip(address: std::net::SocketAddr, signed: &[u8]) -> Answer {
    let body = gzip(PLAIN);
    let length = format!("content-length: {}", body.len());
    let lines = [&length[..], "content-encoding: gzip", &format!("x-hub-signature-256: {}", signature(signed))];
    deliver(address, [head(&lines).as_bytes(), &body].concat()).await
}

#[tokio::test]
async fn the_handler_gets_the_compressed_bytes() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    assert_eq!(deliver_gzip(address, &gzip(PLAIN)).await.status, 200);
    assert!(is_rejection(&deliver_gzip(address, PLAIN).await));
    assert_eq!(records.bodies(), [gzip(PLAIN)]);
}

#[tokio::test]
async fn decompression_between_the_layer_and_the_handler_works() {
    let (app, records) = recording_app();
    // Of two calls, the second layer is the outer one.
    let app = app.layer(RequestDecompressionLayer::new()).layer(VerifyLayer::new(verifier()).unwrap());
    let address = serve(app).await;
    assert_eq!(deliver_gzip(address, &gzip(PLAIN)).await.status, 200);
    let all = records.all();
    assert_eq!(all[0].body, PLAIN);
    assert_eq!(all[0].authentic.as_ref().unwrap().body()[..], gzip(PLAIN));
}

#[tokio::test]
async fn decompression_outside_of_the_layer_makes_every_signature_wrong() {
    let (app, records) = recording_app();
    let app = app.layer(VerifyLayer::new(verifier()).unwrap()).layer(RequestDecompressionLayer::new());
    let address = serve(app).await;
    assert!(is_rejection(&deliver_gzip(address, &gzip(PLAIN)).await));
    assert!(records.all().is_empty());
}

/// `VerifiedJson` reads the body as it arrived, even if a layer in between has decompressed that of the request.
#[tokio::test]
async fn the_response_to_compressed_json_names_content_encoding() {
    let app = axum::Router::new().fallback(async |_: VerifiedJson<serde_json::Value>| "taken");
    let inside = app.clone().layer(RequestDecompressionLayer::new()).layer(VerifyLayer::new(verifier()).unwrap());
    let without = app.layer(VerifyLayer::new(verifier()).unwrap());
    for app in [inside, without] {
        let answer = deliver_gzip(serve(app).await, &gzip(PLAIN)).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("Content-Encoding"), "{}", answer.body);
        assert!(!answer.body.contains("gzip"), "{}", answer.body);
    }
}
