//! Makes sure that the handler is called once for each message, even if the message arrives several times.

pub(crate) mod reservation;
pub(crate) mod store;

use std::sync::Arc;
use std::time::Duration;

use crate::tower::endpoint::Endpoint;
use crate::tower::replay::store::ReplayStore;

/// What happens to a message whose handler was called and then dropped before it answered, because the sender closed
/// the TCP connection or a layer outside of this one gave up. Nobody knows what the handler has done until then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unanswered {
    /// The message stays reserved: within the window no handler is called for it again. If the sender repeats it, the
    /// response is 409. So the message is lost, unless its handler did the work in a task of its own. The layer logs and
    /// counts [each one](crate::tower#logs-and-metrics).
    #[default]
    Keep,
    /// The message is forgotten: the next attempt calls the handler again, so that it may run several times for one
    /// message. Only for handlers that allow that.
    Forget,
}

/// How a layer treats messages that arrive several times.
#[derive(Clone)]
pub(crate) struct ReplaySettings {
    /// Where the messages are remembered. `None` if they are not.
    pub(crate) store: Option<Arc<dyn ReplayStore>>,
    /// How long a message is remembered, unless the tolerance of its scheme is longer.
    pub(crate) window: Duration,
    pub(crate) unanswered: Unanswered,
    /// How long the store may take for each answer. `None` for any time.
    pub(crate) store_timeout: Option<Duration>,
}

impl ReplaySettings {
    /// The store for the messages of `endpoint`. `None` if they are not remembered.
    pub(crate) fn store_for(&self, endpoint: &Endpoint) -> Option<&Arc<dyn ReplayStore>> {
        self.store.as_ref().filter(|_| !endpoint.is_repeatable())
    }
}

impl std::fmt::Debug for ReplaySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplaySettings")
            .field("has_store", &self.store.is_some())
            .field("window", &self.window)
            .field("unanswered", &self.unanswered)
            .field("store_timeout", &self.store_timeout)
            .finish()
    }
}
