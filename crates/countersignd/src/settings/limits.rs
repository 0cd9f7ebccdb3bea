//! What bounds requests: sizes, times and numbers.

use std::time::Duration;

/// What bounds requests.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most bytes of a body.
    pub body_bytes_max: u64,
    /// The bytes of all bodies that are held at once.
    pub body_budget_bytes: u64,
    /// How long a body may take.
    pub body_timeout: Duration,
    /// How many bytes a second a body must have, once `least_rate_after` has passed.
    pub least_rate: u32,
    /// See `least_rate`.
    pub least_rate_after: Duration,
    /// How long a head may take, also the first one of a TCP connection.
    pub head_timeout: Duration,
    /// How long a handshake of TLS may take.
    pub tls_timeout: Duration,
    /// How long a TCP connection may be idle between two requests, or read nothing of its answers.
    pub idle_timeout: Duration,
    /// How many deliveries a second that are not authentic a connection takes.
    pub unauthentic_per_second: u32,
    /// How many TCP connections there may be at once.
    pub connections_max: usize,
    /// The bytes of events that one connection may have in the inbox; none for a tenth of the disk.
    pub backlog_bytes: Option<u64>,
    /// How long requests that are being answered have when the process ends.
    pub drain: Duration,
}

impl Limits {
    /// The bytes of small bodies, for which there is room beside the budget: an eighth of it.
    #[must_use]
    pub fn small_body_budget_bytes(&self) -> u64 {
        self.body_budget_bytes / 8
    }

    /// The bytes of bodies to one endpoint: a quarter of the budget, which is at least one of the largest.
    #[must_use]
    pub fn endpoint_budget_bytes(&self) -> u64 {
        self.body_budget_bytes / 4
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 32 << 20,
            body_budget_bytes: 256 << 20,
            body_timeout: Duration::from_secs(30),
            least_rate: 1024,
            least_rate_after: Duration::from_secs(5),
            head_timeout: Duration::from_secs(10),
            tls_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            unauthentic_per_second: 100,
            connections_max: 10_000,
            backlog_bytes: None,
            drain: Duration::from_secs(15),
        }
    }
}
