//! The service that a layer puts around a handler.

use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::tower::body::BoxError;
use crate::tower::body::mode::{BodyMode, Whole};
use crate::tower::endpoint::resolver::{Resolve, SingleEndpoint};
use crate::tower::future::{Shared, VerifyFuture};
use crate::tower::response::ResponseBody;

/// The service that [`VerifyLayer`](crate::tower::VerifyLayer) puts around another one.
///
/// It is always ready. For each delivery it clones the inner service, and waits until that clone is ready when the
/// delivery is found to be authentic. It is `Send` if the inner service is.
#[derive(Debug)]
pub struct Verify<S, R = SingleEndpoint, M = Whole> {
    inner: S,
    shared: Arc<Shared<R>>,
    mode: PhantomData<M>,
}

impl<S, R, M> Verify<S, R, M> {
    pub(crate) fn new(inner: S, shared: Shared<R>) -> Self {
        Self { inner, shared: Arc::new(shared), mode: PhantomData }
    }
}

impl<S, R, M, B, A> Service<Request<B>> for Verify<S, R, M>
where
    S: Service<Request<M::HandlerBody>, Response = Response<A>> + Clone,
    R: Resolve,
    M: BodyMode<B>,
    B: Body<Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<A>>;
    type Error = S::Error;
    type Future = VerifyFuture<S, R, M, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        (&*self).call(request)
    }
}

/// Each request is received on its own, so a service that is shared need not be cloned first.
impl<S, R, M, B, A> Service<Request<B>> for &Verify<S, R, M>
where
    S: Service<Request<M::HandlerBody>, Response = Response<A>> + Clone,
    R: Resolve,
    M: BodyMode<B>,
    B: Body<Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<A>>;
    type Error = S::Error;
    type Future = VerifyFuture<S, R, M, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        VerifyFuture::new(self.inner.clone(), self.shared.clone(), request)
    }
}

impl<S: Clone, R, M> Clone for Verify<S, R, M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: self.shared.clone(), mode: PhantomData }
    }
}
