//! The future of a request, as a state machine. Its states, in order:
//!
//! 1. `ResolvingEndpoint`: the resolver looks up the endpoint.
//! 2. `ReadingBody`: the body is read and verified: all of it, or, with `pass_through`, only as much as it takes to
//!    decide whether the handler gets it.
//! 3. `WaitingForService`: the delivery is authentic, or its body passes through. The inner service is not ready yet.
//! 4. `RunningHandler`: the handler runs.
//! 5. `Finishing`: the handler has answered. The layer waits for the verdict on a body that passes through, and for the
//!    store of messages.
//! 6. `Done`.
//!
//! `ResolvingEndpoint`, `ReadingBody` and `Finishing` lead to `Refused` if the request is refused, or was a handshake that
//! the layer answers.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use ::http::request::Parts;
use ::http::{HeaderName, Request, Response, Version};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::handshake::Handshake;
use crate::tower::body::BoxError;
use crate::tower::body::limited::LimitedBody;
use crate::tower::body::mode::BodyMode;
use crate::tower::body::reader::{BodyReader, HandlerRun, RequestContext};
use crate::tower::config::Config;
use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::{Resolve, ResolveError, ResolvedEndpoint};
use crate::tower::panics::caught;
use crate::tower::refusal::Refusal;
use crate::tower::response::{ResponseBody, Responses};
use crate::tower::telemetry;
use crate::tower::timeout::Timeout;

/// What all clones of a service share. Servers clone a service for each request.
#[derive(Debug)]
pub(crate) struct Shared<R> {
    pub(crate) resolver: Arc<R>,
    pub(crate) config: Config,
    pub(crate) responses: Responses,
}

pin_project! {
    /// The future of a response: that of the handler, or the one to a request that was refused.
    ///
    /// # Panics
    /// If it is polled after it was ready, as futures of `async` blocks do.
    pub struct VerifyFuture<S, R, M, B>
    where
        S: Service<Request<M::HandlerBody>>,
        R: Resolve,
        M: BodyMode<B>,
    {
        inner: S,
        shared: Arc<Shared<R>>,
        version: Version,
        // The most bytes that the body may have.
        limit: u64,
        // When the head arrived. Timestamps are judged as of then.
        received_at: SystemTime,
        parts: Option<Parts>,
        // The answer to a handshake, until it is sent.
        handshake: Option<Handshake>,
        run: Option<<M::Reader as BodyReader<B>>::HandlerRun>,
        #[pin]
        state: State<R::Future, M::Reader, B, M::HandlerBody, S::Future, Result<S::Response, S::Error>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<ResolveFuture, Reader, B, HandlerBody, HandlerFuture, Answer> {
        ResolvingEndpoint { #[pin] future: ResolveFuture, #[pin] timeout: Timeout, body: Option<LimitedBody<B>> },
        ReadingBody { #[pin] reader: Reader },
        WaitingForService { request: Option<Request<HandlerBody>> },
        RunningHandler { #[pin] future: HandlerFuture },
        Finishing { answer: Option<Answer> },
        Refused { refusal: Refusal },
        Done,
    }
}

impl<S, R, M, B> VerifyFuture<S, R, M, B>
where
    S: Service<Request<M::HandlerBody>>,
    R: Resolve,
    M: BodyMode<B>,
    B: Body<Error: Into<BoxError>>,
{
    pub(crate) fn new(inner: S, shared: Arc<Shared<R>>, request: Request<B>) -> Self {
        let received_at = SystemTime::now();
        let (parts, body) = request.into_parts();
        let config = &shared.config;
        let body = Some(LimitedBody::new(body, config.limit(), config.pace()));
        let timeout = Timeout::new(config.resolve_timeout);
        let state = match caught(RESOLVER, || shared.resolver.resolve(&parts)) {
            Ok(future) => State::ResolvingEndpoint { future, timeout, body },
            Err(error) => State::Refused { refusal: unresolved(&*shared.resolver, Some(&parts), &error) },
        };
        Self {
            inner,
            version: parts.version,
            limit: config.limit(),
            received_at,
            parts: Some(parts),
            handshake: None,
            run: None,
            state,
            shared,
        }
    }
}

impl<S, R, M, B, A> Future for VerifyFuture<S, R, M, B>
where
    S: Service<Request<M::HandlerBody>, Response = Response<A>> + Clone,
    R: Resolve,
    M: BodyMode<B>,
    B: Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<A>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Shared { config, responses, resolver } = &**this.shared;
        let output = loop {
            // Each state takes what the state before has left in an `Option`. What is not there was taken.
            let next = match this.state.as_mut().project() {
                StateProjection::ResolvingEndpoint { future, timeout, body } => {
                    let resolved = match caught(RESOLVER, || future.poll(cx)) {
                        Ok(Poll::Ready(resolved)) => resolved,
                        Ok(Poll::Pending) => {
                            ready!(timeout.poll(cx));
                            Err("the resolver took too long".into())
                        }
                        // It is not polled again: the next state replaces it.
                        Err(panic) => Err(panic),
                    };
                    let target = match resolved {
                        Ok(found) => target(found, config, M::Reader::IS_PASS_THROUGH),
                        Err(error) => Err(unresolved(&**resolver, this.parts.as_ref(), &error)),
                    };
                    match (target, body.take()) {
                        (Ok(target), Some(mut body)) => {
                            if let Some(limit) = target.endpoint.body_limit_of_its_own() {
                                body.lower_limit(limit);
                                *this.limit = limit.min(*this.limit);
                            }
                            State::ReadingBody { reader: M::Reader::new(target, body) }
                        }
                        (Err(refusal), _) => State::Refused { refusal },
                        (Ok(_), None) => State::Done,
                    }
                }
                StateProjection::ReadingBody { reader } => {
                    let Some(parts) = this.parts.as_mut() else { polled_after_completion() };
                    let mut request =
                        RequestContext { parts, config, received_at: *this.received_at, handshake: this.handshake };
                    match ready!(reader.poll(&mut request, cx)) {
                        Ok((body, run)) => {
                            *this.run = Some(run);
                            let request = this.parts.take().map(|parts| Request::from_parts(parts, body));
                            State::WaitingForService { request }
                        }
                        Err(refusal) => State::Refused { refusal },
                    }
                }
                StateProjection::WaitingForService { request } => match ready!(this.inner.poll_ready(cx)) {
                    Ok(()) => {
                        let Some(request) = request.take() else { polled_after_completion() };
                        set_polling(this.run, true);
                        let future = this.inner.call(request);
                        set_polling(this.run, false);
                        State::RunningHandler { future }
                    }
                    // The request is dropped. If its body passes through, `Finishing` reads it to its end.
                    Err(error) => State::Finishing { answer: Some(Err(error)) },
                },
                StateProjection::RunningHandler { future } => {
                    set_polling(this.run, true);
                    let answer = future.poll(cx);
                    set_polling(this.run, false);
                    State::Finishing { answer: Some(ready!(answer)) }
                }
                StateProjection::Finishing { answer } => {
                    let is_success = matches!(answer, Some(Ok(response)) if is_success(response));
                    let verdict = match this.run {
                        Some(run) => ready!(run.poll_answered(is_success, cx)),
                        None => Ok(()),
                    };
                    *this.run = None;
                    match (verdict, answer.take()) {
                        (Ok(()), Some(answer)) => break answer.map(|response| response.map(ResponseBody::handler)),
                        (Err(refusal), _) => State::Refused { refusal },
                        (Ok(()), None) => State::Done,
                    }
                }
                StateProjection::Refused { refusal } => {
                    break Ok(match this.handshake.take() {
                        Some(handshake) => Responses::for_handshake(handshake),
                        None => responses.for_refusal(*refusal, *this.version, *this.limit),
                    });
                }
                StateProjection::Done => polled_after_completion(),
            };
            this.state.set(next);
        };
        this.state.set(State::Done);
        Poll::Ready(output)
    }
}

/// The endpoint that the request is verified with: the one that the resolver found, or the decoy if it found none.
///
/// # Errors
/// If the layer cannot do for the endpoint what its settings say.
fn target(found: Option<Arc<Endpoint>>, config: &Config, is_pass_through: bool) -> Result<ResolvedEndpoint, Refusal> {
    let Some(endpoint) = found else {
        let decoy = config.decoy.as_ref().ok_or(Refusal::UnknownEndpoint)?;
        return Ok(ResolvedEndpoint { endpoint: decoy.clone(), is_known: false });
    };
    config
        .check_endpoint(&endpoint, is_pass_through)
        .inspect_err(|refusal| telemetry::record_decision(&endpoint, Err(*refusal), 0, None))?;
    telemetry::record_unchecked(&endpoint);
    Ok(ResolvedEndpoint { endpoint, is_known: true })
}

/// Logs and counts that the resolver failed, took too long or panicked.
fn unresolved<R: Resolve>(resolver: &R, parts: Option<&Parts>, error: &ResolveError) -> Refusal {
    // What reads the name may be what has panicked.
    let name = caught(RESOLVER, || resolver.name_of(parts?)).unwrap_or_default();
    telemetry::record_resolver_failure(name.as_deref(), error);
    Refusal::Unresolved
}

/// The resolver, in error texts.
const RESOLVER: &str = "the resolver";

/// Notes that the handler is being called or polled, or has returned from that. If it panics, it does not return.
fn set_polling(run: &mut Option<impl HandlerRun>, is_polling: bool) {
    if let Some(run) = run {
        run.set_polling(is_polling);
    }
}

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Whether the handler answered with success. gRPC answers with 200 in any case, and puts an early failure into a
/// header.
fn is_success<A>(response: &Response<A>) -> bool {
    response.status().is_success() && response.headers().get(GRPC_STATUS).is_none_or(|status| status == "0")
}

fn polled_after_completion() -> ! {
    panic!("`VerifyFuture` polled after completion")
}

impl<S, R, M, B> std::fmt::Debug for VerifyFuture<S, R, M, B>
where
    S: Service<Request<M::HandlerBody>>,
    R: Resolve,
    M: BodyMode<B>,
{
    /// Leaves out the request, which contains the signature.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyFuture").finish_non_exhaustive()
    }
}
