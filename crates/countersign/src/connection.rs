//! One configured endpoint, in the JSON of `POST /v1/connections` for the service `webhooks`.

mod config;
mod request;

use countersign_core::{ALGORITHM_HEADER, Algorithm, AlgorithmRule, SIGNATURE_HEADER, TOKEN_HEADER};

pub use config::{AlgorithmSetting, AuthMethod, Bucket, Config, SyncFormat};
pub use request::{DataDelaySensitivity, NetworkingMethod, Request, ScheduleType, SchemaNames};

use crate::error::{ConfigError, ConfigErrorKind};
use crate::json::Node;
use crate::secret::Secret;
use crate::signer::Signer;
use crate::verifier::Verifier;

/// A connection, read from JSON and validated field by field.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// What stands around `config`; `None` if a bare `config` object was read.
    pub request: Option<Request>,
    /// The endpoint itself.
    pub config: Config,
}

impl Connection {
    /// Reads a whole request body, or a bare `config` object where only verification is wanted.
    ///
    /// # Errors
    /// `invalid_config` for JSON that is not well-formed, unknown or repeated fields, wrong types, values that are not
    /// allowed and fields that are missing; `empty_secret` for a secret without bytes; `unsupported` for `scheme`. The
    /// error names the line, the field, what was found and what is allowed.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        let root = Node::parse(json)?;
        if Request::is_one(&root)? {
            let (request, config) = Request::read(&root)?;
            Ok(Self { request: Some(request), config })
        } else {
            Ok(Self { request: None, config: Config::read(&root, false)? })
        }
    }

    /// The verifier of this connection, with the secrets that stand in it.
    ///
    /// # Errors
    /// `empty_secret` if HMAC or TOKEN_BASED is asked for and there is no secret; `malformed_secret` for a token that
    /// begins or ends with a blank; `invalid_config` for too many secrets.
    pub fn verifier(&self) -> Result<Verifier, ConfigError> {
        match self.config.auth_method {
            None if self.config.secrets.is_empty() => Verifier::without_authentication(),
            _ => self.verifier_with(&self.config.secrets),
        }
    }

    /// The verifier of this connection with `secrets` in place of those that stand in it, for connections whose
    /// secrets are kept elsewhere.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier), and `invalid_config` if no `auth_method` is stated: whoever brings secrets, be
    /// there none after all, does not mean NONE.
    pub fn verifier_with(&self, secrets: &[Secret]) -> Result<Verifier, ConfigError> {
        let config = &self.config;
        match self.auth_method_with(secrets)? {
            AuthMethod::None => Verifier::without_authentication(),
            AuthMethod::TokenBased => Verifier::with_tokens(config.header_or(TOKEN_HEADER), secrets),
            AuthMethod::Hmac => {
                let header = config.header_or(SIGNATURE_HEADER);
                let (rule, accept) = match config.algorithm {
                    AlgorithmSetting::Fixed(algorithm) => (AlgorithmRule::Fixed(algorithm), vec![algorithm]),
                    AlgorithmSetting::InferFromHeader => {
                        let companion = config.algorithm_header_key.as_deref().unwrap_or(ALGORITHM_HEADER);
                        (AlgorithmRule::Infer { header: companion.to_owned() }, config.accept.clone())
                    }
                };
                Verifier::with_algorithm(header, rule, config.signature_encoding, &accept, secrets)
            }
        }
        .map_err(|error| error.in_field(self.secret_field()))
    }

    /// The signer that makes what this connection takes, with its first secret. For an inferred algorithm `algorithm`
    /// says which to use; SHA_256 if it says nothing.
    ///
    /// # Errors
    /// `unsupported` if the connection does not use HMAC; `empty_secret` without a secret; `invalid_config` if
    /// `algorithm` is not one that the connection takes.
    pub fn signer(&self, algorithm: Option<Algorithm>) -> Result<Signer, ConfigError> {
        self.signer_with(&self.config.secrets, algorithm)
    }

    /// As [`signer`](Self::signer), with the first of `secrets`.
    ///
    /// # Errors
    /// As [`signer`](Self::signer).
    pub fn signer_with(&self, secrets: &[Secret], algorithm: Option<Algorithm>) -> Result<Signer, ConfigError> {
        let config = &self.config;
        if self.auth_method_with(secrets)? != AuthMethod::Hmac {
            let message = "only HMAC makes a signature; with TOKEN_BASED the sender repeats the secret, with NONE it sends nothing";
            return Err(ConfigError::new(ConfigErrorKind::Unsupported, message).in_field(&self.path("auth_method")));
        }
        let taken = config.accepted();
        let usual = taken.iter().find(|&&algorithm| algorithm == Algorithm::Sha256).or(taken.first());
        let algorithm = algorithm.or(usual.copied()).unwrap_or(Algorithm::Sha256);
        if !taken.contains(&algorithm) {
            let taken = taken.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>().join(", ");
            return Err(ConfigError::invalid(format!("{algorithm} is not taken by this connection; it takes {taken}")));
        }
        let secret = secrets.first().ok_or_else(|| self.no_secret(AuthMethod::Hmac))?;
        Signer::with_header(config.header_or(SIGNATURE_HEADER), algorithm, config.signature_encoding, secret)
    }

    /// How deliveries are authenticated with these secrets.
    fn auth_method_with(&self, secrets: &[Secret]) -> Result<AuthMethod, ConfigError> {
        match self.config.auth_method {
            Some(AuthMethod::None) => Ok(AuthMethod::None),
            Some(method) if secrets.is_empty() => Err(self.no_secret(method)),
            Some(method) => Ok(method),
            None => Err(ConfigError::invalid("must be stated when there are secrets; HMAC, TOKEN_BASED or NONE")
                .in_field(&self.path("auth_method"))),
        }
    }

    fn no_secret(&self, method: AuthMethod) -> ConfigError {
        let message = format!("auth_method {method} needs a secret, and there is none");
        ConfigError::new(ConfigErrorKind::EmptySecret, message).in_field(self.secret_field())
    }

    fn path(&self, field: &str) -> String {
        if self.request.is_some() { format!("config.{field}") } else { field.to_owned() }
    }

    fn secret_field(&self) -> &'static str {
        if self.request.is_some() { "config.auth_secret" } else { "auth_secret" }
    }
}
