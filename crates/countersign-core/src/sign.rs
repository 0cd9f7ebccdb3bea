//! Signing: computes the tag that a sender would send.

use core::fmt;

use crate::key::Key;
use crate::mac::mac;
use crate::tag::MAX_TAG;

/// A tag made by [`Key::sign`], to be sent.
///
/// It has no `PartialEq`: never verify a delivery by comparing tags yourself. A [`Verifier`](crate::Verifier) compares
/// them in constant time.
#[derive(Clone)]
pub struct SignedTag {
    bytes: [u8; MAX_TAG],
    length: usize,
}

impl SignedTag {
    /// The bytes, as many as the algorithm's [`tag_len`](crate::Algorithm::tag_len).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for SignedTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedTag(…)")
    }
}

impl Key {
    /// Computes the tag of a message, which is the concatenation of `parts`. `None` if this key is a token.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> Option<SignedTag> {
        let length = self.algorithm()?.tag_len();
        Some(SignedTag { bytes: *mac::<true>(self, parts).as_ref(), length })
    }
}
