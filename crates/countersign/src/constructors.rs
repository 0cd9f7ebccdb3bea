//! How verifiers and signers are made: from a preset, a scheme, a connection, or what is known of the sender.

use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Encoding, SIGNATURE_HEADER, TOKEN_HEADER, Verifier as CoreVerifier,
};

use crate::connection::{AuthMethod, Connection};
use crate::error::{ConfigError, ConfigErrorKind};
use crate::scheme::Scheme;
use crate::secret::{Secret, Secrets};
use crate::signer::Signer;
use crate::verifier::{Rotation, Verifier};

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
}

impl Signer {
    /// HMAC over the body, sent in the header [`SIGNATURE_HEADER`] unless [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// `empty_secret` if the secret has no bytes, or none but zeros.
    pub fn hmac(algorithm: Algorithm, encoding: Encoding, secret: Secret) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Fixed(algorithm);
        Scheme::hmac(SIGNATURE_HEADER, rule, vec![algorithm], encoding).signer(secret)
    }

    /// The preset `name`, such as `stripe`.
    ///
    /// # Errors
    /// Whatever [`Scheme::preset`] and [`Scheme::signer`] find.
    pub fn preset(name: &str, secret: Secret) -> Result<Self, ConfigError> {
        Scheme::preset(name)?.signer(secret)
    }
}

impl Scheme {
    /// A verifier with one secret, or with several for rotation.
    ///
    /// # Errors
    /// `empty_secret` if there is no secret, or one without bytes or none but zeros; `malformed_secret` for one that is not
    /// written as the scheme says; `invalid_config` for more than [`MAX_SECRETS`](crate::MAX_SECRETS), and for one that may not
    /// be used before a moment that is later than its last.
    pub fn verifier(&self, secrets: impl Into<Secrets>) -> Result<Verifier, ConfigError> {
        verifier_of(self, secrets.into().as_slice())
    }

    /// A signer that makes what a verifier of this scheme takes. Where the algorithm is inferred it signs with SHA_256
    /// if that is accepted; [`signer_with`](Self::signer_with) chooses another.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier), and `unsupported` for a scheme that does not sign.
    #[expect(clippy::needless_pass_by_value, reason = "as for a verifier: the secret is wiped once the key is made")]
    pub fn signer(&self, secret: Secret) -> Result<Signer, ConfigError> {
        signer_of(self, &secret, None)
    }

    /// As [`signer`](Self::signer), with `algorithm` where it is inferred.
    ///
    /// # Errors
    /// As [`signer`](Self::signer), and `invalid_config` if the scheme does not take `algorithm`.
    #[expect(clippy::needless_pass_by_value, reason = "as above")]
    pub fn signer_with(&self, secret: Secret, algorithm: Algorithm) -> Result<Signer, ConfigError> {
        signer_of(self, &secret, Some(algorithm))
    }
}

impl Connection {
    /// The verifier of this connection, with the secrets that stand in it.
    ///
    /// # Errors
    /// `invalid_config` if there is neither `scheme` nor `auth_method`: a verifier that checks nothing takes
    /// `"auth_method": "NONE"` in so many words; also for secrets beside NONE and for too many secrets. `empty_secret` if
    /// HMAC or TOKEN_BASED is asked for and there is no secret, or one of none but zeros; `malformed_secret` for a token
    /// that begins or ends with a blank.
    pub fn verifier(&self) -> Result<Verifier, ConfigError> {
        self.verifier_with(&self.config.secrets)
    }

    /// The verifier of this connection with `secrets` in place of those that stand in it, for connections whose
    /// secrets are kept elsewhere.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier).
    pub fn verifier_with(&self, secrets: &[Secret]) -> Result<Verifier, ConfigError> {
        let scheme = self.scheme()?;
        if self.config.auth_method != Some(AuthMethod::None) {
            self.require_secret(secrets)?;
        }
        verifier_of(&scheme, secrets).map_err(|error| error.in_field(self.secret_field()))
    }

    /// The signer that makes what this connection takes, with its first secret. For an inferred algorithm `algorithm`
    /// says which to use; SHA_256 if it says nothing.
    ///
    /// # Errors
    /// `unsupported` if the connection does not use HMAC; `empty_secret` without a secret, or for none but zeros;
    /// `invalid_config` if `algorithm` is not one that the connection takes.
    pub fn signer(&self, algorithm: Option<Algorithm>) -> Result<Signer, ConfigError> {
        self.signer_with(&self.config.secrets, algorithm)
    }

    /// As [`signer`](Self::signer), with the first of `secrets`.
    ///
    /// # Errors
    /// As [`signer`](Self::signer).
    pub fn signer_with(&self, secrets: &[Secret], algorithm: Option<Algorithm>) -> Result<Signer, ConfigError> {
        let scheme = self.scheme()?;
        match scheme.signing_algorithm(algorithm) {
            Err(error) if error.kind() == ConfigErrorKind::Unsupported => {
                return Err(error.in_field(&self.path("auth_method")));
            }
            other => other?,
        };
        let secret = self.require_secret(secrets)?;
        signer_of(&scheme, secret, algorithm)
    }
}

fn verifier_of(scheme: &Scheme, secrets: &[Secret]) -> Result<Verifier, ConfigError> {
    let core = scheme.core_verifier(secrets)?;
    let id_places = scheme.id_places(&core);
    Ok(Verifier::new(core, scheme.function, Rotation::of(secrets), id_places, scheme.handshake.clone()))
}

/// The signer of a scheme, with `algorithm` where it is inferred.
pub(crate) fn signer_of(scheme: &Scheme, secret: &Secret, algorithm: Option<Algorithm>) -> Result<Signer, ConfigError> {
    let algorithm = scheme.signing_algorithm(algorithm)?;
    let key = scheme.key(algorithm, secret)?;
    let core = CoreVerifier::new(scheme.core.clone(), [key])?;
    Ok(Signer::new(core, scheme.function, algorithm, scheme.spaced))
}
