//! The bytes of a MAC: one tag, or the several tags of one delivery.

use core::fmt;

use zeroize::Zeroize;

/// The length of the longest tag in bytes, that of SHA-512.
pub(crate) const MAX_TAG: usize = 64;

/// The most signatures that one delivery may carry, in all its signature headers.
pub const MAX_SIGNATURES: usize = 16;

/// A tag, padded with zeros to 64 bytes. It has no `PartialEq`: tags are compared in constant time only, in `compare.rs`.
///
/// Aligned so that it is moved in few wide pieces, which the processor can then read back in other pieces at once.
#[derive(Clone)]
#[repr(align(16))]
pub struct Tag([u8; MAX_TAG]);

impl Tag {
    /// A MAC that was made elsewhere, with zeros after it.
    #[inline]
    #[must_use]
    pub const fn new(bytes: [u8; MAX_TAG]) -> Self {
        Self(bytes)
    }

    /// A tag of the length of SHA-256.
    pub(crate) fn from_front(front: &[u8; 32]) -> Self {
        let mut bytes = [0; MAX_TAG];
        for (to, from) in bytes.iter_mut().zip(front) {
            *to = *from;
        }
        Self(bytes)
    }

    /// Room for a tag that is not decoded yet.
    #[inline]
    pub(crate) fn empty() -> Self {
        Self([0; MAX_TAG])
    }

    #[inline]
    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8; MAX_TAG] {
        &mut self.0
    }

    /// Copies the first `length` bytes to the front of `out`.
    pub(crate) fn copy_to(&self, out: &mut [u8], length: usize) {
        for (to, from) in out.iter_mut().zip(&self.0).take(length) {
            *to = *from;
        }
    }
}

/// Several tags that were received, of which one may be the right one.
#[derive(Clone)]
pub(crate) struct Tags {
    tags: [Tag; MAX_SIGNATURES],
    count: usize,
}

impl Tags {
    pub(crate) fn none() -> Self {
        Self { tags: [const { Tag([0; MAX_TAG]) }; MAX_SIGNATURES], count: 0 }
    }

    /// The place of one more tag, which is empty; `None` if there is no room.
    pub(crate) fn add(&mut self) -> Option<&mut Tag> {
        let place = self.tags.get_mut(self.count)?;
        self.count = self.count.wrapping_add(1);
        Some(place)
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
    fn zeroize_leaves_nothing() {
        let mut wiped = Tag::new([7; MAX_TAG]);
        wiped.zeroize();
        assert_eq!(*wiped.as_mut_bytes(), [0; MAX_TAG]);
    }
}
