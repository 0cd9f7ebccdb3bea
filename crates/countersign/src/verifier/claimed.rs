//! Claim, MACs, judge: the way of a delivery where the MACs are made by the fastest code for this processor.

use std::slice;
use std::time::SystemTime;

use countersign_core::hazmat::Claim;
use countersign_core::{
    Delivery, Encoding, Headers, MAX_PARTS, MAX_SECRETS, Rejection, SecretSet, Timestamp, Verified,
};
use countersign_lanes::{Lanes, Mac, Message};

use crate::clock::timestamp;
use crate::verifier::Verifier;

impl Verifier {
    /// As [`claim`](Self::claim), for a signature that looks as usual under a scheme that signs the body alone; `false` for
    /// others. Whatever `claim` holds after that is of no use.
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn claim_usual<'a>(&'a self, lanes: Lanes, signature: &[u8], claim: &mut Claim<'a>) -> bool {
        !self.is_timed
            && self.function.is_none()
            && self.core.claim_usual(SecretSet::ALL, signature, decoder(lanes), claim)
    }

    /// The line of the signature's header, if one header holds it and that has one line.
    #[inline]
    pub(crate) fn signature_line<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Option<&'a [u8]> {
        self.core.signature_line(headers)
    }

    /// All of [`verify`](Self::verify) that comes before the MAC: fills in `claim`, and gives the signed text to `part`.
    ///
    /// # Errors
    /// The verdict, where there is no MAC to wait for, or where it is made at once.
    #[inline]
    pub(crate) fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        lanes: Lanes,
        delivery: &Delivery<'a, H>,
        now: SystemTime,
        claim: &mut Claim<'a>,
        part: impl FnMut(&'a [u8]),
    ) -> Result<(), Result<Verified, Rejection>> {
        if self.function.is_some() {
            return Err(self.verify(delivery, now));
        }
        let now = if self.is_timed { timestamp(now) } else { Timestamp::from_seconds(0) };
        self.core.claim(self.rotation.usable(now), delivery, now, decoder(lanes), claim, part)
    }

    /// As the core does it, with MACs by the fastest code for this processor.
    #[inline]
    pub(super) fn verify_one<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let signature = if self.core.signs_body_alone() { self.core.signature_line(delivery.headers) } else { None };
        if let Some(signature) = signature
            && let Some(verdict) = self.verify_usual(usable, signature, slice::from_ref(&delivery.body))
        {
            return verdict;
        }
        self.verify_closely(usable, delivery, now, signature)
    }

    /// As [`verify_signature`](Self::verify_signature).
    #[inline]
    pub(super) fn verify_line(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        if !self.is_timed
            && self.function.is_none()
            && let Some(verdict) = self.verify_usual(SecretSet::ALL, signature, slice::from_ref(&body))
        {
            return verdict;
        }
        self.verify_line_closely(signature, body)
    }

    /// What most deliveries are: a signature that looks as usual, and one secret. `None` for others. The body comes as it
    /// lies in memory: a copy would have to wait until what was just written there can be read in other pieces.
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    fn verify_usual(&self, usable: SecretSet, signature: &[u8], body: &[&[u8]]) -> Option<Result<Verified, Rejection>> {
        let mac = |key: &_| self.lanes.mac_one(Message { key, parts: body });
        self.core.verify_usual(usable, signature, decoder(self.lanes), mac)
    }

    #[inline(never)]
    fn verify_closely<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
        signature: Option<&[u8]>,
    ) -> Result<Verified, Rejection> {
        let mut claim = Claim::empty();
        if let Some(signature) = signature
            && self.core.claim_usual(usable, signature, decoder(self.lanes), &mut claim)
        {
            return self.judge(&claim, slice::from_ref(&delivery.body));
        }
        self.verify_gathered(usable, delivery, now)
    }

    #[inline(never)]
    fn verify_line_closely(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        let mut claim = Claim::empty();
        if self.claim_usual(self.lanes, signature, &mut claim) {
            return self.judge(&claim, slice::from_ref(&body));
        }
        self.verify_only(signature, body)
    }

    #[inline(never)]
    fn verify_only(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        let headers = self.core.only(signature);
        let now = if self.is_timed { SystemTime::now() } else { SystemTime::UNIX_EPOCH };
        self.verify(&Delivery { method: "", url: "", headers: &headers, body }, now)
    }

    #[inline(never)]
    fn verify_gathered<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let mut claim = Claim::empty();
        let (mut parts, mut count) = ([&[][..]; MAX_PARTS], 0);
        let gathered = self.core.claim(usable, delivery, now, decoder(self.lanes), &mut claim, |part| {
            // A template has no more parts.
            if let Some(place) = parts.get_mut(count) {
                *place = part;
            }
            count += 1;
        });
        match gathered {
            Ok(()) => self.judge(&claim, parts.get(..count).unwrap_or_default()),
            Err(known) => known,
        }
    }

    #[inline]
    fn judge(&self, claim: &Claim<'_>, parts: &[&[u8]]) -> Result<Verified, Rejection> {
        let Some(key) = claim.only_key() else { return self.judge_several(claim, parts) };
        let mac = self.lanes.mac_one(Message { key, parts });
        claim.judge([mac.as_bytes()])
    }

    #[inline(never)]
    fn judge_several(&self, claim: &Claim<'_>, parts: &[&[u8]]) -> Result<Verified, Rejection> {
        let mut macs = [const { Mac::empty() }; MAX_SECRETS];
        for (key, mac) in claim.keys().zip(&mut macs) {
            *mac = self.lanes.mac_one(Message { key, parts });
        }
        claim.judge(macs.iter().take(claim.keys().count()).map(Mac::as_bytes))
    }
}

#[inline]
fn decoder(lanes: Lanes) -> impl Fn(&[u8], Encoding, &mut [u8; 64]) -> Option<usize> + Copy {
    move |text, encoding, tag| lanes.decode(text, encoding, tag)
}
