//! Unusual headers: repeated, very long, or not ASCII.

use std::convert::Infallible;

use bytes::Bytes;
use countersign::tower::{VerifyLayer, WholeBody};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{deliver, head, is_rejection, post, recording_app, serve, signature, verifier};

const BODY: &[u8] = b"Hello, World!";

#[tokio::test]
async fn repeated_signatures_are_rejected_even_if_right() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let signed = format!("x-hub-signature-256: {}", signature(BODY));
    for second in [&signed[..], "X-Hub-Signature-256:", "x-HUB-signature-256: sha256=00"] {
        let request = head(&["content-length: 13", &signed, second]) + "Hello, World!";
        assert!(is_rejection(&deliver(address, request).await), "{second}");
    }
    assert!(records.all().is_empty());
    // Other headers may be repeated.
    let request = head(&["content-length: 13", "x-other: 1", &signed, "x-other: 2"]) + "Hello, World!";
    assert_eq!(deliver(address, request).await.status, 200);
}

#[tokio::test]
async fn signatures_that_are_not_ascii_are_rejected() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let good = signature(BODY).into_bytes();
    let faults: [&[u8]; 6] = [b"\xff\xfe", b"sha256=\xc3\xa9", "sha256=é".as_bytes(), b"\x80", b"sha256=", b""];
    for value in faults.into_iter().chain([&[&good[..], b"\xa0"].concat()[..]]) {
        let request = [
            b"POST /hooks HTTP/1.1\r\nhost: localhost\r\ncontent-length: 13\r\nx-hub-signature-256: ",
            value,
            b"\r\n\r\nHello, World!",
        ]
        .concat();
        assert!(is_rejection(&deliver(address, request).await), "{value:?}");
    }
    assert!(records.all().is_empty());
}

/// Servers reject heads of this size before the layer gets them.
#[tokio::test]
async fn the_server_rejects_a_header_of_a_megabyte() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let answer = deliver(address, post(BODY, &"0".repeat(1 << 20))).await;
    assert_eq!(answer.status, 431);
    // Short enough for the server, but too long for the layer.
    assert!(is_rejection(&deliver(address, post(BODY, &"0".repeat(100_000))).await));
    assert!(records.all().is_empty());
}

/// The layer rejects one if the server does not.
#[tokio::test]
async fn the_layer_rejects_a_header_of_a_megabyte() {
    let service = VerifyLayer::new(verifier()).unwrap().layer(service_fn(async |request: Request<WholeBody>| {
        Ok::<_, Infallible>(Response::new(Full::new(request.into_body().into_bytes())))
    }));
    let long = "0".repeat(1 << 20);
    for (name, value, status) in [
        ("x-hub-signature-256", &long, 401),
        ("x-other", &signature(BODY), 401),
        ("x-hub-signature-256", &signature(BODY), 200),
    ] {
        let request = Request::post("/").header(name, HeaderValue::from_str(value).unwrap());
        let request = request.header("x-long", &long).body(Full::new(Bytes::from_static(BODY))).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&body[..], if status == 200 { BODY } else { b"not accepted\n" });
    }
}
