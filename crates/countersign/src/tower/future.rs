//! The way of a request through the layer: whom is it for, is it authentic, what does the handler say.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use ::http::request::Parts;
use ::http::{Request, Response, Version};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::tower::bodies::AnswerBody;
use crate::tower::intake::Intake;
use crate::tower::layer::{Shared, Verify};
use crate::tower::mode::{Head, Kept, Mode, Work};
use crate::tower::refusal::Refusal;
use crate::tower::resolver::{Found, Resolve};

impl<S, R, M, B, A> Service<Request<B>> for Verify<S, R, M>
where
    S: Service<Request<M::Given>, Response = Response<A>> + Clone,
    R: Resolve,
    M: Mode<B>,
    B: Body,
{
    type Response = Response<AnswerBody<A>>;
    type Error = S::Error;
    type Future = VerifyFuture<S, R, M, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let policy = &self.shared.policy;
        let intake = Some(Intake::new(body, policy.limit, policy.timeout));
        VerifyFuture {
            version: parts.version,
            now: SystemTime::now(),
            step: Step::Resolving { found: self.shared.resolver.resolve(&parts), intake },
            shared: self.shared.clone(),
            parts: Some(parts),
            kept: None,
        }
    }
}

pin_project! {
    /// Becomes the handler's answer, or that to a delivery which was refused.
    pub struct VerifyFuture<S, R, M, B>
    where
        S: Service<Request<M::Given>>,
        R: Resolve,
        M: Mode<B>,
    {
        shared: Arc<Shared<S, R>>,
        version: Version,
        // When the delivery began to arrive, which is as of when its freshness is judged.
        now: SystemTime,
        parts: Option<Parts>,
        kept: Option<<M::Work as Work<B>>::Kept>,
        #[pin]
        step: Step<S, R::Future, M::Work, B, M::Given, S::Future>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<S, F, W, B, G, H> {
        Resolving { #[pin] found: F, intake: Option<Intake<B>> },
        Verifying { #[pin] work: W },
        Authentic { inner: S, request: Option<Request<G>> },
        Handling { #[pin] answer: H },
        Refused { refusal: Refusal },
    }
}

impl<S, R, M, B, A> Future for VerifyFuture<S, R, M, B>
where
    S: Service<Request<M::Given>, Response = Response<A>> + Clone,
    R: Resolve,
    M: Mode<B>,
    B: Body,
{
    type Output = Result<Response<AnswerBody<A>>, S::Error>;

    /// Each step takes what the one before has left. What is not there was taken: the future is polled after its end.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Shared { inner, policy, answers, .. } = &**this.shared;
        loop {
            let next = match this.step.as_mut().project() {
                StepProjection::Resolving { found, intake } => {
                    let found = Found::of(ready!(found.poll(cx)), policy.nobody.as_ref());
                    let Some(intake) = intake.take() else { return Poll::Pending };
                    match found {
                        Ok(found) => Step::Verifying { work: M::Work::new(found, intake) },
                        Err(refusal) => Step::Refused { refusal },
                    }
                }
                StepProjection::Verifying { work } => {
                    let Some(parts) = this.parts.as_mut() else { return Poll::Pending };
                    let mut head = Head { parts, origin: policy.origin.as_deref(), now: *this.now };
                    match ready!(work.poll(&mut head, cx)) {
                        Ok((body, kept)) => {
                            *this.kept = Some(kept);
                            let request = this.parts.take().map(|parts| Request::from_parts(parts, body));
                            Step::Authentic { inner: inner.clone(), request }
                        }
                        Err(refusal) => Step::Refused { refusal },
                    }
                }
                StepProjection::Authentic { inner, request } => {
                    ready!(inner.poll_ready(cx))?;
                    let Some(request) = request.take() else { return Poll::Pending };
                    Step::Handling { answer: inner.call(request) }
                }
                StepProjection::Handling { answer } => {
                    let answer = ready!(answer.poll(cx))?;
                    let Some(kept) = this.kept.take() else { return Poll::Pending };
                    match kept.answered(answer.status().is_success()) {
                        Ok(()) => return Poll::Ready(Ok(answer.map(AnswerBody::handler))),
                        Err(refusal) => Step::Refused { refusal },
                    }
                }
                StepProjection::Refused { refusal } => {
                    return Poll::Ready(Ok(answers.to(*refusal, *this.version)));
                }
            };
            this.step.set(next);
        }
    }
}

impl<S, R, M, B> std::fmt::Debug for VerifyFuture<S, R, M, B>
where
    S: Service<Request<M::Given>>,
    R: Resolve,
    M: Mode<B>,
{
    /// Leaves out the request, which holds the signature.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyFuture").finish_non_exhaustive()
    }
}
