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

use crate::tower::body::bodies::AnswerBody;
use crate::tower::body::limited::Intake;
use crate::tower::body::mode::{Head, Kept, Mode, Work};
use crate::tower::endpoint::resolver::{Found, Resolve};
use crate::tower::layer::{Shared, Verify};
use crate::tower::refusal::Refusal;
use crate::tower::telemetry;
use crate::tower::timeout::Deadline;

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
        let intake = Some(Intake::new(body, policy.limit(), policy.timeout));
        let deadline = Deadline::new(policy.resolve_timeout);
        VerifyFuture {
            version: parts.version,
            now: SystemTime::now(),
            step: Step::Resolving { found: self.shared.resolver.resolve(&parts), deadline, intake },
            inner: self.inner.clone(),
            shared: self.shared.clone(),
            parts: Some(parts),
            kept: None,
        }
    }
}

pin_project! {
    /// Becomes the handler's answer, or that to a delivery which was refused.
    ///
    /// # Panics
    /// If it is polled after its end, as futures of `async` blocks do.
    pub struct VerifyFuture<S, R, M, B>
    where
        S: Service<Request<M::Given>>,
        R: Resolve,
        M: Mode<B>,
    {
        inner: S,
        shared: Arc<Shared<R>>,
        version: Version,
        // When the delivery began to arrive, which is as of when its freshness is judged.
        now: SystemTime,
        parts: Option<Parts>,
        kept: Option<<M::Work as Work<B>>::Kept>,
        #[pin]
        step: Step<R::Future, M::Work, B, M::Given, S::Future, Result<S::Response, S::Error>>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<F, W, B, G, H, O> {
        Resolving { #[pin] found: F, #[pin] deadline: Deadline, intake: Option<Intake<B>> },
        Verifying { #[pin] work: W },
        Authentic { request: Option<Request<G>> },
        Handling { #[pin] answer: H },
        Answered { outcome: Option<O> },
        Refused { refusal: Refusal },
        Over,
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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Shared { policy, answers, .. } = &**this.shared;
        let output = loop {
            // Each step takes what the one before has left. What is not there was taken.
            let next = match this.step.as_mut().project() {
                StepProjection::Resolving { found, deadline, intake } => {
                    let resolved = match found.poll(cx) {
                        Poll::Ready(resolved) => resolved,
                        Poll::Pending => {
                            ready!(deadline.poll(cx));
                            Err("the resolver took too long".into())
                        }
                    };
                    let found = Found::of(resolved, policy.nobody.as_ref()).and_then(|found| {
                        if found.is_known {
                            policy.check(&found.endpoint, M::Work::PASSES).inspect_err(|refusal| {
                                telemetry::decided(&found.endpoint, Err(*refusal), 0);
                            })?;
                        }
                        Ok(found)
                    });
                    match (found, intake.take()) {
                        (Ok(found), Some(intake)) => Step::Verifying { work: M::Work::new(found, intake) },
                        (Err(refusal), _) => Step::Refused { refusal },
                        (Ok(_), None) => Step::Over,
                    }
                }
                StepProjection::Verifying { work } => {
                    let Some(parts) = this.parts.as_mut() else { polled_after_the_end() };
                    let mut head = Head { parts, policy, now: *this.now };
                    match ready!(work.poll(&mut head, cx)) {
                        Ok((body, kept)) => {
                            *this.kept = Some(kept);
                            let request = this.parts.take().map(|parts| Request::from_parts(parts, body));
                            Step::Authentic { request }
                        }
                        Err(refusal) => Step::Refused { refusal },
                    }
                }
                StepProjection::Authentic { request } => match ready!(this.inner.poll_ready(cx)) {
                    Ok(()) => {
                        let Some(request) = request.take() else { polled_after_the_end() };
                        entered(this.kept, true);
                        let answer = this.inner.call(request);
                        entered(this.kept, false);
                        Step::Handling { answer }
                    }
                    // The body that passes is dropped with the request, and read to its end for the verdict.
                    Err(error) => Step::Answered { outcome: Some(Err(error)) },
                },
                StepProjection::Handling { answer } => {
                    entered(this.kept, true);
                    let outcome = answer.poll(cx);
                    entered(this.kept, false);
                    Step::Answered { outcome: Some(ready!(outcome)) }
                }
                StepProjection::Answered { outcome } => {
                    let is_success = matches!(outcome, Some(Ok(answer)) if is_success(answer));
                    let verdict = match this.kept {
                        Some(kept) => ready!(kept.poll_answered(is_success, cx)),
                        None => Ok(()),
                    };
                    *this.kept = None;
                    match (verdict, outcome.take()) {
                        (Ok(()), Some(outcome)) => break outcome.map(|answer| answer.map(AnswerBody::handler)),
                        (Err(refusal), _) => Step::Refused { refusal },
                        (Ok(()), None) => Step::Over,
                    }
                }
                StepProjection::Refused { refusal } => break Ok(answers.to(*refusal, *this.version)),
                StepProjection::Over => polled_after_the_end(),
            };
            this.step.set(next);
        };
        this.step.set(Step::Over);
        Poll::Ready(output)
    }
}

/// Notes that the handler runs, or has come back: if it panics, it does not.
fn entered(kept: &mut Option<impl Kept>, is_in: bool) {
    if let Some(kept) = kept {
        kept.entered(is_in);
    }
}

/// Whether the handler says that all is well. gRPC answers 200 in any case, and says in a header what failed at once.
fn is_success<A>(answer: &Response<A>) -> bool {
    answer.status().is_success() && answer.headers().get("grpc-status").is_none_or(|status| status == "0")
}

fn polled_after_the_end() -> ! {
    panic!("`VerifyFuture` polled after completion")
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
