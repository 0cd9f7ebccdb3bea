//! A body that the handler reads while it is verified.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use countersign_core::{Identity, Verified};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::tower::decision::Decision;
use crate::tower::endpoint::Endpoint;
use crate::tower::events;
use crate::tower::intake::Intake;
use crate::tower::refusal::Refusal;
use crate::tower::running::Running;
use crate::tower::taken::Taken;

pin_project! {
    /// The body of a delivery, handed on as it arrives.
    ///
    /// The last piece is kept back until all is verified. If the delivery is not authentic an error, a [`Refusal`], stands
    /// in its place: nobody gets all bytes of a forged body, however many of them it reads. Trailers are not signed, so
    /// there are none.
    pub struct PassingBody<B> {
        #[pin]
        intake: Intake<B>,
        passing: Passing,
        held: Option<Bytes>,
    }
}

/// The verification of a body that passes.
pub(super) struct Passing {
    pub(super) endpoint: Arc<Endpoint>,
    /// `None` once it is decided.
    pub(super) running: Option<Running>,
    pub(super) decision: Decision,
    /// What tells the delivery from others, if somebody remembers them.
    pub(super) identity: Option<Identity>,
    pub(super) now: SystemTime,
}

impl Passing {
    /// Decides, now that the body is whole.
    pub(super) fn finish(&mut self, length: u64) -> Result<(), Refusal> {
        let Some(running) = self.running.take() else { return Ok(()) };
        let verdict = running.finish();
        match verdict.and_then(|_| Ok(self.endpoint.take(self.identity, self.now)?)) {
            Ok(taken) => self.decide(verdict, taken, length),
            Err(refusal) => self.decide(Err(refusal), None, length),
        }
    }

    /// Whether it is known already that the handler must not see it.
    pub(super) fn is_refused(&self) -> bool {
        self.running.as_ref().is_some_and(Running::is_refused)
    }

    /// Ends it before the body is whole.
    fn fail(&mut self, refusal: Refusal, length: u64) -> Result<(), Refusal> {
        self.running = None;
        self.decide(Err(refusal), None, length)
    }

    fn decide(&self, verdict: Result<Verified, Refusal>, taken: Option<Taken>, length: u64) -> Result<(), Refusal> {
        events::decided(&self.endpoint, verdict, length);
        self.decision.decide(verdict, taken);
        verdict.map(|_| ())
    }
}

impl<B: Body> PassingBody<B> {
    pub(super) fn new(intake: Intake<B>, passing: Passing) -> Self {
        Self { intake, passing, held: None }
    }
}

impl<B: Body> Body for PassingBody<B> {
    type Data = Bytes;
    type Error = Refusal;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        let mut this = self.project();
        while let Some(running) = &mut this.passing.running {
            let next = if this.intake.is_at_end() { None } else { ready!(this.intake.as_mut().poll_next(cx)) };
            let decided = match next {
                Some(Ok(piece)) => {
                    running.update(&piece);
                    // If more is to come this is not the last, and to hold it would hold all of a server's buffer.
                    if this.held.is_none() && this.intake.expected() > 0 {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                    match this.held.replace(piece) {
                        Some(before) => return Poll::Ready(Some(Ok(Frame::data(before)))),
                        None => continue,
                    }
                }
                Some(Err(refusal)) => this.passing.fail(refusal, this.intake.length()),
                None => this.passing.finish(this.intake.length()),
            };
            if let Err(refusal) = decided {
                *this.held = None;
                return Poll::Ready(Some(Err(refusal)));
            }
        }
        Poll::Ready(this.held.take().map(|last| Ok(Frame::data(last))))
    }

    fn is_end_stream(&self) -> bool {
        self.passing.running.is_none() && self.held.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, |held| held.len() as u64);
        self.intake.size_hint_after(held)
    }
}

impl<B> std::fmt::Debug for PassingBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassingBody").field("decision", &self.passing.decision).finish_non_exhaustive()
    }
}
