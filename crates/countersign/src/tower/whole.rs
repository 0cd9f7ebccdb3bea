//! The mode in which the handler gets whole bodies.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use ::http::request::Parts;
use ::http::{Request, Response, Version};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::tower::arrival::Arrival;
use crate::tower::authentic::Authentic;
use crate::tower::bodies::{AnswerBody, WholeBody};
use crate::tower::gathering::Gathering;
use crate::tower::intake::Intake;
use crate::tower::layer::{Shared, Verify, Whole};
use crate::tower::refusal::Refusal;
use crate::tower::resolver::{Found, Resolve};
use crate::tower::taken::Taken;

impl<S, R, B, A> Service<Request<B>> for Verify<S, R, Whole>
where
    S: Service<Request<WholeBody>, Response = Response<A>> + Clone,
    R: Resolve,
    B: Body,
{
    type Response = Response<AnswerBody<A>>;
    type Error = S::Error;
    type Future = VerifyFuture<S, R, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let policy = &self.shared.policy;
        let intake = Some(Intake::new(body, policy.limit, policy.timeout));
        let step = Step::Resolving { found: self.shared.resolver.resolve(&parts), intake };
        let pending = Pending { version: parts.version, inner: self.inner.clone(), parts: Some(parts), taken: None };
        VerifyFuture { shared: self.shared.clone(), now: SystemTime::now(), pending, step }
    }
}

pin_project! {
    /// Becomes the handler's answer, or that to a delivery which was refused.
    #[allow(missing_debug_implementations, reason = "it holds a request, which no log should show")]
    pub struct VerifyFuture<S, R, B>
    where
        S: Service<Request<WholeBody>>,
        R: Resolve,
    {
        shared: Arc<Shared<R>>,
        // When the delivery began to arrive, which is as of when its freshness is judged.
        now: SystemTime,
        pending: Pending<S>,
        #[pin]
        step: Step<S::Future, R::Future, B>,
    }
}

/// What waits for the verdict.
struct Pending<S> {
    version: Version,
    inner: S,
    parts: Option<Parts>,
    taken: Option<Taken>,
}

pin_project! {
    #[project = StepProjection]
    enum Step<H, F, B> {
        Resolving { #[pin] found: F, intake: Option<Intake<B>> },
        Reading { #[pin] intake: Intake<B>, gathering: Gathering },
        Authentic { request: Option<Request<WholeBody>> },
        Handling { #[pin] answer: H },
        Refused { refusal: Refusal },
    }
}

impl<S, R, B, A> Future for VerifyFuture<S, R, B>
where
    S: Service<Request<WholeBody>, Response = Response<A>>,
    R: Resolve,
    B: Body,
{
    type Output = Result<Response<AnswerBody<A>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Shared { policy, answers, .. } = &**this.shared;
        let Pending { version, inner, parts, taken } = this.pending;
        loop {
            let next = match this.step.as_mut().project() {
                StepProjection::Resolving { found, intake } => {
                    let found = Found::of(ready!(found.poll(cx)), policy.nobody.as_ref());
                    match (found, intake.take()) {
                        (Ok(found), Some(intake)) => Step::Reading { intake, gathering: Gathering::new(found) },
                        (Err(refusal), _) => Step::Refused { refusal },
                        (_, None) => return Poll::Pending,
                    }
                }
                StepProjection::Reading { mut intake, gathering } => {
                    let Some(head) = parts.as_ref() else { return Poll::Pending };
                    let arrival = Arrival { parts: head, origin: policy.origin.as_deref(), now: *this.now };
                    match ready!(gathering.poll(intake.as_mut(), arrival, cx)) {
                        Ok((authentic, kept)) => {
                            *taken = kept;
                            let request = parts.take().map(|parts| request(parts, authentic));
                            Step::Authentic { request }
                        }
                        Err(refusal) => Step::Refused { refusal },
                    }
                }
                StepProjection::Authentic { request } => {
                    ready!(inner.poll_ready(cx))?;
                    let Some(request) = request.take() else { return Poll::Pending };
                    Step::Handling { answer: inner.call(request) }
                }
                StepProjection::Handling { answer } => {
                    let answer = ready!(answer.poll(cx))?;
                    if let Some(taken) = taken.take()
                        && answer.status().is_success()
                    {
                        taken.keep();
                    }
                    return Poll::Ready(Ok(answer.map(AnswerBody::handler)));
                }
                StepProjection::Refused { refusal } => {
                    return Poll::Ready(Ok(answers.to(*refusal, *version)));
                }
            };
            this.step.set(next);
        }
    }
}

/// What the handler gets.
fn request(mut parts: Parts, authentic: Authentic) -> Request<WholeBody> {
    let body = WholeBody::new(authentic.body().clone());
    parts.extensions.insert(authentic.verified());
    parts.extensions.insert(authentic);
    Request::from_parts(parts, body)
}
