//! What is known of a connection's traffic while the process runs. It outlives changes of the connection's configuration.

use std::sync::OnceLock;

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
}

impl Traffic {
    /// Counts a request to the connection of this id.
    pub fn count(&self, metrics: &Metrics, id: &str, outcome: Outcome) {
        self.counters.get_or_init(|| metrics.counters(id)).count(outcome);
    }
}
