//! Verification: runs the stages in order.
//!
//! ```text
//! headers + body + verifier ─▶ parse ─▶ decode ─▶ gather ─▶ mac ─▶ compare ─▶ freshness ─▶ verdict
//! ```
//!
//! [`Verifier::verify_with`] verifies a delivery. [`Verifier::claim`] runs the stages before the MAC, and
//! `Comparison::judge` those after it. Between the two, a stream computes the MACs from pieces of the body, and a batch
//! computes the MACs of many claims at once.

mod claim;
mod fields;
mod identify;
mod parse;
mod single_header;
mod streaming;

use core::slice;

use crate::backend::{Backend, Portable};
use crate::compare::Comparison;
use crate::delivery::{Delivery, Head, Headers};
use crate::format::HeaderFields;
use crate::header::HeaderValue;
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
use fields::MessageFields;
use single_header::SingleHeader;

pub use claim::Claim;
pub use streaming::Streaming;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Verifies a delivery. Only schemes with a tolerance use `now`.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong. This never panics or allocates, whatever the input.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        self.verify_with(&Portable, SecretSet::ALL, delivery, now)
    }

    /// As [`verify`](Self::verify), but only with the secrets in `usable`.
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

    /// Verifies `body` with `signature`, the value of the signature (or token) header.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), for a delivery that has no other header, no method and no URL.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8], now: Timestamp) -> Result<Verified, Rejection> {
        self.verify_signature_with(&Portable, SecretSet::ALL, signature, body, now)
    }

    /// As [`verify_using`](Self::verify_using); `backend` decodes the signatures and computes the MACs.
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

    /// As [`verify_signature`](Self::verify_signature), but only with the secrets in `usable`; `backend` decodes the
    /// signature and computes the MACs.
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

    /// The general code: runs all stages. Not inlined, so that the fast path stays short.
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

    /// The general code for a delivery with several signatures.
    #[inline(never)]
    fn verify_several<H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        scheme: &HmacScheme<S>,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let (mut comparison, mut text) = (Comparison::new(Tags::empty()), SignedText::empty());
        self.claim_several(backend, scheme, usable, delivery, now, &mut comparison, &mut text)?;
        let keys = keys_of(self.keys.as_ref(), comparison.algorithm);
        comparison.judge(keys.map(|key| backend.mac(key, text.parts())))
    }

    /// Runs parse, decode and gather for any number of signatures. Fills in `comparison` and `text`.
    #[allow(clippy::too_many_arguments, reason = "the inputs of the stages and two outputs")]
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
        let (algorithm, header_fields) = self.parse_all(backend, scheme, delivery.head(), &mut comparison.received)?;
        (comparison.algorithm, comparison.usable) = (algorithm, usable);
        self.gather(scheme, delivery, &header_fields, now, &mut comparison.freshness, |part| text.push(part))
    }

    /// Runs gather: passes the signed text to `on_part`, and checks whether the delivery was sent recently.
    #[inline]
    fn gather<'a, H: Headers + ?Sized>(
        &'a self,
        scheme: &'a HmacScheme<S>,
        delivery: &Delivery<'a, H>,
        header_fields: &HeaderFields<'a>,
        now: Timestamp,
        freshness: &mut Result<(), Rejection>,
        mut on_part: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        if self.plan.signs_body_alone {
            on_part(delivery.body);
            return Ok(());
        }
        let mut fields = MessageFields::empty();
        self.gather_fields(scheme, delivery, header_fields, &mut fields, on_part)?;
        *freshness = fields.check_freshness(scheme, now);
        Ok(())
    }

    /// Reads the timestamp and the id of a delivery into `fields`, and passes its signed text to `on_part`.
    #[inline]
    fn gather_fields<'a, H: Headers + ?Sized>(
        &'a self,
        scheme: &'a HmacScheme<S>,
        delivery: &Delivery<'a, H>,
        header_fields: &HeaderFields<'a>,
        fields: &mut MessageFields<'a>,
        on_part: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        let head = delivery.head();
        fields.read(scheme, head, header_fields, self.plan.timestamp_digits)?;
        let MessageFields { timestamp, id, id_rejection, .. } = *fields;
        let values = PartValues { head: &head, body: delivery.body, timestamp, id, id_rejection };
        self.plan.template.gather(scheme.template(), &values, on_part)
    }

    /// The verdict of a scheme without a MAC: token authentication, or none.
    fn verify_without_mac<H: Headers + ?Sized>(
        &self,
        head: Head<'_, H>,
        usable: SecretSet,
    ) -> Result<Verified, Rejection> {
        let Scheme::Token { header } = &self.scheme else {
            // Freed or wiped memory may read as `Scheme::None`. A real one has the mark `UNCHECKED` too.
            let is_unchecked = matches!(self.scheme, Scheme::None) && self.plan.unchecked == UNCHECKED;
            let verified = Verified { algorithm: None, secret_index: None, covers_body: false };
            return if is_unchecked { Ok(verified) } else { Err(Rejection::Mismatch) };
        };
        let header = header.as_ref();
        let value = HeaderValue::single(head.headers.lines(header))?.ok_or(Rejection::MissingSignature)?;
        let bearer = header.eq_ignore_ascii_case(TOKEN_HEADER);
        let index = token::check(self.keys.as_ref(), value, bearer, usable).declassify()?;
        Ok(Verified { algorithm: None, secret_index: Some(index), covers_body: false })
    }

    /// The headers of a delivery with `signature` and no other header, for [`verify`](Self::verify) and
    /// [`Streaming::begin`].
    #[inline]
    pub fn only<'a>(&'a self, signature: &'a [u8]) -> impl Headers + 'a {
        SingleHeader { name: self.first_header(), value: signature }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::encoding::Encoding;
    use crate::infer::AlgorithmRule;

    /// Wiped memory may read as a scheme that checks nothing. Only a verifier made with that scheme accepts everything.
    #[test]
    fn zeroed_memory_does_not_disable_verification() {
        let mut verifier = Verifier::<[Key; 0]>::new(Scheme::None, []).unwrap();
        let verdict = |verifier: &Verifier<[Key; 0]>| verifier.verify_signature(b"", b"", Timestamp::from_seconds(0));
        assert!(verdict(&verifier).is_ok());
        verifier.plan.unchecked = 0;
        assert_eq!(verdict(&verifier), Err(Rejection::Mismatch));
    }

    /// A wiped key makes MACs of zeros, which anyone can send.
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
