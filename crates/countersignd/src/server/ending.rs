//! How a server ends: what it is answering is answered, for a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Ends a server. A clone ends the same one.
#[derive(Clone, Debug, Default)]
pub struct Handle(watch::Sender<Option<Duration>>);

impl Handle {
    /// For a server that is about to be started.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the server: it takes no further TCP connection, and closes those that are idle between two requests. For at most this time it
    /// answers what has arrived or begun to arrive; who has connected and not yet sent a request has the usual time for a head, and for the
    /// TLS handshake. Only the first call counts.
    pub fn end(&self, drain: Duration) {
        self.0.send_if_modified(|ending| {
            let is_first = ending.is_none();
            ending.get_or_insert(drain);
            is_first
        });
    }

    /// Waits for the end, and gives the time.
    pub(super) async fn wait(&self) -> Duration {
        match self.0.subscribe().wait_for(Option::is_some).await {
            Ok(drain) => drain.unwrap_or_default(),
            // The sender is here.
            Err(_) => Duration::ZERO,
        }
    }
}

/// What the TCP connections of a server are told.
#[derive(Debug, Default)]
pub(super) struct Ending {
    has_begun: AtomicBool,
    begun: Notify,
}

impl Ending {
    pub(super) fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
        self.begun.notify_waiters();
    }

    /// Whether the server ends. It costs nothing to ask for each request.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Waits until it does.
    pub(super) async fn wait(&self) {
        let begun = self.begun.notified();
        // It may have begun before that.
        if !self.has_begun() {
            begun.await;
        }
    }
}
