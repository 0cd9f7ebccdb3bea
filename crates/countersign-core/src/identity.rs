//! The identity of a message, by which a repeated message is recognised.

use core::fmt;

use crate::digest::Digest;
use crate::hash::{Hash, Sha256};
use crate::tag::MAX_TAG;

/// Distinguishes a message from every other one of the same sender: the SHA-256 of its signed id, or else of its signed
/// text.
///
/// It does not depend on the secrets, so it stays the same when they change, and it is the same in every process.
/// Nobody can sign with it. Store it instead of ids and signatures. Two senders may use the same ids: store the
/// identities of each sender separately.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity([u8; Identity::LENGTH]);

impl Identity {
    /// Its length in bytes.
    pub const LENGTH: usize = 32;

    /// Makes an identity from the bytes that [`as_bytes`](Self::as_bytes) returned.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for a database or another language.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Makes an identity from the text of a delivery's id: the id that the sender gives to all attempts of one delivery,
    /// wherever it puts it. A memory of messages can take it in place of the identity of the signed text, so that a
    /// retry is the same message although its sender signed it anew. `Verifier::delivery_id` of the crate `countersign`
    /// finds such an id; the text must not be empty.
    ///
    /// It is the SHA-256 of `delivery id`, a byte of zero and the text, so it differs from every identity that a
    /// verifier makes of a signed id or a signed text.
    ///
    /// If the MAC does not cover the id, this stops no attacker. Whoever holds one signed delivery can send it again
    /// with another id, and its handler runs again; or send it with the id of a delivery to come, which then counts as
    /// a repetition and is lost. Use it only together with the identity that a verifier makes, or where running twice
    /// and losing a message do no harm.
    #[must_use]
    pub fn of_delivery_id(text: &str) -> Self {
        Self::hash(b"delivery id\0", &[text.as_bytes()])
    }

    /// Makes the identity of a message of which the sender signs the body alone, together with the id that it gives to the
    /// delivery and does not sign. Two events with equal bodies (such as those of Shopify for two topics) are two messages
    /// then, which the identity of the signed text cannot tell apart: the second one would be lost.
    ///
    /// But whoever holds one signed delivery can send it again with another id, and its handler runs again. Where more is
    /// signed than the body, or the body holds the id, use the identity as it is.
    ///
    /// It is the SHA-256 of `message and id`, a byte of zero, the 32 bytes and the text. The text must not be empty.
    #[must_use]
    pub fn with_delivery_id(&self, text: &str) -> Self {
        Self::hash(b"message and id\0", &[&self.0, text.as_bytes()])
    }

    /// Hashes `prefix` and `parts`.
    fn hash(prefix: &[u8], parts: &[&[u8]]) -> Self {
        finish(&mut digest(prefix, parts))
    }
}

/// The identity of a message of which a last part of the signed text, the body, may not have arrived yet.
pub(crate) enum PartialIdentity {
    /// The id is signed, so the rest of the text does not matter.
    OfId(Identity),
    /// The hash of the text so far.
    OfText(Digest<Sha256, 64, 1>),
}

impl PartialIdentity {
    pub(crate) fn from_id(id: &[u8]) -> Self {
        Self::OfId(Identity::hash(b"id\0", &[id]))
    }

    /// Starts with the first parts of a signed text, or with all of them.
    pub(crate) fn from_signed_text(parts: &[&[u8]]) -> Self {
        Self::OfText(digest(b"text\0", parts))
    }

    /// Adds the next piece of the signed text.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        if let Self::OfText(digest) = self {
            digest.update(piece);
        }
    }

    /// Ends the signed text.
    pub(crate) fn finish(self) -> Identity {
        match self {
            Self::OfId(identity) => identity,
            Self::OfText(mut digest) => finish(&mut digest),
        }
    }
}

/// Starts the hash of `prefix` and `parts`. The prefixes make an id, a signed text and a delivery's id with the same bytes
/// different.
fn digest(prefix: &[u8], parts: &[&[u8]]) -> Digest<Sha256, 64, 1> {
    let mut digest = Digest::resume([Sha256::INITIAL], 1, 0);
    digest.update(prefix);
    for part in parts {
        digest.update(part);
    }
    digest
}

fn finish(digest: &mut Digest<Sha256, 64, 1>) -> Identity {
    let mut bytes = [0; MAX_TAG];
    for state in digest.finish() {
        Sha256::write_hash(state, &mut bytes);
    }
    Identity(bytes.first_chunk().copied().unwrap_or_default())
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
