//! What a delivery claims: parse, decode and gather, up to the MAC; then compare and freshness.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::backend::Backend;
use crate::compare::Comparison;
use crate::delivery::{Delivery, Headers};
use crate::format::FirstSignature;
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
use crate::tag::{MAX_TAG, Tag};
use crate::timestamp::Timestamp;
use crate::verdict::Verified;
use crate::verifier::Verifier;

/// What a delivery claims: everything that its verdict needs, except the MACs.
///
/// It is filled in where it is kept: to move it would cost more than to find out half of what it says.
#[must_use = "a delivery is authentic only if `judge` says so"]
#[derive(Clone)]
pub struct Claim<'a> {
    keys: &'a [Key],
    /// How many of them are of the algorithm.
    count: usize,
    comparison: Comparison<Tag>,
}

impl<'a> Claim<'a> {
    /// Room for a claim. It wants no MAC, and it is judged a mismatch.
    #[inline]
    pub fn empty() -> Self {
        Self { keys: &[], count: 0, comparison: Comparison::with(Tag::empty()) }
    }

    /// The keys whose MACs of the signed text [`judge`](Self::judge) wants, in this order: one for each secret.
    #[inline]
    pub fn keys(&self) -> impl Iterator<Item = &'a Key> + use<'a> {
        keys_of(self.keys, self.comparison.algorithm)
    }

    /// The one of [`keys`](Self::keys), if there is no other.
    #[inline]
    #[must_use]
    pub fn only_key(&self) -> Option<&'a Key> {
        match self.keys {
            // There is a key of every algorithm that gets as far as a claim.
            [key] => Some(key),
            _ => None,
        }
    }

    /// How many [`keys`](Self::keys) there are.
    #[inline]
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Compare and freshness: the verdict, from one MAC for each of [`keys`](Self::keys), with zeros after it.
    ///
    /// # Errors
    /// [`Rejection::Mismatch`] if none of the MACs is the one that was received; [`Rejection::Expired`] or
    /// [`Rejection::FromFuture`] if one is, but the delivery was not sent about now.
    #[inline]
    pub fn judge<M: AsRef<[u8; MAX_TAG]>>(&self, macs: impl IntoIterator<Item = M>) -> Result<Verified, Rejection> {
        self.comparison.judge(macs)
    }
}

/// The keys of `algorithm`, one for each secret.
#[inline]
pub(super) fn keys_of(keys: &[Key], algorithm: Algorithm) -> impl Iterator<Item = &Key> {
    keys.iter().filter(move |key| key.algorithm() == Some(algorithm))
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// As [`claim`](Self::claim), on the fast path: for `line`, a [`signature_line`](Self::signature_line) in the most common
    /// form where the body alone is signed. Fills in `claim`, which is [empty](Claim::empty) before, and returns whether it
    /// did. If not, `claim` can still be given to [`claim`](Self::claim).
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub fn claim_fast<'a>(
        &'a self,
        backend: &impl Backend,
        usable: SecretSet,
        line: &[u8],
        claim: &mut Claim<'a>,
    ) -> bool {
        let Some(fast_path) = self.plan.fast_path else { return false };
        let Some(algorithm) = fast_path.parse(backend, line, &mut claim.comparison.received) else { return false };
        (claim.comparison.algorithm, claim.comparison.usable) = (algorithm, usable);
        claim.keys = self.keys.as_ref();
        // All keys are of the one algorithm that is not inferred.
        claim.count = claim.keys.len();
        true
    }

    /// Parse, decode, gather: all that comes before the MAC. Fills in `claim`, which is [empty](Claim::empty) before, and gives
    /// the signed text to `part`, in slices of what was received.
    ///
    /// # Errors
    /// The verdict, if it is known without a MAC, or if the delivery carries several signatures: those are verified at once.
    #[inline(never)]
    pub fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        backend: &impl Backend,
        usable: SecretSet,
        delivery: &Delivery<'a, H>,
        now: Timestamp,
        claim: &mut Claim<'a>,
        part: impl FnMut(&'a [u8]),
    ) -> Result<(), Result<Verified, Rejection>> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(self.verify_without_mac(delivery.head(), usable)) };
        let mut signature = FirstSignature::default();
        self.parse_first(scheme, delivery.head(), &mut signature).map_err(Err)?;
        if !signature.is_only {
            return Err(self.verify_several(backend, scheme, usable, delivery, now));
        }
        let comparison = &mut claim.comparison;
        comparison.algorithm =
            self.decode(backend, scheme, delivery.head(), signature.text, &mut comparison.received).map_err(Err)?;
        comparison.usable = usable;
        self.gather(scheme, delivery, &signature.fields, now, &mut comparison.freshness, part).map_err(Err)?;
        claim.keys = self.keys.as_ref();
        claim.count = claim.keys().count();
        Ok(())
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("algorithm", &self.comparison.algorithm).finish_non_exhaustive()
    }
}
