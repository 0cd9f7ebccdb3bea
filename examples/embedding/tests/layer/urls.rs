//! Senders that sign the URL that they called.

use axum::Router;
use countersign::tower::{Endpoint, SingleEndpoint, VerifyLayer, lookup};
use countersign::{Message, Scheme, Secret, Signer, Verifier};
use http::request::Parts;

use crate::support::{deliver, head, is_rejection, recording_app, serve};

const BODY: &str = "Hello, World!";

fn scheme() -> Scheme {
    Scheme::from_json(
        r#"{"name": "url", "signature": {"header": "X-Signature"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
            "signed": "{method}{url}{body}"}"#,
    )
    .unwrap()
}

fn verifier() -> Verifier {
    scheme().verifier(Secret::new("secret")).unwrap()
}

/// A delivery to `path`, signed for `url`.
fn sent(path: &str, url: &str, lines: &[&str]) -> String {
    let message = Message { url, ..Message::new(BODY.as_bytes()) };
    let signer = scheme().signer(Secret::new("secret")).unwrap();
    let signature = format!("x-signature: {}", signer.headers(&message).unwrap()[0].1);
    let lines = [&["content-length: 13", &signature][..], lines].concat();
    head(&lines).replacen("/hooks", path, 1) + BODY
}

fn at(origin: &str) -> VerifyLayer {
    VerifyLayer::new(Endpoint::from(verifier()).origin(origin)).unwrap()
}

/// An origin without a scheme would make every delivery a mismatch.
#[test]
fn an_origin_is_scheme_and_host() {
    let layer = |origin: &str| VerifyLayer::new(Endpoint::from(verifier()).origin(origin));
    for origin in ["https://hooks.example.com", "http://127.0.0.1:8080/", "https://example.com/behind/a/proxy"] {
        assert!(layer(origin).is_ok(), "{origin}");
    }
    for origin in [
        "",
        "hooks.example.com",
        "hooks.example.com:443",
        "ftp://example.com",
        "https://",
        "https://a@b",
        "https://a/?b",
    ] {
        let error = layer(origin).map(drop).unwrap_err();
        assert!(error.to_string().contains("scheme and host"), "{origin}: {error}");
    }
}

/// A nested router removes a prefix of the path; the sender has signed the whole path.
#[tokio::test]
async fn the_whole_path_is_verified_in_a_nested_router() {
    let layer = at("https://hooks.example.com/");
    for passes in [false, true] {
        let (app, records) = recording_app();
        let app = if passes { app.layer(layer.clone().pass_through().unwrap()) } else { app.layer(layer.clone()) };
        let inner = Router::new().nest_service("/in", app);
        let address = serve(Router::new().nest("/v1", inner)).await;
        let url = "https://hooks.example.com/v1/in/hooks?a=b%20c";
        assert_eq!(deliver(address, sent("/v1/in/hooks?a=b%20c", url, &[])).await.status, 200);
        for other in ["https://hooks.example.com/hooks?a=b%20c", "https://hooks.example.com/v1/in/hooks"] {
            assert!(is_rejection(&deliver(address, sent("/v1/in/hooks?a=b%20c", other, &[])).await), "{other}");
        }
        assert_eq!(records.all().len(), 1 + usize::from(passes) * 2);
        if !passes {
            let authentic = records.all().remove(0).authentic.unwrap();
            assert_eq!((authentic.method().as_str(), authentic.url()), ("POST", url));
            assert!(!format!("{authentic:?}").contains("b%20c"), "the query can contain a token");
        }
    }
}

/// A proxy changes the path: only the operator knows the URL that was called.
#[tokio::test]
async fn a_function_finds_the_url_that_was_called() {
    let find =
        |parts: &Parts| Some(format!("https://public.example.com/{}", parts.headers.get("x-tenant")?.to_str().ok()?));
    let endpoint = || Endpoint::from(verifier());
    let known = std::sync::Arc::new(endpoint());
    let resolved = VerifyLayer::resolving(lookup(move |_: &Parts| Some(known.clone()))).url(find);
    let (app, records) = recording_app();
    let one = serve(app.clone().layer(VerifyLayer::new(endpoint().url(find)).unwrap())).await;
    let many = serve(app.layer(resolved)).await;
    for address in [one, many] {
        let url = "https://public.example.com/acme";
        assert_eq!(deliver(address, sent("/internal", url, &["x-tenant: acme"])).await.status, 200);
        assert!(is_rejection(&deliver(address, sent("/internal", url, &["x-tenant: globex"])).await));
        assert!(is_rejection(&deliver(address, sent("/internal", url, &[])).await));
    }
    assert_eq!(records.all().len(), 2);
}

/// The sender writes `Host` itself.
#[tokio::test]
async fn the_host_header_is_not_used() {
    let (app, records) = recording_app();
    let address = serve(app.layer(at("https://hooks.example.com"))).await;
    let elsewhere = "http://elsewhere.example.com/hooks";
    let whole = sent("/hooks", elsewhere, &[]).replacen("/hooks", elsewhere, 1);
    assert!(is_rejection(&deliver(address, whole.replace("localhost", "elsewhere.example.com")).await));
    assert!(records.all().is_empty());
}

/// The URL touches the body in what is signed, so the end of the query can be moved into the body and back. The constant and the
/// comparison of the guide reject that.
#[tokio::test]
async fn what_is_moved_between_a_signed_query_and_the_body_is_rejected() {
    const REGISTERED: &str = "https://hooks.example.com/hooks?k=v";
    let moved = "https://hooks.example.com/hooks?k=vHello";
    let constant = || Endpoint::from(verifier()).url(|_: &Parts| Some(REGISTERED.to_owned()));
    let compared = || {
        Endpoint::from(verifier()).url(|head: &Parts| {
            (head.uri.query() == Some("k=v")).then(|| format!("https://hooks.example.com{}?k=v", head.uri.path()))
        })
    };
    let open = || Endpoint::from(verifier()).origin("https://hooks.example.com");
    let as_sent = sent("/hooks?k=v", REGISTERED, &[]);
    let as_moved = as_sent
        .replacen("/hooks?k=v", "/hooks?k=vHello", 1)
        .replacen("content-length: 13", "content-length: 8", 1)
        .replacen(BODY, ", World!", 1);
    assert_eq!(moved.len() - REGISTERED.len(), BODY.len() - ", World!".len());
    for (endpoint, status_of_moved) in [(open(), 200), (constant(), 401), (compared(), 401)] {
        let (app, records) = recording_app();
        let address = serve(app.layer(VerifyLayer::new(endpoint).unwrap())).await;
        assert_eq!(deliver(address, as_sent.clone()).await.status, 200);
        let answer = deliver(address, as_moved.clone()).await;
        assert_eq!(answer.status, status_of_moved);
        assert_eq!(is_rejection(&answer), status_of_moved == 401);
        assert_eq!(records.bodies().len(), 1 + usize::from(status_of_moved == 200));
    }
}

#[tokio::test]
async fn without_a_url_the_layer_cannot_be_built() {
    for wanting in [verifier(), Verifier::preset("twilio", Secret::new("a")).unwrap()] {
        let error = VerifyLayer::<SingleEndpoint>::new(wanting).unwrap_err();
        assert_eq!(error.kind().name(), "invalid_config");
        assert!(error.to_string().contains("Endpoint::origin"), "{error}");
    }
    // With a resolver, a delivery is answered with 500.
    let (app, records) = recording_app();
    let known = std::sync::Arc::new(Endpoint::from(verifier()));
    let layer = || {
        VerifyLayer::resolving(lookup({
            let known = known.clone();
            move |_: &Parts| Some(known.clone())
        }))
    };
    let url = "https://hooks.example.com/hooks";
    let address = serve(app.clone().layer(layer())).await;
    assert_eq!(deliver(address, sent("/hooks", url, &[])).await.status, 500);
    assert!(records.all().is_empty());
    let address = serve(app.layer(layer().origin("https://hooks.example.com"))).await;
    assert_eq!(deliver(address, sent("/hooks", url, &[])).await.status, 200);
}

// The guide begins here.
/// Whether a query is the one that Twilio adds.
fn is_hash(query: &str) -> bool {
    let hash = query.strip_prefix("bodySHA256=").unwrap_or_default();
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_form(head: &Parts) -> bool {
    let kind = head.headers.get("content-type").map_or(&b""[..], |kind| kind.as_bytes());
    kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
}
// The guide ends here.

/// Twilio adds the hash of a body that is no form to the query. The guide's page on tower shows how to take it and no other.
#[tokio::test]
async fn the_query_that_twilio_adds() {
    let secret = || Secret::new("secret");
    let verifier = Verifier::preset("twilio", secret()).unwrap();
    let twilio = Endpoint::from(verifier).url(|head| match head.uri.query() {
        None => Some("https://hooks.example.com/sms".to_owned()),
        Some(query) if is_hash(query) && !is_form(head) => Some(format!("https://hooks.example.com/sms?{query}")),
        Some(_) => None,
    });
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(twilio).unwrap())).await;
    let (json, form) = ("application/json", "Application/x-www-form-urlencoded; charset=UTF-8");
    // The SHA-256 of the body.
    let hash = "?bodySHA256=dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f";
    for (query, kind, status) in [
        (hash, json, 200),
        (&format!("{hash}&c=d"), json, 401),
        (hash, form, 401),
        ("", form, 200),
        ("?c=d", form, 401),
    ] {
        let url = format!("https://hooks.example.com/sms{query}");
        let lines = [("Content-Type", kind.as_bytes())];
        let message = Message { url: &url, headers: &lines, ..Message::new(BODY.as_bytes()) };
        let (name, value) = Signer::preset("twilio", secret()).unwrap().headers(&message).unwrap().remove(0);
        let head = head(&["content-length: 13", &format!("content-type: {kind}"), &format!("{name}: {value}")]);
        let request = head.replacen("/hooks", &format!("/sms{query}"), 1) + BODY;
        assert_eq!(deliver(address, request).await.status, status, "{query} {kind}");
    }
    assert_eq!(records.all().len(), 2);
}

/// What the guide shows is what the test above runs.
#[test]
fn the_guide_shows_these_functions() {
    let own = include_str!("urls.rs");
    let (_, rest) = own.split_once("// The guide begins here.\n").unwrap();
    let (functions, _) = rest.split_once("// The guide ends here.\n").unwrap();
    let page = include_str!("../../../../crates/countersign/guide/tower.md");
    assert!(page.contains(functions), "guide/tower.md has other functions than this test");
}
