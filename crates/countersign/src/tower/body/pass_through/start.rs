//! The beginning of a body that passes: nothing gets to the handler of which it is known already that it is not authentic.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use countersign_core::Rejection;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::tower::body::incremental::Running;
use crate::tower::body::limited::Intake;
use crate::tower::body::mode::{Admitted, Head, Kept, Work};
use crate::tower::body::pass_through::body::{Left, Passing, PassingBody, Stage, UnderWay};
use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::Found;
use crate::tower::extensions::decision::Decision;
use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::Taken;
use crate::tower::telemetry;
use crate::tower::timeout::Deadline;

pin_project! {
    pub struct Opening<B> {
        found: Found,
        intake: Option<Intake<B>>,
        // A body that no handler sees yet. One that is refused already is hashed like all others, so that the time says
        // nothing; one that is empty is decided before the handler is called.
        hidden: Option<Pin<Box<UnderWay<B>>>>,
    }
}

impl<B: Body> Work<B> for Opening<B> {
    const PASSES: bool = true;
    type Given = PassingBody<B>;
    type Kept = Passed<B>;

    fn new(found: Found, intake: Intake<B>) -> Self {
        Self { found, intake: Some(intake), hidden: None }
    }

    fn poll(self: Pin<&mut Self>, head: &mut Head<'_>, cx: &mut Context<'_>) -> Poll<Admitted<Self::Given, Passed<B>>> {
        let this = self.project();
        if let Some(intake) = this.intake.take() {
            let passing = this.found.begin(head)?;
            let is_shown = !intake.is_at_end() && !passing.is_refused();
            let under_way = Box::pin(UnderWay::new(intake, passing));
            if is_shown {
                return Poll::Ready(Ok(Passed::admit(head, under_way)));
            }
            *this.hidden = Some(under_way);
        }
        while let Some(hidden) = this.hidden {
            match ready!(hidden.as_mut().poll_frame(cx)) {
                Some(Ok(_)) => {}
                Some(Err(refusal)) => return Poll::Ready(Err(refusal)),
                None => break,
            }
        }
        // It came to its end, and nothing was wrong with it: there was nothing of it.
        match this.hidden.take() {
            Some(empty) if this.found.is_known => Poll::Ready(Ok(Passed::admit(head, empty))),
            _ => Poll::Ready(Err(Rejection::Mismatch.into())),
        }
    }
}

impl Found {
    fn begin(&self, head: &Head<'_>) -> Result<Passing, Refusal> {
        let arrival = head.arrival();
        let running = match self.endpoint.begin(arrival) {
            Some(running) if self.is_known => running,
            Some(running) => running.refused(Refusal::UnknownConnection),
            None if self.is_known => {
                telemetry::decided(&self.endpoint, Err(Refusal::NotStreamable), 0);
                return Err(Refusal::NotStreamable);
            }
            None => {
                Running::rejected(Rejection::Mismatch, self.endpoint.begin_decoy()).refused(Refusal::UnknownConnection)
            }
        };
        let replays = head.policy.replays.clone().filter(|_| !self.endpoint.is_repeatable());
        let identity = replays.as_ref().and_then(|_| self.endpoint.identify(arrival, &[]));
        Ok(Passing {
            endpoint: self.endpoint.clone(),
            stage: Stage::Hashing(running),
            decision: Decision::none(),
            identity,
            replays,
            unanswered: head.policy.unanswered,
            store_timeout: head.policy.store_timeout,
            now: head.now,
        })
    }
}

/// What is kept of a delivery while the handler has its body.
#[expect(missing_debug_implementations, reason = "nobody gets to see it")]
pub struct Passed<B> {
    decision: Decision,
    endpoint: Arc<Endpoint>,
    left: Left<B>,
    /// The body, when the handler has dropped it before its end.
    under_way: Option<Pin<Box<UnderWay<B>>>>,
    taken: Option<Taken>,
    is_within: bool,
    /// Whether the handler was called at all: an empty body is decided, and its message taken, before that.
    is_entered: bool,
    /// Whether the handler answered before the verdict.
    is_early: Option<bool>,
    deadline: Pin<Box<Deadline>>,
}

impl<B: Body> Passed<B> {
    fn admit(head: &mut Head<'_>, under_way: Pin<Box<UnderWay<B>>>) -> (PassingBody<B>, Self) {
        let passing = under_way.passing();
        let (decision, endpoint) = (passing.decision.clone(), passing.endpoint.clone());
        head.parts.extensions.insert(decision.clone());
        let (body, left) = PassingBody::new(under_way);
        let deadline = Box::pin(Deadline::new(head.policy.timeout));
        let kept = Self {
            decision,
            endpoint,
            left,
            under_way: None,
            taken: None,
            is_within: false,
            is_entered: false,
            is_early: None,
            deadline,
        };
        (body, kept)
    }

    /// Ready when there is a verdict.
    fn poll_verdict(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        loop {
            if let Some(under_way) = &mut self.under_way {
                // What is left of the body nobody reads but for the verdict.
                while ready!(under_way.as_mut().poll_frame(cx)).is_some() {}
                self.under_way = None;
            }
            // Looked for before the verdict, so that nothing is missed that happens between.
            self.under_way = self.left.take(cx);
            if let Some(verdict) = self.decision.verdict() {
                self.under_way = None;
                return Poll::Ready(verdict.map(|_| ()));
            }
            if self.under_way.is_none() {
                // Somebody else still has the body, and need not read it.
                ready!(self.deadline.as_mut().poll(cx));
                return Poll::Ready(Err(Refusal::TimedOut));
            }
        }
    }
}

impl<B: Body> Kept for Passed<B> {
    fn entered(&mut self, is_in: bool) {
        (self.is_within, self.is_entered) = (is_in, true);
    }

    /// A handler may answer before the body's end if something went wrong, but it has nothing to be glad about.
    fn poll_answered(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        let decision = &self.decision;
        let is_early = *self.is_early.get_or_insert_with(|| decision.verdict().is_none());
        let is_handled = is_success && !is_early;
        if self.taken.is_none() {
            ready!(self.poll_verdict(cx))?;
            self.taken = self.decision.release();
        }
        if let Some(taken) = &mut self.taken {
            ready!(taken.poll_settle(is_handled, cx));
            self.taken = None;
        }
        if is_success && is_early {
            telemetry::unread(&self.endpoint);
            return Poll::Ready(Err(Refusal::Unread));
        }
        Poll::Ready(Ok(()))
    }
}

impl<B> Drop for Passed<B> {
    /// Whoever else holds the decision, nobody waits for the handler any more.
    fn drop(&mut self) {
        let Some(mut taken) = self.taken.take().or_else(|| self.decision.release()) else { return };
        if self.is_within {
            taken.entered(true);
        } else if !self.is_entered {
            taken.never_entered();
        }
    }
}
