//! A Fivetran Webhooks connection, read from the JSON of `POST /v1/connections` for the service `webhooks`.
//!
//! [`Connection`] holds the whole request body: [`Request`] the fields around `config`, [`Config`] the fields of `config`.
//! The enums are the values of single fields. Only [`Config`] decides how deliveries are verified.

mod config;
mod idle;
mod request;

use countersign_core::{ALGORITHM_HEADER, AlgorithmRule, SIGNATURE_HEADER, TOKEN_HEADER};

pub use config::{AlgorithmSetting, AuthMethod, Bucket, Config, SyncFormat};
pub use idle::IdleField;
pub use request::{DataDelaySensitivity, NetworkingMethod, Request, ScheduleType, SchemaNames};

use crate::connection::idle::Reader;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::json::Node;
use crate::scheme::Scheme;
use crate::secret::Secret;

/// The error for a connection that has neither `scheme` nor `auth_method`.
const MISSING_AUTH_METHOD: &str = "is missing, so nothing would be checked; write \"auth_method\": \"HMAC\" or \"TOKEN_BASED\", with \
                                   a secret, or \"auth_method\": \"NONE\" to take every delivery unchecked";

/// A connection, read from JSON and validated field by field.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The fields around `config`; `None` if the JSON was a bare `config` object.
    pub request: Option<Request>,
    /// The fields of `config`.
    pub config: Config,
}

impl Connection {
    /// Reads a whole request body, or a bare `config` object where only verification is wanted.
    ///
    /// # Errors
    /// `invalid_config` for malformed JSON, unknown or repeated fields, wrong types, values that are not allowed, and
    /// missing fields; `empty_secret` for a secret without bytes; `unknown_preset` or `unsupported` for the name in
    /// `scheme`. The error names the line, the field, what was found and what is allowed.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        let root = Node::parse_object(json)?;
        refuse_answer(&root)?;
        if Request::is_whole(&root)? {
            let (request, config) = Request::read(&root, &mut Reader::Verifier)?;
            Ok(Self { request: Some(request), config })
        } else {
            Ok(Self { request: None, config: Config::read(&root, false, &mut Reader::Verifier)? })
        }
    }

    /// Reads a whole request body as a service does that keeps connections. Fields that have no effect, such as `s3_bucket` without
    /// S3, or a secret before `auth_method` is stated, are no errors: they are returned beside the connection. Neither are the fields that
    /// are newer than the rest and that only Fivetran's own service knows: `schedule`, `external_secrets_manager_id`,
    /// `external_secrets_keys_config`, and `all_fields` of `connect_card_config`. `s3_role_arn` may be missing: the service then opens the
    /// bucket with credentials of its own.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json), but for those fields.
    pub fn for_service(json: &str) -> Result<(Self, Vec<IdleField>), ConfigError> {
        let mut reader = Reader::Service(Vec::new());
        let (request, config) = Request::read(&Node::parse(json)?, &mut reader)?;
        let Reader::Service(idle) = reader else { return Ok((Self { request: Some(request), config }, Vec::new())) };
        Ok((Self { request: Some(request), config }, idle))
    }

    /// Reads a whole request body that stands in a file of such a service. Fields that have no effect are errors, as whoever wrote them
    /// there expected something of them. `s3_role_arn` may be missing.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json), but for that field.
    pub fn for_service_file(json: &str) -> Result<Self, ConfigError> {
        let (request, config) = Request::read(&Node::parse(json)?, &mut Reader::ServiceFile)?;
        Ok(Self { request: Some(request), config })
    }

    /// Returns how deliveries of this connection are authenticated: its `scheme`, or a scheme made from its other fields. Its `id_from`
    /// replaces that of the scheme.
    ///
    /// # Errors
    /// `invalid_config` if there is neither `scheme` nor `auth_method`. The service then assumes NONE; countersign does
    /// not, because a missing field must not disable verification.
    pub fn scheme(&self) -> Result<Scheme, ConfigError> {
        let scheme = self.scheme_without_id()?;
        Ok(Scheme { id_from: self.config.id_from.clone().or(scheme.id_from), ..scheme })
    }

    fn scheme_without_id(&self) -> Result<Scheme, ConfigError> {
        let config = &self.config;
        if let Some(scheme) = &config.scheme {
            return Ok(scheme.clone());
        }
        match config.auth_method {
            None => Err(ConfigError::invalid(MISSING_AUTH_METHOD).in_field(&self.path("auth_method"))),
            Some(AuthMethod::None) => Ok(Scheme::none()),
            Some(AuthMethod::TokenBased) => Ok(Scheme::token(config.header_or(TOKEN_HEADER))),
            Some(AuthMethod::Hmac) => {
                let (rule, accept) = match config.algorithm {
                    AlgorithmSetting::Fixed(algorithm) => (AlgorithmRule::Fixed(algorithm), vec![algorithm]),
                    AlgorithmSetting::InferFromHeader => {
                        let companion = config.algorithm_header_key.as_deref().unwrap_or(ALGORITHM_HEADER);
                        (AlgorithmRule::Infer { header: companion.to_owned() }, config.accept.clone())
                    }
                };
                Ok(Scheme::hmac(config.header_or(SIGNATURE_HEADER), rule, accept, config.signature_encoding))
            }
        }
    }

    /// Returns the first of `secrets`.
    ///
    /// # Errors
    /// `empty_secret` if there is none.
    pub(crate) fn require_secret<'s>(&self, secrets: &'s [Secret]) -> Result<&'s Secret, ConfigError> {
        secrets.first().ok_or_else(|| {
            let user = match self.config.auth_method {
                Some(method) => format!("auth_method {method}"),
                None => "a scheme".to_owned(),
            };
            ConfigError::new(ConfigErrorKind::EmptySecret, format!("{user} needs a secret, and there is none"))
                .in_field(self.secret_field())
        })
    }

    /// Returns the path of a field of `config` in the JSON.
    pub(crate) fn path(&self, field: &str) -> String {
        if self.request.is_some() { format!("config.{field}") } else { field.to_owned() }
    }

    /// Returns the path of the field that holds the secret in the JSON.
    pub(crate) fn secret_field(&self) -> &'static str {
        if self.request.is_some() { "config.auth_secret" } else { "auth_secret" }
    }
}

/// Refuses what Fivetran's API answers, in place of what it is asked with: all of it, or what is in `data`.
fn refuse_answer(root: &Node<'_>) -> Result<(), ConfigError> {
    let names = root.field_names()?;
    let has_all = |expected: &[&str]| expected.iter().all(|name| names.iter().any(|other| other == name));
    let (field, advice) = if has_all(&["code", "data"]) {
        ("code", "data.config")
    } else if has_all(&["id", "service", "config"]) {
        ("id", "config")
    } else {
        return Ok(());
    };
    root.descendant(field).map_or(Ok(()), |node| {
        Err(node.error(format!(
            "unknown field; this looks like an answer of Fivetran's API: give only the object that is in its {advice}, with the secret, \
             which answers mask"
        )))
    })
}
