//! The extension of a request whose body was verified as a whole.

use std::fmt;
use std::sync::Arc;

use ::http::Method;
use ::http::header::CONTENT_ENCODING;
use ::http::request::Parts;
use bytes::Bytes;
use countersign_core::Verified;

use crate::delivery_id::DeliveryId;
use crate::tower::endpoint::Endpoint;

/// An authentic delivery, in the extensions of a request whose body was verified as a whole. Only the layer can create
/// one.
#[derive(Clone)]
pub struct Authentic {
    verified: Verified,
    endpoint: Arc<Endpoint>,
    method: Method,
    /// Empty if the verifier reads none.
    url: String,
    body: Bytes,
    delivery_id: Option<DeliveryId>,
    /// Whether the request had a `Content-Encoding`. A layer in between that decompresses the body removes the header.
    has_content_encoding: bool,
}

impl Authentic {
    /// For a request with this head, whose sender called `url`.
    pub(crate) fn new(
        verified: Verified,
        endpoint: Arc<Endpoint>,
        parts: &Parts,
        url: String,
        body: Bytes,
        delivery_id: Option<DeliveryId>,
    ) -> Self {
        let (method, has_content_encoding) = (parts.method.clone(), parts.headers.contains_key(CONTENT_ENCODING));
        Self { verified, endpoint, method, url, body, delivery_id, has_content_encoding }
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

    /// The method of the request, as it was verified.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URL that the sender called and signed, as the [endpoint](Endpoint::origin) or the layer found it. Empty if the
    /// endpoint's verifier reads no URL: then the sender signs none. With [`method`](Self::method), the headers and the
    /// [`body`](Self::body), it is the [`Delivery`](crate::Delivery) that was verified, as
    /// [`Verifier::identify`](crate::Verifier::identify) needs it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The body as it arrived, even if a layer in between has changed the body of the request, such as by
    /// decompression.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The id by which a repetition of this delivery is recognised, if the scheme or the connection says where its sender puts
    /// one and it is there; [`Verifier::delivery_id`](crate::Verifier::delivery_id) describes it. It is found once, when the
    /// delivery is authentic.
    ///
    /// A request that [passes through](crate::tower::PassThrough) has no `Authentic`, since its body was not read: its handler
    /// can call `Verifier::delivery_id` with the head of the request and an empty body, which finds an id in a header or in the
    /// query, or with the body once it has read all of it.
    #[must_use]
    pub fn delivery_id(&self) -> Option<&DeliveryId> {
        self.delivery_id.as_ref()
    }
}

impl fmt::Debug for Authentic {
    /// Leaves out the URL, whose query can contain a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentic")
            .field("verified", &self.verified)
            .field("endpoint", &self.endpoint.name())
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .field("delivery_id", &self.delivery_id)
            .field("has_content_encoding", &self.has_content_encoding)
            .finish_non_exhaustive()
    }
}
