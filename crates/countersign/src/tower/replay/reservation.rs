//! Reserves a message in the store, and settles it when it is known whether the handler succeeded.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use countersign_core::{Identity, Rejection};

use crate::replay::{Repeated, Ticket};
use crate::tower::endpoint::Endpoint;
use crate::tower::refusal::Refusal;
use crate::tower::replay::store::{self, Outcome, ReplayStore, StoreError, StoreFuture, spawn};
use crate::tower::replay::{ReplaySettings, Unanswered};
use crate::tower::telemetry;
use crate::tower::timeout::LazyTimeout;

/// Why a message was not reserved.
pub(crate) struct NotReserved {
    pub(crate) refusal: Refusal,
    /// Why the store failed, if it did.
    pub(crate) error: Option<StoreError>,
}

impl NotReserved {
    fn refused(refusal: impl Into<Refusal>) -> Self {
        Self { refusal: refusal.into(), error: None }
    }

    fn store_failed(error: StoreError) -> Self {
        Self { refusal: Refusal::NotStored, error: Some(error) }
    }
}

/// A reservation that the store has not confirmed yet.
pub(crate) struct PendingReservation {
    /// `None` after the store has answered.
    answer: Option<StoreFuture<Result<Ticket, Repeated>>>,
    store: Arc<dyn ReplayStore>,
    endpoint: Arc<Endpoint>,
    unanswered: Unanswered,
    store_timeout: Option<Duration>,
    timeout: LazyTimeout,
    /// Whether the time of the store is over, which the delivery's own event says.
    is_timed_out: bool,
}

impl PendingReservation {
    /// Starts to reserve the message of an authentic delivery, which arrived at `received_at`. `None` if messages of
    /// the endpoint are not remembered. `find_identity` returns what identifies the message.
    ///
    /// # Errors
    /// If nothing identifies the message, or nothing says for how long to remember it.
    pub(crate) fn start(
        settings: &ReplaySettings,
        endpoint: &Arc<Endpoint>,
        find_identity: impl FnOnce() -> Option<Identity>,
        received_at: SystemTime,
    ) -> Result<Option<Self>, Refusal> {
        let Some(store) = settings.store_for(endpoint) else { return Ok(None) };
        let identity = find_identity().ok_or(Rejection::MissingPart)?;
        let window = endpoint.verifier().replay_window(settings.window).map_err(|_| Refusal::NotIdentifiable)?;
        Ok(Some(Self {
            answer: Some(store::take(&**store, endpoint.name(), identity, received_at, window)),
            store: store.clone(),
            endpoint: endpoint.clone(),
            unanswered: settings.unanswered,
            store_timeout: settings.store_timeout,
            timeout: LazyTimeout::default(),
            is_timed_out: false,
        }))
    }
}

impl Future for PendingReservation {
    type Output = Result<Reservation, NotReserved>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let answer = this.answer.as_mut().expect("`PendingReservation` polled after completion");
        let Poll::Ready(answer) = Pin::new(answer).poll(cx) else {
            ready!(this.timeout.poll(this.store_timeout, cx));
            this.is_timed_out = true;
            // The future stays in `answer`: `drop` waits for it.
            return Poll::Ready(Err(NotReserved::store_failed("the store took too long to take a message".into())));
        };
        this.answer = None;
        Poll::Ready(match answer {
            Ok(Ok(ticket)) => Ok(Reservation {
                store: this.store.clone(),
                endpoint: this.endpoint.clone(),
                ticket,
                unanswered: this.unanswered,
                handler: HandlerState::NotCalled,
                settling: None,
                is_settled: false,
                store_timeout: this.store_timeout,
                timeout: LazyTimeout::default(),
            }),
            Ok(Err(Repeated::Handled)) => Err(NotReserved::refused(Rejection::Replayed)),
            Ok(Err(Repeated::InProgress)) => Err(NotReserved::refused(Refusal::InProgress)),
            Err(error) => Err(NotReserved::store_failed(error)),
        })
    }
}

impl Drop for PendingReservation {
    /// The store may still reserve the message, for which no handler will be called. A task waits for that and releases
    /// it.
    fn drop(&mut self) {
        let Some(answer) = self.answer.take() else { return };
        let (store, endpoint, is_timed_out) = (self.store.clone(), self.endpoint.clone(), self.is_timed_out);
        spawn(async move {
            let settled = match answer.await {
                Ok(Ok(ticket)) => store::settle(&*store, endpoint.name(), ticket, Outcome::Failed).await,
                Ok(Err(_)) => Ok(()),
                // The failure was logged with the delivery.
                Err(_) if is_timed_out => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = settled {
                telemetry::record_store_failure(&endpoint, &error);
            }
        });
    }
}

/// A message that is reserved for one handler. If it is dropped before it is settled, the store forgets the message if
/// the handler was not called, if it panicked, or if [`Unanswered`] says so.
pub(crate) struct Reservation {
    store: Arc<dyn ReplayStore>,
    endpoint: Arc<Endpoint>,
    ticket: Ticket,
    unanswered: Unanswered,
    handler: HandlerState,
    /// The store's answer to the settlement, while it is waited for.
    settling: Option<StoreFuture<()>>,
    is_settled: bool,
    store_timeout: Option<Duration>,
    timeout: LazyTimeout,
}

/// What the handler is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HandlerState {
    NotCalled,
    /// It is being called or polled at this moment. If the reservation is dropped now, the handler has panicked.
    Polling,
    /// It was called, and has not answered.
    Waiting,
}

impl Reservation {
    /// Notes that the handler is being called or polled (`true`), or has returned from that (`false`).
    pub(crate) fn set_handler_polling(&mut self, is_polling: bool) {
        self.handler = if is_polling { HandlerState::Polling } else { HandlerState::Waiting };
    }

    /// Notes that no handler was called for the message.
    pub(crate) fn set_handler_not_called(&mut self) {
        self.handler = HandlerState::NotCalled;
    }

    /// Settles the message after the handler has answered. Ready when the store has answered or its time is over. An
    /// error of the store is logged, and does not change the response.
    pub(crate) fn poll_settle(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<()> {
        let outcome = if is_success { Outcome::Handled } else { Outcome::Failed };
        let settle = || store::settle(&*self.store, self.endpoint.name(), self.ticket, outcome);
        let settling = self.settling.get_or_insert_with(settle);
        match Pin::new(settling).poll(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => telemetry::record_store_failure(&self.endpoint, &error),
            Poll::Pending => {
                ready!(self.timeout.poll(self.store_timeout, cx));
                telemetry::record_store_failure(&self.endpoint, &"the store took too long to settle a message");
                if let Some(settling) = self.settling.take() {
                    settling.detach(&self.endpoint);
                }
            }
        }
        self.is_settled = true;
        Poll::Ready(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let stays_reserved = self.handler == HandlerState::Waiting && self.unanswered == Unanswered::Keep;
        match self.settling.take() {
            _ if self.is_settled => {}
            Some(settling) => settling.detach(&self.endpoint),
            None if stays_reserved => telemetry::record_unanswered(&self.endpoint),
            None => {
                store::settle(&*self.store, self.endpoint.name(), self.ticket, Outcome::Failed).detach(&self.endpoint);
            }
        }
    }
}
