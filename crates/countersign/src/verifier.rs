//! The type [`Verifier`], which owns its keys and verifies deliveries from any thread.
//!
//! The stages of a verification are in `verify.rs` of `countersign-core`. This module adds the clock, the rotation of
//! secrets, the functions of some senders, and the fastest code for the processor. The constructors are in
//! `constructors.rs`.

mod handshake;
mod identify;
mod packed;
mod rotation;
mod streaming;

use std::time::SystemTime;

#[cfg(feature = "tower")]
use countersign_core::Algorithm;
use countersign_core::hazmat::Claim;
use countersign_core::{
    Delivery, Headers, Key, Rejection, Scheme as CoreScheme, SecretSet, SignedTag, Timestamp, Verified,
    Verifier as CoreVerifier,
};
use countersign_lanes::Lanes;

use crate::clock::timestamp;
use crate::composition::Composition;
use crate::delivery_id::IdPlaces;
use crate::error::ConfigError;
use crate::handshake::{HandshakeRule, refuse_token};
use crate::message_format::MessageFormat;
use crate::rewriter::{Rewriter, check_header_change};
use crate::secret_text::SecretText;
pub(crate) use rotation::Rotation;
pub use streaming::Streaming;

/// Verifies deliveries. It is made once, from a preset, a scheme, a connection or an algorithm and encoding, and from one
/// or several secrets. Then threads can share it.
///
/// It keeps the keys prepared from the secrets, and wipes them when it is dropped. The secrets themselves it keeps only if
/// their text is signed, as in a plain hash, and wipes them too.
#[derive(Clone, Debug)]
pub struct Verifier {
    core: CoreVerifier<Box<[Key]>, String>,
    rewriter: Option<Rewriter>,
    message_format: Option<Box<MessageFormat>>,
    secret_text: Option<Box<SecretText>>,
    rotation: Rotation,
    id_places: IdPlaces,
    handshake: Option<Box<HandshakeRule>>,
    /// Whether the core alone judges a delivery: no function rewrites it, and no body is refused for what a handshake signs.
    is_direct: bool,
    /// Whether a verdict can depend on the current time.
    needs_clock: bool,
    lanes: Lanes,
}

impl Verifier {
    /// Returns the same verifier, which reads the signature or token from the header `name` only.
    ///
    /// # Errors
    /// `invalid_config` if `name` is not a valid header name (RFC 9110 section 5.6.2), or if no header is read: for
    /// `auth_method` NONE, and if the signature is in the body (the preset `adyen`).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        check_header_change(name, self.core.scheme(), self.rewriter.as_ref())?;
        let rewriter = self.rewriter.map(|rewriter| rewriter.in_header(name));
        Ok(Self { core: self.core.in_header(name.to_owned())?, rewriter, ..self })
    }

    /// Returns the same verifier, which computes its MACs with these instruction sets. By default it uses all of the
    /// processor. [`Batch::lanes`](crate::Batch::lanes) is the same setting for batches.
    ///
    /// It is meant for measurements, and for processors on which one instruction set is slow or faulty:
    /// `verifier.lanes(Lanes::detect().without(Feature::Avx2))`. No verdict depends on it. The code of the core, which
    /// detects the processor's features itself, computes the MACs that these instruction sets cannot compute, and those of
    /// streams.
    #[must_use]
    pub fn lanes(self, lanes: Lanes) -> Self {
        Self { lanes, ..self }
    }

    /// Returns the name of the header that holds the signature or token; the first, if there can be several.
    /// [`verify_signature`](Self::verify_signature) expects its value.
    #[must_use]
    pub fn header(&self) -> &str {
        self.core.scheme().headers().next().unwrap_or_default()
    }

    /// Decides whether `signature`, the value of the signature (or token) header, is valid for `body`.
    ///
    /// It is meant for schemes that sign only the body and fields of that header. Schemes with a tolerance use the clock of
    /// the system.
    ///
    /// # Errors
    /// The [`Rejection`] says why the delivery is not authentic.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        if self.needs_clock || !self.is_direct {
            return self.verify_signature_as_delivery(signature, body);
        }
        self.core.verify_signature_with(&self.lanes, SecretSet::ALL, signature, body, Timestamp::from_seconds(0))
    }

    #[inline(never)]
    fn verify_signature_as_delivery(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        let headers = self.core.only(signature);
        let now = if self.needs_clock { SystemTime::now() } else { SystemTime::UNIX_EPOCH };
        self.verify(&Delivery { method: "", url: "", headers: &headers, body }, now)
    }

    /// Decides whether a delivery is authentic. `now` is usually [`SystemTime::now()`]; only schemes with a tolerance and
    /// secrets with a limited validity use it.
    ///
    /// # Errors
    /// The [`Rejection`] says why the delivery is not authentic.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let now = self.timestamp(now);
        let secrets = self.rotation.usable_secrets(now);
        if self.is_direct {
            return self.core.verify_with(&self.lanes, secrets, delivery, now);
        }
        if let Some(format) = &self.message_format {
            return format.verify(&self.core, self.lanes, secrets, delivery, now);
        }
        match &self.rewriter {
            None => refuse_token(delivery.body, self.verify_rewritten(secrets, delivery, now)),
            Some(rewriter) => self.verify_after(rewriter, secrets, delivery, now),
        }
    }

    /// Converts `now` to a timestamp of the core; returns an arbitrary one if no verdict depends on it.
    #[inline]
    fn timestamp(&self, now: SystemTime) -> Timestamp {
        if self.needs_clock { timestamp(now) } else { Timestamp::from_seconds(0) }
    }

    fn verify_after<H: Headers + ?Sized>(
        &self,
        rewriter: &Rewriter,
        secrets: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        // The head comes first, as everywhere: a sender without a well-formed signature cannot make the function read the body.
        if self.signs() && !rewriter.finds_signature() {
            self.core.check_head(&delivery.head())?;
        }
        if let Some(verdict) = self.verify_packed(rewriter, secrets, delivery, now) {
            return verdict;
        }
        let mut verdict = None;
        let rewritten = rewriter.rewrite(delivery)?;
        // All secrets, signatures and URLs are tried, also after a match: a forged delivery takes as long as an authentic one.
        for delivery in rewritten.deliveries(delivery, self.header()).iter() {
            let result = self.verify_rewritten(secrets, &delivery, now);
            if verdict.is_none_or(|verdict| rank(result) > rank(verdict)) {
                verdict = Some(result);
            }
        }
        let mut verified = verdict.unwrap_or(Err(Rejection::MissingPart))?;
        verified.covers_body &= rewriter.covers_body();
        Ok(verified)
    }

    /// Verifies a rewritten delivery. Not inlined, since the core's code is long: it is compiled once for each type of headers.
    #[inline(never)]
    fn verify_rewritten<H: Headers + ?Sized>(
        &self,
        secrets: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        match &self.secret_text {
            None => self.core.verify_with(&self.lanes, secrets, delivery, now),
            Some(text) => text.verify(&self.core, &self.lanes, secrets, delivery, now),
        }
    }

    /// Whether the URL is signed, so that verdicts depend on it.
    #[must_use]
    pub fn reads_url(&self) -> bool {
        // A function that replaces the URL requires `{url}` in the template.
        match &self.message_format {
            Some(format) => format.reads_url(),
            None => self.core.signs_url() || self.rewriter.as_ref().is_some_and(Rewriter::reads_url),
        }
    }

    /// Whether nothing but the body is signed, or parts of it, apart from literal text and the secret: no timestamp, no id
    /// in a header, no URL and no method. Two events with equal bodies then have one [identity](Self::identify), and a
    /// memory of identities loses the second. If the sender gives ids, keep them apart with
    /// [`Identity::with_delivery_id`](crate::Identity::with_delivery_id), for such senders only: for others, whoever has
    /// recorded a delivery could have it handled again with another id.
    ///
    /// `false` for tokens, if nothing is checked, and for the formats in which each message lists what it signs (`jwt`,
    /// `rfc9421` and `draft-cavage`), since it can sign more than the body.
    #[must_use]
    pub fn signs_body_alone(&self) -> bool {
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return false };
        match &self.rewriter {
            _ if self.message_format.is_some() => false,
            None => Composition::is_body_alone(scheme.template()),
            Some(rewriter) => rewriter.signs_body_alone(scheme.template()),
        }
    }

    /// Whether a verdict can depend on the current time.
    pub(crate) fn needs_clock(&self) -> bool {
        self.needs_clock
    }

    /// As [`claim`](Self::claim), but only for the fast path: `line` is a [`signature_line`](Self::signature_line) in one of
    /// the most common forms, and only the body is signed. Otherwise returns `false`, and `claim` must not be used.
    #[allow(clippy::inline_always, reason = "a call takes a third of the time of the work in it")]
    #[inline(always)]
    pub(crate) fn claim_fast<'a>(&'a self, lanes: Lanes, line: &[u8], claim: &mut Claim<'a>) -> bool {
        !self.needs_clock && self.is_direct && self.core.claim_fast(&lanes, SecretSet::ALL, line, claim)
    }

    /// Returns the line of the signature header, if only one header can hold the signature and it has one line.
    #[inline]
    pub(crate) fn signature_line<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Option<&'a [u8]> {
        self.core.signature_line(headers)
    }

    /// Does all of [`verify`](Self::verify) before the MAC: fills in `claim`, and passes the parts of the signed text to
    /// `part`.
    ///
    /// # Errors
    /// The verdict, if it is known without a MAC from the caller.
    #[inline]
    pub(crate) fn claim<'a, H: Headers + ?Sized>(
        &'a self,
        lanes: Lanes,
        delivery: &Delivery<'a, H>,
        now: SystemTime,
        claim: &mut Claim<'a>,
        part: impl FnMut(&'a [u8]),
    ) -> Result<(), Result<Verified, Rejection>> {
        if !self.is_direct {
            return Err(self.verify(delivery, now));
        }
        let now = self.timestamp(now);
        self.core.claim(&lanes, self.rotation.usable_secrets(now), delivery, now, claim, part)
    }

    /// Returns headers that consist of the signature header with the value `signature`.
    pub(crate) fn signature_headers<'a>(&'a self, signature: &'a [u8]) -> impl Headers + 'a {
        self.core.only(signature)
    }

    /// Makes a verifier from its fields, with all instruction sets of the processor.
    pub(crate) fn new(
        core: CoreVerifier<Box<[Key]>, String>,
        rewriter: Option<Rewriter>,
        message_format: Option<Box<MessageFormat>>,
        secret_text: Option<Box<SecretText>>,
        rotation: Rotation,
        id_places: IdPlaces,
        handshake: Option<Box<HandshakeRule>>,
    ) -> Self {
        let signs_body = handshake.as_deref().is_some_and(|rule| rule.signs_body(core.scheme()));
        let is_direct = rewriter.is_none() && message_format.is_none() && !signs_body;
        // A message may say when it expires, whatever the scheme says.
        let states_times = message_format.is_some();
        let mut verifier = Self {
            core,
            rewriter,
            message_format,
            secret_text,
            rotation,
            id_places,
            handshake,
            is_direct,
            needs_clock: true,
            lanes: Lanes::detect(),
        };
        verifier.needs_clock =
            states_times || verifier.tolerance_seconds().is_some() || !verifier.rotation.is_unlimited();
        verifier
    }

    /// The tag of a challenge, with the first secret that may be used at `now`.
    fn sign_challenge(&self, challenge: &[u8], now: SystemTime) -> Option<SignedTag> {
        self.core.sign_bytes(self.rotation.usable_secrets(timestamp(now)), challenge)
    }

    /// Returns the tolerance of the scheme in seconds: the sum of those for the past and for the future.
    pub(crate) fn tolerance_seconds(&self) -> Option<u64> {
        let tolerance = match (&self.message_format, self.core.scheme()) {
            (Some(format), _) => format.tolerance()?,
            (None, CoreScheme::Hmac(scheme)) => scheme.timestamp.as_ref()?.tolerance?,
            (None, _) => return None,
        };
        Some(u64::from(tolerance.past) + u64::from(tolerance.future))
    }

    /// Returns the algorithm and the number of the MACs that are usually computed for a delivery with a wrong signature.
    /// `None` if no MAC is computed.
    #[cfg(feature = "tower")]
    pub(crate) fn macs_per_mismatch(&self) -> Option<(Algorithm, usize)> {
        self.core.cost()
    }

    /// Calls `hash` with each body that a verification of `delivery` hashes, as often as the verification does; with the
    /// pieces of a body that is hashed while it is unpacked.
    #[cfg(feature = "tower")]
    pub(crate) fn for_each_hashed_body<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        mut hash: impl FnMut(&[u8]),
    ) {
        // The hash of the body is checked only of a message that is authentic.
        if self.message_format.is_some() {
            return;
        }
        // A function that finds the signature has run before the delivery was rejected, so it does not run again here.
        let rewriter = self.rewriter.as_ref().filter(|rewriter| !rewriter.finds_signature());
        if let Some(composition) = rewriter.and_then(Rewriter::only_unpacks) {
            match composition.unpack(delivery, &mut hash) {
                Ok(false) => {}
                Ok(true) => return,
                Err(_) => return hash(delivery.body),
            }
        }
        match rewriter.map(|rewriter| rewriter.rewrite(delivery)) {
            Some(Ok(rewritten)) => rewritten.urls.iter().for_each(|_| hash(&rewritten.body)),
            Some(Err(_)) | None => hash(delivery.body),
        }
    }

    /// Whether the head alone determines the identity of a message.
    #[cfg(feature = "tower")]
    pub(crate) fn signs_id(&self) -> bool {
        self.rewriter.is_none() && self.message_format.is_none() && self.core.signs_id()
    }

    /// Whether every delivery is accepted, with nothing checked.
    #[cfg(feature = "tower")]
    pub(crate) fn checks_nothing(&self) -> bool {
        matches!(self.core.scheme(), CoreScheme::None)
    }

    /// Whether messages are signed, so that [`identify`](Self::identify) distinguishes them; `false` for tokens, and if
    /// nothing is checked.
    #[must_use]
    pub fn signs(&self) -> bool {
        matches!(self.core.scheme(), CoreScheme::Hmac(_))
    }
}

/// The order of verdicts on one delivery with several signatures or URLs: what is authentic counts, then what is authentic
/// but not of this time, then what is well-formed. The first of equal ones counts.
fn rank(verdict: Result<Verified, Rejection>) -> u8 {
    match verdict {
        Ok(_) => 3,
        Err(Rejection::Expired | Rejection::FromFuture) => 2,
        Err(Rejection::Mismatch) => 1,
        Err(_) => 0,
    }
}
