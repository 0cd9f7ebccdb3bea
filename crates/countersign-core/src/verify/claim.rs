//! The spine up to the MAC, for those who make the MACs of many deliveries at once.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::compare::Matches;
use crate::delivery::{Delivery, Headers};
use crate::format::Survey;
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
use crate::tag::Tag;
use crate::timestamp::Timestamp;
use crate::verdict::Verified;
use crate::verify::Verifier;
use crate::verify::context::Context;

/// What a delivery claims, with everything known but the MACs that must be compared with it.
#[must_use = "a delivery is authentic only if `judge` says so"]
pub struct Claim<'a> {
    keys: &'a [Key],
    usable: SecretSet,
    algorithm: Algorithm,
    tag: Tag,
    /// What is wrong with the time of sending. It is said only of a message that turns out to be authentic.
    staleness: Result<(), Rejection>,
}

impl<'a> Claim<'a> {
    /// The keys whose MACs of the signed text [`judge`](Self::judge) wants, in this order: one for each secret.
    #[inline]
    pub fn keys(&self) -> impl Iterator<Item = &'a Key> + use<'a> {
        let algorithm = self.algorithm;
        self.keys.iter().filter(move |key| key.algorithm() == Some(algorithm))
    }

    /// Compare and freshness: the verdict, from one MAC for each of [`keys`](Self::keys), with zeros behind it.
    ///
    /// # Errors
    /// [`Rejection::Mismatch`] if none of the MACs is the one that was received; [`Rejection::Expired`] or
    /// [`Rejection::FromFuture`] if one is, but the delivery was not sent about now.
    #[inline]
    pub fn judge<'m>(&self, macs: impl IntoIterator<Item = &'m [u8; 64]>) -> Result<Verified, Rejection> {
        let mut matches = Matches::none();
        for (mac, usable) in macs.into_iter().zip(self.usable.choices()) {
            matches.note(self.tag.matches_bytes(mac, self.algorithm.tag_len()) & usable);
        }
        let secret_index = Some(matches.reveal()?);
        self.staleness?;
        Ok(Verified { algorithm: Some(self.algorithm), secret_index })
    }
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Goes as far with a delivery as it can without a MAC. The text that is signed goes to `part`, in slices of what was
    /// received.
    ///
    /// # Errors
    /// The verdict, if it is known without a MAC or if the delivery carries several signatures: those are verified at
    /// once, by themselves.
    #[inline]
    pub fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        usable: SecretSet,
        delivery: &Delivery<'a, H>,
        now: Timestamp,
        mut part: impl FnMut(&'a [u8]),
    ) -> Result<Claim<'a>, Result<Verified, Rejection>> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(self.settle(delivery.head(), usable)) };
        let head = delivery.head();
        let mut found = Survey::default();
        self.survey(scheme, head, &mut found).map_err(Err)?;
        if !found.is_only {
            return Err(self.verify_several(scheme, usable, delivery, now));
        }
        let mut tag = Tag::empty();
        let algorithm = self.decode(scheme, head, found.first, &mut tag).map_err(Err)?;
        let mut staleness = Ok(());
        if self.plan.is_plain {
            part(delivery.body);
        } else {
            let mut context = Context::none();
            context.fill(scheme, head, &found.beside).map_err(Err)?;
            self.gather(scheme, &head, &context, delivery.body).map_err(Err)?.each(part);
            staleness = context.judge(scheme, now);
        }
        Ok(Claim { keys: self.keys.as_ref(), usable, algorithm, tag, staleness })
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
