//! Reads a body within the limits of size and time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, SizeHint};
use pin_project_lite::pin_project;

use crate::tower::refusal::Refusal;
use crate::tower::timeout::Timeout;

pin_project! {
    /// A body with a limit on its bytes and on the time it takes to arrive.
    pub struct LimitedBody<B> {
        #[pin]
        body: B,
        #[pin]
        timeout: Timeout,
        remaining_limit: u64,
        received: u64,
    }
}

impl<B: Body> LimitedBody<B> {
    pub(crate) fn new(body: B, limit: u64, timeout: Option<Duration>) -> Self {
        Self { body, timeout: Timeout::new(timeout), remaining_limit: limit, received: 0 }
    }

    /// Whether the body is known to be at its end.
    pub(crate) fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    /// The number of bytes that have arrived.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The number of bytes that are still to arrive, as far as it is known, plus `held_back` bytes that have arrived.
    pub(crate) fn size_hint_with(&self, held_back: u64) -> SizeHint {
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held_back));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held_back));
        }
        hint
    }

    /// The most bytes that may still arrive.
    pub(crate) fn remaining_limit(&self) -> u64 {
        self.remaining_limit
    }

    /// The least number of bytes that are still to arrive, according to the head or to the server.
    pub(crate) fn min_remaining(&self) -> u64 {
        self.body.size_hint().lower()
    }

    /// The next chunk of the body, which is not empty; `None` at the end. Trailers are not signed, so they are dropped.
    pub(crate) fn poll_chunk(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        let mut this = self.project();
        // A body that announces too many bytes is not polled at all, so that the server does not send `100 Continue`.
        if this.body.size_hint().lower() > *this.remaining_limit {
            return Poll::Ready(Some(Err(Refusal::OverLimit)));
        }
        loop {
            let frame = match this.body.as_mut().poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    ready!(this.timeout.as_mut().poll(cx));
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
            let Some(remaining_limit) = this.remaining_limit.checked_sub(length as u64) else {
                return Poll::Ready(Some(Err(Refusal::OverLimit)));
            };
            *this.remaining_limit = remaining_limit;
            *this.received += length as u64;
            if length > 0 {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(length))));
            }
        }
    }
}
