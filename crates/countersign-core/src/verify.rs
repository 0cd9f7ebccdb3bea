//! The spine: every stage of a verification, called once, in order.
//!
//! ```text
//! headers + body + verifier ─▶ parse ─▶ decode ─▶ mac ─▶ compare ─▶ verdict
//! ```

use core::fmt;

use crate::algorithm::Algorithm;
use crate::decode::decode;
use crate::delivery::{Delivery, Headers, Timestamp};
use crate::header::Value;
use crate::infer::{AlgorithmRule, Named};
use crate::key::Key;
use crate::mac;
use crate::rejection::Rejection;
use crate::scheme::{Auth, Scheme, TOKEN_HEADER};
use crate::setup::{MAX_SECRETS, SetupError};
use crate::signature::Signature;
use crate::stream::Stream;
use crate::tag::Tag;
use crate::token;
use crate::verdict::Verified;

/// A scheme and the keys that go with it. Made once; checks any number of deliveries, from any number of threads.
///
/// `K` holds the keys, `S` the texts of the scheme: `Verifier<[Key; 1]>` needs no heap.
#[derive(Clone)]
pub struct Verifier<K, S = &'static str> {
    scheme: Scheme<S>,
    keys: K,
}

/// What the headers claim, before the body is looked at.
#[derive(Clone, Copy)]
enum Claim {
    /// The body has the tag that was decoded, made with this algorithm.
    Tagged(Algorithm),
    /// The body does not matter: a token was right, or no authentication is asked for.
    Settled(Verified),
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Joins a scheme with its keys.
    ///
    /// A fixed algorithm takes one key a secret. An inferred one takes a key a secret for each algorithm that shall be
    /// accepted; for each algorithm, the keys stand in the order of the secrets.
    ///
    /// # Errors
    /// [`SetupError::EmptySecret`] without a key (except for [`Scheme::none`]); [`SetupError::UnsuitableKey`] for a key
    /// that this scheme cannot use; [`SetupError::TooManySecrets`] for more than [`MAX_SECRETS`] keys of one algorithm.
    pub fn new(scheme: Scheme<S>, keys: K) -> Result<Self, SetupError> {
        let all = keys.as_ref();
        if all.is_empty() != matches!(scheme.auth, Auth::None) {
            return Err(if all.is_empty() { SetupError::EmptySecret } else { SetupError::UnsuitableKey });
        }
        let suitable = |key: &Key| match (&scheme.auth, key.algorithm()) {
            (Auth::Hmac { algorithm: AlgorithmRule::Fixed(fixed), .. }, Some(algorithm)) => *fixed == algorithm,
            (Auth::Hmac { algorithm: AlgorithmRule::Infer { .. }, .. }, Some(_)) | (Auth::Token, None) => true,
            _ => false,
        };
        if !all.iter().all(suitable) {
            return Err(SetupError::UnsuitableKey);
        }
        let same_kind = |key: &Key| all.iter().filter(|other| other.algorithm() == key.algorithm()).count();
        if all.iter().any(|key| same_kind(key) > MAX_SECRETS) {
            return Err(SetupError::TooManySecrets);
        }
        Ok(Self { scheme, keys })
    }

    /// The same, with the signature (or token) in the header `header`.
    #[must_use]
    pub fn in_header(self, header: S) -> Self {
        Self { scheme: Scheme { header, ..self.scheme }, ..self }
    }

    /// The name of the header that holds the signature or token.
    pub fn header(&self) -> &str {
        self.scheme.header.as_ref()
    }

    /// Decides whether a delivery is authentic.
    ///
    /// `now` is for schemes that sign a timestamp; others do not look at it.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong. Nothing here panics or allocates, whatever the input.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let _ = now;
        let mut tag = Tag::empty();
        let claim = self.claim(delivery.headers, &mut tag)?;
        self.judge(claim, &tag, delivery.body)
    }

    /// Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.
    ///
    /// # Errors
    /// As [`verify`](Self::verify). The companion header counts as absent.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        let mut tag = Tag::empty();
        let claim = self.claim_in(|| Value::new(signature), || Ok(None), &mut tag)?;
        self.judge(claim, &tag, body)
    }

    /// Begins the verification of a body that arrives in pieces. Nothing of the body is kept.
    ///
    /// # Errors
    /// Whatever is wrong with the headers, or with a token, is said here, before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, headers: &H) -> Result<Stream, Rejection> {
        let mut tag = Tag::empty();
        let claim = self.claim(headers, &mut tag)?;
        Ok(self.stream(claim, tag))
    }

    /// As [`begin`](Self::begin), with the value of the signature (or token) header.
    ///
    /// # Errors
    /// As [`begin`](Self::begin). The companion header counts as absent.
    pub fn begin_signature(&self, signature: &[u8]) -> Result<Stream, Rejection> {
        let mut tag = Tag::empty();
        let claim = self.claim_in(|| Value::new(signature), || Ok(None), &mut tag)?;
        Ok(self.stream(claim, tag))
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme<S> {
        &self.scheme
    }

    fn claim<H: Headers + ?Sized>(&self, headers: &H, tag: &mut Tag) -> Result<Claim, Rejection> {
        self.claim_in(
            || Value::single(headers.lines(self.scheme.header.as_ref()))?.ok_or(Rejection::MissingSignature),
            || match &self.scheme.auth {
                Auth::Hmac { algorithm: AlgorithmRule::Infer { header }, .. } => {
                    Value::single(headers.lines(header.as_ref()))
                }
                _ => Ok(None),
            },
            tag,
        )
    }

    /// Parse and decode.
    #[inline]
    fn claim_in<'h>(
        &self,
        signature: impl FnOnce() -> Result<Value<'h>, Rejection>,
        companion: impl FnOnce() -> Result<Option<Value<'h>>, Rejection>,
        tag: &mut Tag,
    ) -> Result<Claim, Rejection> {
        match &self.scheme.auth {
            Auth::Hmac { algorithm: rule, encoding } => {
                let signature = Signature::parse(signature()?)?;
                let named = match rule {
                    AlgorithmRule::Fixed(algorithm) => Named::fixed(*algorithm, signature.label(), *encoding)?,
                    AlgorithmRule::Infer { .. } => {
                        let accepted = |algorithm| self.accepts(algorithm);
                        let named = companion()
                            .and_then(|companion| Named::inferred(signature.label(), companion, accepted, *encoding));
                        named.map_err(|rejection| signature.fault_or(rejection))?
                    }
                };
                let length = decode(signature.text(), *encoding, tag)
                    .ok_or_else(|| signature.fault_or(Rejection::MalformedEncoding))?;
                let algorithm = named.with_length(length)?;
                match rule {
                    AlgorithmRule::Infer { .. } if !self.accepts(algorithm) => Err(Rejection::AlgorithmNotAccepted),
                    _ => Ok(Claim::Tagged(algorithm)),
                }
            }
            Auth::Token => {
                let bearer = self.scheme.header.as_ref().eq_ignore_ascii_case(TOKEN_HEADER);
                let index = token::check(self.keys.as_ref(), signature()?, bearer).reveal()?;
                Ok(Claim::Settled(Verified { algorithm: None, secret_index: Some(index) }))
            }
            Auth::None => Ok(Claim::Settled(Verified { algorithm: None, secret_index: None })),
        }
    }

    /// Whether there is a key for `algorithm`.
    #[inline]
    fn accepts(&self, algorithm: Algorithm) -> bool {
        self.keys.as_ref().iter().any(|key| key.algorithm() == Some(algorithm))
    }

    /// Mac and compare.
    #[inline]
    fn judge(&self, claim: Claim, tag: &Tag, body: &[u8]) -> Result<Verified, Rejection> {
        match claim {
            Claim::Settled(verified) => Ok(verified),
            Claim::Tagged(algorithm) => {
                let index = mac::check(self.keys.as_ref(), algorithm, body, tag).reveal()?;
                Ok(Verified { algorithm: Some(algorithm), secret_index: Some(index) })
            }
        }
    }

    /// Mac, for a body that is still to come.
    fn stream(&self, claim: Claim, tag: Tag) -> Stream {
        match claim {
            Claim::Settled(verified) => Stream::settled(verified),
            Claim::Tagged(algorithm) => Stream::new(self.keys.as_ref(), algorithm, tag),
        }
    }
}

impl<K: AsRef<[Key]>, S: fmt::Debug> fmt::Debug for Verifier<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("scheme", &self.scheme).field("keys", &self.keys.as_ref()).finish()
    }
}
