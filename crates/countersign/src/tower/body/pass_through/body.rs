//! The body that a handler reads while it is verified.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::tower::body::BoxError;
use crate::tower::body::pass_through::verification::VerifyingBody;
use crate::tower::refusal::Refusal;

/// The body of a delivery, which the handler reads while it arrives.
///
/// The last chunk is held back until the body is verified. If the delivery is not authentic, the body ends with an
/// error, a [`Refusal`], in place of that chunk: a handler never gets all bytes of a forged body. There are no
/// trailers, because trailers are not signed. If the handler drops the body before its end, the layer reads the rest,
/// so that the handler's response waits for the verdict.
pub struct PassThroughBody<B> {
    /// `None` only while it is dropped.
    body: Option<Pin<Box<VerifyingBody<B>>>>,
    returned: ReturnedBody<B>,
}

impl<B> PassThroughBody<B> {
    /// The body for the handler, and the place to which it returns when the handler drops it.
    pub(crate) fn new(body: Pin<Box<VerifyingBody<B>>>) -> (Self, ReturnedBody<B>) {
        let returned = ReturnedBody(Arc::new(Mutex::new(Slot { body: None, waker: None })));
        (Self { body: Some(body), returned: ReturnedBody(returned.0.clone()) }, returned)
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for PassThroughBody<B> {
    type Data = Bytes;
    type Error = Refusal;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let was_decided = body.is_decided();
        let frame = body.as_mut().poll_frame(cx);
        if !was_decided && body.is_decided() {
            self.returned.put(None);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|body| body.is_end())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, |body| body.size_hint())
    }
}

impl<B> Drop for PassThroughBody<B> {
    fn drop(&mut self) {
        self.returned.put(self.body.take());
    }
}

impl<B> std::fmt::Debug for PassThroughBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decision = self.body.as_ref().map(|body| body.decision());
        f.debug_struct("PassThroughBody").field("decision", &decision).finish_non_exhaustive()
    }
}

/// Where the layer gets a body back that the handler has dropped.
pub(crate) struct ReturnedBody<B>(Arc<Mutex<Slot<B>>>);

struct Slot<B> {
    body: Option<Pin<Box<VerifyingBody<B>>>>,
    /// Wakes the layer when there is a body or a verdict.
    waker: Option<Waker>,
}

impl<B> ReturnedBody<B> {
    /// Takes the body if the handler has dropped it. If not, `cx` is woken when it does, or when there is a verdict.
    pub(crate) fn take_or_wait(&self, cx: &mut Context<'_>) -> Option<Pin<Box<VerifyingBody<B>>>> {
        let mut slot = self.slot();
        slot.waker = Some(cx.waker().clone());
        slot.body.take()
    }

    /// Puts a body back, or `None` if there is only a verdict, and wakes the layer.
    fn put(&self, body: Option<Pin<Box<VerifyingBody<B>>>>) {
        let waker = {
            let mut slot = self.slot();
            slot.body = body;
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot<B>> {
        // No code that holds the lock leaves the slot half changed, so a poisoned lock is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
