//! What the handler learns of a delivery.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use countersign_core::Verified;

use crate::tower::endpoint::Endpoint;

/// An authentic delivery, in the extensions of the request that the handler gets. Nothing but the layer makes one.
#[derive(Clone)]
pub struct Authentic {
    verified: Verified,
    endpoint: Arc<Endpoint>,
    body: Bytes,
}

impl Authentic {
    pub(crate) fn new(verified: Verified, endpoint: Arc<Endpoint>, body: Bytes) -> Self {
        Self { verified, endpoint, body }
    }

    /// How it was verified.
    #[must_use]
    pub fn verified(&self) -> Verified {
        self.verified
    }

    /// The connection that it came by.
    #[must_use]
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// The body as it came over the wire, whatever was done since to that of the request.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl fmt::Debug for Authentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentic")
            .field("verified", &self.verified)
            .field("endpoint", &self.endpoint.name())
            .field("body_len", &self.body.len())
            .finish()
    }
}
