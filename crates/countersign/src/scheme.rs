//! The type [`Scheme`]: a preset, or a scheme in JSON, ready to be joined with secrets.

mod derived_key;
mod fields;
mod json;
mod message;

use std::sync::Arc;

pub(crate) use derived_key::DerivedKey;
pub(crate) use fields::read_tolerance as tolerance;

use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, HmacScheme, Key, Scheme as CoreScheme, SecretForm, SetupError, Source,
    Tolerance, Verifier as CoreVerifier,
};

use crate::composition::Composition;
use crate::delivery_id::{DeliveryIdPlace, IdPlace, IdPlaces};
use crate::error::{ConfigError, ConfigErrorKind};
use crate::function::Function;
use crate::handshake::HandshakeRule;
use crate::json::Node;
use crate::message_format::MessageFormat;
use crate::preset::{self, Preset, presets};
use crate::printable::printable;
use crate::rewriter::Rewriter;
use crate::secret::Secret;
use crate::secret_text::SecretText;

/// How a sender signs: which header holds the signature, what is signed, and the encoding of secrets.
///
/// A scheme contains no secret. A scheme and secrets together make a [`Verifier`](crate::Verifier) or a
/// [`Signer`](crate::Signer).
#[derive(Clone, Debug)]
pub struct Scheme {
    pub(crate) name: Option<String>,
    pub(crate) core: CoreScheme<String>,
    pub(crate) function: Option<Function>,
    /// The format in which the message lists what is signed, if it is one. The core's scheme then says only where the
    /// signature is and how it is encoded.
    pub(crate) message_format: Option<Box<MessageFormat>>,
    /// Whether the tag is the hash of the text with the secret in it, and no HMAC.
    pub(crate) is_plain_hash: bool,
    /// What is read beside header and body, if the core alone does not suffice.
    pub(crate) composition: Option<Arc<Composition>>,
    pub(crate) secret_form: SecretForm,
    /// How the key is derived from the secret, if it is not the secret itself.
    pub(crate) derived_key: Option<DerivedKey>,
    /// Whether a signer writes a space after each separator, for receivers that require it. Verifiers accept both. The
    /// field `signature.spaced` of the JSON.
    pub(crate) space_after_separator: bool,
    /// The algorithms that may be inferred, or the fixed one; empty if no algorithm is used.
    pub(crate) accept: Vec<Algorithm>,
    /// Where the id of a delivery stands; the signed id if the scheme does not say.
    pub(crate) id_from: Option<IdPlaces>,
    /// How many seconds the sender waits for an answer, if it says so.
    pub(crate) answer_within: Option<u32>,
    /// What the sender demands before it sends events.
    pub(crate) handshake: Option<Box<HandshakeRule>>,
}

impl Scheme {
    /// Returns the preset `name`, such as `stripe`; [`presets`] lists all. A name among a preset's
    /// [`aliases`](Preset::aliases) is found too: `whatsapp` is `meta`.
    ///
    /// # Errors
    /// `unsupported` for a known sender that does not sign with HMAC, with the reason; `unknown_preset` for any other name,
    /// with the most similar known one.
    pub fn preset(name: &str) -> Result<Self, ConfigError> {
        Self::from_json(preset::find(name)?.json())
    }

    /// Reads a scheme from JSON, in the form that `countersign presets NAME` prints.
    ///
    /// # Errors
    /// `invalid_config`, with the line and the field, for malformed JSON, unknown or missing fields, values that are not
    /// allowed, and parts that contradict each other.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        json::read(&Node::parse_object(json)?)
    }

    /// Reads a scheme, or the name of a preset, inside other JSON.
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        if node.is_string() {
            let name = node.string()?;
            return Self::preset(&name).map_err(|error| node.locate(error));
        }
        json::read(node)
    }

    pub(crate) fn hmac(header: &str, rule: AlgorithmRule<String>, accept: Vec<Algorithm>, encoding: Encoding) -> Self {
        let core = CoreScheme::hmac(header.to_owned(), rule, encoding);
        Self { accept, ..Self::without_algorithm(core) }
    }

    pub(crate) fn token(header: &str) -> Self {
        Self::without_algorithm(CoreScheme::token(header.to_owned()))
    }

    pub(crate) fn none() -> Self {
        Self::without_algorithm(CoreScheme::None)
    }

    pub(crate) fn without_algorithm(core: CoreScheme<String>) -> Self {
        Self {
            name: None,
            core,
            function: None,
            message_format: None,
            is_plain_hash: false,
            composition: None,
            secret_form: SecretForm::Utf8,
            derived_key: None,
            space_after_separator: false,
            accept: Vec::new(),
            id_from: None,
            answer_within: None,
            handshake: None,
        }
    }

    /// Returns the name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the names of the headers that may hold the signature or token, in order.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.core.headers()
    }

    /// Returns the names of the other headers that every verification reads, where the core's scheme does not name them: in
    /// the formats in which the message lists what is signed, and in a template with texts that the core does not know.
    #[must_use]
    pub fn other_headers(&self) -> Vec<&str> {
        match (&self.message_format, &self.composition) {
            (Some(format), _) => format.read_headers(),
            (None, Some(composition)) => composition.signed_headers(),
            (None, None) => Vec::new(),
        }
    }

    /// Returns the names of the headers that a delivery lists as signed, in lower case. Such a list is in the value of a header
    /// in [`headers`](Self::headers) or in [`other_headers`](Self::other_headers), in the formats `rfc9421` and
    /// `draft-cavage`, and with `signed_headers`. A value without such a list has none.
    #[must_use]
    pub fn listed_headers(&self, value: &[u8]) -> Vec<String> {
        match (&self.message_format, &self.composition) {
            (Some(format), _) => format.listed_headers(value),
            (None, Some(composition)) => composition.listed_headers(value),
            (None, None) => Vec::new(),
        }
    }

    /// Where the signature or token is looked for, in words: `the header X-Hub-Signature-256`. Of more than three headers the
    /// first two are named. A preset whose signature is in the body (`adyen`) has `the field … of the body`. Empty if nothing
    /// is checked.
    #[must_use]
    pub fn signature_place(&self) -> String {
        if let Some(place) = self.composition.as_ref().and_then(|composition| composition.signature_place()) {
            return place.words();
        }
        let names: Vec<_> = self.headers().map(printable).collect();
        match (&names[..], self.function) {
            ([], _) => String::new(),
            ([name], Some(function)) if function.finds_signature() => format!("the field {name} of the body"),
            ([name], _) => format!("the header {name}"),
            ([first, second, more @ ..], _) if more.len() > 1 => {
                format!("the headers {first}, {second} and {} more", more.len())
            }
            ([names @ .., last], _) => format!("the headers {} and {last}", names.join(", ")),
        }
    }

    /// How many seconds the sender waits for an answer, if its documentation says so.
    #[must_use]
    pub fn answer_within(&self) -> Option<u32> {
        self.answer_within
    }

    /// The places where the id of a delivery can be, in the order in which they count; none if the scheme does not say.
    #[must_use]
    pub fn delivery_id_places(&self) -> Vec<DeliveryIdPlace> {
        // What the MAC covers is known to a verifier. It needs a secret, and takes this one in every form.
        let probe = [Secret::new("aa")];
        let secrets = if matches!(self.core, CoreScheme::None) { &[] } else { &probe[..] };
        self.core_verifier(secrets).map_or_else(|_| Vec::new(), |core| self.id_places(&core).shown())
    }

    /// The places of a delivery's id, with the knowledge of which of them the MAC covers.
    pub(crate) fn id_places(&self, core: &CoreVerifier<Box<[Key]>, String>) -> IdPlaces {
        let signed_id = || match &self.core {
            CoreScheme::Hmac(HmacScheme { id: Some(Source::Header(name)), .. }) => {
                match self.composition.as_ref().and_then(|composition| composition.place_behind(name)) {
                    None => IdPlaces::one(IdPlace::Header(name.clone())),
                    Some(place) => IdPlace::try_from(place).map_or_else(|()| IdPlaces::default(), IdPlaces::one),
                }
            }
            _ => IdPlaces::default(),
        };
        let places = self.id_from.clone().unwrap_or_else(signed_id);
        places.signed_by(|place| match place {
            _ if let Some(composition) = &self.composition => composition.signs(place, core),
            IdPlace::Header(name) => match &self.message_format {
                Some(format) => format.signs_header(name),
                None => core.signs_header(name),
            },
            IdPlace::Query(_) => {
                self.message_format.as_ref().map_or_else(|| core.delimits_url(), |format| format.signs_url())
            }
            IdPlace::Json(pointer) => self.signs() && self.function.is_none_or(|f| f.signs_json(pointer.names())),
            IdPlace::Form(_) => match self.function {
                Some(function) => function.signs_form(),
                // What stands beside it in the URL can become a part of the form.
                None => self.signs() && (core.delimits_url() || !core.signs_url()),
            },
        })
    }

    /// Returns the scheme as the core reads it.
    ///
    /// The core alone cannot verify a scheme with a function, with one of the formats in which the message lists what is
    /// signed, or with a plain hash. See [`is_core_alone`](Self::is_core_alone).
    #[must_use]
    pub fn core(&self) -> &CoreScheme<String> {
        &self.core
    }

    /// Whether deliveries are authenticated by an HMAC; `false` for a token, for a plain hash over the secret and the text, and
    /// if nothing is checked.
    #[must_use]
    pub fn is_hmac(&self) -> bool {
        self.signs() && !self.is_plain_hash
    }

    /// Whether the core alone verifies deliveries of this scheme.
    #[must_use]
    pub fn is_core_alone(&self) -> bool {
        self.function.is_none() && self.composition.is_none() && self.message_format.is_none()
    }

    /// Returns how far the timestamp may be from the current time; `None` if any timestamp is accepted.
    #[must_use]
    pub fn tolerance(&self) -> Option<Tolerance> {
        if let Some(format) = &self.message_format {
            return format.tolerance();
        }
        match &self.core {
            CoreScheme::Hmac(scheme) => scheme.timestamp.as_ref().and_then(|rule| rule.tolerance),
            _ => None,
        }
    }

    /// Returns the same scheme with another tolerance.
    ///
    /// # Errors
    /// `invalid_config` if the scheme signs no timestamp, since the age of a delivery is then unknown.
    pub fn with_tolerance(mut self, tolerance: Tolerance) -> Result<Self, ConfigError> {
        if self.message_format.as_deref_mut().is_some_and(|format| format.set_tolerance(Some(tolerance))) {
            return Ok(self);
        }
        let CoreScheme::Hmac(HmacScheme { timestamp: Some(rule), .. }) = &mut self.core else {
            return Err(ConfigError::invalid(
                "a tolerance needs a scheme that signs a timestamp; without one the age of a delivery is unknown",
            ));
        };
        rule.tolerance = Some(tolerance);
        self.core.check().map_err(|fault| ConfigError::invalid(fault.message()))?;
        Ok(self)
    }

    /// Whether the MAC covers the whole body, as [`Verified::covers_body`](crate::Verified::covers_body) says of each
    /// authentic delivery.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        match &self.message_format {
            Some(format) => format.covers_body,
            None => self.signs() && self.rewriter().is_none_or(|rewriter| rewriter.covers_body()),
        }
    }

    /// What runs before the core, if anything.
    pub(crate) fn rewriter(&self) -> Option<Rewriter> {
        self.function.map(Rewriter::Function).or_else(|| self.composition.clone().map(Rewriter::Composition))
    }

    /// A template of the core as this scheme would write it in JSON.
    pub(crate) fn written(&self, template: &str) -> String {
        self.composition.as_ref().map_or_else(|| template.to_owned(), |composition| composition.written(template))
    }

    /// The text of the secret with these secrets, if it is signed.
    pub(crate) fn secret_text(&self, secrets: &[Secret]) -> Option<SecretText> {
        let algorithm = self.accept.first().copied().filter(|_| self.is_plain_hash);
        SecretText::new(&self.core, algorithm, secrets)
    }

    /// Whether deliveries are signed, by an HMAC or a plain hash; `false` for tokens, and if nothing is checked.
    pub(crate) fn signs(&self) -> bool {
        matches!(self.core, CoreScheme::Hmac(_))
    }

    /// Makes the core's verifier with one key for each accepted algorithm and secret, ordered by algorithm and then as
    /// `secrets`.
    pub(crate) fn core_verifier(&self, secrets: &[Secret]) -> Result<CoreVerifier<Box<[Key]>, String>, ConfigError> {
        if matches!(self.core, CoreScheme::None) && !secrets.is_empty() {
            return Err(ConfigError::invalid(
                "auth_method is NONE, so a secret has no use; leave it out, or write \"auth_method\": \"HMAC\" or \
                 \"TOKEN_BASED\"",
            ));
        }
        if let Some(index) = secrets.iter().position(|secret| secret.validity().is_never()) {
            let message =
                format!("secret {index} can never be used: its not_before is later than its not_after; swap them");
            return Err(ConfigError::invalid(message));
        }
        // Allocated once: a vector that grows leaves copies of keys in freed memory.
        let mut keys = Vec::with_capacity(self.accept.len().max(1) * secrets.len());
        match &self.core {
            CoreScheme::Hmac(_) => {
                for algorithm in &self.accept {
                    for secret in secrets {
                        keys.push(self.key(*algorithm, secret)?);
                    }
                }
            }
            _ => {
                for secret in secrets {
                    keys.push(Key::token(secret.expose())?);
                }
            }
        }
        Ok(CoreVerifier::new(self.core.clone(), keys.into_boxed_slice())?)
    }

    /// Prepares the key of a secret for `algorithm`.
    ///
    /// # Errors
    /// `malformed_secret` if the secret is not in the form that the scheme requires; `empty_secret` if it has no bytes, only
    /// zero bytes, only white space (spaces, tabs, line breaks) or only `*`.
    pub(crate) fn key(&self, algorithm: Algorithm, secret: &Secret) -> Result<Key, ConfigError> {
        if self.derived_key.is_some() {
            // Of nothing no key is derived, nor of zeros, white space or `*`.
            SecretForm::Utf8.key(algorithm, secret.expose())?;
        }
        let derived = self.derived_key.map(|rule| rule.key(secret.expose()));
        let text = derived.as_ref().map_or(secret.expose(), |key| key);
        self.secret_form.key(algorithm, text).map_err(|error| match error {
            SetupError::MalformedSecret => ConfigError::new(
                ConfigErrorKind::MalformedSecret,
                format!(
                    "the secret is not the {} text that the scheme requires; copy all of it, as the sender shows it, or set \
                     secret to UTF_8 in the scheme if its text is the key{}{}",
                    self.secret_form.name(),
                    if secret.has_blank_ends() {
                        "; it begins or ends with a space or a line break, which is not part of it"
                    } else {
                        ""
                    },
                    self.token_preset().map_or_else(String::new, |name| format!(
                        "; if the sender repeats this secret in each delivery, it is a token, for the preset {name}"
                    ))
                ),
            ),
            error => error.into(),
        })
    }

    /// Returns the name of the preset for the tokens of the same sender, such as `gitlab-token` for `gitlab`.
    fn token_preset(&self) -> Option<&'static str> {
        let token_name = format!("{}-token", self.name()?);
        presets().iter().map(Preset::name).find(|name| *name == token_name)
    }

    /// Returns the algorithm of a signer: `requested`, or else SHA_256 if it is accepted, or else the first accepted one.
    ///
    /// # Errors
    /// `unsupported` if the scheme does not sign; `invalid_config` if it does not accept `requested`.
    pub(crate) fn signing_algorithm(&self, requested: Option<Algorithm>) -> Result<Algorithm, ConfigError> {
        let default = self.accept.iter().find(|&&algorithm| algorithm == Algorithm::Sha256).or(self.accept.first());
        let Some(default) = default else {
            let message = "only HMAC makes a signature; with a token the sender repeats the secret, and without \
                           authentication it sends nothing";
            return Err(ConfigError::new(ConfigErrorKind::Unsupported, message));
        };
        let algorithm = requested.unwrap_or(*default);
        if !self.accept.contains(&algorithm) {
            let allowed = self.accept.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>().join(", ");
            return Err(ConfigError::invalid(format!("{algorithm} is not taken here; allowed are {allowed}")));
        }
        Ok(algorithm)
    }
}
