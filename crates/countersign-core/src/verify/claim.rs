//! The spine up to the MAC, for those who make the MACs of many deliveries at once.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::compare::Matches;
use crate::delivery::{Delivery, Headers};
use crate::encoding::Encoding;
use crate::format::Survey;
use crate::header::only;
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
use crate::tag::{MAX_TAG, Tag};
use crate::timestamp::Timestamp;
use crate::verdict::Verified;
use crate::verify::Verifier;
use crate::verify::context::Context;

/// What a delivery claims, with everything known but the MACs that must be compared with it.
///
/// It is filled in where it is kept: to move it would cost more than to find out half of what it says.
#[must_use = "a delivery is authentic only if `judge` says so"]
#[derive(Clone)]
pub struct Claim<'a> {
    keys: &'a [Key],
    /// How many of them are of the algorithm.
    count: usize,
    received: Tag,
    usable: SecretSet,
    algorithm: Algorithm,
    /// What is wrong with the time of sending. It is said only of a message that turns out to be authentic.
    staleness: Result<(), Rejection>,
}

impl<'a> Claim<'a> {
    /// Room for a claim. No MAC is wanted for it, and it is judged a mismatch.
    #[inline]
    pub fn empty() -> Self {
        let (usable, algorithm) = (SecretSet::NONE, Algorithm::Sha256);
        Self { keys: &[], count: 0, received: Tag::empty(), usable, algorithm, staleness: Ok(()) }
    }

    /// The keys whose MACs of the signed text [`judge`](Self::judge) wants, in this order: one for each secret.
    #[inline]
    pub fn keys(&self) -> impl Iterator<Item = &'a Key> + use<'a> {
        let algorithm = self.algorithm;
        self.keys.iter().filter(move |key| key.algorithm() == Some(algorithm))
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

    /// Compare and freshness: the verdict, from one MAC for each of [`keys`](Self::keys), with zeros behind it.
    ///
    /// # Errors
    /// [`Rejection::Mismatch`] if none of the MACs is the one that was received; [`Rejection::Expired`] or
    /// [`Rejection::FromFuture`] if one is, but the delivery was not sent about now.
    #[inline]
    pub fn judge<'m>(&self, macs: impl IntoIterator<Item = &'m [u8; 64]>) -> Result<Verified, Rejection> {
        let mut matches = Matches::none();
        for (mac, bar) in macs.into_iter().zip(self.usable.bars()) {
            matches.note(self.received.matches_bytes(mac, bar));
        }
        let secret_index = Some(matches.reveal()?);
        self.staleness?;
        Ok(Verified { algorithm: Some(self.algorithm), secret_index })
    }
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Whether the body alone is signed, and nothing else is looked at.
    #[inline]
    pub fn signs_body_alone(&self) -> bool {
        self.plan.is_plain
    }

    /// The line of the signature's header, if one header holds it and that has one line.
    #[inline]
    pub fn signature_line<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Option<&'a [u8]> {
        match &self.scheme {
            Scheme::Hmac(scheme) if !self.plan.several_headers => only(headers.lines(scheme.header.as_ref())).ok()?,
            _ => None,
        }
    }

    /// The verdict on a [`signature_line`](Self::signature_line) that looks as usual, where the body alone is signed and
    /// there is one key. `mac` makes the MAC of the body, with zeros behind it; `decode` does what
    /// [`decode`](crate::hazmat::decode) does. `None` for all else, of which nothing is known then.
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub fn verify_usual<M: AsRef<[u8; MAX_TAG]>>(
        &self,
        usable: SecretSet,
        signature: &[u8],
        decode: impl Fn(&[u8], Encoding, &mut [u8; MAX_TAG]) -> Option<usize> + Copy,
        mac: impl FnOnce(&Key) -> M,
    ) -> Option<Result<Verified, Rejection>> {
        let [key] = self.keys.as_ref() else { return None };
        let mut received = Tag::empty();
        let algorithm = Some(self.read_usual(signature, decode, &mut received)?);
        let mac = mac(key);
        let mut matches = Matches::none();
        for bar in usable.bars().take(1) {
            matches.note(received.matches_bytes(mac.as_ref(), bar));
        }
        Some(matches.reveal().map(|index| Verified { algorithm, secret_index: Some(index) }))
    }

    /// The short way of [`claim`](Self::claim), for a [`signature_line`](Self::signature_line) that looks as usual where
    /// the body alone is signed: fills in `claim`, which is [empty](Claim::empty) before, and tells whether it did. If not,
    /// `claim` is still of use to [`claim`](Self::claim).
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub fn claim_usual<'a>(
        &'a self,
        usable: SecretSet,
        signature: &[u8],
        decode: impl Fn(&[u8], Encoding, &mut [u8; MAX_TAG]) -> Option<usize> + Copy,
        claim: &mut Claim<'a>,
    ) -> bool {
        let Some(algorithm) = self.read_usual(signature, decode, &mut claim.received) else { return false };
        (claim.keys, claim.usable, claim.algorithm) = (self.keys.as_ref(), usable, algorithm);
        // All keys are of the one algorithm that is not inferred.
        claim.count = claim.keys.len();
        true
    }

    /// Goes as far with a delivery as it can without a MAC: fills in `claim`, which is [empty](Claim::empty) before, and
    /// gives the text that is signed to `part`, in slices of what was received. `decode` does what
    /// [`decode`](crate::hazmat::decode) does.
    ///
    /// # Errors
    /// The verdict, if it is known without a MAC or if the delivery carries several signatures: those are verified at
    /// once, by themselves.
    #[inline(never)]
    pub fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        usable: SecretSet,
        delivery: &Delivery<'a, H>,
        now: Timestamp,
        decode: impl Fn(&[u8], Encoding, &mut [u8; MAX_TAG]) -> Option<usize> + Copy,
        claim: &mut Claim<'a>,
        mut part: impl FnMut(&'a [u8]),
    ) -> Result<(), Result<Verified, Rejection>> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(self.settle(delivery.head(), usable)) };
        let head = delivery.head();
        let mut found = Survey::default();
        self.survey(scheme, head, &mut found).map_err(Err)?;
        if !found.is_only {
            return Err(self.verify_several(scheme, usable, delivery, now));
        }
        claim.algorithm = self.decode(scheme, head, found.first, decode, &mut claim.received).map_err(Err)?;
        if self.plan.is_plain {
            part(delivery.body);
        } else {
            let mut context = Context::none();
            context.fill(scheme, head, &found.beside, self.plan.digits).map_err(Err)?;
            self.gather(scheme, &head, &context, delivery.body).map_err(Err)?.each(part);
            claim.staleness = context.judge(scheme, now);
        }
        (claim.keys, claim.usable) = (self.keys.as_ref(), usable);
        claim.count = claim.keys().count();
        Ok(())
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
