//! The bytes of a MAC, and their comparison in constant time.

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

/// The length of the longest tag in bytes, that of SHA-512.
pub(crate) const MAX_TAG: usize = 64;

/// A tag, padded with zeros. It has no `PartialEq`: the only comparison is [`Tag::matches`].
///
/// Aligned so that it is moved in few wide pieces, which the processor can then read back in other pieces at once.
#[derive(Clone)]
#[repr(align(16))]
pub(crate) struct Tag([u8; MAX_TAG]);

impl Tag {
    #[inline]
    pub(crate) fn new(bytes: [u8; MAX_TAG]) -> Self {
        Self(bytes)
    }

    /// Room for a tag that is yet to be decoded.
    #[inline]
    pub(crate) fn empty() -> Self {
        Self([0; MAX_TAG])
    }

    #[inline]
    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8; MAX_TAG] {
        &mut self.0
    }

    /// Compares the first `LENGTH` bytes, rounded up to whole words of eight, in constant time.
    #[inline]
    pub(crate) fn matches(&self, other: &Self, length: usize) -> Choice {
        let words = length.div_ceil(8);
        let (left, _) = self.0.as_chunks::<8>();
        let (right, _) = other.0.as_chunks::<8>();
        let difference =
            left.iter().zip(right).take(words).fold(0, |difference, (left, right)| {
                difference | u64::from_ne_bytes(*left) ^ u64::from_ne_bytes(*right)
            });
        difference.ct_eq(&0)
    }
}

impl Tag {
    /// Copies the first `length` bytes to the front of `out`.
    pub(crate) fn copy_to(&self, out: &mut [u8], length: usize) {
        for (to, from) in out.iter_mut().zip(&self.0).take(length) {
            *to = *from;
        }
    }
}

impl Zeroize for Tag {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}
