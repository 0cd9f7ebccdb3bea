//! The extension of a request whose body passes through: the verdict, when there is one.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_core::Verified;

use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::Reservation;

/// The verdict on a delivery, in the extensions of a request whose body [passes through](crate::tower::PassThrough).
/// There is none until the body was read to its end.
#[derive(Clone)]
pub struct Decision(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    verdict: Option<Result<Verified, Refusal>>,
    /// The reservation of the message, until somebody takes it to settle it.
    reservation: Option<Reservation>,
}

impl Decision {
    pub(crate) fn undecided() -> Self {
        Self(Arc::default())
    }

    /// How the delivery was verified. `None` until the body was read to its end, and for ever if the delivery is not
    /// authentic.
    #[must_use]
    pub fn verified(&self) -> Option<Verified> {
        self.verdict().and_then(Result::ok)
    }

    pub(crate) fn verdict(&self) -> Option<Result<Verified, Refusal>> {
        self.state().verdict
    }

    pub(crate) fn decide(&self, verdict: Result<Verified, Refusal>, reservation: Option<Reservation>) {
        *self.state() = State { verdict: Some(verdict), reservation };
    }

    /// Takes the reservation of the message, if there is one and nobody has taken it.
    pub(crate) fn take_reservation(&self) -> Option<Reservation> {
        self.state().reservation.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock leaves the state half changed, so a poisoned lock is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decision").field(&self.verdict()).finish()
    }
}
