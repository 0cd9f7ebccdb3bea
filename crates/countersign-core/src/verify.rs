//! The spine: every stage of a verification, called once, in order.
//!
//! ```text
//! headers + body + verifier ─▶ parse ─▶ decode ─▶ gather ─▶ mac ─▶ compare ─▶ freshness ─▶ verdict
//! ```
//!
//! Parse and decode are in `read`; whoever makes MACs himself takes the road of `claim`.

mod claim;
mod context;
mod only_signature;
mod read;
mod streaming;

use core::fmt;

use crate::algorithm::Algorithm;
use crate::decode::decode;
use crate::delivery::{Delivery, Head, Headers};
use crate::format::{Beside, Survey};
use crate::header::Value;
use crate::identity::Identity;
use crate::infer::AlgorithmRule;
use crate::key::Key;
use crate::mac;
use crate::plan::{Plan, UNCHECKED};
use crate::received::{Received, Tagged};
use crate::rejection::Rejection;
use crate::scheme::{HmacScheme, Scheme, TOKEN_HEADER};
use crate::secret_set::SecretSet;
use crate::setup::{MAX_SECRETS, SchemeFault, SetupError};
use crate::sign::SignedTag;
use crate::tag::Tag;
use crate::template::{Part, Said, Signed};
use crate::timestamp::Timestamp;
use crate::token;
use crate::verdict::Verified;
use crate::verify::context::Context;
use crate::verify::only_signature::OnlySignature;
pub use claim::Claim;
pub use streaming::Streaming;

const NO_HEADER: SchemeFault = SchemeFault::new("signature.header", "nothing is checked, so no header is looked at");

/// A scheme and the keys that go with it. Made once; checks any number of deliveries, from any number of threads.
///
/// `K` holds the keys, `S` the texts of the scheme: `Verifier<[Key; 1]>` needs no heap.
#[derive(Clone)]
pub struct Verifier<K, S = &'static str> {
    scheme: Scheme<S>,
    plan: Plan,
    keys: K,
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Joins a scheme with its keys.
    ///
    /// A fixed algorithm takes one key a secret. An inferred one takes a key a secret for each algorithm that shall be
    /// accepted; for each algorithm, the keys stand in the order of the secrets.
    ///
    /// # Errors
    /// [`SetupError::Scheme`] if the parts of the scheme do not go together; [`SetupError::EmptySecret`] without a key
    /// (except for [`Scheme::None`]; a secret without bytes or none but zeros is refused by [`Key::hmac`]);
    /// [`SetupError::UnsuitableKey`] for a key that this scheme cannot use; [`SetupError::TooManySecrets`] for more than
    /// [`MAX_SECRETS`] keys of one algorithm.
    pub fn new(scheme: Scheme<S>, keys: K) -> Result<Self, SetupError> {
        let plan = scheme.plan().map_err(SetupError::Scheme)?;
        let all = keys.as_ref();
        if all.is_empty() != matches!(scheme, Scheme::None) {
            return Err(if all.is_empty() { SetupError::EmptySecret } else { SetupError::UnsuitableKey });
        }
        let suitable = |key: &Key| match (&scheme, key.algorithm()) {
            (Scheme::Hmac(HmacScheme { algorithm: AlgorithmRule::Fixed(fixed), .. }), Some(own)) => *fixed == own,
            (Scheme::Hmac(_), Some(_)) | (Scheme::Token { .. }, None) => true,
            _ => false,
        };
        if !all.iter().all(suitable) {
            return Err(SetupError::UnsuitableKey);
        }
        let same_kind = |key: &Key| all.iter().filter(|other| other.algorithm() == key.algorithm()).count();
        if all.iter().any(|key| same_kind(key) > MAX_SECRETS) {
            return Err(SetupError::TooManySecrets);
        }
        Ok(Self { scheme, plan, keys })
    }

    /// The same, with the signature (or token) in the header `header`, and in no other.
    ///
    /// # Errors
    /// [`SetupError::Scheme`] if no header can have this name, or if nothing is checked, so that no header is looked at.
    pub fn in_header(self, header: S) -> Result<Self, SetupError> {
        let scheme = match self.scheme {
            Scheme::Hmac(scheme) => Scheme::Hmac(HmacScheme { header, ..scheme }),
            Scheme::Token { .. } => Scheme::Token { header },
            Scheme::None => return Err(SetupError::Scheme(NO_HEADER)),
        };
        Self::new(scheme, self.keys)
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme<S> {
        &self.scheme
    }

    /// Whether the URL is signed, so that a delivery without it cannot be judged.
    pub fn signs_url(&self) -> bool {
        matches!(self.scheme, Scheme::Hmac(_)) && self.plan.template.has(Part::Url)
    }

    /// Whether [`identify`](Self::identify) tells a message by its id, and does not look at the body.
    pub fn signs_id(&self) -> bool {
        matches!(&self.scheme, Scheme::Hmac(scheme) if self.plan.signs_id(scheme))
    }

    /// The MACs that a delivery with a wrong signature usually costs: of which algorithm and how many, one for each
    /// secret. `None` if none is made.
    pub fn cost(&self) -> Option<(Algorithm, usize)> {
        let algorithm = match &self.scheme {
            Scheme::Hmac(HmacScheme { algorithm: AlgorithmRule::Fixed(algorithm), .. }) => *algorithm,
            Scheme::Hmac(_) if self.accepts(Algorithm::Sha256) => Algorithm::Sha256,
            Scheme::Hmac(_) => self.keys.as_ref().first()?.algorithm()?,
            Scheme::Token { .. } | Scheme::None => return None,
        };
        let count = self.keys.as_ref().iter().filter(|key| key.algorithm() == Some(algorithm)).count();
        Some((algorithm, count))
    }

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
        self.verify_using(SecretSet::ALL, delivery, now)
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
        let mut tag = Tag::empty();
        if self.plan.usual.is_some()
            && let Some(signature) = self.signature_line(delivery.headers)
            && let Some(algorithm) = self.read_usual(signature, decode, &mut tag)
        {
            return self.compare(usable, algorithm, delivery.body, &tag);
        }
        self.verify_closely(usable, delivery, now)
    }

    /// Whatever is wrong with the head of a delivery: with its signatures, short of what they belong to, and its timestamp.
    /// For those who have work to do before they know what is signed.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), but for faults that only a look at the signed text, or at a token, shows.
    pub fn check_head<H: Headers + ?Sized>(&self, head: &Head<'_, H>) -> Result<(), Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Ok(()) };
        let (_, beside) = self.read(scheme, *head, &mut Received::none())?;
        Context::none().fill(scheme, *head, &beside, self.plan.digits)
    }

    /// The same, for every signature and every message. Compiled apart, so that what is usual stays short.
    #[inline(never)]
    fn verify_closely<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return self.settle(delivery.head(), usable) };
        let head = delivery.head();
        let mut found = Survey::default();
        self.survey(scheme, head, &mut found)?;
        if !found.is_only {
            return self.verify_several(scheme, usable, delivery, now);
        }
        let mut tag = Tag::empty();
        let algorithm = self.decode(scheme, head, found.first, decode, &mut tag)?;
        if self.plan.is_plain {
            return self.compare(usable, algorithm, delivery.body, &tag);
        }
        let mut context = Context::none();
        context.fill(scheme, head, &found.beside, self.plan.digits)?;
        self.judge(scheme, usable, &head, delivery.body, now, algorithm, &context, &tag)
    }

    /// As [`verify_using`](Self::verify_using), where a delivery may carry several signatures.
    #[inline(never)]
    fn verify_several<H: Headers + ?Sized>(
        &self,
        scheme: &HmacScheme<S>,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let head = delivery.head();
        let mut received = Received::none();
        let (algorithm, beside) = self.read(scheme, head, &mut received)?;
        let mut context = Context::none();
        context.fill(scheme, head, &beside, self.plan.digits)?;
        match received.tagged() {
            Tagged::One(tag) => self.judge(scheme, usable, &head, delivery.body, now, algorithm, &context, tag),
            Tagged::Several(tags) => {
                self.judge(scheme, usable, &head, delivery.body, now, algorithm, &context, tags.as_slice())
            }
        }
    }

    /// Mac and compare, where the body alone is signed.
    #[inline]
    fn compare(&self, usable: SecretSet, algorithm: Algorithm, body: &[u8], tag: &Tag) -> Result<Verified, Rejection> {
        let matches = mac::check(self.keys.as_ref(), usable, algorithm, body, tag);
        Ok(Verified { algorithm: Some(algorithm), secret_index: Some(matches.reveal()?) })
    }

    /// Gather, mac, compare, freshness.
    #[inline]
    #[allow(clippy::too_many_arguments, reason = "what the earlier stages have found, each of another kind")]
    fn judge<H: Headers + ?Sized, R: mac::Received + ?Sized>(
        &self,
        scheme: &HmacScheme<S>,
        usable: SecretSet,
        head: &Head<'_, H>,
        body: &[u8],
        now: Timestamp,
        algorithm: Algorithm,
        context: &Context<'_>,
        received: &R,
    ) -> Result<Verified, Rejection> {
        let signed = self.gather(scheme, head, context, body)?;
        let matches = mac::check(self.keys.as_ref(), usable, algorithm, &signed, received);
        let secret_index = Some(matches.reveal()?);
        context.judge(scheme, now)?;
        Ok(Verified { algorithm: Some(algorithm), secret_index })
    }

    /// Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), for a delivery that has no other header, no method and no URL.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8], now: Timestamp) -> Result<Verified, Rejection> {
        let headers = self.only(signature);
        self.verify(&Delivery { method: "", url: "", headers: &headers, body }, now)
    }

    /// The headers of a delivery that has `signature` and nothing else, for [`verify`](Self::verify) and
    /// [`Streaming::begin`].
    #[inline]
    pub fn only<'a>(&'a self, signature: &'a [u8]) -> impl Headers + 'a {
        OnlySignature { name: self.first_header(), value: signature }
    }

    /// This verifier for bodies that arrive in pieces.
    ///
    /// # Errors
    /// [`SetupError::NotStreamable`] if something that is signed stands behind the body.
    pub fn streaming(&self) -> Result<Streaming<'_, K, S>, SetupError> {
        if self.plan.template.ends_with_body() { Ok(Streaming(self)) } else { Err(SetupError::NotStreamable) }
    }

    /// What tells a message that this verifier has taken from every other one: its id if that is signed, else all of its
    /// signed text, whichever secret has signed it. `None` if nothing is signed, or the headers are not those of a
    /// message that it takes.
    pub fn identify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<Identity> {
        let Scheme::Hmac(scheme) = &self.scheme else { return None };
        let head = delivery.head();
        let (_, beside) = self.read(scheme, head, &mut Received::none()).ok()?;
        let mut context = Context::none();
        context.fill(scheme, head, &beside, self.plan.digits).ok()?;
        let signed = self.gather(scheme, &head, &context, delivery.body).ok()?;
        if self.plan.signs_id(scheme) {
            return Some(Identity::of_id(context.id));
        }
        Some(Identity::of_text(&signed))
    }

    /// The tag that a sender makes for a delivery, with the first key. `timestamp` and `id` are texts that the scheme
    /// wants in the signature's header; those that have a header of their own are looked up there.
    ///
    /// # Errors
    /// [`Rejection::MissingTimestamp`], [`Rejection::MalformedTimestamp`] or [`Rejection::MissingPart`] if the delivery
    /// lacks something that is signed, or has it in a form that would be rejected; [`Rejection::MissingSignature`] if
    /// the scheme signs nothing.
    pub fn sign<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        timestamp: Option<&[u8]>,
        id: Option<&[u8]>,
    ) -> Result<SignedTag, Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(Rejection::MissingSignature) };
        let mut context = Context::none();
        context.fill(scheme, delivery.head(), &Beside { timestamp, id }, self.plan.digits)?;
        let head = delivery.head();
        let signed = self.gather(scheme, &head, &context, delivery.body)?;
        let key = self.keys.as_ref().first();
        key.and_then(|key| key.sign_message(&signed)).ok_or(Rejection::MissingSignature)
    }

    /// What the value of the signature's header says beside the signatures: the texts of the timestamp and of the id,
    /// where the scheme has them in there. Whether the signatures are any good is not looked at.
    pub fn beside<'a>(&self, signature: &'a [u8]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let Scheme::Hmac(scheme) = &self.scheme else { return (None, None) };
        let value = Value::new(signature);
        let beside = value.and_then(|value| scheme.format.read(value, scheme.wanted(), |_| Ok(()))).unwrap_or_default();
        (beside.timestamp, beside.id)
    }

    fn first_header(&self) -> &str {
        match &self.scheme {
            Scheme::Hmac(scheme) if !self.plan.several_headers => scheme.header.as_ref(),
            scheme => scheme.headers().next().unwrap_or_default(),
        }
    }

    #[inline]
    fn gather<'h, 'a, H: Headers + ?Sized>(
        &'a self,
        scheme: &'a HmacScheme<S>,
        head: &'h Head<'a, H>,
        context: &Context<'a>,
        body: &'a [u8],
    ) -> Result<Signed<'h, 'a, H>, Rejection> {
        let Context { timestamp, id, id_fault, .. } = *context;
        let said = Said { head, body, timestamp, id, id_fault };
        self.plan.template.gather(scheme.template(), said)
    }

    /// The verdict of a scheme that does not look at the body: a token is right or not, or nothing is asked for.
    fn settle<H: Headers + ?Sized>(&self, head: Head<'_, H>, usable: SecretSet) -> Result<Verified, Rejection> {
        let Scheme::Token { header } = &self.scheme else {
            // What is left of a verifier may read as one that checks nothing; such a one says so twice.
            let is_unchecked = matches!(self.scheme, Scheme::None) && self.plan.unchecked == UNCHECKED;
            let verified = Verified { algorithm: None, secret_index: None };
            return if is_unchecked { Ok(verified) } else { Err(Rejection::Mismatch) };
        };
        let header = header.as_ref();
        let value = Value::single(head.headers.lines(header))?.ok_or(Rejection::MissingSignature)?;
        let bearer = header.eq_ignore_ascii_case(TOKEN_HEADER);
        let index = token::check(self.keys.as_ref(), value, bearer, usable).reveal()?;
        Ok(Verified { algorithm: None, secret_index: Some(index) })
    }
}

impl<K: AsRef<[Key]>, S: fmt::Debug> fmt::Debug for Verifier<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("scheme", &self.scheme)
            .field("keys", &self.keys.as_ref())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    /// Memory that was wiped may read as a scheme that checks nothing; only a verifier that was made so takes everything.
    #[test]
    fn zeros_do_not_mean_that_nothing_is_checked() {
        let mut verifier = Verifier::<[Key; 0]>::new(Scheme::None, []).unwrap();
        let verdict = |verifier: &Verifier<[Key; 0]>| verifier.verify_signature(b"", b"", Timestamp::from_seconds(0));
        assert!(verdict(&verifier).is_ok());
        verifier.plan.unchecked = 0;
        assert_eq!(verdict(&verifier), Err(Rejection::Mismatch));
    }
}
