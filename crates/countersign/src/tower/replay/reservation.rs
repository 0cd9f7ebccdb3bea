//! A message that was taken, until it is known what became of it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use countersign_core::{Identity, Rejection};

use crate::replay::{Repeated, Ticket};
use crate::tower::endpoint::Endpoint;
use crate::tower::refusal::Refusal;
use crate::tower::replay::store::{Outcome, ReplayStore, Storing, spawn};
use crate::tower::telemetry;
use crate::tower::timeout::Patience;

/// What becomes of a message whose handler was called and did not get to answer, since the sender hung up or the service in
/// front gave up. What the handler had done until then is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unanswered {
    /// It stays taken: no handler is called for it a second time within the window. When its sender tries again, it hears 409.
    #[default]
    Keep,
    /// It is forgotten: the next attempt calls the handler, which may then run several times for one message. Only for handlers
    /// that can.
    Forget,
}

/// How a layer remembers messages.
#[derive(Clone)]
pub(crate) struct Replays {
    pub(crate) store: Arc<dyn ReplayStore>,
    pub(crate) window: Duration,
}

/// A message on its way into the store.
pub(crate) struct Taking {
    /// `None` when the store has answered.
    storing: Option<Storing<Result<Ticket, Repeated>>>,
    replays: Replays,
    endpoint: Arc<Endpoint>,
    unanswered: Unanswered,
    timeout: Option<Duration>,
    patience: Patience,
}

impl Replays {
    /// Begins to take a message. The store may take `timeout` for each of its answers.
    ///
    /// # Errors
    /// If the message cannot be told from others.
    pub(crate) fn take(
        &self,
        endpoint: &Arc<Endpoint>,
        identity: Option<Identity>,
        now: SystemTime,
        unanswered: Unanswered,
        timeout: Option<Duration>,
    ) -> Result<Taking, Refusal> {
        let identity = identity.ok_or(Rejection::MissingPart)?;
        let window = endpoint.verifier().replay_window(self.window).map_err(|_| Refusal::NotIdentifiable)?;
        let storing = self.store.take(endpoint.name(), identity, now, window);
        let (replays, endpoint) = (self.clone(), endpoint.clone());
        Ok(Taking { storing: Some(storing), replays, endpoint, unanswered, timeout, patience: Patience::default() })
    }
}

impl Future for Taking {
    type Output = Result<Taken, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let storing = this.storing.as_mut().expect("`Taking` polled after completion");
        let Poll::Ready(answer) = Pin::new(storing).poll(cx) else {
            ready!(this.patience.poll(this.timeout, cx));
            telemetry::not_stored(&this.endpoint, &"the store took too long to take a message".into());
            // What it still says is waited for when this is dropped.
            return Poll::Ready(Err(Refusal::NotStored));
        };
        this.storing = None;
        Poll::Ready(match answer {
            Ok(Ok(ticket)) => Ok(Taken {
                store: this.replays.store.clone(),
                endpoint: this.endpoint.clone(),
                ticket,
                unanswered: this.unanswered,
                stage: Stage::NotCalled,
                settling: None,
                is_settled: false,
                timeout: this.timeout,
                patience: Patience::default(),
            }),
            Ok(Err(Repeated::Handled)) => Err(Rejection::Replayed.into()),
            Ok(Err(Repeated::InProgress)) => Err(Refusal::InProgress),
            Err(error) => {
                telemetry::not_stored(&this.endpoint, &error);
                Err(Refusal::NotStored)
            }
        })
    }
}

impl Drop for Taking {
    /// The store may take the message though nobody waits for it any more: its ticket is settled as soon as it is known.
    fn drop(&mut self) {
        let Some(storing) = self.storing.take() else { return };
        let (store, endpoint) = (self.replays.store.clone(), self.endpoint.clone());
        spawn(async move {
            let settled = match storing.await {
                Ok(Ok(ticket)) => store.settle(endpoint.name(), ticket, Outcome::Failed).await,
                Ok(Err(_)) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = settled {
                telemetry::not_stored(&endpoint, &error);
            }
        });
    }
}

/// A message that was taken. When dropped before it was settled, it is forgotten if the handler was not called, if it panicked,
/// or if [`Unanswered`] says so.
pub(crate) struct Taken {
    store: Arc<dyn ReplayStore>,
    endpoint: Arc<Endpoint>,
    ticket: Ticket,
    unanswered: Unanswered,
    stage: Stage,
    settling: Option<Storing<()>>,
    is_settled: bool,
    timeout: Option<Duration>,
    patience: Patience,
}

/// How far the handler is with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    NotCalled,
    /// It runs at this moment: if the message is dropped now, it has panicked.
    Within,
    Called,
}

impl Taken {
    /// The handler is called or polled, or has come back from that.
    pub(crate) fn entered(&mut self, is_in: bool) {
        self.stage = if is_in { Stage::Within } else { Stage::Called };
    }

    /// No handler saw the message.
    pub(crate) fn never_entered(&mut self) {
        self.stage = Stage::NotCalled;
    }

    /// The handler has answered. Ready when the store knows or has taken too long; that it failed is for the operator alone.
    pub(crate) fn poll_settle(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<()> {
        let outcome = if is_success { Outcome::Handled } else { Outcome::Failed };
        let settle = || self.store.settle(self.endpoint.name(), self.ticket, outcome);
        let settling = self.settling.get_or_insert_with(settle);
        match Pin::new(settling).poll(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => telemetry::not_stored(&self.endpoint, &error),
            Poll::Pending => {
                ready!(self.patience.poll(self.timeout, cx));
                telemetry::not_stored(&self.endpoint, &"the store took too long to settle a message".into());
                if let Some(settling) = self.settling.take() {
                    settling.detach(&self.endpoint);
                }
            }
        }
        self.is_settled = true;
        Poll::Ready(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let is_kept = self.stage == Stage::Called && self.unanswered == Unanswered::Keep;
        match self.settling.take() {
            _ if self.is_settled => {}
            Some(settling) => settling.detach(&self.endpoint),
            None if is_kept => {}
            None => self.store.settle(self.endpoint.name(), self.ticket, Outcome::Failed).detach(&self.endpoint),
        }
    }
}

impl std::fmt::Debug for Replays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replays").field("window", &self.window).finish_non_exhaustive()
    }
}
