//! Starts a body that passes through: the handler gets it unless the delivery is known to be refused.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use countersign_core::Rejection;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::tower::body::BoxError;
use crate::tower::body::incremental::IncrementalVerification;
use crate::tower::body::limited::LimitedBody;
use crate::tower::body::pass_through::body::PassThroughBody;
use crate::tower::body::pass_through::finish::PassThroughRun;
use crate::tower::body::pass_through::verification::{Verification, VerifyingBody};
use crate::tower::body::reader::{BodyReader, ReadResult, RequestContext};
use crate::tower::endpoint::resolver::ResolvedEndpoint;
use crate::tower::refusal::Refusal;
use crate::tower::telemetry;

pin_project! {
    pub struct PassThroughReader<B> {
        target: ResolvedEndpoint,
        body: Option<LimitedBody<B>>,
        // A body that the reader itself reads. Either it is refused already, and hashed so that the response takes as
        // long; or it is empty, and decided before the handler is called.
        unseen_body: Option<Pin<Box<VerifyingBody<B>>>>,
    }
}

impl<B: Body<Error: Into<BoxError>>> BodyReader<B> for PassThroughReader<B> {
    const IS_PASS_THROUGH: bool = true;
    type HandlerBody = PassThroughBody<B>;
    type HandlerRun = PassThroughRun<B>;

    fn new(target: ResolvedEndpoint, body: LimitedBody<B>) -> Self {
        Self { target, body: Some(body), unseen_body: None }
    }

    fn poll(
        self: Pin<&mut Self>,
        request: &mut RequestContext<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<ReadResult<PassThroughBody<B>, PassThroughRun<B>>> {
        let this = self.project();
        if let Some(body) = this.body.take() {
            let verification = begin_verification(this.target, request)?;
            let is_for_handler = !body.is_end() && !verification.is_refused();
            let body = Box::pin(VerifyingBody::new(body, verification));
            if is_for_handler {
                return Poll::Ready(Ok(PassThroughRun::start(request, body)));
            }
            *this.unseen_body = Some(body);
        }
        while let Some(body) = this.unseen_body {
            match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(_)) => {}
                Some(Err(refusal)) => return Poll::Ready(Err(refusal)),
                None => break,
            }
        }
        // It ended without an error, so it is an empty body of an authentic delivery.
        match this.unseen_body.take() {
            Some(empty_body) if this.target.is_known => Poll::Ready(Ok(PassThroughRun::start(request, empty_body))),
            _ => Poll::Ready(Err(Rejection::Mismatch.into())),
        }
    }
}

fn begin_verification(target: &ResolvedEndpoint, request: &RequestContext<'_>) -> Result<Verification, Refusal> {
    let (endpoint, head) = (&target.endpoint, request.head());
    let verification = match IncrementalVerification::begin(endpoint, head) {
        Some(verification) if target.is_known => verification,
        Some(verification) => verification.with_refusal(Refusal::UnknownEndpoint),
        None if target.is_known => {
            telemetry::record_decision(endpoint, Err(Refusal::NotStreamable), 0, None);
            return Err(Refusal::NotStreamable);
        }
        None => IncrementalVerification::begin_refused(endpoint, Refusal::UnknownEndpoint),
    };
    let replay = &request.config.replay;
    let identity = replay.store_for(endpoint).and_then(|_| endpoint.identify(head, &[]));
    Ok(Verification::new(endpoint.clone(), verification, identity, replay.clone(), request.received_at))
}
