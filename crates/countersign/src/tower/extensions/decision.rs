//! What is known of a delivery while its body passes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_core::Verified;

use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::Taken;

/// What is decided of a delivery whose body passes, in the extensions of the request that the handler gets.
#[derive(Clone)]
pub struct Decision(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    verdict: Option<Result<Verified, Refusal>>,
    /// The delivery's place in the memory of a guard.
    taken: Option<Taken>,
}

impl Decision {
    pub(crate) fn none() -> Self {
        Self(Arc::default())
    }

    /// How the delivery was verified. `None` while its body was not read to the end, and for ever if it is not authentic.
    #[must_use]
    pub fn verified(&self) -> Option<Verified> {
        self.verdict().and_then(Result::ok)
    }

    pub(crate) fn verdict(&self) -> Option<Result<Verified, Refusal>> {
        self.state().verdict
    }

    pub(crate) fn decide(&self, verdict: Result<Verified, Refusal>, taken: Option<Taken>) {
        *self.state() = State { verdict: Some(verdict), taken };
    }

    /// What a guard has taken.
    pub(crate) fn release(&self) -> Option<Taken> {
        self.state().taken.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock leaves it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decision").field(&self.verdict()).finish()
    }
}
