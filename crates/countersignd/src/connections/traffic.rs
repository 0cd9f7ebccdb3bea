//! What is known of a connection's traffic while the process runs. It outlives changes of the connection's configuration.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::connections::rate::{Breaker, Rate};
use crate::metrics::{Counters, Metrics, Outcome};

/// The traffic of one connection.
#[derive(Debug, Default)]
pub struct Traffic {
    counters: OnceLock<Counters>,
    /// The authentic deliveries.
    pub authentic: Rate,
    /// Closed after too many deliveries that were not authentic.
    pub unauthentic: Breaker,
    /// When the last event was received, in microseconds since 1970; 0 if none was.
    received_at: AtomicI64,
}

impl Traffic {
    /// Notes that an event that was received then is durable.
    pub fn received(&self, at: i64) {
        self.received_at.fetch_max(at, Ordering::Relaxed);
    }

    /// When the last event was received, in microseconds since 1970; none since the start if none was.
    pub fn received_at(&self) -> Option<i64> {
        Some(self.received_at.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// Counts a request to the connection of this id.
    pub fn count(&self, metrics: &Metrics, id: &str, outcome: Outcome) {
        self.counters.get_or_init(|| metrics.counters(id)).count(outcome);
    }
}
