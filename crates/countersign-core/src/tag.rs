//! Tags: the bytes of one MAC, or of several received for one delivery.

use core::fmt;

use zeroize::Zeroize;

/// The length of the longest tag in bytes, that of SHA-512.
pub(crate) const MAX_TAG: usize = 64;

/// The maximum number of signatures in one delivery, over all its signature headers.
pub const MAX_SIGNATURES: usize = 16;

/// A tag, padded with zeros to 64 bytes. It has no `PartialEq`: tags are compared in constant time only, in
/// `compare.rs`.
///
/// Aligned, so that it is copied in a few wide stores, from which the processor can forward narrower loads.
#[derive(Clone)]
#[repr(align(16))]
pub struct Tag([u8; MAX_TAG]);

impl Tag {
    /// A tag from a MAC that was computed elsewhere, followed by zeros.
    #[inline]
    #[must_use]
    pub const fn new(bytes: [u8; MAX_TAG]) -> Self {
        Self(bytes)
    }

    /// A tag from a SHA-256 hash.
    pub(crate) fn from_sha256(hash: &[u8; 32]) -> Self {
        let mut bytes = [0; MAX_TAG];
        for (to, from) in bytes.iter_mut().zip(hash) {
            *to = *from;
        }
        Self(bytes)
    }

    /// All zeros, to be overwritten by a decoder.
    #[inline]
    pub(crate) fn empty() -> Self {
        Self([0; MAX_TAG])
    }

    #[inline]
    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8; MAX_TAG] {
        &mut self.0
    }

    /// Copies the first `length` bytes to the start of `out`.
    pub(crate) fn copy_to(&self, out: &mut [u8], length: usize) {
        for (to, from) in out.iter_mut().zip(&self.0).take(length) {
            *to = *from;
        }
    }
}

/// Several received tags. One match is enough.
#[derive(Clone)]
pub(crate) struct Tags {
    tags: [Tag; MAX_SIGNATURES],
    count: usize,
}

impl Tags {
    pub(crate) fn empty() -> Self {
        Self { tags: [const { Tag([0; MAX_TAG]) }; MAX_SIGNATURES], count: 0 }
    }

    /// Adds an empty tag and returns it; `None` if there are already [`MAX_SIGNATURES`].
    pub(crate) fn push_empty(&mut self) -> Option<&mut Tag> {
        let tag = self.tags.get_mut(self.count)?;
        self.count = self.count.wrapping_add(1);
        Some(tag)
    }

    /// Removes the last tag, and what was decoded of it.
    pub(crate) fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
        if let Some(tag) = self.tags.get_mut(self.count) {
            *tag = Tag::empty();
        }
    }

    pub(crate) fn as_slice(&self) -> &[Tag] {
        self.tags.get(..self.count).unwrap_or_default()
    }
}

impl AsRef<[u8; MAX_TAG]> for Tag {
    #[inline]
    fn as_ref(&self) -> &[u8; MAX_TAG] {
        &self.0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(…)")
    }
}

impl Zeroize for Tag {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeroize_clears_all_bytes() {
        let mut wiped = Tag::new([7; MAX_TAG]);
        wiped.zeroize();
        assert_eq!(*wiped.as_mut_bytes(), [0; MAX_TAG]);
    }
}
