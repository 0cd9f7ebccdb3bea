//! Reads and verifies a whole body before the handler is called.

mod chunks;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use countersign_core::Verified;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::tower::body::BoxError;
use crate::tower::body::buffered::chunks::{Chunks, Remaining};
use crate::tower::body::limited::LimitedBody;
use crate::tower::body::reader::{BodyReader, HandlerRun, ReadResult, RequestContext};
use crate::tower::body_budget::BudgetShare;
use crate::tower::endpoint::resolver::ResolvedEndpoint;
use crate::tower::extensions::authentic::Authentic;
use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::{NotReserved, PendingReservation, Reservation};
use crate::tower::telemetry;

pin_project! {
    pub struct BufferedReader<B> {
        target: ResolvedEndpoint,
        #[pin]
        body: LimitedBody<B>,
        chunks: Chunks,
        budget_share: Option<BudgetShare>,
        // The body of an authentic delivery, while its message is being reserved.
        reserving: Option<(Bytes, Verified, PendingReservation)>,
    }
}

impl<B: Body<Error: Into<BoxError>>> BodyReader<B> for BufferedReader<B> {
    const IS_PASS_THROUGH: bool = false;
    type HandlerBody = WholeBody;
    type HandlerRun = BufferedRun;

    fn new(target: ResolvedEndpoint, body: LimitedBody<B>) -> Self {
        Self { target, body, chunks: Chunks::default(), budget_share: None, reserving: None }
    }

    fn poll(
        self: Pin<&mut Self>,
        request: &mut RequestContext<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<ReadResult<WholeBody, BufferedRun>> {
        let mut this = self.project();
        let endpoint = &this.target.endpoint;
        let share =
            this.budget_share.get_or_insert_with(|| request.config.budget.empty_share(endpoint.body_budget_counter()));
        let mut store_error = None;
        let result = loop {
            if let Some((bytes, verified, reservation)) = this.reserving {
                break match ready!(Pin::new(reservation).poll(cx)) {
                    Ok(reservation) => Ok((std::mem::take(bytes), *verified, Some(reservation))),
                    Err(NotReserved { refusal, error }) => {
                        store_error = error;
                        Err(refusal)
                    }
                };
            }
            if !this.body.is_end()
                && let Some(chunk) = ready!(this.body.as_mut().poll_chunk(cx))
            {
                match chunk {
                    Ok(chunk) => {
                        let remaining = Remaining { min: this.body.min_remaining(), max: this.body.max_remaining() };
                        if !this.chunks.push(this.target, request.head(), chunk, remaining, share) {
                            break Err(Refusal::Busy);
                        }
                        continue;
                    }
                    Err(refusal) => break Err(refusal),
                }
            }
            let (bytes, verdict) = this.chunks.finish(this.target, request.head());
            // A forged body is not searched for a challenge that the sender would have signed.
            if this.target.is_known
                && (verdict.is_ok() || !endpoint.verifier().signs_handshake())
                && let Some(handshake) = endpoint.handshake(request.head(), &bytes)
            {
                *request.handshake = Some(handshake);
                break Err(Refusal::Handshake);
            }
            let identify = || endpoint.identify(request.head(), &bytes);
            let reserve = || PendingReservation::start(&request.config.replay, endpoint, identify, request.received_at);
            match verdict.and_then(|verified| Ok((verified, reserve()?))) {
                Ok((verified, Some(reservation))) => *this.reserving = Some((bytes, verified, reservation)),
                Ok((verified, None)) => break Ok((bytes, verified, None)),
                Err(refusal) => break Err(refusal),
            }
        };
        let verdict = result.as_ref().map(|(_, verified, _)| *verified).map_err(|refusal| *refusal);
        telemetry::record_decision(endpoint, verdict, this.body.received(), store_error.as_deref());
        let (bytes, verified, reservation) = result?;
        share.set_verified();
        request.parts.extensions.insert(verified);
        let id = endpoint.delivery_id(request.head(), &bytes);
        let url = endpoint.called_url(request.head());
        let authentic = Authentic::new(verified, endpoint.clone(), request.parts, url, bytes.clone(), id);
        request.parts.extensions.insert(authentic);
        let run = BufferedRun { reservation, _budget_share: this.budget_share.take() };
        Poll::Ready(Ok((WholeBody::new(bytes), run)))
    }
}

/// What the layer keeps while the handler runs: the reservation of the message, and the bytes of the body in the
/// budget.
#[expect(missing_debug_implementations, reason = "the public interface never returns one")]
pub struct BufferedRun {
    reservation: Option<Reservation>,
    _budget_share: Option<BudgetShare>,
}

impl HandlerRun for BufferedRun {
    fn set_polling(&mut self, is_polling: bool) {
        if let Some(reservation) = &mut self.reservation {
            reservation.set_handler_polling(is_polling);
        }
    }

    fn poll_answered(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        if let Some(reservation) = &mut self.reservation {
            ready!(reservation.poll_settle(is_success, cx));
            self.reservation = None;
        }
        Poll::Ready(Ok(()))
    }
}

/// A body that was verified as a whole. It has no trailers, because trailers are not signed.
#[derive(Debug, Default)]
pub struct WholeBody(Option<Bytes>);

impl WholeBody {
    fn new(bytes: Bytes) -> Self {
        Self(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// The bytes as they arrived.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0.unwrap_or_default()
    }
}

impl Body for WholeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
