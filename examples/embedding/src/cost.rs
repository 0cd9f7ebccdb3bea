//! What a request costs in front of the handler, without a socket, by what is wrong with it: nothing of that may show in the
//! time. The least of many turns, which take place one after the other, so that all have the same machine.
//!
//! With an argument, only the kinds that have it in their name.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::routing::post;
use countersign::axum::VerifiedBody;
use countersign::tower::{Endpoint, VerifyLayer, lookup};
use countersign::{Message, Secret, Signer, Verifier};
use tower_service::Service;

const TURNS: u32 = 400;
const REQUESTS: u32 = 200;

/// What is sent, and the status that must come back.
struct Kind {
    name: &'static str,
    path: &'static str,
    signature: Option<String>,
    status: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("It's a Secret to Everybody");
    let known = std::sync::Arc::new(Endpoint::from(Verifier::preset("github", secret.clone())?));
    let layer = VerifyLayer::resolving(lookup(move |head: &Parts| head.uri.query().is_none().then(|| known.clone())));
    let verified = async |VerifiedBody(body): VerifiedBody| body.len().to_string();
    let bare = async |body: Bytes| body.len().to_string();
    let app = Router::new().route("/hooks", post(verified)).layer(layer);
    let mut app = app.merge(Router::new().route("/bare", post(bare)));

    let body = Bytes::from(vec![b'x'; 1024]);
    let signer = Signer::preset("github", secret)?;
    let sign =
        |text: &[u8]| signer.headers(&Message::new(text)).map(|lines| lines.into_iter().map(|line| line.1).next());
    let (good, other) = (sign(&body)?, sign(b"other")?);
    let kinds = [
        Kind { name: "without the layer", path: "/bare", signature: good.clone(), status: 200 },
        Kind { name: "authentic", path: "/hooks", signature: good.clone(), status: 200 },
        Kind { name: "forged", path: "/hooks", signature: other, status: 401 },
        Kind { name: "no signature", path: "/hooks", signature: None, status: 401 },
        Kind { name: "malformed", path: "/hooks", signature: Some("sha256=0".to_owned()), status: 401 },
        Kind { name: "unknown connection", path: "/hooks?nobody", signature: good, status: 401 },
    ];
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let kinds: Vec<Kind> = kinds.into_iter().filter(|kind| kind.name.contains(&wanted)).collect();
    let mut least = vec![Duration::MAX; kinds.len()];
    for _ in 0..TURNS {
        for (kind, least) in kinds.iter().zip(&mut least) {
            let requests: Vec<Request> = (0..REQUESTS).map(|_| request(kind, &body)).collect::<Result<_, _>>()?;
            let start = Instant::now();
            for request in requests {
                let response = app.call(request).await?;
                assert_eq!(response.status(), kind.status, "{}", kind.name);
            }
            *least = start.elapsed().min(*least);
        }
    }
    for (kind, least) in kinds.iter().zip(&least) {
        println!("{:20}{:8} ns", kind.name, (*least / REQUESTS).as_nanos());
    }
    Ok(())
}

fn request(kind: &Kind, body: &Bytes) -> Result<Request, axum::http::Error> {
    let mut request = Request::post(kind.path);
    if let Some(signature) = &kind.signature {
        request = request.header("x-hub-signature-256", signature);
    }
    request.body(Body::from(body.clone()))
}
