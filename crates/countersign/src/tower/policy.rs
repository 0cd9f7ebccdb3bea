//! What a layer was told: how much to take, how long to wait, what to answer.

use std::sync::Arc;
use std::time::Duration;

use crate::tower::answer::{Answers, RejectedStatus};
use crate::tower::endpoint::Endpoint;

/// As axum's own limit.
const LIMIT: u64 = 2 * 1024 * 1024;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of a layer.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) limit: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) origin: Option<String>,
    pub(super) rejected: RejectedStatus,
    /// Judges what belongs to no connection, for the time that it takes alone.
    pub(super) nobody: Option<Arc<Endpoint>>,
}

impl Policy {
    pub(super) fn new(nobody: Option<Endpoint>) -> Self {
        Self {
            limit: LIMIT,
            timeout: Some(TIMEOUT),
            origin: None,
            rejected: RejectedStatus::default(),
            nobody: nobody.map(|endpoint| Arc::new(endpoint.named("unknown"))),
        }
    }

    pub(super) fn answers(&self) -> Answers {
        Answers::new(self.rejected, self.limit, self.timeout)
    }
}
