//! The identity of a message, by which a repeated one is recognised.

use core::fmt;

use crate::digest::Digest;
use crate::hash::{Hash, Sha256};
use crate::tag::MAX_TAG;

/// Distinguishes a message from every other one of the same sender: the SHA-256 of its signed id, or else of its signed text.
///
/// It does not depend on the secrets, so that it stays the same when these change, and it is the same in every process. It
/// says nothing that could be used to sign, and is kept in place of ids and signatures. Two senders may use the same ids: keep
/// the messages of each apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity([u8; Identity::LENGTH]);

impl Identity {
    /// The number of its bytes.
    pub const LENGTH: usize = 32;

    /// An identity from bytes that [`as_bytes`](Self::as_bytes) gave.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for a store or another language.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    pub(crate) fn of_id(id: &[u8]) -> Self {
        Self::of(b"id\0", &[id])
    }

    pub(crate) fn of_text(parts: &[&[u8]]) -> Self {
        Self::of(b"text\0", parts)
    }

    /// The prefix keeps an id from being taken for a text.
    fn of(prefix: &[u8], parts: &[&[u8]]) -> Self {
        let mut digest = Digest::<Sha256, 64, 1>::resume([Sha256::INITIAL], 1, 0);
        digest.update(prefix);
        for part in parts {
            digest.update(part);
        }
        let mut all = [0; MAX_TAG];
        for state in digest.finish() {
            Sha256::write(state, &mut all);
        }
        Self(all.first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
