//! Claims: the result of parse, decode and gather, and the input of compare and freshness.

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

/// What a delivery asserts: everything that its verdict depends on, except the MACs.
///
/// Passed by reference and filled in place, because moving it would cost as much as half of the parsing.
#[must_use = "a delivery is authentic only if `judge` says so"]
#[derive(Clone)]
pub struct Claim<'a> {
    keys: &'a [Key],
    /// The number of keys of the algorithm.
    count: usize,
    comparison: Comparison<Tag>,
}

impl<'a> Claim<'a> {
    /// An empty claim, to be filled in. It needs no MAC, and its verdict is a mismatch.
    #[inline]
    pub fn empty() -> Self {
        Self { keys: &[], count: 0, comparison: Comparison::new(Tag::empty()) }
    }

    /// The keys with which to compute the MACs that [`judge`](Self::judge) needs, in this order: one for each secret.
    #[inline]
    pub fn keys(&self) -> impl Iterator<Item = &'a Key> + use<'a> {
        keys_of(self.keys, self.comparison.algorithm)
    }

    /// The only one of [`keys`](Self::keys), if there is only one.
    #[inline]
    #[must_use]
    pub fn only_key(&self) -> Option<&'a Key> {
        match self.keys {
            // A claim is made only for an algorithm that has a key.
            [key] => Some(key),
            _ => None,
        }
    }

    /// The number of [`keys`](Self::keys).
    #[inline]
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Runs compare and freshness: returns the verdict, given the MAC for each of [`keys`](Self::keys), followed by
    /// zeros.
    ///
    /// # Errors
    /// [`Rejection::Mismatch`] if no MAC equals the received tag; [`Rejection::Expired`] or [`Rejection::FromFuture`]
    /// if one does, but the delivery was not sent recently.
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
    /// The fast path of [`claim`](Self::claim): for `line`, a [`signature_line`](Self::signature_line) in one of the
    /// most common forms, if only the body is signed. Fills in `claim`, which must be [empty](Claim::empty), and
    /// returns whether it did. If not, `claim` can still be passed to [`claim`](Self::claim).
    #[allow(clippy::inline_always, reason = "a call would add a third to its cost")]
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
        // The algorithm is fixed, so all keys are for it.
        claim.count = claim.keys.len();
        true
    }

    /// Runs parse, decode and gather, the stages before the MAC. Fills in `claim`, which must be [empty](Claim::empty),
    /// and passes the signed text to `on_part`, in slices of what was received.
    ///
    /// # Errors
    /// The verdict, if it does not depend on a MAC, or if the delivery has several signatures, which are verified
    /// immediately.
    #[inline(never)]
    pub fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        backend: &impl Backend,
        usable: SecretSet,
        delivery: &Delivery<'a, H>,
        now: Timestamp,
        claim: &mut Claim<'a>,
        on_part: impl FnMut(&'a [u8]),
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
        self.gather(scheme, delivery, &signature.fields, now, &mut comparison.freshness, on_part).map_err(Err)?;
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
