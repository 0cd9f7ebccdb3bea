//! Claim, MACs, judge: the way of a delivery where the MACs are made by the fastest code for this processor.

use std::time::SystemTime;

use countersign_core::hazmat::Claim;
use countersign_core::{Delivery, Headers, MAX_PARTS, MAX_SECRETS, Rejection, SecretSet, Timestamp, Verified};
use countersign_lanes::{Mac, Message};

use crate::clock::timestamp;
use crate::verifier::Verifier;

impl Verifier {
    /// All of [`verify`](Self::verify) that comes before the MAC: fills in `claim`, and gives the signed text to `part`.
    ///
    /// # Errors
    /// The verdict, where there is no MAC to wait for, or where it is made at once.
    #[inline]
    pub(crate) fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
        now: SystemTime,
        claim: &mut Claim<'a>,
        part: impl FnMut(&'a [u8]),
    ) -> Result<(), Result<Verified, Rejection>> {
        if self.function.is_some() {
            return Err(self.verify(delivery, now));
        }
        let now = if self.is_timed { timestamp(now) } else { Timestamp::from_seconds(0) };
        self.core.claim(self.rotation.usable(now), delivery, now, claim, part)
    }

    /// As the core does it, with MACs by the fastest code for this processor.
    #[inline]
    pub(super) fn verify_one<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        if !self.core.signs_body_alone() {
            return self.verify_gathered(usable, delivery, now);
        }
        let mut claim = Claim::empty();
        match self.core.claim(usable, delivery, now, &mut claim, |_| {}) {
            Ok(()) => self.judge(&claim, &[delivery.body]),
            Err(known) => known,
        }
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
        let gathered = self.core.claim(usable, delivery, now, &mut claim, |part| {
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
        let mut keys = claim.keys();
        let (first, second) = (keys.next(), keys.next());
        match (first, second) {
            (Some(key), None) => {
                let mut mac = Mac::empty();
                self.lanes.mac_one(Message { key, parts }, &mut mac);
                claim.judge([mac.as_bytes()])
            }
            _ => self.judge_several(claim, parts),
        }
    }

    #[inline(never)]
    fn judge_several(&self, claim: &Claim<'_>, parts: &[&[u8]]) -> Result<Verified, Rejection> {
        let mut macs = [const { Mac::empty() }; MAX_SECRETS];
        for (key, mac) in claim.keys().zip(&mut macs) {
            self.lanes.mac_one(Message { key, parts }, mac);
        }
        claim.judge(macs.iter().take(claim.keys().count()).map(Mac::as_bytes))
    }
}
