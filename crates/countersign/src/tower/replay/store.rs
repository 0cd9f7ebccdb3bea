//! Where the layer remembers the messages that were taken.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use countersign_core::Identity;

use crate::replay::{Repeated, ReplayMemories, Ticket};
use crate::tower::endpoint::Endpoint;
use crate::tower::telemetry;

/// Remembers the messages that a layer has taken, for [`VerifyLayer::deduplicate`](crate::tower::VerifyLayer::deduplicate).
///
/// [`ReplayMemories`] is one, in the memory of this process alone. Several processes that take deliveries for the same
/// connections need one that they share, such as Redis (`SET key number NX PX window`, and `PEXPIRE` for a repetition) or a table
/// with a unique key.
///
/// The messages of each connection are kept apart: use its name and the identity together as the key.
pub trait ReplayStore: Send + Sync + 'static {
    /// Takes a message that came at the moment `now`, unless it was taken within `window` before. This must be one step: of
    /// several that take one message at once, one gets a [`Ticket`], and the others [`Repeated`].
    ///
    /// To answer [`Repeated::Handled`] must renew what is remembered: from then on the message counts as taken at the later of
    /// `now` and the moment before. A sender that tries again may sign the same id anew, and that signature is fresh for
    /// longer than the first. [`Repeated::InProgress`] must not renew it; once such a message is handled, the moments at
    /// which it came meanwhile count.
    ///
    /// If a future is left and the sender hangs up, or [`store_timeout`](crate::tower::VerifyLayer::store_timeout) is over, the layer gives it to the tokio runtime and settles the ticket as
    /// [`Outcome::Failed`]: a message that was taken for nobody must not be kept from the next attempt.
    ///
    /// No two takings of one message may get the same [number](Ticket::number).
    fn take(
        &self,
        connection: &str,
        identity: Identity,
        now: SystemTime,
        window: Duration,
    ) -> Storing<Result<Ticket, Repeated>>;

    /// Notes what became of a message, or forgets it, if that taking of it is still the one that is remembered.
    ///
    /// In memory this is done at once. If a future is left, the layer waits for it, as long as
    /// [`store_timeout`](crate::tower::VerifyLayer::store_timeout) says; where nobody waits (any more), it gives it to the tokio
    /// runtime, and a failure to the log.
    fn settle(&self, connection: &str, ticket: Ticket, outcome: Outcome) -> Storing<()>;
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The handler answered with success: the message is [`Repeated::Handled`] from now on.
    Handled,
    /// It was not handled: the message is to be forgotten, since its sender will send it again.
    Failed,
}

/// Why a store could not tell; it goes to the log.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// Becomes what a store says.
pub struct Storing<T>(State<T>);

enum State<T> {
    Known(Option<Result<T, StoreError>>),
    Waiting(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>),
}

impl<T> Storing<T> {
    /// What is known at once, and needs no room on the heap.
    pub fn ready(answer: T) -> Self {
        Self(State::Known(Some(Ok(answer))))
    }

    /// What is known later.
    pub fn later(future: impl Future<Output = Result<T, StoreError>> + Send + 'static) -> Self {
        Self(State::Waiting(Box::pin(future)))
    }
}

impl Storing<()> {
    /// Sees to it that it is done though nobody waits for it; that it failed goes to the log.
    pub(crate) fn detach(self, endpoint: &Arc<Endpoint>) {
        if let State::Waiting(future) = self.0 {
            let endpoint = endpoint.clone();
            spawn(async move {
                if let Err(error) = future.await {
                    telemetry::not_stored(&endpoint, &error);
                }
            });
        }
    }
}

/// Does something though nobody waits for it. Without a tokio runtime nobody can.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(task);
    }
}

impl<T: Unpin> Future for Storing<T> {
    type Output = Result<T, StoreError>;

    /// # Panics
    /// If it is polled after its end.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Known(answer) => Poll::Ready(answer.take().expect("`Storing` polled after completion")),
            State::Waiting(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Storing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storing").finish_non_exhaustive()
    }
}

impl ReplayStore for ReplayMemories {
    fn take(
        &self,
        connection: &str,
        identity: Identity,
        now: SystemTime,
        window: Duration,
    ) -> Storing<Result<Ticket, Repeated>> {
        Storing::ready(self.of(connection).take(identity, now, window))
    }

    fn settle(&self, connection: &str, ticket: Ticket, outcome: Outcome) -> Storing<()> {
        let memory = self.of(connection);
        match outcome {
            Outcome::Handled => memory.finish(&ticket),
            Outcome::Failed => memory.forget(&ticket),
        };
        Storing::ready(())
    }
}
