//! Every vector, as a request of the crate `http`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use countersign::http::HeaderLines;
use countersign::{Message, Rejection, Scheme, Secret, Verified, Verifier};
use http::{HeaderMap, HeaderName, HeaderValue, Request, request::Parts};

/// The head of a vector's delivery, if it can come over HTTP as the vector has it.
fn parts(delivery: &countersign_vectors::Delivery) -> Option<Parts> {
    let mut request = Request::builder().method(delivery.method.as_deref().unwrap_or("POST"));
    if let Some(url) = &delivery.url {
        request = request.uri(url);
    }
    let (mut parts, ()) = request.body(()).ok()?.into_parts();
    for (name, value) in delivery.headers() {
        parts.headers.append(HeaderName::from_bytes(name.as_ref()).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some(parts)
}

fn name(verdict: Result<Verified, Rejection>) -> &'static str {
    verdict.map_or_else(Rejection::name, |_| "authentic")
}

#[test]
fn every_vector_that_can_be_a_request_gets_its_verdict() {
    let (mut seen, mut faults) = (0, Vec::new());
    for (file, vector) in countersign_vectors::all() {
        let verifier = scheme::scheme(&vector.verifier).and_then(|(scheme, secrets)| scheme.verifier(secrets));
        let Ok(verifier) = verifier else { continue };
        // What is written in another way, or left out, is another delivery.
        let needs_method = vector.delivery.method.is_none() && vector.expect == "missing_part";
        let Some(parts) = parts(&vector.delivery).filter(|parts| !needs_method && is_same_url(&vector.delivery, parts))
        else {
            continue;
        };
        seen += 1;
        let now = scheme::received(vector.delivery.received_at);
        let found = name(verifier.verify_parts(&parts, origin(&parts).as_deref(), vector.delivery.body(), now));
        if found != vector.expect {
            faults.push(format!("{file}: {}: {}: {found}, not {}", vector.id, vector.comment, vector.expect));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(seen >= 5000, "{seen} vectors");
}

/// Scheme and host of a URL, if it has them.
fn origin(parts: &Parts) -> Option<String> {
    Some(format!("{}://{}/", parts.uri.scheme_str()?, parts.uri.authority()?))
}

/// What a request says of its host is what the sender wants it to say.
#[test]
fn a_host_that_the_sender_names_is_not_believed() {
    let scheme = Scheme::from_json(
        r#"{"name": "url", "signature": {"header": "X-Signature"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
            "signed": "{url}{body}"}"#,
    )
    .unwrap();
    let url = "https://elsewhere.example.com/hook?a=b";
    let message = Message { url, ..Message::new(b"body") };
    let signature = scheme.signer(Secret::new("a")).unwrap().headers(&message).unwrap().remove(0).1;
    let verifier = scheme.verifier(Secret::new("a")).unwrap();
    let (parts, ()) = Request::post(url).header("x-signature", signature).body(()).unwrap().into_parts();
    let verify = |origin| verifier.verify_parts(&parts, origin, b"body", std::time::SystemTime::now()).map(|_| ());
    assert_eq!(verify(None), Err(Rejection::MissingPart));
    assert_eq!(verify(Some("https://hooks.example.com")), Err(Rejection::Mismatch));
    assert_eq!(verify(Some("https://elsewhere.example.com/")), Ok(()));
}

/// An address that `http` writes in another way was not signed so.
fn is_same_url(delivery: &countersign_vectors::Delivery, parts: &Parts) -> bool {
    delivery.url.as_ref().is_none_or(|url| url.is_empty() || parts.uri.to_string() == *url)
}

#[test]
fn debug_shows_names_alone() {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Bearer secret token"));
    headers.append("x-other", HeaderValue::from_static("1"));
    assert_eq!(format!("{:?}", HeaderLines(&headers)), r#"{"authorization", "x-other"}"#);
    let verifier = Verifier::token(Secret::new("secret token")).unwrap();
    let now = std::time::SystemTime::now();
    assert!(verifier.verify_headers(&headers, b"", now).is_ok());
    headers.append("authorization", HeaderValue::from_static("Bearer secret token"));
    assert_eq!(verifier.verify_headers(&headers, b"", now), Err(Rejection::RepeatedSignature));
}
