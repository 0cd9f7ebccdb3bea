//! What a vector's verifier says, as far as the core needs it. The `countersign` crate reads schemes and connections; what it
//! keeps to itself (secrets, above all) is read once more from the JSON.

use countersign::connection::{AlgorithmSetting, AuthMethod};
use countersign::engine::{AlgorithmRule, Scheme as CoreScheme, SecretForm, TimeUnit, Timestamp};
use countersign::{Algorithm, ConfigError, ConfigErrorKind, Connection, Preset, Scheme, Tolerance};
use countersign_vectors::{Kind, Verifier};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A scheme and its secrets.
pub(crate) struct Setting {
    pub(crate) scheme: CoreScheme<String>,
    pub(crate) accept: Vec<Algorithm>,
    pub(crate) secrets: Vec<Secret>,
    /// An index into the core's list.
    pub(crate) secret_form: u8,
    /// Whether the answer to a handshake signs a body for anyone, so that the library refuses bodies that the core accepts.
    pub(crate) refuses_tokens: bool,
}

/// A secret and when it counts, in milliseconds since 1970.
pub(crate) struct Secret {
    pub(crate) text: Vec<u8>,
    pub(crate) not_before: Option<i64>,
    pub(crate) not_after: Option<i64>,
}

/// Why the core alone cannot judge a vector.
pub(crate) enum LeftOut {
    /// What is signed needs a function with a heap.
    Function,
    /// It is no configuration at all.
    Configuration(ConfigErrorKind),
}

impl From<ConfigError> for LeftOut {
    fn from(error: ConfigError) -> Self {
        Self::Configuration(error.kind())
    }
}

/// What is not JSON was refused before.
impl From<serde_json::Error> for LeftOut {
    fn from(_: serde_json::Error) -> Self {
        Self::Configuration(ConfigErrorKind::InvalidConfig)
    }
}

/// The fields of a scheme's JSON that the library keeps to itself.
#[derive(Default, Deserialize)]
struct SchemeFields {
    secret: Option<String>,
    handshake: Option<HandshakeFields>,
}

/// What a handshake's answer signs.
#[derive(Deserialize)]
struct HandshakeFields {
    hmac: Option<String>,
}

/// The fields of a connection's JSON that the library keeps to itself.
#[derive(Deserialize)]
struct ConnectionFields<'a> {
    auth_secret: Option<String>,
    #[serde(default)]
    secrets: Vec<SecretField>,
    #[serde(borrow)]
    scheme: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SecretField {
    Text(String),
    Object { secret: String, not_before: Option<serde_json::Value>, not_after: Option<serde_json::Value> },
}

impl Setting {
    pub(crate) fn of(verifier: &Verifier) -> Result<Self, LeftOut> {
        let json = match verifier.kind() {
            Kind::Connection(json) => return Self::of_connection(verifier, json),
            Kind::Scheme(json) => json,
            Kind::Preset(name) => {
                Scheme::preset(name)?;
                preset(name)
            }
        };
        let scheme = Scheme::from_json(json)?;
        let scheme = match verifier.tolerance() {
            Some(seconds) => scheme.with_tolerance(Tolerance::both(u32::try_from(seconds).unwrap_or(u32::MAX)))?,
            None => scheme,
        };
        let secrets = verifier.scheme_secrets().into_iter().map(|secret| Secret {
            text: secret.bytes.to_vec(),
            not_before: secret.not_before.and_then(moment),
            not_after: secret.not_after.and_then(moment),
        });
        Self::of_scheme(&scheme, json, secrets.collect())
    }

    fn of_connection(verifier: &Verifier, json: &str) -> Result<Self, LeftOut> {
        let connection = Connection::from_json(json)?;
        let fields: ConnectionFields<'_> = serde_json::from_str(json)?;
        let (config, written) = (&connection.config, fields.scheme);
        let secrets = match verifier.secrets() {
            Some(raw) => raw.into_iter().map(|raw| Secret::always(raw.to_vec())).collect(),
            None => fields.secrets(),
        };
        if let (Some(scheme), Some(raw)) = (&config.scheme, written) {
            let named = serde_json::from_str::<String>(raw.get());
            return Self::of_scheme(scheme, named.as_ref().map_or(raw.get(), |name| preset(name)), secrets);
        }
        let is_none = config.auth_method == Some(AuthMethod::None);
        if is_none {
            // The packed form has no secrets for it, so the library refuses them here.
            let given: Vec<_> = secrets.iter().map(|secret| countersign::Secret::new(secret.text.clone())).collect();
            connection.verifier_with(&given)?;
        }
        let scheme = if is_none { CoreScheme::None } else { connection.scheme()?.core().clone() };
        let accept = match config.algorithm {
            AlgorithmSetting::Fixed(algorithm) => vec![algorithm],
            _ => config.accept.clone(),
        };
        Ok(Self { scheme, accept, secrets, secret_form: 0, refuses_tokens: false })
    }

    fn of_scheme(scheme: &Scheme, json: &str, secrets: Vec<Secret>) -> Result<Self, LeftOut> {
        let fields: SchemeFields = serde_json::from_str(json)?;
        if !scheme.is_core_alone() {
            return Err(LeftOut::Function);
        }
        let signs_body = matches!(scheme.core(), CoreScheme::Hmac(hmac) if hmac.template() == "{body}");
        let refuses_tokens = signs_body && fields.handshake.is_some_and(|handshake| handshake.hmac.is_some());
        let named = |form: &SecretForm| Some(form.name()) == fields.secret.as_deref();
        let secret_form = SecretForm::ALL.iter().position(named).unwrap_or(0);
        let accept = match scheme.core() {
            CoreScheme::Hmac(hmac) => match hmac.algorithm {
                AlgorithmRule::Fixed(algorithm) => vec![algorithm],
                _ => Algorithm::ALL.to_vec(),
            },
            _ => Vec::new(),
        };
        let secret_form = u8::try_from(secret_form).unwrap_or(0);
        Ok(Self { scheme: scheme.core().clone(), accept, secrets, secret_form, refuses_tokens })
    }
}

impl Secret {
    fn always(text: Vec<u8>) -> Self {
        Self { text, not_before: None, not_after: None }
    }
}

impl ConnectionFields<'_> {
    fn secrets(self) -> Vec<Secret> {
        let listed = self.secrets.into_iter().map(|field| match field {
            SecretField::Text(text) => Secret::always(text.into_bytes()),
            SecretField::Object { secret, not_before, not_after } => Secret {
                text: secret.into_bytes(),
                not_before: not_before.and_then(|value| moment(&value.to_string())),
                not_after: not_after.and_then(|value| moment(&value.to_string())),
            },
        });
        let first = self.auth_secret.map(String::into_bytes).map(Secret::always);
        first.into_iter().chain(listed).collect()
    }
}

/// The JSON of a preset that there is.
fn preset(name: &str) -> &'static str {
    countersign::presets().iter().find(|preset| preset.name() == name).map_or("{}", Preset::json)
}

/// A moment in JSON: seconds since 1970, or RFC 3339 in quotes.
fn moment(json: &str) -> Option<i64> {
    let text = json.trim_matches('"');
    let unit = if text.len() == json.len() { TimeUnit::Seconds } else { TimeUnit::Rfc3339 };
    Some(Timestamp::parse(text.as_bytes(), unit)?.as_milliseconds())
}
