//! Reads a body within the limits of size and time.

use bytes::{Buf, Bytes};
use http_body::{Body, SizeHint};
use http_body_util::LengthLimitError;
use pin_project_lite::pin_project;
use std::error::Error;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep};

use crate::tower::body::BoxError;
use crate::tower::pace::{Pace, Progress};
use crate::tower::refusal::Refusal;

pin_project! {
    /// A body with a limit on its bytes and on the time it takes to arrive. A timer has a cost, and a body that is there
    /// at once needs none, so it is made when a part of the body has to be waited for.
    pub struct LimitedBody<B> {
        #[pin]
        body: B,
        pace: Pace,
        // `None` until it has to be waited for.
        progress: Option<Progress>,
        #[pin]
        timer: Option<Sleep>,
        remaining_limit: u64,
        received: u64,
    }
}

impl<B: Body<Error: Into<BoxError>>> LimitedBody<B> {
    pub(crate) fn new(body: B, limit: u64, pace: Pace) -> Self {
        Self { body, pace, progress: None, timer: None, remaining_limit: limit, received: 0 }
    }

    /// Lowers the limit. Nothing of the body was read yet.
    pub(crate) fn lower_limit(&mut self, limit: u64) {
        self.remaining_limit = self.remaining_limit.min(limit);
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

    /// The most bytes that may still arrive, and not more than the head announces.
    pub(crate) fn max_remaining(&self) -> u64 {
        self.body.size_hint().upper().map_or(self.remaining_limit, |upper| upper.min(self.remaining_limit))
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
                    let pace = *this.pace;
                    let progress = this.progress.get_or_insert_with(|| Progress::begin(pace, Instant::now()));
                    let Some(late) = progress.late_at(pace) else { return Poll::Pending };
                    let refusal = ready!(poll_late(this.timer, late, cx));
                    return Poll::Ready(Some(Err(refusal)));
                }
            };
            let data = match frame {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(unreadable(&*error.into())))),
                Some(Ok(frame)) => frame.into_data(),
            };
            let Ok(mut data) = data else { continue };
            let length = data.remaining();
            let Some(remaining_limit) = this.remaining_limit.checked_sub(length as u64) else {
                return Poll::Ready(Some(Err(Refusal::OverLimit)));
            };
            *this.remaining_limit = remaining_limit;
            *this.received += length as u64;
            if let Some(progress) = this.progress.as_mut().filter(|_| this.pace.least_rate.is_some()) {
                progress.received(*this.pace, length, Instant::now());
            }
            if length > 0 {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(length))));
            }
        }
    }
}

/// Why a body could not be read to its end: another layer around this one has a limit of its own, or the sender is gone.
fn unreadable(error: &(dyn Error + Send + Sync + 'static)) -> Refusal {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Refusal::OverOuterLimit;
        }
        cause = error.source();
    }
    Refusal::Aborted
}

/// Ready when a body is late, at this time and for this reason. The timer is set anew only when it has fired, and not for
/// each chunk that moves the time by which more must arrive.
fn poll_late(
    mut timer: Pin<&mut Option<Sleep>>,
    (late_at, refusal): (Instant, Refusal),
    cx: &mut Context<'_>,
) -> Poll<Refusal> {
    loop {
        match timer.as_mut().as_pin_mut() {
            None => timer.set(Some(tokio::time::sleep_until(late_at))),
            Some(mut sleep) => {
                if sleep.deadline() > late_at {
                    sleep.as_mut().reset(late_at);
                }
                ready!(sleep.as_mut().poll(cx));
                if Instant::now() >= late_at {
                    return Poll::Ready(refusal);
                }
                sleep.reset(late_at);
            }
        }
    }
}
