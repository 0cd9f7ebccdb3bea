//! Verifies a body that arrives in chunks.

use countersign_core::{Rejection, Stream, Verified};

use crate::tower::endpoint::Endpoint;
use crate::tower::refusal::Refusal;
use crate::tower::request_head::RequestHead;

/// A verification in progress.
pub(crate) struct IncrementalVerification {
    /// `None` if there is nothing to hash. It is in a box because it is large, and the future that holds it is moved.
    stream: Option<Box<Stream>>,
    /// Why the delivery is refused, if that is known already. The body is hashed nevertheless.
    refusal: Option<Refusal>,
}

impl IncrementalVerification {
    /// Begins to verify a delivery. If its head is wrong, `finish` says so, after the body was hashed as any other.
    /// `None` if the scheme needs the whole body.
    pub(crate) fn begin(endpoint: &Endpoint, head: RequestHead<'_>) -> Option<Self> {
        let head = endpoint.with_url_source(head);
        let streaming = endpoint.verifier().streaming().ok()?;
        let begun = head
            .with_delivery(endpoint.verifier(), &[], |delivery| streaming.begin(&delivery.head(), head.received_at));
        Some(match begun {
            Ok(stream) => Self { stream: Some(Box::new(stream)), refusal: None },
            Err(rejection) => Self::begin_refused(endpoint, rejection.into()),
        })
    }

    /// Begins to hash the body of a delivery that is refused already, so that the response takes as long.
    pub(crate) fn begin_refused(endpoint: &Endpoint, refusal: Refusal) -> Self {
        Self { stream: endpoint.begin_decoy().map(Box::new), refusal: Some(refusal) }
    }

    /// Hashes as before, and refuses at the end.
    pub(crate) fn with_refusal(self, refusal: Refusal) -> Self {
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

    /// The verdict, now that the body is whole.
    pub(crate) fn finish(self) -> Result<Verified, Refusal> {
        // The stream is finished even if the delivery is refused, since its comparison is part of the work.
        let verdict = self.stream.map_or(Err(Rejection::Mismatch), |mut stream| stream.finish_in_place());
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(verdict?),
        }
    }
}
