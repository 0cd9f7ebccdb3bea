//! Handshakes: the answer that a sender demands before it sends events, as a part of the scheme.

mod rule;

use std::fmt;

use countersign_core::{Rejection, Verified};

use crate::secret::Secret;
pub(crate) use rule::{Body, HandshakeRule};

/// The answer to a handshake, from [`Verifier::handshake`](crate::Verifier::handshake).
#[non_exhaustive]
pub struct Handshake {
    /// The status of the response.
    pub status: u16,
    /// The headers of the response, as names and values.
    pub headers: Vec<(String, String)>,
    /// The body of the response.
    pub body: String,
    /// The secret that the sender has chosen in this handshake, with which it signs from now on. Keep it only while someone
    /// has opened the endpoint for a new secret, and never over one that is in use: anyone can send such a request.
    pub secret: Option<Secret>,
}

impl fmt::Debug for Handshake {
    /// Leaves out headers and body, which may hold a secret or a MAC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The verdict on a body that was found authentic. An answer that signs a bare token must not be taken for the signature of an
/// event, so a body of that form is refused.
pub(crate) fn refuse_token(body: &[u8], verdict: Result<Verified, Rejection>) -> Result<Verified, Rejection> {
    if verdict.is_ok() && rule::is_token(body, false) { Err(Rejection::Mismatch) } else { verdict }
}
