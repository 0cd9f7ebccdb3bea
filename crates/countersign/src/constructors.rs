//! Constructors of verifiers and signers: from a preset, a scheme, a connection, or an algorithm and encoding.

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
    /// Makes a verifier from the preset `name`, such as `github`, with one [`Secret`], or several for rotation. Another of a
    /// preset's names, such as `whatsapp` for `meta`, finds it too.
    ///
    /// # Errors
    /// Those of [`Scheme::preset`] and [`Scheme::verifier`].
    pub fn preset(name: &str, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Scheme::preset(name)?.verifier(secrets)
    }

    /// Makes a verifier from a scheme of your own, in JSON.
    ///
    /// # Errors
    /// Those of [`Scheme::from_json`] and [`Scheme::verifier`].
    pub fn from_scheme(json: &str, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Scheme::from_json(json)?.verifier(secrets)
    }

    /// Makes a verifier from the JSON of a connection: the whole body of `POST /v1/connections`, or only its `config`.
    ///
    /// # Errors
    /// Those of [`Connection::from_json`] and [`Connection::verifier`].
    pub fn from_connection(json: &str) -> Result<Self, ConfigError> {
        Connection::from_json(json)?.verifier()
    }

    /// Makes a verifier for HMAC over the body with a fixed algorithm. It reads the signature from the header
    /// [`SIGNATURE_HEADER`], unless [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// `empty_secret` if there is no secret, or one that has no bytes, only zero bytes, only white space (spaces, tabs, line
    /// breaks) or only `*`; `invalid_config` for more than [`MAX_SECRETS`](crate::MAX_SECRETS).
    pub fn hmac(algorithm: Algorithm, encoding: Encoding, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Fixed(algorithm);
        Scheme::hmac(SIGNATURE_HEADER, rule, vec![algorithm], encoding).verifier(secrets)
    }

    /// Makes a verifier for `INFER_FROM_HEADER`: HMAC with the algorithm on which the label, the companion header and the
    /// length of the signature agree.
    ///
    /// # Errors
    /// As [`hmac`](Self::hmac).
    pub fn infer(encoding: Encoding, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Infer { header: ALGORITHM_HEADER.to_owned() };
        Scheme::hmac(SIGNATURE_HEADER, rule, Algorithm::ALL.to_vec(), encoding).verifier(secrets)
    }

    /// Makes a verifier for `TOKEN_BASED`: the sender repeats the secret in the header [`TOKEN_HEADER`], unless
    /// [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// As [`hmac`](Self::hmac), but `malformed_secret` for a token that no header can carry, such as one of zero bytes or white
    /// space.
    pub fn token(secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Scheme::token(TOKEN_HEADER).verifier(secrets)
    }
}

impl Signer {
    /// Makes a signer for HMAC over the body. It sends the signature in the header [`SIGNATURE_HEADER`], unless
    /// [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// `empty_secret` if the secret has no bytes, only zero bytes, only white space (spaces, tabs, line breaks) or only `*`.
    pub fn hmac(algorithm: Algorithm, encoding: Encoding, secret: Secret) -> Result<Self, ConfigError> {
        let rule = AlgorithmRule::Fixed(algorithm);
        Scheme::hmac(SIGNATURE_HEADER, rule, vec![algorithm], encoding).signer(secret)
    }

    /// Makes a signer from the preset `name`, such as `stripe`.
    ///
    /// # Errors
    /// Those of [`Scheme::preset`] and [`Scheme::signer`].
    pub fn preset(name: &str, secret: Secret) -> Result<Self, ConfigError> {
        Scheme::preset(name)?.signer(secret)
    }
}

impl Scheme {
    /// Makes a verifier of this scheme with one secret, or with several for rotation.
    ///
    /// # Errors
    /// `malformed_secret` for a secret that is not in the form that the scheme requires; `empty_secret` if there is no secret, or
    /// one that has no bytes, only zero bytes, only white space (spaces, tabs, line breaks) or only `*`; `invalid_config` for more than
    /// [`MAX_SECRETS`](crate::MAX_SECRETS), and for a secret whose `not_before` is later than its `not_after`.
    pub fn verifier(&self, secrets: impl Into<Secrets>) -> Result<Verifier, ConfigError> {
        make_verifier(self, secrets.into().as_slice())
    }

    /// Makes a signer whose signatures a verifier of this scheme accepts. If the scheme infers the algorithm, the signer
    /// uses SHA_256 if that is accepted; [`signer_with`](Self::signer_with) chooses another.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier), and `unsupported` for a scheme that does not sign.
    #[expect(clippy::needless_pass_by_value, reason = "as for a verifier: the secret is wiped once the key is made")]
    pub fn signer(&self, secret: Secret) -> Result<Signer, ConfigError> {
        make_signer(self, &secret, None)
    }

    /// As [`signer`](Self::signer), and signs with `algorithm` if the scheme infers it.
    ///
    /// # Errors
    /// As [`signer`](Self::signer), and `invalid_config` if the scheme does not accept `algorithm`.
    #[expect(clippy::needless_pass_by_value, reason = "as above")]
    pub fn signer_with(&self, secret: Secret, algorithm: Algorithm) -> Result<Signer, ConfigError> {
        make_signer(self, &secret, Some(algorithm))
    }
}

impl Connection {
    /// Makes the verifier of this connection, with the secrets in its JSON.
    ///
    /// # Errors
    /// - `invalid_config` if there is neither `scheme` nor `auth_method`, since a verifier that checks nothing must be
    ///   requested explicitly with `"auth_method": "NONE"`; also for secrets together with NONE, and for too many secrets.
    /// - `malformed_secret` for a secret that is not in the form that the scheme requires, and for a token that no header can
    ///   carry, such as one that begins or ends with a space.
    /// - `empty_secret` if a secret is required and there is none, or one that has no bytes, only zero bytes, only white space
    ///   (spaces, tabs, line breaks) or only `*`.
    pub fn verifier(&self) -> Result<Verifier, ConfigError> {
        self.verifier_with(&self.config.secrets)
    }

    /// Makes the verifier of this connection with `secrets` in place of those in its JSON, for connections whose secrets
    /// are kept elsewhere.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier).
    pub fn verifier_with(&self, secrets: &[Secret]) -> Result<Verifier, ConfigError> {
        let scheme = self.scheme()?;
        if self.config.auth_method != Some(AuthMethod::None) {
            self.require_secret(secrets)?;
        }
        make_verifier(&scheme, secrets).map_err(|error| error.in_field(self.secret_field()))
    }

    /// Makes a signer whose signatures this connection accepts, with its first secret. If the connection infers the
    /// algorithm, `algorithm` chooses one; `None` chooses SHA_256 if that is accepted.
    ///
    /// # Errors
    /// `unsupported` if the connection does not use HMAC; `malformed_secret` for a secret that is not in the
    /// form that the scheme requires; `empty_secret` if there is no secret, or one that has no bytes, only zero bytes, only
    /// white space (spaces, tabs, line breaks) or only `*`; `invalid_config` if the connection does not accept `algorithm`.
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
            result => result?,
        };
        let secret = self.require_secret(secrets)?;
        make_signer(&scheme, secret, algorithm)
    }
}

fn make_verifier(scheme: &Scheme, secrets: &[Secret]) -> Result<Verifier, ConfigError> {
    let core = scheme.core_verifier(secrets)?;
    let id_places = scheme.id_places(&core);
    Ok(Verifier::new(
        core,
        scheme.rewriter(),
        scheme.message_format.clone(),
        scheme.secret_text(secrets).map(Box::new),
        Rotation::new(secrets),
        id_places,
        scheme.handshake.clone(),
    ))
}

/// Makes the signer of a scheme; it signs with `algorithm` if the scheme infers it.
pub(crate) fn make_signer(
    scheme: &Scheme,
    secret: &Secret,
    algorithm: Option<Algorithm>,
) -> Result<Signer, ConfigError> {
    let algorithm = scheme.signing_algorithm(algorithm)?;
    let key = scheme.key(algorithm, secret)?;
    let core = CoreVerifier::new(scheme.core.clone(), [key])?;
    Ok(Signer::new(
        core,
        scheme.rewriter(),
        scheme.message_format.clone(),
        scheme.secret_text(std::slice::from_ref(secret)),
        algorithm,
        scheme.space_after_separator,
    ))
}
