//! The verifier of a service: owns its keys and checks deliveries from any thread.

mod claimed;

use std::time::SystemTime;

use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Delivery, Encoding, Head, Headers, Identity, Key, Rejection,
    SIGNATURE_HEADER, Scheme as CoreScheme, SecretSet, SetupError, Stream, TOKEN_HEADER, Timestamp, Verified,
    Verifier as CoreVerifier,
};

use countersign_lanes::Lanes;

use crate::clock::timestamp;
use crate::connection::Connection;
use crate::error::ConfigError;
use crate::function::{Function, Rewritten};
use crate::header_name;
use crate::scheme::Scheme;
use crate::secret::{Secret, Secrets, Validity};

/// Checks deliveries. Made once, from a preset, a scheme, a connection or what is known of the sender, and from one or
/// several secrets; then it may be shared between threads.
///
/// The secrets themselves are not kept, only the keys made of them, and those are wiped when it is dropped.
#[derive(Clone, Debug)]
pub struct Verifier {
    core: CoreVerifier<Box<[Key]>, String>,
    function: Option<Function>,
    rotation: Rotation,
    /// Whether a verdict can depend on the time of day.
    is_timed: bool,
    lanes: Lanes,
}

/// When each secret may be used; empty if all may be used at any time.
#[derive(Clone)]
struct Rotation(Box<[Validity]>);

impl Verifier {
    /// The preset `name`, such as `github`, with one [`Secret`], or several for rotation.
    ///
    /// # Errors
    /// Whatever [`Scheme::preset`] and [`Scheme::verifier`] find.
    pub fn preset(name: &str, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Scheme::preset(name)?.verifier(secrets)
    }

    /// A scheme of your own, in JSON.
    ///
    /// # Errors
    /// Whatever [`Scheme::from_json`] and [`Scheme::verifier`] find.
    pub fn from_scheme(json: &str, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Scheme::from_json(json)?.verifier(secrets)
    }

    /// A verifier from the JSON of a connection: the whole body of `POST /v1/connections`, or its `config` alone.
    ///
    /// # Errors
    /// Whatever [`Connection::from_json`] and [`Connection::verifier`] find.
    pub fn from_connection(json: &str) -> Result<Self, ConfigError> {
        Connection::from_json(json)?.verifier()
    }

    /// HMAC with a known algorithm over the body, in the header [`SIGNATURE_HEADER`] unless
    /// [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// `empty_secret` if there is no secret, or one without bytes or none but zeros; `invalid_config` for more than
    /// [`MAX_SECRETS`](crate::MAX_SECRETS).
    pub fn hmac(algorithm: Algorithm, encoding: Encoding, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Fixed(algorithm);
        Scheme::hmac(SIGNATURE_HEADER, rule, vec![algorithm], encoding).verifier(secrets)
    }

    /// `INFER_FROM_HEADER`: HMAC with the algorithm that label, companion header and length of the signature agree on.
    ///
    /// # Errors
    /// As [`hmac`](Self::hmac).
    pub fn infer(encoding: Encoding, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Infer { header: ALGORITHM_HEADER.to_owned() };
        Scheme::hmac(SIGNATURE_HEADER, rule, Algorithm::ALL.to_vec(), encoding).verifier(secrets)
    }

    /// `TOKEN_BASED`: the sender repeats a secret in the header [`TOKEN_HEADER`] unless
    /// [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// As [`hmac`](Self::hmac), and `malformed_secret` for a token that no header can carry.
    pub fn token(secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Scheme::token(TOKEN_HEADER).verifier(secrets)
    }

    /// The same verifier, looking for the signature or token in the header `name` alone.
    ///
    /// # Errors
    /// `invalid_config` if no header can have this name (RFC 9110 section 5.6.2), or if no header is looked at: where nothing
    /// is checked, or the signature stands in the body (the preset `adyen`).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        header_name::check_movable(name, self.core.scheme(), self.function)?;
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
        self.verify_line(signature, body)
    }

    /// Decides whether a delivery is authentic. `now` is usually [`SystemTime::now()`]; it matters to schemes with a
    /// tolerance and to secrets that may be used for some time only.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let now = if self.is_timed { timestamp(now) } else { Timestamp::from_seconds(0) };
        let usable = self.rotation.usable(now);
        match self.function {
            None => self.verify_one(usable, delivery, now),
            Some(function) => self.verify_rewritten(function, usable, delivery, now),
        }
    }

    fn verify_rewritten<H: Headers + ?Sized>(
        &self,
        function: Function,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        // The head first, as everywhere: who sends no signature shall not make anyone read his body.
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

    /// What the core says of a delivery that a function has made, or could not. Compiled once for each kind of headers: it is
    /// long.
    #[inline(never)]
    fn judge_rewritten<H: Headers + ?Sized>(
        &self,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        self.core.verify_using(usable, delivery, now)
    }

    /// What tells a message that this verifier has taken from every other one: its id if that is signed, else all that is
    /// signed, whichever secret has signed it. `None` if nothing is signed.
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

    /// This verifier for bodies that arrive in pieces.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs something behind the body, or a part of the body alone: the body must be
    /// whole before such a delivery can be judged.
    pub fn streaming(&self) -> Result<Streaming<'_>, ConfigError> {
        if self.function.is_some() {
            return Err(SetupError::NotStreamable.into());
        }
        Ok(Streaming { core: self.core.streaming()?, verifier: self })
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

    /// The headers of a delivery that has `signature` and nothing else.
    pub(crate) fn only<'a>(&'a self, signature: &'a [u8]) -> impl Headers + 'a {
        self.core.only(signature)
    }

    /// The verifier of a scheme.
    pub(crate) fn of(scheme: &Scheme, secrets: &[Secret]) -> Result<Self, ConfigError> {
        let rotation = Rotation::of(secrets);
        let is_timed = scheme.tolerance().is_some() || !rotation.0.is_empty();
        let (core, function) = (scheme.core_verifier(secrets)?, scheme.function);
        Ok(Self { core, function, rotation, is_timed, lanes: Lanes::detect() })
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

impl Rotation {
    fn of(secrets: &[Secret]) -> Self {
        let validities: Box<[Validity]> = secrets.iter().map(Secret::validity).collect();
        Self(if validities.iter().all(|validity| validity.is_unlimited()) { Box::default() } else { validities })
    }

    #[inline]
    fn usable(&self, now: Timestamp) -> SecretSet {
        if self.0.is_empty() { SecretSet::ALL } else { Validity::usable(&self.0, now) }
    }
}

impl std::fmt::Debug for Rotation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets with a validity", self.0.len())
    }
}

/// A verifier for bodies that arrive in pieces, from [`Verifier::streaming`].
#[derive(Debug)]
pub struct Streaming<'v> {
    core: countersign_core::Streaming<'v, Box<[Key]>, String>,
    verifier: &'v Verifier,
}

impl Streaming<'_> {
    /// Begins the verification of a body that arrives in pieces; nothing of it is kept. Freshness is judged as of
    /// `now`, the moment at which the delivery began to arrive.
    ///
    /// # Errors
    /// Whatever is wrong with the headers, or with a token, is said here, before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, head: &Head<'_, H>, now: SystemTime) -> Result<Stream, Rejection> {
        let now = timestamp(now);
        self.core.begin_using(self.verifier.rotation.usable(now), head, now)
    }

    /// As [`begin`](Self::begin), with the value of the signature (or token) header and nothing else.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_signature(&self, signature: &[u8]) -> Result<Stream, Rejection> {
        let now = timestamp(if self.verifier.is_timed { SystemTime::now() } else { SystemTime::UNIX_EPOCH });
        let headers = self.verifier.core.only(signature);
        let head = Head { method: "", url: "", headers: &headers };
        self.core.begin_using(self.verifier.rotation.usable(now), &head, now)
    }
}

/// A rewritten delivery, once for each URL that may have been signed.
pub(crate) struct Deliveries<'a, H: ?Sized> {
    rewritten: &'a Rewritten<'a>,
    method: &'a str,
    headers: WithSignature<'a, H>,
}

impl<'a> Rewritten<'a> {
    pub(crate) fn deliveries<H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
        header: &'a str,
    ) -> Deliveries<'a, H> {
        let signature = self.signature.as_deref().map(|signature| (header, signature));
        Deliveries {
            rewritten: self,
            method: delivery.method,
            headers: WithSignature { signature, headers: delivery.headers },
        }
    }
}

impl<'a, H: Headers + ?Sized> Deliveries<'a, H> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Delivery<'_, WithSignature<'a, H>>> {
        let Self { rewritten, method, headers } = self;
        rewritten.urls.iter().map(move |url| Delivery { method, url, headers, body: &rewritten.body })
    }
}

/// Header lines, and a signature that was found elsewhere under the name of its header.
pub(crate) struct WithSignature<'a, H: ?Sized> {
    signature: Option<(&'a str, &'a [u8])>,
    headers: &'a H,
}

impl<H: Headers + ?Sized> Headers for WithSignature<'_, H> {
    fn lines<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [u8]> {
        let found = self.signature.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let lines = found.is_none().then(|| self.headers.lines(name));
        found.map(|(_, signature)| signature).into_iter().chain(lines.into_iter().flatten())
    }
}
