//! Bodies that pass through while they are verified.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use bytes::Bytes;
use countersign::tower::{Endpoint, PassThroughBody, VerifyLayer};
use countersign::{Message, ReplayMemories, Scheme, Secret, Signer, Verifier};
use http::Response;
use http::request::Parts;
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Client, Record, deliver, head, is_rejection, post, recording_app, serve, signature, verifier};

fn layer() -> VerifyLayer<countersign::tower::SingleEndpoint, countersign::tower::PassThrough> {
    VerifyLayer::new(verifier()).unwrap().pass_through().unwrap()
}

fn body() -> Vec<u8> {
    (0..1_000_000_u32).map(|index| (index % 251) as u8).collect()
}

#[tokio::test]
async fn the_handler_gets_an_authentic_body() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer())).await;
    let body = body();
    assert_eq!(deliver(address, post(&body, &signature(&body))).await.status, 200);
    assert_eq!(deliver(address, post(b"", &signature(b""))).await.status, 200);
    let all = records.all();
    assert_eq!((&all[0].body, &all[0].error), (&body, &None));
    assert!(all[0].decision.as_ref().unwrap().verified().is_some());
    // There was no verdict when the handler got the request.
    assert!(all[0].verified.is_none() && all[0].authentic.is_none());
    assert!(all[1].body.is_empty());
}

/// The handler of these tests reads the body and answers with success, even if the body ends with an error.
#[tokio::test]
async fn a_forged_body_ends_with_an_error() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer())).await;
    let body = body();
    for length in [1, 100, body.len()] {
        let answer = deliver(address, post(&body[..length], &signature(b"other"))).await;
        assert!(is_rejection(&answer), "{answer:?}");
        let Record { body: got, error, decision, .. } = records.all().pop().unwrap();
        assert!(got.len() < length, "{} of {length}", got.len());
        assert_eq!(error.unwrap(), "the signature does not belong to this body and secret");
        assert!(decision.unwrap().verified().is_none());
    }
    // An empty body is rejected before the handler is called.
    let before = records.all().len();
    assert!(is_rejection(&deliver(address, post(b"", &signature(b"other"))).await));
    assert_eq!(records.all().len(), before);
}

#[tokio::test]
async fn the_handler_does_not_get_a_request_with_a_wrong_head() {
    let (app, records) = recording_app();
    let find = |parts: &Parts| {
        let endpoint = Endpoint::from(verifier());
        std::future::ready(Ok((parts.uri.path() == "/hooks").then_some(endpoint.into())))
    };
    let address = serve(app.layer(VerifyLayer::resolving(find).pass_through().unwrap())).await;
    let body = body();
    for wrong in ["", "sha256=00"] {
        assert!(is_rejection(&deliver(address, post(&body, wrong)).await));
    }
    let unknown = String::from_utf8(post(b"hi", &signature(b"hi"))).unwrap().replacen("/hooks", "/other", 1);
    let mut client = Client::connect(address).await;
    let (most, last) = unknown.split_at(unknown.len() - 1);
    assert!(!client.send(most).await.responds_within(Duration::from_millis(150)).await);
    assert!(is_rejection(&client.send(last).await.answer().await));
    assert!(records.all().is_empty());
    assert_eq!(deliver(address, post(&body, &signature(&body))).await.status, 200);
}

#[tokio::test]
async fn limits_apply() {
    let (app, records) = recording_app();
    let layer = layer().limit(100).read_timeout(Duration::from_millis(300));
    let address = serve(app.layer(layer)).await;
    assert_eq!(deliver(address, head(&["content-length: 101"])).await.status, 413);
    let begun = head(&["transfer-encoding: chunked", &format!("x-hub-signature-256: {}", signature(b"other"))]);
    let answer = deliver(address, begun.clone() + "3c\r\n" + &"x".repeat(60) + "\r\n3c\r\n" + &"x".repeat(60)).await;
    assert_eq!((answer.status, &answer.body[..]), (413, "the body is larger than 100 bytes\n"));
    let answer = deliver(address, begun.clone() + "3c\r\n" + &"x".repeat(60) + "\r\n3c\r\n").await;
    assert_eq!(answer.status, 408);
    let answer =
        Client::connect(address).await.send(begun + "3c\r\n" + &"x".repeat(60)).await.shut().await.answer().await;
    assert_eq!(answer.status, 400);
    let errors: Vec<_> = records.all().into_iter().filter_map(|record| record.error).collect();
    let expected =
        ["the body is larger than the limit", "the body took too long to arrive", "the body ended before it was whole"];
    assert_eq!(errors, expected);
}

#[tokio::test]
async fn trailers_are_dropped() {
    let (app, records) = recording_app();
    let address = serve(app.layer(layer())).await;
    let mut request = head(&["transfer-encoding: chunked", &format!("x-hub-signature-256: {}", signature(b"hi"))]);
    request += "2\r\nhi\r\n0\r\nx-more: told\r\n\r\n";
    assert_eq!(deliver(address, request).await.status, 200);
    assert_eq!((&records.all()[0].body[..], records.all()[0].has_trailers), (&b"hi"[..], false));
}

/// Answers with the status in its path, before the end of the body.
async fn hasty(request: Request) -> StatusCode {
    let status = request.uri().path().trim_start_matches('/').parse().ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap();
    if request.headers().contains_key("x-read") {
        request.into_body().frame().await.unwrap().unwrap();
    }
    status
}

/// A request whose handler answers with `status`, after it has read a chunk or nothing.
fn asking(status: u16, body: &[u8], signature: &str, reads: bool) -> Vec<u8> {
    let more = if reads { "x-read: 1\r\n" } else { "" };
    let head = format!("POST /{status} HTTP/1.1\r\n{more}");
    [head.as_bytes(), &post(body, signature)["POST /hooks HTTP/1.1\r\n".len()..]].concat()
}

/// A response before the end of the body waits for the verdict, whatever its status.
#[tokio::test]
async fn a_forger_gets_no_early_response() {
    let address = serve(Router::new().fallback(hasty).layer(layer())).await;
    let (body, good) = (body(), signature(&body()));
    for status in [200, 204, 206, 301, 302, 304, 400, 404, 409, 422, 500, 503, 507] {
        for reads in [false, true] {
            let forged = deliver(address, asking(status, &body, &signature(b"other"), reads)).await;
            assert!(is_rejection(&forged), "{status}: {forged:?}");
        }
        // An authentic sender gets the response unless it is a success: the handler has not read the body.
        let expected = if (200..300).contains(&status) { 500 } else { status };
        assert_eq!(deliver(address, asking(status, &body, &good, true)).await.status, expected);
    }
    // The response is not sent before the body has arrived.
    let mut client = Client::connect(address).await;
    let request = asking(404, &body, &signature(b"other"), false);
    let (most, last) = request.split_at(request.len() - 1);
    assert!(!client.send(most).await.responds_within(Duration::from_millis(150)).await);
    assert!(is_rejection(&client.send(last).await.answer().await));
    // The limits apply to the rest that the layer reads.
    let address = serve(Router::new().fallback(hasty).layer(layer().read_timeout(Duration::from_millis(300)))).await;
    assert_eq!(Client::connect(address).await.send(most).await.answer().await.status, 408);
}

/// A failing service, and one that switches protocols, which would take the TCP connection away from the layer.
#[tokio::test]
async fn a_forger_gets_no_early_response_of_a_failing_service() {
    let failing = service_fn(async |_: http::Request<PassThroughBody<Full<Bytes>>>| {
        Err::<Response<Full<Bytes>>, _>("the service is broken")
    });
    let service = layer().layer(failing);
    let try_it = async |signature: &str| {
        let request = http::Request::post("/").header("x-hub-signature-256", signature);
        service.clone().oneshot(request.body(Full::from("hello")).unwrap()).await
    };
    assert_eq!(try_it(&signature(b"other")).await.unwrap().status(), 401);
    assert_eq!(try_it(&signature(b"hello")).await.unwrap_err(), "the service is broken");
    let switching = service_fn(async |_: http::Request<PassThroughBody<Full<Bytes>>>| {
        Ok::<_, Infallible>(Response::builder().status(101).body(Full::<Bytes>::default()).unwrap())
    });
    let service = layer().layer(switching);
    let request = http::Request::post("/").header("x-hub-signature-256", signature(b"other"));
    let response = service.oneshot(request.body(Full::<Bytes>::from("hello")).unwrap()).await.unwrap();
    assert_eq!(response.status(), 401);
}

/// A handler that gives the body to a task and answers.
#[tokio::test]
async fn the_response_waits_for_a_task_that_reads_the_body() {
    async fn spawn(request: Request) -> StatusCode {
        let keeps = request.uri().path() == "/keep";
        tokio::spawn(async move {
            let body = request.into_body();
            tokio::time::sleep(Duration::from_millis(100)).await;
            if keeps {
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            body.collect().await.map(|_| ())
        });
        StatusCode::NOT_FOUND
    }
    let layer = layer().read_timeout(Duration::from_millis(500));
    let address = serve(Router::new().fallback(spawn).layer(layer)).await;
    assert_eq!(deliver(address, post(b"hello", &signature(b"hello"))).await.status, 404);
    assert!(is_rejection(&deliver(address, post(b"hello", &signature(b"other"))).await));
    let kept = String::from_utf8(post(b"hello", &signature(b"other"))).unwrap().replacen("/hooks", "/keep", 1);
    assert_eq!(deliver(address, kept).await.status, 408);
}

fn memories() -> ReplayMemories {
    ReplayMemories::new(100).unwrap()
}

#[test]
fn what_cannot_pass_is_known_beforehand() {
    let behind = r#"{"name": "b", "signature": {"header": "X-S"}, "algorithm": "SHA_256", "encoding": "BASE64",
                     "signed": "{body}{method}"}"#;
    let behind = Scheme::from_json(behind).unwrap().verifier(Secret::new("s")).unwrap();
    let error = VerifyLayer::new(behind).unwrap().pass_through().unwrap_err();
    assert_eq!(error.kind().name(), "unsupported");
    let once = |endpoint: Endpoint| {
        VerifyLayer::new(endpoint).unwrap().deduplicate(memories(), Duration::from_secs(60)).unwrap().pass_through()
    };
    let error = once(Endpoint::from(verifier()).named("hub")).unwrap_err();
    assert!(error.to_string().contains("signs no id"), "{error}");
    assert!(once(Endpoint::from(verifier()).repeatable()).is_ok());
}

#[tokio::test]
async fn an_endpoint_that_cannot_pass_through_is_answered_with_500() {
    let (app, records) = recording_app();
    let find = |_: &Parts| std::future::ready(Ok(Some(Endpoint::from(verifier()).named("hooks").into())));
    let layer = VerifyLayer::resolving(find).deduplicate(memories(), Duration::from_secs(60)).unwrap();
    let address = serve(app.layer(layer.pass_through().unwrap())).await;
    assert_eq!(deliver(address, post(b"hi", &signature(b"hi"))).await.status, 500);
    assert!(records.all().is_empty());
}

#[tokio::test]
async fn a_message_with_a_signed_id_is_handled_once() {
    let (app, records) = recording_app();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let verifier = Verifier::preset("standard-webhooks", Secret::new(secret)).unwrap();
    let layer =
        VerifyLayer::new(Endpoint::from(verifier).named("a")).unwrap().deduplicate(memories(), Duration::ZERO).unwrap();
    let layer = layer.pass_through().unwrap();
    let address = serve(app.layer(layer)).await;
    let signer = Signer::preset("standard-webhooks", Secret::new(secret)).unwrap();
    let deliver = async |id: &str, sent: &[u8]| {
        let lines = signer.headers(&Message { id, ..Message::new(b"hello") }).unwrap();
        let mut all: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        all.push("content-length: 5".to_owned());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        deliver(address, [head(&all).as_bytes(), sent].concat()).await
    };
    // A forgery with the id of a message does not reserve it.
    assert!(is_rejection(&deliver("msg_1", b"HELLO").await));
    assert_eq!(deliver("msg_1", b"hello").await.status, 200);
    let again = deliver("msg_1", b"hello").await;
    assert_eq!((again.status, &again.body[..]), (200, "taken before\n"));
    assert_eq!(deliver("msg_2", b"hello").await.status, 200);
    assert_eq!(records.all().iter().filter(|record| record.error.is_none()).count(), 2);
}

/// If the sender closes the TCP connection before the handler was called, it can send the message again. This includes
/// an empty body, which is verified before the handler is called.
#[tokio::test]
async fn closing_before_the_handler_is_called_loses_no_message() {
    #[derive(Clone)]
    struct Busy;

    impl Service<http::Request<PassThroughBody<Full<Bytes>>>> for Busy {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Pending
        }

        fn call(&mut self, _: http::Request<PassThroughBody<Full<Bytes>>>) -> Self::Future {
            unreachable!("it is never ready")
        }
    }

    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let signer = Signer::preset("svix", Secret::new(secret)).unwrap();
    let memories = memories();
    for body in ["", "hello"] {
        let endpoint = Endpoint::from(Verifier::preset("svix", Secret::new(secret)).unwrap()).named("shop");
        let layer = VerifyLayer::new(endpoint).unwrap().deduplicate(memories.clone(), Duration::ZERO).unwrap();
        let mut request = http::Request::post("/");
        for (name, value) in signer.headers(&Message { id: "msg_1", ..Message::new(body.as_bytes()) }).unwrap() {
            request = request.header(name, value);
        }
        let future = layer.pass_through().unwrap().layer(Busy).oneshot(request.body(Full::from(body)).unwrap());
        assert!(tokio::time::timeout(Duration::from_millis(50), future).await.is_err());
        assert!(memories.of("shop").is_empty(), "{body:?}");
    }
}
