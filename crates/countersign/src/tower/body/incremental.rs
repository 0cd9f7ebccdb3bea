//! The verification of a body that comes in pieces.

use countersign_core::{Rejection, Stream, Verified};

use crate::tower::refusal::Refusal;

/// A verification in progress. Boxed, since a stream is large and the future that holds it is moved.
pub(crate) struct Running {
    stream: Option<Box<Stream>>,
    /// What is known to be wrong already. The body is hashed nevertheless.
    refusal: Option<Refusal>,
}

impl Running {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream: Some(Box::new(stream)), refusal: None }
    }

    /// For a delivery that is rejected already; `stream` is there for the work alone.
    pub(crate) fn rejected(rejection: Rejection, stream: Option<Stream>) -> Self {
        Self { stream: stream.map(Box::new), refusal: Some(rejection.into()) }
    }

    /// The same work, whose outcome is known.
    pub(crate) fn refused(self, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    pub(crate) fn update(&mut self, chunk: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.update(chunk);
        }
    }

    pub(crate) fn finish(self) -> Result<Verified, Refusal> {
        // Both are looked at only when both are known: the last of the work is the comparison.
        let verdict = self.stream.map_or(Err(Rejection::Mismatch), |stream| stream.finish());
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(verdict?),
        }
    }
}
