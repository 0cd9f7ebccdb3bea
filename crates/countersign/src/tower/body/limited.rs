//! The body as it comes in: no more of it than the limit, and no longer than it may take.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, SizeHint};
use pin_project_lite::pin_project;

use crate::tower::refusal::Refusal;
use crate::tower::timeout::Deadline;

pin_project! {
    pub struct Intake<B> {
        #[pin]
        body: B,
        #[pin]
        deadline: Deadline,
        // How many bytes may still come, and how many came.
        room: u64,
        length: u64,
    }
}

impl<B: Body> Intake<B> {
    pub(crate) fn new(body: B, limit: u64, timeout: Option<Duration>) -> Self {
        Self { body, deadline: Deadline::new(timeout), room: limit, length: 0 }
    }

    /// Whether nothing comes any more, as far as is known.
    pub(crate) fn is_at_end(&self) -> bool {
        self.body.is_end_stream()
    }

    /// How many bytes came.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// How many bytes will come, and before them `held` that came already.
    pub(crate) fn size_hint_after(&self, held: u64) -> SizeHint {
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }

    /// How many bytes may still come.
    pub(crate) fn room(&self) -> u64 {
        self.room
    }

    /// How many bytes will come at least.
    pub(crate) fn expected(&self) -> u64 {
        self.body.size_hint().lower()
    }

    /// The next piece of the body; `None` at its end. Trailers are not signed and so are passed over.
    pub(crate) fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        let mut this = self.project();
        // One that says of itself that it is too large is not even asked for: no `100 Continue` goes out.
        if this.body.size_hint().lower() > *this.room {
            return Poll::Ready(Some(Err(Refusal::OverLimit)));
        }
        loop {
            let frame = match this.body.as_mut().poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    ready!(this.deadline.as_mut().poll(cx));
                    return Poll::Ready(Some(Err(Refusal::TimedOut)));
                }
            };
            let data = match frame {
                None => return Poll::Ready(None),
                Some(Err(_)) => return Poll::Ready(Some(Err(Refusal::Aborted))),
                Some(Ok(frame)) => frame.into_data(),
            };
            let Ok(mut data) = data else { continue };
            let length = data.remaining();
            let Some(room) = this.room.checked_sub(length as u64) else {
                return Poll::Ready(Some(Err(Refusal::OverLimit)));
            };
            *this.room = room;
            *this.length += length as u64;
            if length > 0 {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(length))));
            }
        }
    }
}
