//! The spine, as far as it goes before the body has arrived.

use crate::delivery::{Head, Headers};
use crate::key::Key;
use crate::received::Received;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
use crate::stream::Stream;
use crate::timestamp::Timestamp;
use crate::verify::Verifier;
use crate::verify::context::Context;

/// A verifier for bodies that arrive in pieces, from [`Verifier::streaming`].
#[derive(Debug)]
pub struct Streaming<'v, K: AsRef<[Key]>, S>(pub(super) &'v Verifier<K, S>);

impl<K: AsRef<[Key]>, S: AsRef<str>> Streaming<'_, K, S> {
    /// Begins the verification of a body that arrives in pieces. Nothing of the body is kept. Freshness is judged as of
    /// `now`, the moment at which the delivery began to arrive.
    ///
    /// # Errors
    /// Whatever is wrong with the headers, or with a token, is said here, before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, head: &Head<'_, H>, now: Timestamp) -> Result<Stream, Rejection> {
        self.begin_using(SecretSet::ALL, head, now)
    }

    /// As [`begin`](Self::begin), with the secrets in `usable` alone.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_using<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        head: &Head<'_, H>,
        now: Timestamp,
    ) -> Result<Stream, Rejection> {
        let Scheme::Hmac(scheme) = &self.0.scheme else { return self.0.settle(*head, usable).map(Stream::settled) };
        let mut received = Received::none();
        let (algorithm, beside) = self.0.read(scheme, *head, &mut received)?;
        let mut context = Context::none();
        context.fill(scheme, *head, &beside, self.0.plan.digits)?;
        // The body is the last part, and for now it is empty.
        let before = self.0.gather(scheme, head, &context, &[])?;
        let staleness = context.judge(scheme, now);
        let keys = self.0.keys.as_ref();
        Ok(Stream::new(keys, usable, algorithm, &before, received.into_tags(), staleness))
    }

    /// As [`begin`](Self::begin), with the value of the signature (or token) header and nothing else.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), for a delivery that has no other header, no method and no URL.
    pub fn begin_signature(&self, signature: &[u8], now: Timestamp) -> Result<Stream, Rejection> {
        let headers = self.0.only(signature);
        self.begin(&Head { method: "", url: "", headers: &headers }, now)
    }
}
