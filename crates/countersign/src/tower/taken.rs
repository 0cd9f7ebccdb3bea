//! A message that a guard has taken, until it is known what became of it.

use std::sync::Arc;

use countersign_core::Identity;

use crate::tower::endpoint::Endpoint;

/// Forgets the message when dropped, unless it was kept: a sender that gets no answer, or one that is no success, sends it
/// once more.
#[expect(missing_debug_implementations, reason = "nobody gets to see it")]
pub struct Taken {
    endpoint: Arc<Endpoint>,
    identity: Identity,
    is_kept: bool,
}

impl Taken {
    pub(super) fn new(endpoint: Arc<Endpoint>, identity: Identity) -> Self {
        Self { endpoint, identity, is_kept: false }
    }

    /// The handler has it.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.is_kept {
            self.endpoint.forget(&self.identity);
        }
    }
}
