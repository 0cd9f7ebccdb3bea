//! Verifies the test vectors as requests of the crate `http`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use countersign::http::HeaderLines;
use countersign::{Message, Rejection, Scheme, Secret, Verified, Verifier};
use http::{HeaderMap, HeaderName, HeaderValue, Request, request::Parts};

/// The head of a vector's delivery; `None` if HTTP cannot transmit it unchanged.
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
    let (mut count, mut faults) = (0, Vec::new());
    for (file, vector) in countersign_vectors::all() {
        let verifier = scheme::scheme(&vector.verifier).and_then(|(scheme, secrets)| scheme.verifier(secrets));
        let Ok(verifier) = verifier else { continue };
        // A request with another URL or method is another delivery.
        let needs_method = vector.delivery.method.is_none() && vector.expect == "missing_part";
        let Some(parts) = parts(&vector.delivery).filter(|parts| !needs_method && is_same_url(&vector.delivery, parts))
        else {
            continue;
        };
        count += 1;
        let now = scheme::received(vector.delivery.received_at);
        let found = name(verifier.verify_parts(&parts, origin(&parts).as_deref(), vector.delivery.body(), now));
        if found != vector.expect {
            faults.push(format!("{file}: {}: {}: {found}, not {}", vector.id, vector.comment, vector.expect));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 5000, "{count} vectors");
}

/// The origin of the request's URL, if the URL is absolute.
fn origin(parts: &Parts) -> Option<String> {
    Some(format!("{}://{}/", parts.uri.scheme_str()?, parts.uri.authority()?))
}

/// The sender chooses the host in a request, so a signature over it must not be trusted.
#[test]
fn the_host_of_the_request_is_not_trusted() {
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

/// A target in absolute form may have an empty path, which a sender signs as `/`.
#[test]
fn an_empty_path_is_a_slash() {
    let scheme = Scheme::from_json(
        r#"{"name": "url", "signature": {"header": "X-Signature"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
            "signed": "{url}{body}"}"#,
    )
    .unwrap();
    let (signer, verifier) = (scheme.signer(Secret::new("a")).unwrap(), scheme.verifier(Secret::new("a")).unwrap());
    for (target, signed) in [
        ("https://elsewhere.example.com", "https://hooks.example.com/"),
        ("https://elsewhere.example.com?a=b", "https://hooks.example.com/?a=b"),
        ("https://elsewhere.example.com?", "https://hooks.example.com/?"),
        ("/?a=b", "https://hooks.example.com/?a=b"),
    ] {
        let message = Message { url: signed, ..Message::new(b"") };
        let signature = signer.headers(&message).unwrap().remove(0).1;
        let (parts, ()) = Request::post(target).header("x-signature", signature).body(()).unwrap().into_parts();
        let now = std::time::SystemTime::now();
        let verdict = verifier.verify_parts(&parts, Some("https://hooks.example.com/"), b"", now);
        assert!(verdict.is_ok(), "{target}: {verdict:?}");
    }
}

/// Whether `http` keeps the URL of a vector unchanged.
fn is_same_url(delivery: &countersign_vectors::Delivery, parts: &Parts) -> bool {
    delivery.url.as_ref().is_none_or(|url| url.is_empty() || parts.uri.to_string() == *url)
}

#[test]
fn debug_shows_only_names() {
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
