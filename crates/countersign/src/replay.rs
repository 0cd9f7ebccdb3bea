//! Whether an authentic message was seen before.

mod memories;
mod memory;

use std::time::{Duration, SystemTime};

use countersign_core::{Delivery, Headers, Rejection, Verified};

use crate::error::ConfigError;
use crate::verifier::Verifier;

pub use memories::ReplayMemories;
pub use memory::{Repeated, ReplayMemory, Ticket};

/// A verifier that takes each message once, as far as a [`ReplayMemory`] reaches.
///
/// It knows messages by their signed id or else by all of their signed text, for as long as they could be taken again at
/// least: the whole tolerance of the scheme. It never remembers a rejected delivery, so nobody without the secret can fill
/// the memory. When the verifier is built anew, give the new guard a clone of the same memory: a fresh one knows no message.
///
/// A sender sends a message again if it gets no answer. If a message was taken but could not be kept, say so with
/// [`forget`](Self::forget) before answering with an error; otherwise the next attempt would be rejected and the message
/// lost.
#[derive(Debug)]
pub struct ReplayGuard {
    verifier: Verifier,
    window: Duration,
    memory: ReplayMemory,
}

/// An authentic delivery whose message was not taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// How it was verified.
    pub verified: Verified,
    /// What [`ReplayGuard::forget`] wants if the message could not be kept.
    pub ticket: Ticket,
}

impl ReplayGuard {
    /// Guards `verifier`, for as long as the tolerance of its scheme, both ways together.
    ///
    /// # Errors
    /// `invalid_config` for a scheme without a tolerance, whose messages never expire: choose a window with
    /// [`with_window`](Self::with_window). `unsupported` for one that signs nothing.
    pub fn new(verifier: Verifier, memory: ReplayMemory) -> Result<Self, ConfigError> {
        Self::with_window(verifier, Duration::ZERO, memory)
    }

    /// Guards `verifier` for `window`, or for as long as the tolerance of its scheme if that is longer. After that time
    /// a message whose scheme has no tolerance is taken again.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs nothing: its messages cannot be told from each other. `invalid_config` for a
    /// window of zero where the scheme has no tolerance.
    pub fn with_window(verifier: Verifier, window: Duration, memory: ReplayMemory) -> Result<Self, ConfigError> {
        let window = verifier.replay_window(window)?;
        Ok(Self { verifier, window, memory })
    }

    /// The verifier, which takes a message as often as it comes.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The memory, for the next guard of the same sender.
    #[must_use]
    pub fn memory(&self) -> &ReplayMemory {
        &self.memory
    }

    /// Decides whether a delivery is authentic and was not taken before. Of several that arrive at once, one is taken.
    ///
    /// # Errors
    /// As [`Verifier::verify`], and [`Rejection::Replayed`].
    pub fn verify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>, now: SystemTime) -> Result<Taken, Rejection> {
        let verified = self.verifier.verify(delivery, now)?;
        let identity = self.verifier.identify(delivery).ok_or(Rejection::MissingPart)?;
        let ticket = self.memory.take(identity, now, self.window).map_err(|_| Rejection::Replayed)?;
        // Whoever takes a message here says only if it could not be kept, so it counts as handled until then.
        self.memory.finish(&ticket);
        Ok(Taken { verified, ticket })
    }

    /// Forgets a message that was taken, so that it is taken once more when it is sent again. `false` if it is not
    /// remembered any more.
    #[allow(clippy::must_use_candidate, reason = "what is not remembered any more needs no more")]
    pub fn forget(&self, ticket: &Ticket) -> bool {
        self.memory.forget(ticket)
    }
}

impl Verifier {
    /// For how long messages must be remembered so that none is taken twice: `window`, or the tolerance of the scheme, both ways
    /// together, if that is longer. It runs from the last time that a message came, not from the first: a sender that tries again
    /// may sign the same message anew.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs nothing: its messages cannot be told from each other. `invalid_config` for a
    /// window of zero where the scheme has no tolerance.
    pub fn replay_window(&self, window: Duration) -> Result<Duration, ConfigError> {
        if !self.signs() {
            return Err(ConfigError::unsupported(
                "without a signature one message cannot be told from another, so replays cannot be known",
            ));
        }
        // A second more, since moments are cut to milliseconds when freshness is judged.
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
