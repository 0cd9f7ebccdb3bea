//! Properties of the layer's services and futures: `Send`, and panics.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use countersign::tower::{PassThroughBody, VerifyLayer, WholeBody};
use http::{Request, Response};
use http_body_util::Full;
use tower::util::BoxCloneService;
use tower::{Layer, Service, service_fn};

use crate::support::{signature, verifier};

type Boxed<B> = BoxCloneService<Request<B>, Response<Full<Bytes>>, Infallible>;

fn boxed<B: Send + 'static>() -> Boxed<B> {
    BoxCloneService::new(service_fn(async |_: Request<B>| Ok(Response::new(Full::default()))))
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn request() -> Request<Full<Bytes>> {
    Request::post("/").header("x-hub-signature-256", signature(b"hello")).body(Full::from("hello")).unwrap()
}

/// The inner service need not be `Sync`: this compiles.
#[tokio::test]
async fn the_service_is_send_if_the_inner_service_is() {
    let whole = VerifyLayer::new(verifier()).unwrap();
    let passing = whole.clone().pass_through().unwrap();
    let mut whole = is_send(whole.layer(boxed::<WholeBody>()));
    let mut passing = is_send(passing.layer(boxed::<PassThroughBody<Full<Bytes>>>()));
    let whole = tokio::spawn(is_send(whole.call(request()))).await.unwrap().unwrap();
    let passing = tokio::spawn(is_send(passing.call(request()))).await.unwrap().unwrap();
    assert_eq!((whole.status(), passing.status()), (http::StatusCode::OK, http::StatusCode::INTERNAL_SERVER_ERROR));
}

#[test]
#[should_panic(expected = "polled after completion")]
fn a_future_that_is_polled_after_completion_panics() {
    let mut service = VerifyLayer::new(verifier()).unwrap().layer(boxed::<WholeBody>());
    let mut future = pin!(service.call(request()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_ready());
    assert_eq!(future.poll(&mut cx).map(|_| ()), Poll::Pending);
}
