//! What tells one message from another, so that a replayed one can be known.

use core::fmt;

use crate::key::token_digest;
use crate::sign::SignedTag;

/// Tells a message from every other one of the same verifier: made of its signed id, or else of its signed text.
///
/// It says nothing that could be used to sign, and is kept in place of ids and signatures.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity([u8; 16]);

impl Identity {
    /// The 16 bytes, the same in every process that has the same secrets, for a memory that several processes share. They
    /// are half of a SHA-256: what they were made of cannot be found from them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn of_id(id: &[u8]) -> Self {
        let mut bytes = [0; 16];
        token_digest(id).copy_to(&mut bytes, 16);
        Self(bytes)
    }

    /// Two texts with the same tag are the same text. The tag is hashed so that none is kept.
    pub(crate) fn of_tag(tag: &SignedTag) -> Self {
        Self::of_id(tag.as_bytes())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
