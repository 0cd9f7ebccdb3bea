//! The interface of a store that remembers messages, its future, and the store in the memory of this process.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use countersign_core::Identity;

use crate::replay::{Repeated, ReplayMemories, Ticket};
use crate::tower::endpoint::Endpoint;
use crate::tower::panics::caught;
use crate::tower::telemetry;

/// Remembers the messages that a layer has received, for
/// [`VerifyLayer::deduplicate`](crate::tower::VerifyLayer::deduplicate).
///
/// [`ReplayMemories`] is a store in the memory of one process. Several processes that receive deliveries for the same
/// endpoints need a store that they share, such as Redis or a database table with a unique key.
///
/// The messages of each endpoint are separate: use the name of the endpoint and the identity of the message together as
/// the key. What is stored under it is the number of the ticket, when the message was reserved, when it arrived last, and
/// whether it was handled:
///
/// | call | what is stored | what to do, in one transaction or script | answer |
/// |---|---|---|---|
/// | [`take`](Self::take) | nothing, or its window is over | Store a new number, `now` twice, and "not handled". | a [`Ticket`] with the number |
/// | [`take`](Self::take) | not handled | Set when it arrived last; the window remains. | [`Repeated::InProgress`] |
/// | [`take`](Self::take) | handled | Set when it arrived last: the window begins there. | [`Repeated::Handled`] |
/// | [`settle`](Self::settle) | the number of this ticket | [`Outcome::Handled`]: set "handled"; the window begins when it arrived last. [`Outcome::Failed`]: delete it. | |
/// | [`settle`](Self::settle) | nothing, or another number | Nothing. | |
///
/// In Redis this takes a script (`EVAL`), with `PEXPIRE` where the window begins anew: `SET … NX PX` alone does not know what is
/// handled. `examples/embedding/tests/layer/stores.rs` in the repository has such a store, `Table`, and a test of these rules,
/// `stores_follow_the_rules`, that your store should pass too.
pub trait ReplayStore: Send + Sync + 'static {
    /// Reserves a message of `endpoint` that arrived at `now`, unless it was reserved within `window` before. This must
    /// be atomic: if several calls reserve one message at once, one gets a [`Ticket`], and the others get [`Repeated`].
    ///
    /// If the answer is [`Repeated::Handled`], the store must renew what it remembers: from then on the message counts
    /// as reserved at `now`, or at the moment before if that is later. A sender that repeats a message may sign the
    /// same id again, and the new signature is valid for longer than the first. If the answer is
    /// [`Repeated::InProgress`], the store must not renew. Once such a message is handled, the moments at which it
    /// arrived meanwhile count.
    ///
    /// If the sender closes the TCP connection, or [`store_timeout`](crate::tower::VerifyLayer::store_timeout) is over,
    /// before the future is ready, the layer moves the future to a task of the tokio runtime and settles the ticket as
    /// [`Outcome::Failed`]. Otherwise the next attempt would be refused, though no handler got the message.
    ///
    /// Two reservations of one message must not have the same [number](Ticket::number).
    fn take(
        &self,
        endpoint: &str,
        identity: Identity,
        now: SystemTime,
        window: Duration,
    ) -> StoreFuture<Result<Ticket, Repeated>>;

    /// Notes the outcome of a message, or forgets the message, if the store still remembers the reservation of this
    /// ticket.
    ///
    /// A store in memory does this at once. If the future is not ready, the layer waits for it, at most for
    /// [`store_timeout`](crate::tower::VerifyLayer::store_timeout). After that, or if the request is gone, the layer
    /// moves the future to a task of the tokio runtime, and logs an error.
    fn settle(&self, endpoint: &str, ticket: Ticket, outcome: Outcome) -> StoreFuture<()>;
}

/// The outcome of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The handler answered with success: the message is [`Repeated::Handled`] from now on.
    Handled,
    /// The message was not handled. The store must forget it, because the sender will repeat it.
    Failed,
}

/// Why a store failed. The layer logs it, and answers with 503 if the message was not reserved. A panic of a store is such an
/// error too.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// The future of a store's answer.
pub struct StoreFuture<T>(State<T>);

enum State<T> {
    Ready(Option<Result<T, StoreError>>),
    Pending(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>),
}

impl<T> StoreFuture<T> {
    /// An answer that is there at once. It needs no allocation.
    pub fn ready(answer: T) -> Self {
        Self(State::Ready(Some(Ok(answer))))
    }

    /// An answer that takes time.
    pub fn later(future: impl Future<Output = Result<T, StoreError>> + Send + 'static) -> Self {
        Self(State::Pending(Box::pin(future)))
    }

    fn failed(error: StoreError) -> Self {
        Self(State::Ready(Some(Err(error))))
    }
}

impl StoreFuture<()> {
    /// Lets a task finish it, and log an error.
    pub(crate) fn detach(self, endpoint: &Arc<Endpoint>) {
        let endpoint = endpoint.clone();
        let log = move |error: StoreError| telemetry::record_store_failure(&endpoint, &error);
        match self.0 {
            State::Ready(Some(Err(error))) => log(error),
            State::Ready(_) => {}
            State::Pending(_) => spawn(async move { self.await.unwrap_or_else(log) }),
        }
    }
}

/// The store, in error texts.
const STORE: &str = "the store of messages";

/// As [`ReplayStore::take`]; a panic is an error.
pub(crate) fn take(
    store: &dyn ReplayStore,
    endpoint: &str,
    identity: Identity,
    now: SystemTime,
    window: Duration,
) -> StoreFuture<Result<Ticket, Repeated>> {
    caught(STORE, || store.take(endpoint, identity, now, window)).unwrap_or_else(StoreFuture::failed)
}

/// As [`ReplayStore::settle`]; a panic is an error. It is called in destructors too, where a second panic would end the process.
pub(crate) fn settle(store: &dyn ReplayStore, endpoint: &str, ticket: Ticket, outcome: Outcome) -> StoreFuture<()> {
    caught(STORE, || store.settle(endpoint, ticket, outcome)).unwrap_or_else(StoreFuture::failed)
}

/// Runs a task in the tokio runtime. Without a runtime the task is dropped.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(task);
    }
}

impl<T: Unpin> Future for StoreFuture<T> {
    type Output = Result<T, StoreError>;

    /// # Errors
    /// Those of the future given to [`later`](Self::later); a panic of it is one too.
    ///
    /// # Panics
    /// If it is polled after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(answer) => Poll::Ready(answer.take().expect("`StoreFuture` polled after completion")),
            State::Pending(future) => caught(STORE, || future.as_mut().poll(cx)).unwrap_or_else(|panic| {
                // What panicked must not be polled again.
                self.0 = State::Ready(None);
                Poll::Ready(Err(panic))
            }),
        }
    }
}

impl<T> fmt::Debug for StoreFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFuture").finish_non_exhaustive()
    }
}

impl ReplayStore for ReplayMemories {
    fn take(
        &self,
        endpoint: &str,
        identity: Identity,
        now: SystemTime,
        window: Duration,
    ) -> StoreFuture<Result<Ticket, Repeated>> {
        StoreFuture::ready(self.of(endpoint).take(identity, now, window))
    }

    fn settle(&self, endpoint: &str, ticket: Ticket, outcome: Outcome) -> StoreFuture<()> {
        let memory = self.of(endpoint);
        match outcome {
            Outcome::Handled => memory.finish(&ticket),
            Outcome::Failed => memory.forget(&ticket),
        };
        StoreFuture::ready(())
    }
}
