//! Streaming verification: the body arrives in pieces.

use std::time::SystemTime;

use countersign_core::{Head, Headers, IdentifyingStream, Key, Rejection, SetupError, Stream};

use crate::clock::timestamp;
use crate::error::ConfigError;
use crate::verifier::Verifier;

/// Verifies bodies that arrive in pieces. [`Verifier::streaming`] makes it.
#[derive(Debug)]
pub struct Streaming<'v> {
    core: countersign_core::Streaming<'v, Box<[Key]>, String>,
    verifier: &'v Verifier,
}

impl Verifier {
    /// Returns this verifier for bodies that arrive in pieces.
    ///
    /// # Errors
    /// `unsupported` for a scheme with a function, for one whose message lists what is signed, for a plain hash, for one that
    /// signs something after the body, and for one that signs the
    /// body alone and whose handshake signs a text of the requester: such a delivery can be verified only when its whole
    /// body has arrived.
    pub fn streaming(&self) -> Result<Streaming<'_>, ConfigError> {
        if !self.is_direct {
            return Err(SetupError::NotStreamable.into());
        }
        Ok(Streaming { core: self.core.streaming()?, verifier: self })
    }
}

impl Streaming<'_> {
    /// Begins the verification of a body that arrives in pieces. The [`Stream`] does not buffer it. Freshness is judged as
    /// of `now`, the time at which the delivery began to arrive.
    ///
    /// # Errors
    /// The [`Rejection`] for a fault in the headers or a wrong token, before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, head: &Head<'_, H>, now: SystemTime) -> Result<Stream, Rejection> {
        let now = timestamp(now);
        self.core.begin_using(self.verifier.rotation.usable_secrets(now), head, now)
    }

    /// As [`begin`](Self::begin), for a stream that also returns the [identity](Verifier::identify) of an authentic message,
    /// by which a [`ReplayMemory`](crate::ReplayMemory) recognises it. The head has no body, so it cannot be identified
    /// afterwards.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_identified<H: Headers + ?Sized>(
        &self,
        head: &Head<'_, H>,
        now: SystemTime,
    ) -> Result<IdentifyingStream, Rejection> {
        let now = timestamp(now);
        self.core.begin_identified_using(self.verifier.rotation.usable_secrets(now), head, now)
    }

    /// As [`begin`](Self::begin), with only the value of the signature (or token) header.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_signature(&self, signature: &[u8]) -> Result<Stream, Rejection> {
        let now = timestamp(if self.verifier.needs_clock { SystemTime::now() } else { SystemTime::UNIX_EPOCH });
        let headers = self.verifier.core.only(signature);
        let head = Head { method: "", url: "", headers: &headers };
        self.core.begin_using(self.verifier.rotation.usable_secrets(now), &head, now)
    }
}
