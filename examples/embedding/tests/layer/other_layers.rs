//! Layers of `tower-http` around this one, in one stack with it, as most services have them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::{ServiceBuilder, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::decompression::DecompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, ResponseBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;

use countersign::ReplayMemories;
use countersign::tower::{Refusal, VerifyLayer};

use crate::support::{named_endpoint, signature, verifier};

const LIMIT: Duration = Duration::from_secs(5);

/// The status and the body of the response to a delivery of `hello` with this signature.
async fn answer(app: axum::Router, signature: &str) -> (StatusCode, String) {
    let request = Request::post("/").header("X-Hub-Signature-256", signature).body(Body::from("hello")).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap())
}

#[tokio::test]
async fn layers_of_tower_http_stand_around_this_one() {
    let handler = async |body: String| body;
    for is_pass_through in [false, true] {
        let outer = ServiceBuilder::new()
            .layer(CatchPanicLayer::new())
            .layer(TraceLayer::new_for_http())
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(SetResponseHeaderLayer::overriding(HeaderName::from_static("x-a"), HeaderValue::from_static("b")))
            .layer(DecompressionLayer::new())
            .layer(CompressionLayer::new())
            .layer(RequestBodyLimitLayer::new(1 << 20))
            .layer(RequestBodyTimeoutLayer::new(LIMIT))
            .layer(ResponseBodyTimeoutLayer::new(LIMIT))
            .layer(CorsLayer::permissive())
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LIMIT));
        let layer = VerifyLayer::new(verifier()).unwrap();
        let app = axum::Router::new().fallback(handler);
        let app = if is_pass_through {
            app.layer(outer.layer(layer.pass_through().unwrap()))
        } else {
            app.layer(outer.layer(layer))
        };
        assert_eq!(answer(app.clone(), &signature(b"hello")).await, (StatusCode::OK, "hello".to_owned()));
        let (status, text) = answer(app, &signature(b"another")).await;
        assert_eq!((status, &*text), (StatusCode::UNAUTHORIZED, "not accepted\n"));
    }
}

/// `TimeoutLayer` answers by itself, with a body that is made from nothing.
#[tokio::test]
async fn a_layer_around_this_one_answers_by_itself() {
    let slow = async || tokio::time::sleep(LIMIT).await;
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(50)))
        .layer(VerifyLayer::new(verifier()).unwrap());
    let app = axum::Router::new().fallback(slow).layer(stack);
    assert_eq!(answer(app, &signature(b"hello")).await, (StatusCode::GATEWAY_TIMEOUT, String::new()));
}

/// A handler that takes too long is dropped, as if its sender had hung up, if the time-out is outside of this layer: the message
/// stays reserved. Between the layers, the time-out is an error of the handler: the message is forgotten.
#[tokio::test]
async fn a_time_out_belongs_between_this_layer_and_the_handler() {
    for is_between in [false, true] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        // Only the first call takes too long.
        let handler = async move || {
            if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                tokio::time::sleep(LIMIT).await;
            }
            "handled"
        };
        let time_out = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(50));
        let memories = ReplayMemories::new(10).unwrap();
        let layer =
            VerifyLayer::new(named_endpoint()).unwrap().deduplicate(memories, Duration::from_secs(3600)).unwrap();
        let app = axum::Router::new().fallback(handler);
        let app = if is_between { app.layer(time_out).layer(layer) } else { app.layer(layer).layer(time_out) };
        let signature = signature(b"hello");
        assert_eq!(answer(app.clone(), &signature).await.0, StatusCode::GATEWAY_TIMEOUT);
        let retries = [answer(app.clone(), &signature).await, answer(app, &signature).await];
        let (expected, times) = if is_between {
            ([(StatusCode::OK, "handled".to_owned()), (StatusCode::OK, "taken before\n".to_owned())], 2)
        } else {
            ([(); 2].map(|()| (StatusCode::CONFLICT, "still being handled\n".to_owned())), 1)
        };
        assert_eq!((retries, calls.load(Ordering::Relaxed)), (expected, times), "{is_between}");
    }
}

/// A limit of another layer that is found while the body arrives, since its length was not announced.
#[tokio::test]
async fn a_limit_of_a_layer_around_this_one_is_413() {
    for is_pass_through in [false, true] {
        for is_one_stack in [false, true] {
            let (limit, layer) = (RequestBodyLimitLayer::new(4), VerifyLayer::new(verifier()).unwrap());
            let app = axum::Router::new().fallback(async |body: String| body);
            // `axum` hides the error in one of its own if the layers are added one by one.
            let app = match (is_pass_through, is_one_stack) {
                (false, false) => app.layer(layer).layer(limit),
                (false, true) => app.layer(ServiceBuilder::new().layer(limit).layer(layer)),
                (true, false) => app.layer(layer.pass_through().unwrap()).layer(limit),
                (true, true) => app.layer(ServiceBuilder::new().layer(limit).layer(layer.pass_through().unwrap())),
            };
            let request = Request::post("/").header("X-Hub-Signature-256", signature(b"hello"));
            // Without Content-Length.
            let request = request.body(Body::from("hello")).unwrap();
            let response = app.oneshot(request).await.unwrap();
            assert_eq!(response.extensions().get(), Some(&Refusal::OverOuterLimit));
            let status = response.status();
            let text = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!((status, &text[..]), (StatusCode::PAYLOAD_TOO_LARGE, &b"the body is too large\n"[..]));
        }
    }
}
