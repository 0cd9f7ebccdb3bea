//! The verifier of a service: owns its keys and checks deliveries from any thread.

use std::time::{SystemTime, UNIX_EPOCH};

use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Delivery, Encoding, Headers, Key, Rejection, SIGNATURE_HEADER, Scheme,
    Stream, TOKEN_HEADER, Timestamp, Verified, Verifier as CoreVerifier,
};

use crate::connection::Connection;
use crate::error::ConfigError;
use crate::header_name;
use crate::secret::{Secret, Secrets};

/// Checks deliveries. Made once, from a connection or from a secret and what is known of the sender; then it may be
/// shared between threads.
///
/// The secrets themselves are not kept, only the keys made of them, and those are wiped when it is dropped.
#[derive(Clone, Debug)]
pub struct Verifier(CoreVerifier<Box<[Key]>, String>);

impl Verifier {
    /// HMAC with a known algorithm over the body, in the header [`SIGNATURE_HEADER`] unless
    /// [`in_header`](Self::in_header) names another. `secrets` is one [`Secret`], or several for rotation.
    ///
    /// # Errors
    /// `empty_secret` if there is no secret, or one without bytes; `invalid_config` for more than
    /// [`MAX_SECRETS`](crate::MAX_SECRETS).
    pub fn hmac(algorithm: Algorithm, encoding: Encoding, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Fixed(algorithm);
        Self::with_algorithm(SIGNATURE_HEADER, rule, encoding, &[algorithm], secrets.into().as_slice())
    }

    /// `INFER_FROM_HEADER`: HMAC with the algorithm that label, companion header and length of the signature agree on.
    ///
    /// # Errors
    /// As [`hmac`](Self::hmac).
    pub fn infer(encoding: Encoding, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Infer { header: ALGORITHM_HEADER.to_owned() };
        Self::with_algorithm(SIGNATURE_HEADER, rule, encoding, &Algorithm::ALL, secrets.into().as_slice())
    }

    /// `TOKEN_BASED`: the sender repeats a secret in the header [`TOKEN_HEADER`] unless
    /// [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// As [`hmac`](Self::hmac), and `malformed_secret` for a token that no header can carry.
    pub fn token(secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Self::with_tokens(TOKEN_HEADER, secrets.into().as_slice())
    }

    /// The same verifier, looking for the signature or token in the header `name`.
    ///
    /// # Errors
    /// `invalid_config` if no header can have this name (RFC 9110 section 5.6.2).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        header_name::check(name)?;
        Ok(Self(self.0.in_header(name.to_owned())))
    }

    /// The name of the header that holds the signature or token, whose value
    /// [`verify_signature`](Self::verify_signature) wants.
    #[must_use]
    pub fn header(&self) -> &str {
        self.0.header()
    }

    /// A verifier from the JSON of a connection: the whole body of `POST /v1/connections`, or its `config` alone.
    ///
    /// # Errors
    /// Whatever [`Connection::from_json`] and [`Connection::verifier`] find.
    pub fn from_connection(json: &str) -> Result<Self, ConfigError> {
        Connection::from_json(json)?.verifier()
    }

    /// Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    #[inline]
    pub fn verify_signature(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        self.0.verify_signature(signature, body)
    }

    /// Decides whether a delivery is authentic. `now` is for schemes that sign a timestamp, usually
    /// [`SystemTime::now()`].
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    #[inline]
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        self.0.verify(delivery, timestamp(now))
    }

    /// Begins the verification of a body that arrives in pieces; nothing of it is kept.
    ///
    /// # Errors
    /// Whatever is wrong with the headers, or with a token, is said here, before the body is read.
    pub fn begin<H: Headers + ?Sized>(&self, headers: &H) -> Result<Stream, Rejection> {
        self.0.begin(headers)
    }

    /// As [`begin`](Self::begin), with the value of the signature (or token) header.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_signature(&self, signature: &[u8]) -> Result<Stream, Rejection> {
        self.0.begin_signature(signature)
    }

    /// One key for each accepted algorithm and secret; for each algorithm in the order of the secrets.
    pub(crate) fn with_algorithm(
        header: &str,
        rule: AlgorithmRule<String>,
        encoding: Encoding,
        accept: &[Algorithm],
        secrets: &[Secret],
    ) -> Result<Self, ConfigError> {
        let wanted = accept.iter().flat_map(|&algorithm| secrets.iter().map(move |secret| (algorithm, secret)));
        // Its full size at once: a vector that grows leaves copies of keys behind.
        let mut keys = Vec::with_capacity(accept.len() * secrets.len());
        for (algorithm, secret) in wanted {
            keys.push(Key::hmac(algorithm, secret.expose())?);
        }
        Ok(Self(CoreVerifier::new(Scheme::hmac(header.to_owned(), rule, encoding), keys.into_boxed_slice())?))
    }

    pub(crate) fn with_tokens(header: &str, secrets: &[Secret]) -> Result<Self, ConfigError> {
        let mut keys = Vec::with_capacity(secrets.len());
        for secret in secrets {
            keys.push(Key::token(secret.expose())?);
        }
        Ok(Self(CoreVerifier::new(Scheme::token(header.to_owned()), keys.into_boxed_slice())?))
    }

    pub(crate) fn without_authentication() -> Result<Self, ConfigError> {
        Ok(Self(CoreVerifier::new(Scheme::none(), Box::default())?))
    }
}

fn timestamp(now: SystemTime) -> Timestamp {
    let milliseconds = match now.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |before| -before),
    };
    Timestamp::from_milliseconds(milliseconds)
}
