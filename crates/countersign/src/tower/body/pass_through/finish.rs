//! Finishes a body that passes through: the handler's response waits for the verdict.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http_body::Body;

use crate::tower::body::BoxError;
use crate::tower::body::pass_through::body::{PassThroughBody, ReturnedBody};
use crate::tower::body::pass_through::verification::VerifyingBody;
use crate::tower::body::reader::{HandlerRun, RequestContext};
use crate::tower::endpoint::Endpoint;
use crate::tower::extensions::decision::Decision;
use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::Reservation;
use crate::tower::telemetry;
use crate::tower::timeout::Timeout;

/// What the layer keeps while the handler runs.
#[expect(missing_debug_implementations, reason = "the public interface never returns one")]
pub struct PassThroughRun<B> {
    decision: Decision,
    endpoint: Arc<Endpoint>,
    returned: ReturnedBody<B>,
    /// The rest of the body, if the handler has dropped it before its end.
    rest: Option<Pin<Box<VerifyingBody<B>>>>,
    /// The reservation of the message, after the handler has answered.
    reservation: Option<Reservation>,
    /// Whether the handler is being called or polled at this moment.
    is_polling: bool,
    /// Whether the handler was called. An empty body is decided, and its message reserved, before that.
    was_called: bool,
    /// Whether the handler answered before the verdict. `None` until it has answered.
    answered_early: Option<bool>,
    /// How long the layer waits for somebody else who still has the body.
    timeout: Pin<Box<Timeout>>,
}

impl<B> PassThroughRun<B> {
    /// Inserts the [`Decision`] into the extensions of the request. Returns the body for the handler, and what the
    /// layer keeps.
    pub(crate) fn start(
        request: &mut RequestContext<'_>,
        body: Pin<Box<VerifyingBody<B>>>,
    ) -> (PassThroughBody<B>, Self) {
        let (decision, endpoint) = (body.decision().clone(), body.endpoint().clone());
        request.parts.extensions.insert(decision.clone());
        let (body, returned) = PassThroughBody::new(body);
        let run = Self {
            decision,
            endpoint,
            returned,
            rest: None,
            reservation: None,
            is_polling: false,
            was_called: false,
            answered_early: None,
            timeout: Box::pin(Timeout::new(request.config.read_timeout)),
        };
        (body, run)
    }
}

impl<B: Body<Error: Into<BoxError>>> PassThroughRun<B> {
    /// Ready when there is a verdict. Reads the rest of the body if the handler has dropped it.
    fn poll_verdict(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        loop {
            if let Some(rest) = &mut self.rest {
                while ready!(rest.as_mut().poll_frame(cx)).is_some() {}
                self.rest = None;
            }
            // First the body, then the verdict: in the other order, a verdict in between would be missed.
            self.rest = self.returned.take_or_wait(cx);
            if let Some(verdict) = self.decision.verdict() {
                self.rest = None;
                return Poll::Ready(verdict.map(|_| ()));
            }
            if self.rest.is_none() {
                // Somebody else still has the body, and may never read it.
                ready!(self.timeout.as_mut().poll(cx));
                return Poll::Ready(Err(Refusal::TimedOut));
            }
        }
    }
}

impl<B: Body<Error: Into<BoxError>>> HandlerRun for PassThroughRun<B> {
    fn set_polling(&mut self, is_polling: bool) {
        (self.is_polling, self.was_called) = (is_polling, true);
    }

    /// A handler may answer with an error before the end of the body, but not with success.
    fn poll_answered(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        let decision = &self.decision;
        let answered_early = *self.answered_early.get_or_insert_with(|| decision.verdict().is_none());
        let is_handled = is_success && !answered_early;
        if self.reservation.is_none() {
            ready!(self.poll_verdict(cx))?;
            self.reservation = self.decision.take_reservation();
        }
        if let Some(reservation) = &mut self.reservation {
            ready!(reservation.poll_settle(is_handled, cx));
            self.reservation = None;
        }
        if is_success && answered_early {
            telemetry::record_unread_body(&self.endpoint);
            return Poll::Ready(Err(Refusal::Unread));
        }
        Poll::Ready(Ok(()))
    }
}

impl<B> Drop for PassThroughRun<B> {
    /// Drops the reservation too, even if a clone of the [`Decision`] still exists elsewhere.
    fn drop(&mut self) {
        let Some(mut reservation) = self.reservation.take().or_else(|| self.decision.take_reservation()) else {
            return;
        };
        if self.is_polling {
            reservation.set_handler_polling(true);
        } else if !self.was_called {
            reservation.set_handler_not_called();
        }
    }
}
