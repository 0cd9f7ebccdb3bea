//! The extension of a request whose body was verified as a whole.

use std::fmt;
use std::sync::Arc;

use ::http::HeaderMap;
use ::http::header::CONTENT_ENCODING;
use bytes::Bytes;
use countersign_core::Verified;

use crate::tower::endpoint::Endpoint;

/// An authentic delivery, in the extensions of a request whose body was verified as a whole. Only the layer can create
/// one.
#[derive(Clone)]
pub struct Authentic {
    verified: Verified,
    endpoint: Arc<Endpoint>,
    body: Bytes,
    /// Whether the request had a `Content-Encoding`. A layer in between that decompresses the body removes the header.
    has_content_encoding: bool,
}

impl Authentic {
    /// For a request with these `headers`.
    pub(crate) fn new(verified: Verified, endpoint: Arc<Endpoint>, headers: &HeaderMap, body: Bytes) -> Self {
        Self { verified, endpoint, body, has_content_encoding: headers.contains_key(CONTENT_ENCODING) }
    }

    #[cfg(feature = "axum")]
    pub(crate) fn has_content_encoding(&self) -> bool {
        self.has_content_encoding
    }

    /// How the delivery was verified.
    #[must_use]
    pub fn verified(&self) -> Verified {
        self.verified
    }

    /// The endpoint that the delivery was for.
    #[must_use]
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// The body as it arrived, even if a layer in between has changed the body of the request, such as by
    /// decompression.
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
            .field("has_content_encoding", &self.has_content_encoding)
            .finish()
    }
}
