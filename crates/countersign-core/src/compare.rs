//! Stage 5, compare: compares computed MACs with received tags in constant time, and finds the secret that matches.

use subtle::{Choice, ConstantTimeEq};

use crate::algorithm::Algorithm;
use crate::rejection::Rejection;
use crate::secret_set::SecretSet;
use crate::tag::{MAX_TAG, Tag, Tags};
use crate::verdict::Verified;

/// Compares two tags, including the zeros after them, in constant time. Returns unequal if `mask` is not 0.
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

/// One received tag, or several. One match is enough.
pub(crate) trait Received {
    /// Whether `mac` equals one of them. Always compares all of them. Returns false if `mask` is not 0.
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

/// Everything that the verdict on a delivery depends on, except the MACs.
#[derive(Clone)]
pub(crate) struct Comparison<R> {
    /// The received tag or tags.
    pub(crate) received: R,
    pub(crate) algorithm: Algorithm,
    /// The secrets that may be used.
    pub(crate) usable: SecretSet,
    /// Whether the delivery was sent recently. If not, this is reported only if the delivery turns out to be authentic.
    pub(crate) freshness: Result<(), Rejection>,
}

impl<R> Comparison<R> {
    /// Matches nothing until `algorithm` and `usable` are set.
    #[inline]
    pub(crate) fn new(received: R) -> Self {
        Self { received, algorithm: Algorithm::Sha256, usable: SecretSet::NONE, freshness: Ok(()) }
    }
}

impl<R: Received> Comparison<R> {
    /// Runs compare and freshness: returns the verdict, given the MAC under each secret in order.
    #[inline]
    pub(crate) fn judge<M: AsRef<[u8; MAX_TAG]>>(
        &self,
        macs: impl IntoIterator<Item = M>,
    ) -> Result<Verified, Rejection> {
        let mut matches = Matches::new();
        for (mac, mask) in macs.into_iter().zip(self.usable.masks()) {
            matches.add(self.received.contains(mac.as_ref(), mask));
        }
        let secret_index = Some(matches.declassify()?);
        self.freshness?;
        Ok(Verified { algorithm: Some(self.algorithm), secret_index, covers_body: true })
    }
}

/// The verdict if there is one secret, with the index 0, and no freshness to check.
#[inline]
pub(crate) fn compare_one<M: AsRef<[u8; MAX_TAG]>>(
    received: &Tag,
    algorithm: Algorithm,
    usable: SecretSet,
    mac: &M,
) -> Result<Verified, Rejection> {
    let mut matches = Matches::new();
    for mask in usable.masks().take(1) {
        matches.add(received.contains(mac.as_ref(), mask));
    }
    let secret_index = Some(matches.declassify()?);
    Ok(Verified { algorithm: Some(algorithm), secret_index, covers_body: true })
}

/// The outcomes of comparing with one secret after the other. All are compared, whatever the first outcome is.
///
/// Where two tags differ stays inside [`Choice`]. Only *whether* they differ is added here, without a branch.
pub(crate) struct Matches {
    /// 1 if a secret has matched, else 0.
    any: u8,
    /// The number of secrets before the first that matched.
    before: u8,
}

impl Matches {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { any: 0, before: 0 }
    }

    /// Adds the outcome for the next secret.
    #[inline]
    pub(crate) fn add(&mut self, equal: Choice) {
        self.any |= equal.unwrap_u8();
        self.before = self.before.wrapping_add(self.any ^ 1);
    }

    /// The index of the first secret that matched. The only place where the outcome of a comparison becomes a branch.
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

    /// The tag lengths of the six algorithms.
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

    /// Two differences must not cancel each other.
    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn two_differences_do_not_cancel() {
        for (first, second) in [(0, 8), (0, 56), (7, 15), (3, 4)] {
            let mut other = tag(64);
            other[first] ^= 0x80;
            other[second] ^= 0x80;
            assert_eq!(equal(&tag(64), &other, 0).unwrap_u8(), 0, "{first} {second}");
        }
    }

    /// Every pattern of matches among up to eight secrets.
    #[test]
    fn the_first_match_is_returned() {
        for count in 0..=8_u32 {
            for pattern in 0..1_u32 << count {
                let mut matches = Matches::new();
                (0..count).for_each(|at| matches.add(Choice::from((pattern >> at & 1) as u8)));
                let first = (0..8_u8).find(|at| pattern >> at & 1 == 1);
                assert_eq!(matches.declassify(), first.ok_or(Rejection::Mismatch), "{count} {pattern:b}");
            }
        }
    }
}
