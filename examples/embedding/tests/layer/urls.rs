//! Senders that sign the URL which they called.

use axum::Router;
use countersign::tower::{Endpoint, SingleEndpoint, VerifyLayer, lookup};
use countersign::{Message, Scheme, Secret, Verifier};
use http::request::Parts;

use crate::support::{deliver, head, is_rejection, noting, serve};

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

/// A delivery to `path` by a sender that knows the service as `url`.
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

/// A router cuts what comes before its own routes; the sender has signed all of it.
#[tokio::test]
async fn a_nested_router_sees_the_whole_path() {
    let layer = at("https://hooks.example.com/");
    for passes in [false, true] {
        let (app, notes) = noting();
        let app = if passes { app.layer(layer.clone().pass_through().unwrap()) } else { app.layer(layer.clone()) };
        let inner = Router::new().nest_service("/in", app);
        let address = serve(Router::new().nest("/v1", inner)).await;
        let url = "https://hooks.example.com/v1/in/hooks?a=b%20c";
        assert_eq!(deliver(address, sent("/v1/in/hooks?a=b%20c", url, &[])).await.status, 200);
        for other in ["https://hooks.example.com/hooks?a=b%20c", "https://hooks.example.com/v1/in/hooks"] {
            assert!(is_rejection(&deliver(address, sent("/v1/in/hooks?a=b%20c", other, &[])).await), "{other}");
        }
        assert_eq!(notes.all().len(), 1 + usize::from(passes) * 2);
    }
}

/// A proxy that writes another path: only the operator knows what was called.
#[tokio::test]
async fn a_function_says_which_url_was_called() {
    let find =
        |parts: &Parts| Some(format!("https://public.example.com/{}", parts.headers.get("x-tenant")?.to_str().ok()?));
    let endpoint = || Endpoint::from(verifier());
    let known = std::sync::Arc::new(endpoint());
    let resolved = VerifyLayer::resolving(lookup(move |_: &Parts| Some(known.clone()))).url(find);
    let (app, notes) = noting();
    let one = serve(app.clone().layer(VerifyLayer::new(endpoint().url(find)).unwrap())).await;
    let many = serve(app.layer(resolved)).await;
    for address in [one, many] {
        let url = "https://public.example.com/acme";
        assert_eq!(deliver(address, sent("/internal", url, &["x-tenant: acme"])).await.status, 200);
        assert!(is_rejection(&deliver(address, sent("/internal", url, &["x-tenant: globex"])).await));
        assert!(is_rejection(&deliver(address, sent("/internal", url, &[])).await));
    }
    assert_eq!(notes.all().len(), 2);
}

/// What the request says of itself is what the sender wants it to say.
#[tokio::test]
async fn a_host_that_the_sender_names_is_not_believed() {
    let (app, notes) = noting();
    let address = serve(app.layer(at("https://hooks.example.com"))).await;
    let elsewhere = "http://elsewhere.example.com/hooks";
    let whole = sent("/hooks", elsewhere, &[]).replacen("/hooks", elsewhere, 1);
    assert!(is_rejection(&deliver(address, whole.replace("localhost", "elsewhere.example.com")).await));
    assert!(notes.all().is_empty());
}

#[tokio::test]
async fn without_an_address_it_is_an_error_that_says_so() {
    for wanting in [verifier(), Verifier::preset("twilio", Secret::new("a")).unwrap()] {
        let error = VerifyLayer::<SingleEndpoint>::new(wanting).unwrap_err();
        assert_eq!(error.kind().name(), "invalid_config");
        assert!(error.to_string().contains("Endpoint::origin"), "{error}");
    }
    // A resolver finds it out when a delivery comes, and the operator is told, not the sender blamed.
    let (app, notes) = noting();
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
    assert!(notes.all().is_empty());
    let address = serve(app.layer(layer().origin("https://hooks.example.com"))).await;
    assert_eq!(deliver(address, sent("/hooks", url, &[])).await.status, 200);
}
