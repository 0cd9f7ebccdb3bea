//! Verifies a body while it is read, and holds back its last chunk until the verdict.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use countersign_core::{Identity, Verified};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::tower::body::BoxError;
use crate::tower::body::incremental::IncrementalVerification;
use crate::tower::body::limited::LimitedBody;
use crate::tower::endpoint::Endpoint;
use crate::tower::extensions::decision::Decision;
use crate::tower::refusal::Refusal;
use crate::tower::replay::ReplaySettings;
use crate::tower::replay::reservation::{NotReserved, PendingReservation, Reservation};
use crate::tower::telemetry;

pin_project! {
    /// A body that is verified while it is read.
    pub(crate) struct VerifyingBody<B> {
        #[pin]
        body: LimitedBody<B>,
        verification: Verification,
        held_back: Option<Bytes>,
        // The error that the reader gets next.
        refusal: Option<Refusal>,
    }
}

/// The verification of a body that passes through, and where its verdict goes.
pub(crate) struct Verification {
    endpoint: Arc<Endpoint>,
    stage: Stage,
    decision: Decision,
    /// What identifies the message. `None` if messages are not remembered.
    identity: Option<Identity>,
    replay: ReplaySettings,
    received_at: SystemTime,
}

enum Stage {
    Hashing(IncrementalVerification),
    /// The delivery is authentic, and its message is being reserved.
    Reserving(Verified, PendingReservation),
    Decided,
}

impl Verification {
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        verification: IncrementalVerification,
        identity: Option<Identity>,
        replay: ReplaySettings,
        received_at: SystemTime,
    ) -> Self {
        let (stage, decision) = (Stage::Hashing(verification), Decision::undecided());
        Self { endpoint, stage, decision, identity, replay, received_at }
    }

    /// Whether the delivery is refused before its body was read.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(&self.stage, Stage::Hashing(verification) if verification.is_refused())
    }

    /// The verdict, now that the body is whole. `None` if the message must be reserved first.
    fn finish_hashing(&mut self) -> Option<Result<Verified, Refusal>> {
        let Stage::Hashing(verification) = std::mem::replace(&mut self.stage, Stage::Decided) else { return None };
        let verified = match verification.finish() {
            Ok(verified) => verified,
            Err(refusal) => return Some(Err(refusal)),
        };
        match PendingReservation::start(&self.replay, &self.endpoint, || self.identity, self.received_at) {
            Ok(Some(reservation)) => {
                self.stage = Stage::Reserving(verified, reservation);
                None
            }
            Ok(None) => Some(Ok(verified)),
            Err(refusal) => Some(Err(refusal)),
        }
    }

    /// `store_error` is why the store of messages failed, if it did.
    fn decide(
        &mut self,
        verdict: Result<Verified, Refusal>,
        reservation: Option<Reservation>,
        length: u64,
        store_error: Option<&(dyn Error + Send + Sync)>,
    ) {
        self.stage = Stage::Decided;
        telemetry::record_decision(&self.endpoint, verdict, length, store_error);
        self.decision.decide(verdict, reservation);
    }
}

impl<B> VerifyingBody<B> {
    pub(crate) fn new(body: LimitedBody<B>, verification: Verification) -> Self {
        Self { body, verification, held_back: None, refusal: None }
    }

    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.verification.endpoint
    }

    pub(crate) fn decision(&self) -> &Decision {
        &self.verification.decision
    }

    pub(crate) fn is_decided(&self) -> bool {
        matches!(self.verification.stage, Stage::Decided)
    }

    /// Whether the reader has got everything.
    pub(crate) fn is_end(&self) -> bool {
        self.is_decided() && self.held_back.is_none() && self.refusal.is_none()
    }
}

impl<B: Body<Error: Into<BoxError>>> VerifyingBody<B> {
    pub(crate) fn size_hint(&self) -> SizeHint {
        self.body.size_hint_with(self.held_back.as_ref().map_or(0, |chunk| chunk.len() as u64))
    }

    pub(crate) fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        let mut this = self.project();
        loop {
            let mut store_error = None;
            let (verdict, reservation) = match &mut this.verification.stage {
                Stage::Hashing(verification) => {
                    match if this.body.is_end() { None } else { ready!(this.body.as_mut().poll_chunk(cx)) } {
                        Some(Ok(chunk)) => {
                            verification.update(&chunk);
                            // If more bytes are announced, this is not the last chunk. To hold it back would keep the
                            // whole read buffer of the server alive.
                            if this.held_back.is_none() && this.body.min_remaining() > 0 {
                                return Poll::Ready(Some(Ok(Frame::data(chunk))));
                            }
                            match this.held_back.replace(chunk) {
                                Some(previous) => return Poll::Ready(Some(Ok(Frame::data(previous)))),
                                None => continue,
                            }
                        }
                        Some(Err(refusal)) => (Err(refusal), None),
                        None => match this.verification.finish_hashing() {
                            Some(verdict) => (verdict, None),
                            None => continue,
                        },
                    }
                }
                Stage::Reserving(verified, reservation) => match ready!(Pin::new(reservation).poll(cx)) {
                    Ok(mut reservation) => {
                        // The handler was called before the body was read.
                        reservation.set_handler_polling(false);
                        (Ok(*verified), Some(reservation))
                    }
                    Err(NotReserved { refusal, error }) => {
                        store_error = error;
                        (Err(refusal), None)
                    }
                },
                Stage::Decided => {
                    let error = this.refusal.take().map(Err);
                    return Poll::Ready(error.or_else(|| this.held_back.take().map(|last| Ok(Frame::data(last)))));
                }
            };
            if let Err(refusal) = verdict {
                (*this.refusal, *this.held_back) = (Some(refusal), None);
            }
            this.verification.decide(verdict, reservation, this.body.received(), store_error.as_deref());
        }
    }
}
