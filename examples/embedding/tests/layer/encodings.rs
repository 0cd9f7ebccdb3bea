//! Compressed bodies: what is signed is what goes over the wire.

use std::io::Write;

use countersign::axum::VerifiedJson;
use countersign::tower::VerifyLayer;
use flate2::Compression;
use flate2::write::GzEncoder;
use tower_http::decompression::RequestDecompressionLayer;

use crate::support::{Answer, deliver, head, is_rejection, noting, serve, signature, verifier};

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
async fn the_bytes_on_the_wire_are_verified_and_handed_on() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    assert_eq!(deliver_gzip(address, &gzip(PLAIN)).await.status, 200);
    assert!(is_rejection(&deliver_gzip(address, PLAIN).await));
    assert_eq!(notes.bodies(), [gzip(PLAIN)]);
}

#[tokio::test]
async fn decompression_belongs_behind_the_layer() {
    let (app, notes) = noting();
    // Of two calls, the second layer is the outer one.
    let app = app.layer(RequestDecompressionLayer::new()).layer(VerifyLayer::new(verifier()).unwrap());
    let address = serve(app).await;
    assert_eq!(deliver_gzip(address, &gzip(PLAIN)).await.status, 200);
    let all = notes.all();
    assert_eq!(all[0].body, PLAIN);
    assert_eq!(all[0].authentic.as_ref().unwrap().body()[..], gzip(PLAIN));
}

#[tokio::test]
async fn in_front_of_the_layer_it_makes_every_signature_wrong() {
    let (app, notes) = noting();
    let app = app.layer(VerifyLayer::new(verifier()).unwrap()).layer(RequestDecompressionLayer::new());
    let address = serve(app).await;
    assert!(is_rejection(&deliver_gzip(address, &gzip(PLAIN)).await));
    assert!(notes.all().is_empty());
}

/// `VerifiedJson` reads the body as it arrived, even if a layer in between has decompressed that of the request.
#[tokio::test]
async fn json_that_is_compressed_is_said_to_be() {
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
