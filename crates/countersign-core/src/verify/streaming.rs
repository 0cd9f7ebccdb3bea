//! Starts the verification of a body that arrives in pieces: runs the stages before the MAC. `stream.rs` has the rest.

use crate::backend::Portable;
use crate::compare::Comparison;
use crate::delivery::{Delivery, Head, Headers};
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
use crate::setup::SetupError;
use crate::stream::{IdentifyingStream, Stream};
use crate::tag::Tags;
use crate::template::SignedText;
use crate::timestamp::Timestamp;
use crate::verifier::Verifier;

/// A verifier for bodies that arrive in pieces, from [`Verifier::streaming`].
#[derive(Debug)]
pub struct Streaming<'v, K: AsRef<[Key]>, S>(&'v Verifier<K, S>);

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Returns this verifier for bodies that arrive in pieces.
    ///
    /// # Errors
    /// [`SetupError::NotStreamable`] if the scheme signs something after the body.
    pub fn streaming(&self) -> Result<Streaming<'_, K, S>, SetupError> {
        if self.plan.template.ends_with_body() { Ok(Streaming(self)) } else { Err(SetupError::NotStreamable) }
    }
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Streaming<'_, K, S> {
    /// Begins the verification of a body that arrives in pieces. The body is not stored. Freshness is judged as of
    /// `now`, the moment at which the delivery began to arrive.
    ///
    /// # Errors
    /// The faults of the headers or of the token, which are found before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, head: &Head<'_, H>, now: Timestamp) -> Result<Stream, Rejection> {
        self.begin_using(SecretSet::ALL, head, now)
    }

    /// As [`begin`](Self::begin), but only with the secrets in `usable`.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_using<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        head: &Head<'_, H>,
        now: Timestamp,
    ) -> Result<Stream, Rejection> {
        let Self(verifier) = self;
        let Scheme::Hmac(scheme) = &verifier.scheme else {
            return verifier.verify_without_mac(*head, usable).map(Stream::decided);
        };
        // The body is the last part. It is empty here; the stream adds it.
        let without_body = Delivery { method: head.method, url: head.url, headers: head.headers, body: &[] };
        let (mut comparison, mut text) = (Comparison::new(Tags::empty()), SignedText::empty());
        verifier.claim_several(&Portable, scheme, usable, &without_body, now, &mut comparison, &mut text)?;
        Ok(Stream::new(verifier.keys.as_ref(), text.parts(), comparison))
    }

    /// As [`begin`](Self::begin), for a stream that also returns the [identity](Verifier::identify) of an authentic message.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_identified<H: Headers + ?Sized>(
        &self,
        head: &Head<'_, H>,
        now: Timestamp,
    ) -> Result<IdentifyingStream, Rejection> {
        self.begin_identified_using(SecretSet::ALL, head, now)
    }

    /// As [`begin_identified`](Self::begin_identified), but only with the secrets in `usable`.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_identified_using<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        head: &Head<'_, H>,
        now: Timestamp,
    ) -> Result<IdentifyingStream, Rejection> {
        let stream = self.begin_using(usable, head, now)?;
        let without_body = Delivery { method: head.method, url: head.url, headers: head.headers, body: &[] };
        Ok(IdentifyingStream::new(stream, self.0.begin_identity(&without_body)))
    }

    /// As [`begin`](Self::begin), with the value of the signature (or token) header alone.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), for a delivery that has no other header, no method and no URL.
    pub fn begin_signature(&self, signature: &[u8], now: Timestamp) -> Result<Stream, Rejection> {
        let headers = self.0.only(signature);
        self.begin(&Head { method: "", url: "", headers: &headers }, now)
    }
}
