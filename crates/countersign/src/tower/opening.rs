//! The beginning of a body that passes: nothing gets to the handler of which it is known already that it is not authentic.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use countersign_core::Rejection;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::tower::decision::Decision;
use crate::tower::endpoint::Endpoint;
use crate::tower::events;
use crate::tower::intake::Intake;
use crate::tower::mode::{Admitted, Head, Kept, Work};
use crate::tower::passing::{Passing, PassingBody};
use crate::tower::refusal::Refusal;
use crate::tower::resolver::Found;

pin_project! {
    pub struct Opening<B> {
        found: Found,
        intake: Option<Intake<B>>,
        // A body that no handler sees. It is hashed like all others, so that the time says nothing.
        #[pin]
        hidden: Option<PassingBody<B>>,
    }
}

impl<B: Body> Work<B> for Opening<B> {
    type Given = PassingBody<B>;
    type Kept = Passed;

    fn new(found: Found, intake: Intake<B>) -> Self {
        Self { found, intake: Some(intake), hidden: None }
    }

    fn poll(self: Pin<&mut Self>, head: &mut Head<'_>, cx: &mut Context<'_>) -> Poll<Admitted<Self::Given, Passed>> {
        let mut this = self.project();
        if let Some(intake) = this.intake.take() {
            let mut passing = this.found.begin(head)?;
            if intake.is_at_end() {
                passing.finish(0)?;
            }
            if !passing.is_refused() {
                head.parts.extensions.insert(passing.decision.clone());
                let kept = Passed { decision: passing.decision.clone(), endpoint: passing.endpoint.clone() };
                return Poll::Ready(Ok((PassingBody::new(intake, passing), kept)));
            }
            this.hidden.set(Some(PassingBody::new(intake, passing)));
        }
        while let Some(hidden) = this.hidden.as_mut().as_pin_mut() {
            match ready!(hidden.poll_frame(cx)) {
                Some(Ok(_)) => {}
                Some(Err(refusal)) => return Poll::Ready(Err(refusal)),
                None => break,
            }
        }
        Poll::Ready(Err(Rejection::Mismatch.into()))
    }
}

impl Found {
    fn begin(&self, head: &Head<'_>) -> Result<Passing, Refusal> {
        let arrival = head.arrival();
        let running = self.endpoint.check_streamable().ok().and_then(|()| self.endpoint.begin(arrival));
        let Some(running) = running else {
            events::decided(&self.endpoint, Err(Refusal::NotStreamable), 0);
            return Err(Refusal::NotStreamable);
        };
        let running = if self.is_known { running } else { running.refused(Refusal::UnknownConnection) };
        Ok(Passing {
            endpoint: self.endpoint.clone(),
            running: Some(running),
            decision: Decision::none(),
            identity: self.endpoint.identify(arrival, &[]),
            now: head.now,
        })
    }
}

/// What is kept of a delivery while the handler has its body.
#[expect(missing_debug_implementations, reason = "nobody gets to see it")]
pub struct Passed {
    decision: Decision,
    endpoint: Arc<Endpoint>,
}

impl Kept for Passed {
    /// A handler may answer before the body's end if something went wrong, but it has nothing to be glad about.
    fn answered(self, is_success: bool) -> Result<(), Refusal> {
        match self.decision.verdict() {
            Some(Ok(_)) => {
                if let Some(taken) = self.decision.release()
                    && is_success
                {
                    taken.keep();
                }
                Ok(())
            }
            Some(Err(refusal)) => Err(refusal),
            None => {
                events::decided(&self.endpoint, Err(Refusal::Unread), 0);
                if is_success { Err(Refusal::Unread) } else { Ok(()) }
            }
        }
    }
}

impl Drop for Passed {
    /// Whoever else holds the decision, a handler that did not answer has not taken the delivery.
    fn drop(&mut self) {
        drop(self.decision.release());
    }
}
