//! Accepts each authentic message only once.

mod memories;
mod memory;

use std::time::{Duration, SystemTime};

use countersign_core::{Delivery, Headers, Rejection, Verified};

use crate::error::ConfigError;
use crate::verifier::Verifier;

pub use memories::ReplayMemories;
pub use memory::{Repeated, ReplayMemory, Ticket};

/// A verifier that accepts each message only once, as long as its [`ReplayMemory`] remembers it.
///
/// It identifies a message by its signed id, or else by its whole signed text. So a retry that its sender signs with a
/// new timestamp and no id (the preset `stripe`) is another message, and two events of a sender that signs the body
/// alone (`github`) are one message if their bodies are equal. To recognise what the sender itself repeats, use
/// [`Verifier::delivery_id`] as the key of a table, in addition.
///
/// It remembers a message for at least as long as it could be accepted again: the whole tolerance of the scheme. It
/// never remembers a rejected delivery, so nobody without the secret can fill the memory. When you build a new verifier
/// for the sender, pass a clone of the same memory to the new guard: a new memory is empty.
///
/// Many senders repeat a message until they get a success. If you could not process an accepted message, call
/// [`forget`](Self::forget) before you answer with an error; otherwise the next attempt is rejected and the message is
/// lost.
///
/// A message counts as handled as soon as it is accepted, so [`Rejection::Replayed`] does not say whether it was handled
/// or is still being handled. There is no answer to it that is right in both cases: if a repetition gets 200 and the
/// first attempt fails later, the message is lost; if it gets an error, a handled message counts as failed with its
/// sender. If handling takes longer than the sender waits, use the [`ReplayMemory`] itself, as the tower layer does:
/// verify, [`identify`](Verifier::identify), [`take`](ReplayMemory::take), and [`finish`](ReplayMemory::finish) or
/// [`forget`](ReplayMemory::forget) with the ticket. Then answer [`Repeated::Handled`] with 200, and
/// [`Repeated::InProgress`] with 409.
#[derive(Debug)]
pub struct ReplayGuard {
    verifier: Verifier,
    window: Duration,
    memory: ReplayMemory,
}

/// An authentic delivery whose message was not accepted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// How it was verified.
    pub verified: Verified,
    /// The ticket for [`ReplayGuard::forget`], if the message could not be processed.
    pub ticket: Ticket,
}

impl ReplayGuard {
    /// Guards `verifier`. Messages are remembered for the sum of its scheme's two tolerances.
    ///
    /// # Errors
    /// `invalid_config` for a scheme without a tolerance, whose messages never expire: choose a window with
    /// [`with_window`](Self::with_window). `unsupported` for one that signs nothing.
    pub fn new(verifier: Verifier, memory: ReplayMemory) -> Result<Self, ConfigError> {
        Self::with_window(verifier, Duration::ZERO, memory)
    }

    /// Guards `verifier`. Messages are remembered for `window`, or for the sum of its scheme's two tolerances if that
    /// is longer. After that time, a message whose scheme has no tolerance is accepted again.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs nothing: its messages cannot be distinguished. `invalid_config` for a
    /// window of zero if the scheme has no tolerance.
    pub fn with_window(verifier: Verifier, window: Duration, memory: ReplayMemory) -> Result<Self, ConfigError> {
        let window = verifier.replay_window(window)?;
        Ok(Self { verifier, window, memory })
    }

    /// The verifier, which accepts a message as often as it arrives.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The memory, for the next guard of the same sender.
    #[must_use]
    pub fn memory(&self) -> &ReplayMemory {
        &self.memory
    }

    /// Decides whether a delivery is authentic and its message was not accepted before. If several of one message
    /// arrive at once, one is accepted.
    ///
    /// # Errors
    /// As [`Verifier::verify`], and [`Rejection::Replayed`]. A replayed delivery is authentic, so it need not get the
    /// answer of the others.
    pub fn verify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>, now: SystemTime) -> Result<Taken, Rejection> {
        let verified = self.verifier.verify(delivery, now)?;
        let identity = self.verifier.identify(delivery).ok_or(Rejection::MissingPart)?;
        let ticket = self.memory.take(identity, now, self.window).map_err(|_| Rejection::Replayed)?;
        // Callers report only failures here, so the message counts as handled unless they do.
        self.memory.finish(&ticket);
        Ok(Taken { verified, ticket })
    }

    /// Forgets an accepted message, so that it is accepted when it is sent again. Returns `false` if it is no longer
    /// remembered.
    #[allow(clippy::must_use_candidate, reason = "what is not remembered any more needs no more")]
    pub fn forget(&self, ticket: &Ticket) -> bool {
        self.memory.forget(ticket)
    }
}

impl Verifier {
    /// For how long messages must be remembered so that none is accepted twice: `window`, or the sum of the scheme's
    /// two tolerances if that is longer. The time starts when a message last arrived, not when it first did: a sender
    /// that tries again may sign the same message anew.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs nothing: its messages cannot be distinguished. `invalid_config` for a
    /// window of zero if the scheme has no tolerance.
    pub fn replay_window(&self, window: Duration) -> Result<Duration, ConfigError> {
        if !self.signs() {
            return Err(ConfigError::unsupported(
                "without a signature one message cannot be told from another, so replays cannot be known",
            ));
        }
        // One second more, since times are rounded down to milliseconds when freshness is checked.
        let tolerance = self.tolerance_seconds().map(|seconds| Duration::from_secs(seconds.saturating_add(1)));
        let window = window.max(tolerance.unwrap_or_default());
        if window.is_zero() {
            return Err(ConfigError::invalid(
                "this scheme has no tolerance, so its messages never expire; give a window of time",
            ));
        }
        Ok(window)
    }
}
