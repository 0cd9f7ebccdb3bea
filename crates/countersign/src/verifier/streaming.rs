//! Verification of bodies that arrive in pieces.

use std::time::SystemTime;

use countersign_core::{Head, Headers, Key, Rejection, SetupError, Stream};

use crate::clock::timestamp;
use crate::error::ConfigError;
use crate::verifier::Verifier;

/// A verifier for bodies that arrive in pieces, from [`Verifier::streaming`].
#[derive(Debug)]
pub struct Streaming<'v> {
    core: countersign_core::Streaming<'v, Box<[Key]>, String>,
    verifier: &'v Verifier,
}

impl Verifier {
    /// This verifier for bodies that arrive in pieces.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs something behind the body, or a part of the body alone: the body must be
    /// whole before such a delivery can be judged.
    pub fn streaming(&self) -> Result<Streaming<'_>, ConfigError> {
        if !self.is_direct {
            return Err(SetupError::NotStreamable.into());
        }
        Ok(Streaming { core: self.core.streaming()?, verifier: self })
    }
}

impl Streaming<'_> {
    /// Begins the verification of a body that arrives in pieces; nothing of it is kept. Freshness is judged as of
    /// `now`, the moment at which the delivery began to arrive.
    ///
    /// # Errors
    /// Whatever is wrong with the headers, or with a token, is said here, before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, head: &Head<'_, H>, now: SystemTime) -> Result<Stream, Rejection> {
        let now = timestamp(now);
        self.core.begin_using(self.verifier.rotation.usable(now), head, now)
    }

    /// As [`begin`](Self::begin), with the value of the signature (or token) header and nothing else.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_signature(&self, signature: &[u8]) -> Result<Stream, Rejection> {
        let now = timestamp(if self.verifier.is_timed { SystemTime::now() } else { SystemTime::UNIX_EPOCH });
        let headers = self.verifier.core.only(signature);
        let head = Head { method: "", url: "", headers: &headers };
        self.core.begin_using(self.verifier.rotation.usable(now), &head, now)
    }
}
