//! The bytes of a MAC, and their comparison in constant time.

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

/// The length of the longest tag in bytes, that of SHA-512.
pub(crate) const MAX_TAG: usize = 64;

/// The most signatures that one delivery may carry, in all its signature headers.
pub const MAX_SIGNATURES: usize = 16;

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

    /// A tag of the length of SHA-256.
    pub(crate) fn from_front(front: &[u8; 32]) -> Self {
        let mut bytes = [0; MAX_TAG];
        for (to, from) in bytes.iter_mut().zip(front) {
            *to = *from;
        }
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

    /// Compares two tags with the zeros behind them, in constant time. Nothing matches if `bar` is not 0.
    #[inline]
    pub(crate) fn matches(&self, other: &Self, bar: u64) -> Choice {
        self.matches_bytes(&other.0, bar)
    }

    /// The same, where the other is not kept as a tag.
    #[inline]
    pub(crate) fn matches_bytes(&self, other: &[u8; MAX_TAG], bar: u64) -> Choice {
        let (left, _) = self.0.as_chunks::<8>();
        let (right, _) = other.as_chunks::<8>();
        let difference = left
            .iter()
            .zip(right)
            .fold(bar, |difference, (left, right)| difference | u64::from_ne_bytes(*left) ^ u64::from_ne_bytes(*right));
        difference.ct_eq(&0)
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

    /// Adds a tag; `None` if there is no room.
    pub(crate) fn push(&mut self, tag: Tag) -> Option<()> {
        *self.tags.get_mut(self.count)? = tag;
        self.count = self.count.wrapping_add(1);
        Some(())
    }

    pub(crate) fn as_slice(&self) -> &[Tag] {
        self.tags.get(..self.count).unwrap_or_default()
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

    /// The lengths that occur: those of the six algorithms, all whole words or followed by zeros.
    const LENGTHS: [usize; 6] = [16, 20, 28, 32, 48, 64];

    fn tag(length: usize) -> [u8; MAX_TAG] {
        core::array::from_fn(|at| if at < length { 0xa5 } else { 0 })
    }

    #[test]
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test that panics has failed")]
    fn each_bit_of_a_tag_counts() {
        for length in LENGTHS {
            assert_eq!(Tag::new(tag(length)).matches(&Tag::new(tag(length)), 0).unwrap_u8(), 1);
            for bar in [1, 1 << 8, u64::MAX] {
                assert_eq!(Tag::new(tag(length)).matches(&Tag::new(tag(length)), bar).unwrap_u8(), 0);
            }
            for bit in 0..length * 8 {
                let mut other = tag(length);
                other[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Tag::new(tag(length)).matches(&Tag::new(other), 0).unwrap_u8(), 0, "{length} {bit}");
            }
        }
    }

    /// Two differences must not cancel each other out.
    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn differences_add_up() {
        for (first, second) in [(0, 8), (0, 56), (7, 15), (3, 4)] {
            let mut other = tag(64);
            other[first] ^= 0x80;
            other[second] ^= 0x80;
            assert_eq!(Tag::new(tag(64)).matches(&Tag::new(other), 0).unwrap_u8(), 0, "{first} {second}");
        }
    }

    #[test]
    fn zeroize_leaves_nothing() {
        let mut wiped = Tag::new([7; MAX_TAG]);
        wiped.zeroize();
        assert_eq!(*wiped.as_mut_bytes(), [0; MAX_TAG]);
    }
}
