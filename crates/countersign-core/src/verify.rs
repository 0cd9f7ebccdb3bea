//! The spine: every stage of a verification, called once, in order.
//!
//! ```text
//! headers + body + verifier ─▶ parse ─▶ decode ─▶ gather ─▶ mac ─▶ compare ─▶ freshness ─▶ verdict
//! ```
//!
//! [`Verifier::verify_with`] is the way of every delivery. What comes before the MAC is [`Verifier::claim`], what comes
//! after it is `Comparison::judge`. A stream does the same with the MAC in between made of pieces; a batch does it with the
//! MACs of many claims made at once.

mod claim;
mod fields;
mod identify;
mod only_signature;
mod parse;
mod streaming;

use core::slice;

use crate::backend::{Backend, Portable};
use crate::compare::Comparison;
use crate::delivery::{Delivery, Head, Headers};
use crate::format::HeaderFields;
use crate::header::Value;
use crate::key::Key;
use crate::plan::UNCHECKED;
use crate::rejection::Rejection;
use crate::scheme::{HmacScheme, Scheme, TOKEN_HEADER};
use crate::secret_set::SecretSet;
use crate::tag::Tags;
use crate::template::{PartValues, SignedText};
use crate::timestamp::Timestamp;
use crate::token;
use crate::verdict::Verified;
use crate::verifier::Verifier;
use claim::keys_of;
use fields::Fields;
use only_signature::OnlySignature;

pub use claim::Claim;
pub use streaming::Streaming;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Decides whether a delivery is authentic. `now` is looked at only by schemes that have a tolerance.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong. Nothing here panics or allocates, whatever the input.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        self.verify_with(&Portable, SecretSet::ALL, delivery, now)
    }

    /// As [`verify`](Self::verify), with the secrets in `usable` alone.
    ///
    /// # Errors
    /// As [`verify`](Self::verify). A signature made with another secret is a [`Rejection::Mismatch`].
    #[inline]
    pub fn verify_using<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        self.verify_with(&Portable, usable, delivery, now)
    }

    /// Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), for a delivery that has no other header, no method and no URL.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8], now: Timestamp) -> Result<Verified, Rejection> {
        self.verify_signature_with(&Portable, SecretSet::ALL, signature, body, now)
    }

    /// As [`verify_using`](Self::verify_using), with signatures decoded and MACs made by `backend`.
    ///
    /// # Errors
    /// As [`verify_using`](Self::verify_using).
    #[inline]
    pub fn verify_with<H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        if let Some(fast_path) = self.plan.fast_path
            && let Some(line) = self.signature_line(delivery.headers)
            && let body = slice::from_ref(&delivery.body)
            && let Some(verdict) = fast_path.verify(backend, self.keys.as_ref(), usable, line, body)
        {
            return verdict;
        }
        self.verify_fully(backend, usable, delivery, now)
    }

    /// As [`verify_signature`](Self::verify_signature), with the secrets in `usable` alone, with the signature decoded and MACs
    /// made by `backend`.
    ///
    /// # Errors
    /// As [`verify_signature`](Self::verify_signature).
    #[inline]
    pub fn verify_signature_with(
        &self,
        backend: &impl Backend,
        usable: SecretSet,
        signature: &[u8],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        if let Some(fast_path) = self.plan.fast_path
            && let body = slice::from_ref(&body)
            && let Some(verdict) = fast_path.verify(backend, self.keys.as_ref(), usable, signature, body)
        {
            return verdict;
        }
        let headers = self.only(signature);
        self.verify_fully(backend, usable, &Delivery { method: "", url: "", headers: &headers, body }, now)
    }

    /// The way of all deliveries: claim, then mac, compare and freshness. Compiled apart, so that the fast path stays short.
    #[inline(never)]
    fn verify_fully<H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let (mut claim, mut text) = (Claim::empty(), SignedText::empty());
        match self.claim(backend, usable, delivery, now, &mut claim, |part| text.push(part)) {
            Ok(()) => claim.judge(claim.keys().map(|key| backend.mac(key, text.parts()))),
            Err(verdict) => verdict,
        }
    }

    /// The same for a delivery that carries several signatures.
    #[inline(never)]
    fn verify_several<H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        scheme: &HmacScheme<S>,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let (mut comparison, mut text) = (Comparison::with(Tags::none()), SignedText::empty());
        self.claim_several(backend, scheme, usable, delivery, now, &mut comparison, &mut text)?;
        let keys = keys_of(self.keys.as_ref(), comparison.algorithm);
        comparison.judge(keys.map(|key| backend.mac(key, text.parts())))
    }

    /// As [`claim`](Self::claim), for any number of signatures.
    #[allow(clippy::too_many_arguments, reason = "what each stage reads, and the two that it fills in")]
    fn claim_several<'a, H: Headers + ?Sized>(
        &'a self,
        backend: &impl Backend,
        scheme: &'a HmacScheme<S>,
        usable: SecretSet,
        delivery: &Delivery<'a, H>,
        now: Timestamp,
        comparison: &mut Comparison<Tags>,
        text: &mut SignedText<'a>,
    ) -> Result<(), Rejection> {
        let (algorithm, in_header) = self.parse_all(backend, scheme, delivery.head(), &mut comparison.received)?;
        (comparison.algorithm, comparison.usable) = (algorithm, usable);
        self.gather(scheme, delivery, &in_header, now, &mut comparison.freshness, |part| text.push(part))
    }

    /// Gather: gives the signed text to `part`, and finds out whether the delivery was sent about `now`.
    #[inline]
    fn gather<'a, H: Headers + ?Sized>(
        &'a self,
        scheme: &'a HmacScheme<S>,
        delivery: &Delivery<'a, H>,
        in_header: &HeaderFields<'a>,
        now: Timestamp,
        freshness: &mut Result<(), Rejection>,
        mut part: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        if self.plan.signs_body_alone {
            part(delivery.body);
            return Ok(());
        }
        let mut fields = Fields::none();
        self.gather_fields(scheme, delivery, in_header, &mut fields, part)?;
        *freshness = fields.check_freshness(scheme, now);
        Ok(())
    }

    /// Fills in the timestamp and the id of a delivery, and gives its signed text to `part`.
    #[inline]
    fn gather_fields<'a, H: Headers + ?Sized>(
        &'a self,
        scheme: &'a HmacScheme<S>,
        delivery: &Delivery<'a, H>,
        in_header: &HeaderFields<'a>,
        fields: &mut Fields<'a>,
        part: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        let head = delivery.head();
        fields.read(scheme, head, in_header, self.plan.digits)?;
        let Fields { timestamp, id, id_fault, .. } = *fields;
        let values = PartValues { head: &head, body: delivery.body, timestamp, id, id_fault };
        self.plan.template.gather(scheme.template(), &values, part)
    }

    /// The verdict of a scheme without a MAC: a token is right or not, or nothing is checked.
    fn verify_without_mac<H: Headers + ?Sized>(
        &self,
        head: Head<'_, H>,
        usable: SecretSet,
    ) -> Result<Verified, Rejection> {
        let Scheme::Token { header } = &self.scheme else {
            // What is left of a verifier may read as one that checks nothing; such a one says so twice.
            let is_unchecked = matches!(self.scheme, Scheme::None) && self.plan.unchecked == UNCHECKED;
            let verified = Verified { algorithm: None, secret_index: None };
            return if is_unchecked { Ok(verified) } else { Err(Rejection::Mismatch) };
        };
        let header = header.as_ref();
        let value = Value::single(head.headers.lines(header))?.ok_or(Rejection::MissingSignature)?;
        let bearer = header.eq_ignore_ascii_case(TOKEN_HEADER);
        let index = token::check(self.keys.as_ref(), value, bearer, usable).declassify()?;
        Ok(Verified { algorithm: None, secret_index: Some(index) })
    }

    /// The headers of a delivery that has `signature` and nothing else, for [`verify`](Self::verify) and
    /// [`Streaming::begin`].
    #[inline]
    pub fn only<'a>(&'a self, signature: &'a [u8]) -> impl Headers + 'a {
        OnlySignature { name: self.first_header(), value: signature }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::encoding::Encoding;
    use crate::infer::AlgorithmRule;

    /// Memory that was wiped may read as a scheme that checks nothing; only a verifier that was made so takes everything.
    #[test]
    fn zeros_do_not_mean_that_nothing_is_checked() {
        let mut verifier = Verifier::<[Key; 0]>::new(Scheme::None, []).unwrap();
        let verdict = |verifier: &Verifier<[Key; 0]>| verifier.verify_signature(b"", b"", Timestamp::from_seconds(0));
        assert!(verdict(&verifier).is_ok());
        verifier.plan.unchecked = 0;
        assert_eq!(verdict(&verifier), Err(Rejection::Mismatch));
    }

    /// A key that was wiped makes MACs of zeros, which anyone can send.
    #[test]
    fn a_wiped_key_matches_nothing() {
        let infer = AlgorithmRule::Infer { header: "X-Algorithm" };
        for algorithm in Algorithm::ALL {
            for rule in [AlgorithmRule::Fixed(algorithm), infer] {
                let scheme = Scheme::hmac("X-Sign", rule, Encoding::HexaDecimal);
                let mut verifier = Verifier::new(scheme, [Key::hmac(algorithm, b"a secret").unwrap()]).unwrap();
                verifier.keys = [Key::wiped()];
                let zeros = "00".repeat(algorithm.tag_len());
                for signature in [zeros.clone(), std::format!(" {zeros}")] {
                    let verdict = verifier.verify_signature(signature.as_bytes(), b"", Timestamp::from_seconds(0));
                    assert!(verdict.is_err(), "{algorithm} {rule:?}");
                }
            }
        }
    }
}
