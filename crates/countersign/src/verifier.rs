//! The verifier of a service: owns its keys and checks deliveries from any thread.
//!
//! The stages of a verification are in `verify.rs` of `countersign-core`; this adds the clock, the rotation of secrets, the
//! functions of some senders and the fastest code for the processor. `constructors.rs` has the ways to make one.

mod handshake;
mod rotation;
mod streaming;

use std::time::SystemTime;

#[cfg(feature = "tower")]
use countersign_core::Algorithm;
use countersign_core::hazmat::Claim;
use countersign_core::{
    Delivery, Headers, Identity, Key, Rejection, Scheme as CoreScheme, SecretSet, SignedTag, Timestamp, Verified,
    Verifier as CoreVerifier,
};
use countersign_lanes::Lanes;

use crate::clock::timestamp;
use crate::delivery_id::{DeliveryId, IdPlaces};
use crate::error::ConfigError;
use crate::function::{Function, WithSignature, check_movable};
use crate::handshake::{HandshakeRule, refuse_token};
pub(crate) use rotation::Rotation;
pub use streaming::Streaming;

/// Checks deliveries. Made once, from a preset, a scheme, a connection or what is known of the sender, and from one or
/// several secrets; then it may be shared between threads.
///
/// The secrets themselves are not kept, only the keys made of them, and those are wiped when it is dropped.
#[derive(Clone, Debug)]
pub struct Verifier {
    core: CoreVerifier<Box<[Key]>, String>,
    function: Option<Function>,
    rotation: Rotation,
    id_places: IdPlaces,
    handshake: Option<Box<HandshakeRule>>,
    /// Whether the core alone judges a delivery: no function rewrites it, and no body is refused for what a handshake signs.
    is_direct: bool,
    /// Whether a verdict can depend on the time of day.
    is_timed: bool,
    lanes: Lanes,
}

impl Verifier {
    /// The same verifier, looking for the signature or token in the header `name` alone.
    ///
    /// # Errors
    /// `invalid_config` if no header can have this name (RFC 9110 section 5.6.2), or if no header is looked at: where nothing
    /// is checked, or the signature stands in the body (the preset `adyen`).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        check_movable(name, self.core.scheme(), self.function)?;
        Ok(Self { core: self.core.in_header(name.to_owned())?, ..self })
    }

    /// The same verifier, making its MACs with these instruction sets, as [`Batch::lanes`](crate::Batch::lanes) does for
    /// batches; without this, with all that the processor has.
    ///
    /// For measuring, and for a processor on which one of them does harm:
    /// `verifier.lanes(Lanes::detect().without(Feature::Avx2))`. No verdict depends on it. What none of them makes is made by
    /// the code of the core, which looks at the processor for itself; so are streams.
    #[must_use]
    pub fn lanes(self, lanes: Lanes) -> Self {
        Self { lanes, ..self }
    }

    /// The name of the header that holds the signature or token, whose value
    /// [`verify_signature`](Self::verify_signature) wants; the first, if there can be several.
    #[must_use]
    pub fn header(&self) -> &str {
        self.core.scheme().headers().next().unwrap_or_default()
    }

    /// Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.
    ///
    /// For schemes that sign nothing but the body and what stands in that one header. Those with a tolerance look at
    /// the clock.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        if self.is_timed || !self.is_direct {
            return self.verify_signature_now(signature, body);
        }
        self.core.verify_signature_with(&self.lanes, SecretSet::ALL, signature, body, Timestamp::from_seconds(0))
    }

    #[inline(never)]
    fn verify_signature_now(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        let headers = self.core.only(signature);
        let now = if self.is_timed { SystemTime::now() } else { SystemTime::UNIX_EPOCH };
        self.verify(&Delivery { method: "", url: "", headers: &headers, body }, now)
    }

    /// Decides whether a delivery is authentic. `now` is usually [`SystemTime::now()`]; it matters to schemes with a
    /// tolerance and to secrets that may be used for a limited time.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let now = self.timestamp(now);
        let usable = self.rotation.usable(now);
        if self.is_direct {
            return self.core.verify_with(&self.lanes, usable, delivery, now);
        }
        match self.function {
            None => refuse_token(delivery.body, self.judge_rewritten(usable, delivery, now)),
            Some(function) => self.verify_rewritten(function, usable, delivery, now),
        }
    }

    /// The moment as of which freshness is judged; any moment where no verdict depends on it.
    #[inline]
    fn timestamp(&self, now: SystemTime) -> Timestamp {
        if self.is_timed { timestamp(now) } else { Timestamp::from_seconds(0) }
    }

    fn verify_rewritten<H: Headers + ?Sized>(
        &self,
        function: Function,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        // The head first, as everywhere: without a signature, nobody makes the verifier read a body.
        if !function.finds_signature() {
            self.core.check_head(&delivery.head())?;
        }
        let rewritten = function.rewrite(delivery)?;
        let mut verdict = Err(Rejection::MissingPart);
        // All of them, whichever is the right one: a forged delivery costs what a good one does.
        for (at, delivery) in rewritten.deliveries(delivery, self.header()).iter().enumerate() {
            let one = self.judge_rewritten(usable, &delivery, now);
            if at == 0 || verdict == Err(Rejection::Mismatch) {
                verdict = one;
            }
        }
        verdict
    }

    /// The core's verdict on a rewritten delivery. Compiled once for each kind of headers: it is long.
    #[inline(never)]
    fn judge_rewritten<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        self.core.verify_with(&self.lanes, usable, delivery, now)
    }

    /// What distinguishes a message that this verifier has accepted from every other one: its id if that is signed, else all
    /// that is signed, whichever secret has signed it. `None` if nothing is signed.
    #[must_use]
    pub fn identify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<Identity> {
        let Some(function) = self.function else {
            // As below, so that what is long is compiled once for both.
            let headers = WithSignature { signature: None, headers: delivery.headers };
            let Delivery { method, url, body, .. } = *delivery;
            return self.core.identify(&Delivery { method, url, headers: &headers, body });
        };
        if !function.finds_signature() {
            self.core.check_head(&delivery.head()).ok()?;
        }
        let rewritten = function.rewrite(delivery).ok()?;
        let deliveries = rewritten.deliveries(delivery, self.header());
        // Of the URLs that may have been signed, the one that was. Its age does not matter here.
        let was_signed = |delivery: &Delivery<'_, _>| {
            let verdict = self.judge_rewritten(SecretSet::ALL, delivery, Timestamp::from_seconds(0));
            matches!(verdict, Ok(_) | Err(Rejection::Expired | Rejection::FromFuture))
        };
        let signed = deliveries.iter().find(was_signed)?;
        self.core.identify(&signed)
    }

    /// The id by which a repetition of this delivery is recognised, if the scheme says where its sender puts one (`id_from`) and
    /// it is there. Whether the delivery is authentic is not looked at; call [`verify`](Self::verify) first.
    ///
    /// Unlike [`identify`](Self::identify) it reads ids that are not signed too, in headers, in the query of the URL and in JSON
    /// and form bodies, and says whether the MAC covers the id. In a body with a `Content-Encoding` no id is looked for. A
    /// header, parameter or JSON name that occurs twice, a value of another kind than text or number, and a value with
    /// control characters or longer than [`MAX_DELIVERY_ID`](crate::MAX_DELIVERY_ID) bytes are no id.
    #[must_use]
    pub fn delivery_id<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<DeliveryId> {
        self.id_places.find(delivery)
    }

    /// Whether the URL is signed, so that a verdict depends on it.
    #[must_use]
    pub fn reads_url(&self) -> bool {
        // A function that makes something of the URL makes it for the template, which then holds `{url}`.
        self.core.signs_url()
    }

    /// Whether a verdict can depend on the time of day.
    pub(crate) fn is_timed(&self) -> bool {
        self.is_timed
    }

    /// As [`claim`](Self::claim), on the fast path: for `line`, a [`signature_line`](Self::signature_line) in the most common
    /// form, where the body alone is signed. `false` for others; `claim` is then of no use.
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn claim_fast<'a>(&'a self, lanes: Lanes, line: &[u8], claim: &mut Claim<'a>) -> bool {
        !self.is_timed && self.is_direct && self.core.claim_fast(&lanes, SecretSet::ALL, line, claim)
    }

    /// The only line of the signature header, if one header holds the signature and has one line.
    #[inline]
    pub(crate) fn signature_line<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Option<&'a [u8]> {
        self.core.signature_line(headers)
    }

    /// All of [`verify`](Self::verify) that comes before the MAC: fills in `claim`, and gives the signed text to `part`.
    ///
    /// # Errors
    /// The verdict, where it does not need a MAC that the caller makes.
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
        self.core.claim(&lanes, self.rotation.usable(now), delivery, now, claim, part)
    }

    /// The headers of a delivery that has `signature` and nothing else.
    pub(crate) fn only<'a>(&'a self, signature: &'a [u8]) -> impl Headers + 'a {
        self.core.only(signature)
    }

    /// A verifier made of its parts, with all instruction sets of the processor.
    pub(crate) fn new(
        core: CoreVerifier<Box<[Key]>, String>,
        function: Option<Function>,
        rotation: Rotation,
        id_places: IdPlaces,
        handshake: Option<HandshakeRule>,
    ) -> Self {
        let signs_event = |rule: &HandshakeRule| rule.signs_token() && core.signs_body_alone();
        let is_direct = function.is_none() && !handshake.as_ref().is_some_and(signs_event);
        let (handshake, lanes) = (handshake.map(Box::new), Lanes::detect());
        let mut verifier = Self { core, function, rotation, id_places, handshake, is_direct, is_timed: true, lanes };
        verifier.is_timed = verifier.window().is_some() || !verifier.rotation.is_unlimited();
        verifier
    }

    /// The tag of a challenge, with the first secret that may be used at `now`.
    fn sign_challenge(&self, challenge: &[u8], now: SystemTime) -> Option<SignedTag> {
        self.core.sign_bytes(self.rotation.usable(timestamp(now)), challenge)
    }

    /// The tolerance of its scheme, in seconds of the past and of the future together.
    pub(crate) fn window(&self) -> Option<u64> {
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return None };
        let tolerance = scheme.timestamp.as_ref()?.tolerance?;
        Some(u64::from(tolerance.past) + u64::from(tolerance.future))
    }

    /// The MACs that a delivery with a wrong signature usually costs. `None` if none is made.
    #[cfg(feature = "tower")]
    pub(crate) fn cost(&self) -> Option<(Algorithm, usize)> {
        self.core.cost()
    }

    /// Gives each body that is hashed for a delivery, as often as it is, to `hash`.
    #[cfg(feature = "tower")]
    pub(crate) fn each_signed<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>, mut hash: impl FnMut(&[u8])) {
        // Where the function finds the signature, it has done its part before it found that something is wrong.
        match self.function.filter(|function| !function.finds_signature()).map(|function| function.rewrite(delivery)) {
            Some(Ok(rewritten)) => rewritten.urls.iter().for_each(|_| hash(&rewritten.body)),
            Some(Err(_)) | None => hash(delivery.body),
        }
    }

    /// Whether a message is told from others by its head alone.
    #[cfg(feature = "tower")]
    pub(crate) fn signs_id(&self) -> bool {
        self.function.is_none() && self.core.signs_id()
    }

    /// Whether its messages can be told from each other by [`identify`](Self::identify): tokens cannot, nor can deliveries of
    /// which nothing is checked.
    #[must_use]
    pub fn signs(&self) -> bool {
        matches!(self.core.scheme(), CoreScheme::Hmac(_))
    }
}
