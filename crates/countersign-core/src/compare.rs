//! Stage 5, compare: whether a MAC is one that was received, in constant time, and which secret made it.

use subtle::{Choice, ConstantTimeEq};

use crate::algorithm::Algorithm;
use crate::rejection::Rejection;
use crate::secret_set::SecretSet;
use crate::tag::{MAX_TAG, Tag, Tags};
use crate::verdict::Verified;

/// Compares two tags, with the zeros after them, in constant time. They are never equal if `mask` is not 0.
#[inline]
pub(crate) fn equal(left: &[u8; MAX_TAG], right: &[u8; MAX_TAG], mask: u64) -> Choice {
    let (left, _) = left.as_chunks::<8>();
    let (right, _) = right.as_chunks::<8>();
    let difference = left
        .iter()
        .zip(right)
        .fold(mask, |difference, (left, right)| difference | u64::from_ne_bytes(*left) ^ u64::from_ne_bytes(*right));
    difference.ct_eq(&0)
}

/// One tag that was received, or several of which one is enough.
pub(crate) trait Received {
    /// Whether a MAC is one of them. All are compared. None is equal if `mask` is not 0.
    fn contains(&self, mac: &[u8; MAX_TAG], mask: u64) -> Choice;
}

impl Received for Tag {
    #[inline]
    fn contains(&self, mac: &[u8; MAX_TAG], mask: u64) -> Choice {
        equal(mac, self.as_ref(), mask)
    }
}

impl Received for Tags {
    fn contains(&self, mac: &[u8; MAX_TAG], mask: u64) -> Choice {
        self.as_slice().iter().fold(Choice::from(0), |any, tag| any | equal(mac, tag.as_ref(), mask))
    }
}

/// Everything about a delivery that its verdict needs, except the MACs.
#[derive(Clone)]
pub(crate) struct Comparison<R> {
    /// What was received.
    pub(crate) received: R,
    pub(crate) algorithm: Algorithm,
    /// The secrets that may be used.
    pub(crate) usable: SecretSet,
    /// Whether the delivery was sent about now. A fault is reported only of a message that turns out to be authentic.
    pub(crate) freshness: Result<(), Rejection>,
}

impl<R> Comparison<R> {
    /// Matches nothing until it is filled in.
    #[inline]
    pub(crate) fn with(received: R) -> Self {
        Self { received, algorithm: Algorithm::Sha256, usable: SecretSet::NONE, freshness: Ok(()) }
    }
}

impl<R: Received> Comparison<R> {
    /// Compare and freshness: the verdict, from the MAC of each secret in order.
    #[inline]
    pub(crate) fn judge<M: AsRef<[u8; MAX_TAG]>>(
        &self,
        macs: impl IntoIterator<Item = M>,
    ) -> Result<Verified, Rejection> {
        let mut matches = Matches::none();
        for (mac, mask) in macs.into_iter().zip(self.usable.masks()) {
            matches.add(self.received.contains(mac.as_ref(), mask));
        }
        let secret_index = Some(matches.declassify()?);
        self.freshness?;
        Ok(Verified { algorithm: Some(self.algorithm), secret_index })
    }
}

/// The verdict where there is one secret, which has the index 0, and nothing else to check.
#[inline]
pub(crate) fn compare_one<M: AsRef<[u8; MAX_TAG]>>(
    received: &Tag,
    algorithm: Algorithm,
    usable: SecretSet,
    mac: &M,
) -> Result<Verified, Rejection> {
    let mut matches = Matches::none();
    for mask in usable.masks().take(1) {
        matches.add(received.contains(mac.as_ref(), mask));
    }
    let secret_index = Some(matches.declassify()?);
    Ok(Verified { algorithm: Some(algorithm), secret_index })
}

/// The outcome of comparing with one secret after the other. All are compared, whatever the outcome of the first.
///
/// How two tags differ stays inside [`Choice`]; only *whether* they do comes out, and it is added up without a branch.
pub(crate) struct Matches {
    /// 1 once a secret has matched.
    any: u8,
    /// How many did not match before the first that did.
    before: u8,
}

impl Matches {
    #[inline]
    pub(crate) fn none() -> Self {
        Self { any: 0, before: 0 }
    }

    /// Adds the outcome for the next secret.
    #[inline]
    pub(crate) fn add(&mut self, equal: Choice) {
        self.any |= equal.unwrap_u8();
        self.before = self.before.wrapping_add(self.any ^ 1);
    }

    /// The index of the first secret that matched. The only place where the comparison becomes a branch.
    #[inline]
    pub(crate) fn declassify(self) -> Result<u8, Rejection> {
        #[cfg(not(countersign_declassify))]
        let Self { any, before } = self;
        #[cfg(countersign_declassify)]
        let (any, before) = crate::declassify::pair(self.any, self.before);
        if any == 1 { Ok(before) } else { Err(Rejection::Mismatch) }
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
            assert_eq!(equal(&tag(length), &tag(length), 0).unwrap_u8(), 1);
            for mask in [1, 1 << 8, u64::MAX] {
                assert_eq!(equal(&tag(length), &tag(length), mask).unwrap_u8(), 0);
            }
            for bit in 0..length * 8 {
                let mut other = tag(length);
                other[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(equal(&tag(length), &other, 0).unwrap_u8(), 0, "{length} {bit}");
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
            assert_eq!(equal(&tag(64), &other, 0).unwrap_u8(), 0, "{first} {second}");
        }
    }

    /// Every pattern of matches among up to eight secrets.
    #[test]
    fn the_first_match_is_told() {
        for count in 0..=8_u32 {
            for pattern in 0..1_u32 << count {
                let mut matches = Matches::none();
                (0..count).for_each(|at| matches.add(Choice::from((pattern >> at & 1) as u8)));
                let first = (0..8_u8).find(|at| pattern >> at & 1 == 1);
                assert_eq!(matches.declassify(), first.ok_or(Rejection::Mismatch), "{count} {pattern:b}");
            }
        }
    }
}
