//! The verification of a body that comes in pieces.

use countersign_core::{Rejection, Stream, Verified};

/// A verification in progress. Boxed, since a stream is large and the future that holds it is moved.
pub(super) struct Running {
    stream: Option<Box<Stream>>,
    /// What was wrong with the head. The body is hashed nevertheless.
    fault: Option<Rejection>,
}

impl Running {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream: Some(Box::new(stream)), fault: None }
    }

    /// For a delivery that is rejected already; `stream` is there for the work alone.
    pub(super) fn rejected(fault: Rejection, stream: Option<Stream>) -> Self {
        Self { stream: stream.map(Box::new), fault: Some(fault) }
    }

    /// What was wrong with the head.
    pub(super) fn fault(&self) -> Option<Rejection> {
        self.fault
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.update(chunk);
        }
    }

    pub(super) fn finish(self) -> Result<Verified, Rejection> {
        let verdict = self.stream.map(|stream| stream.finish());
        match (self.fault, verdict) {
            (Some(fault), _) => Err(fault),
            (None, Some(verdict)) => verdict,
            (None, None) => Err(Rejection::Mismatch),
        }
    }
}
