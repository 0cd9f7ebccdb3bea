//! A body that the handler reads while it is verified.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use countersign_core::{Identity, Verified};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::tower::body::incremental::Running;
use crate::tower::body::limited::Intake;
use crate::tower::endpoint::Endpoint;
use crate::tower::extensions::decision::Decision;
use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::{Replays, Taken, Taking, Unanswered};
use crate::tower::telemetry;

/// The body of a delivery, handed on as it arrives.
///
/// The last piece is kept back until all is verified. If the delivery is not authentic an error, a [`Refusal`], stands
/// in its place: nobody gets all bytes of a forged body, however many of them it reads. Trailers are not signed, so
/// there are none. What is left of it when it is dropped, the layer reads to the end, so that the handler's answer waits for
/// the verdict.
pub struct PassingBody<B> {
    /// `None` only while it is dropped.
    under_way: Option<Pin<Box<UnderWay<B>>>>,
    left: Left<B>,
}

/// Where a body is put that the handler has dropped.
pub(crate) struct Left<B>(Arc<Mutex<Place<B>>>);

struct Place<B> {
    body: Option<Pin<Box<UnderWay<B>>>>,
    /// Who waits for the verdict, or for the body.
    waiting: Option<Waker>,
}

pin_project! {
    /// A body whose verdict is not known yet, or whose last piece is not handed on yet.
    pub(crate) struct UnderWay<B> {
        #[pin]
        intake: Intake<B>,
        passing: Passing,
        held: Option<Bytes>,
        // What is still to be said to whoever reads.
        refusal: Option<Refusal>,
    }
}

/// The verification of a body that passes.
pub(crate) struct Passing {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) stage: Stage,
    pub(crate) decision: Decision,
    /// What tells the delivery from others, if messages are remembered.
    pub(crate) identity: Option<Identity>,
    pub(crate) replays: Option<Replays>,
    pub(crate) unanswered: Unanswered,
    pub(crate) store_timeout: Option<Duration>,
    pub(crate) now: SystemTime,
}

pub(crate) enum Stage {
    Hashing(Running),
    /// It is authentic; whether it came before is being looked up.
    Taking(Verified, Taking),
    Decided,
}

impl Passing {
    /// The verdict, now that the body is whole; `None` if it must first be looked up whether it came before.
    fn finish(&mut self) -> Option<Result<Verified, Refusal>> {
        let Stage::Hashing(running) = std::mem::replace(&mut self.stage, Stage::Decided) else { return None };
        let verdict = running.finish();
        let (Ok(verified), Some(replays)) = (verdict, &self.replays) else { return Some(verdict) };
        match replays.take(&self.endpoint, self.identity, self.now, self.unanswered, self.store_timeout) {
            Ok(taking) => {
                self.stage = Stage::Taking(verified, taking);
                None
            }
            Err(refusal) => Some(Err(refusal)),
        }
    }

    /// Whether it is known already that the handler must not see it.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(&self.stage, Stage::Hashing(running) if running.is_refused())
    }

    pub(crate) fn is_decided(&self) -> bool {
        matches!(self.stage, Stage::Decided)
    }

    fn decide(&mut self, verdict: Result<Verified, Refusal>, taken: Option<Taken>, length: u64) {
        self.stage = Stage::Decided;
        telemetry::decided(&self.endpoint, verdict, length);
        self.decision.decide(verdict, taken);
    }
}

impl<B: Body> UnderWay<B> {
    pub(crate) fn new(intake: Intake<B>, passing: Passing) -> Self {
        Self { intake, passing, held: None, refusal: None }
    }

    pub(crate) fn passing(&self) -> &Passing {
        &self.passing
    }

    pub(crate) fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        let mut this = self.project();
        loop {
            let (verdict, taken) = match &mut this.passing.stage {
                Stage::Hashing(running) => {
                    match if this.intake.is_at_end() { None } else { ready!(this.intake.as_mut().poll_next(cx)) } {
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
                        Some(Err(refusal)) => (Err(refusal), None),
                        None => match this.passing.finish() {
                            Some(verdict) => (verdict, None),
                            None => continue,
                        },
                    }
                }
                Stage::Taking(verified, taking) => match ready!(Pin::new(taking).poll(cx)) {
                    Ok(mut taken) => {
                        // The handler has the body already.
                        taken.entered(false);
                        (Ok(*verified), Some(taken))
                    }
                    Err(refusal) => (Err(refusal), None),
                },
                Stage::Decided => {
                    let end =
                        this.refusal.take().map(Err).or_else(|| this.held.take().map(|last| Ok(Frame::data(last))));
                    return Poll::Ready(end);
                }
            };
            if let Err(refusal) = verdict {
                (*this.refusal, *this.held) = (Some(refusal), None);
            }
            this.passing.decide(verdict, taken, this.intake.length());
        }
    }
}

impl<B: Body> PassingBody<B> {
    pub(crate) fn new(under_way: Pin<Box<UnderWay<B>>>) -> (Self, Left<B>) {
        let left = Left(Arc::new(Mutex::new(Place { body: None, waiting: None })));
        (Self { under_way: Some(under_way), left: Left(left.0.clone()) }, left)
    }
}

impl<B> Left<B> {
    /// The body, if the handler has dropped it. If not, `cx` is told when it does, and when there is a verdict.
    pub(crate) fn take(&self, cx: &mut Context<'_>) -> Option<Pin<Box<UnderWay<B>>>> {
        let mut place = self.place();
        place.waiting = Some(cx.waker().clone());
        place.body.take()
    }

    fn put(&self, body: Option<Pin<Box<UnderWay<B>>>>) {
        let waiting = {
            let mut place = self.place();
            place.body = body;
            place.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    fn place(&self) -> MutexGuard<'_, Place<B>> {
        // Nothing that is done under the lock leaves it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Body> Body for PassingBody<B> {
    type Data = Bytes;
    type Error = Refusal;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        let Some(under_way) = &mut self.under_way else { return Poll::Ready(None) };
        let was_decided = under_way.passing().is_decided();
        let frame = under_way.as_mut().poll_frame(cx);
        if !was_decided && under_way.passing().is_decided() {
            self.left.put(None);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.under_way.as_ref().is_none_or(|under_way| {
            under_way.passing.is_decided() && under_way.held.is_none() && under_way.refusal.is_none()
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.under_way.as_ref().map_or_else(SizeHint::default, |under_way| {
            let held = under_way.held.as_ref().map_or(0, |held| held.len() as u64);
            under_way.intake.size_hint_after(held)
        })
    }
}

impl<B> Drop for PassingBody<B> {
    fn drop(&mut self) {
        self.left.put(self.under_way.take());
    }
}

impl<B> std::fmt::Debug for PassingBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decision = self.under_way.as_ref().map(|under_way| &under_way.passing.decision);
        f.debug_struct("PassingBody").field("decision", &decision).finish_non_exhaustive()
    }
}
