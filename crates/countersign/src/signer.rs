//! The signer, which makes the header lines that a sender would send.

use std::fmt;

use countersign_core::{
    Algorithm, Delivery, Format, HmacScheme, Key, MAX_VALUE, Rejection, Scheme as CoreScheme, Source,
    Verifier as CoreVerifier,
};

use crate::clock::timestamp;
use crate::encode::{encode, format_time};
use crate::error::ConfigError;
pub use crate::message::Message;
use crate::message_format::MessageFormat;
use crate::missing::{missing_parts, unsignable};
use crate::missing_part::MissingPart;
use crate::rewriter::{Rewriter, check_header_change};
use crate::secret_text::SecretText;

/// Makes the header lines that a [`Verifier`](crate::Verifier) of the same scheme accepts.
///
/// It is meant for senders, tests and tools. Never verify a delivery by signing it and comparing the texts: the time that
/// the comparison takes reveals the right signature to an attacker, character by character.
#[derive(Clone)]
pub struct Signer {
    core: CoreVerifier<[Key; 1], String>,
    rewriter: Option<Rewriter>,
    message_format: Option<Box<MessageFormat>>,
    secret_text: Option<SecretText>,
    algorithm: Algorithm,
    /// Whether a space is written after each separator.
    space_after_separator: bool,
}

impl Signer {
    /// Returns the same signer with `name` as the name of the signature header.
    ///
    /// # Errors
    /// `invalid_config` if `name` is not a valid header name (RFC 9110 section 5.6.2), or if the signature is in the body
    /// (the preset `adyen`).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        check_header_change(name, self.core.scheme(), self.rewriter.as_ref())?;
        let rewriter = self.rewriter.map(|rewriter| rewriter.in_header(name));
        Ok(Self { core: self.core.in_header(name.to_owned())?, rewriter, ..self })
    }

    /// Returns the algorithm of the signatures.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the header lines to add to a message, as names and values: those of the timestamp and the id, if the scheme
    /// has such headers, those of the body's digest and of the list of what is signed in HTTP signatures, then that of the
    /// signature.
    ///
    /// If the signature is in the body (`adyen`), its line has the name of the field.
    ///
    /// # Errors
    /// `invalid_config` if the message lacks a part that this scheme signs, or if a header cannot contain the id or the
    /// timestamp.
    pub fn headers(&self, message: &Message<'_>) -> Result<Vec<(String, String)>, ConfigError> {
        if let Some(format) = &self.message_format {
            return format.sign(&self.core, message);
        }
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return Ok(Vec::new()) };
        let timestamp =
            scheme.timestamp.as_ref().map(|rule| format_time(timestamp(message.now), rule.unit)).transpose()?;
        check_id(scheme, message.id)?;
        let mut added = Vec::new();
        // A message has its timestamp and its id already, where a composition reads them from the URL or the body.
        let is_added = |name: &str| match &self.rewriter {
            Some(Rewriter::Composition(composition)) => composition.place_behind(name).is_none(),
            _ => true,
        };
        if let (Some(text), Some(Source::Header(name))) = (&timestamp, scheme.timestamp.as_ref().map(|rule| &rule.from))
            && is_added(name)
        {
            added.push((name.clone(), text.clone()));
        }
        if let (false, Some(Source::Header(name))) = (message.id.is_empty(), &scheme.id)
            && is_added(name)
        {
            added.push((name.clone(), message.id.to_owned()));
        }
        // An added line replaces those of the message with the same name.
        let is_replaced = |name: &str| added.iter().any(|(added, _)| added.eq_ignore_ascii_case(name));
        let mut lines: Vec<(&str, &[u8])> =
            message.headers.iter().filter(|(name, _)| !is_replaced(name)).copied().collect();
        lines.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
        let delivery = Delivery { method: message.method, url: message.url, headers: &lines[..], body: message.body };

        let tag = self
            .tag(&delivery, timestamp.as_deref(), message.id)
            .map_err(|rejection| unsignable(rejection, scheme, self.rewriter.as_ref(), &self.missing_parts(message)))?;
        let signature = encode(scheme.encoding, &tag);
        let value = self.header_value(scheme, &signature, timestamp.as_deref().unwrap_or_default(), message.id);
        let name = self.core.scheme().headers().next().unwrap_or_default().to_owned();
        added.push((name, value));
        Ok(added)
    }

    /// Returns the parts of the signed text that a message lacks, in the order in which they are signed. As
    /// [`Scheme::missing_parts`](crate::Scheme::missing_parts), but for a message before it is sent.
    #[must_use]
    pub fn missing_parts(&self, message: &Message<'_>) -> Vec<MissingPart> {
        if let Some(format) = &self.message_format {
            return format.missing_in(message);
        }
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return Vec::new() };
        let Message { method, url, headers, body, .. } = *message;
        missing_parts(scheme, self.rewriter.as_ref(), &Delivery { method, url, headers, body }, Some(message.id))
    }

    /// Returns the value of the signature header for a message.
    ///
    /// # Errors
    /// As [`headers`](Self::headers).
    pub fn signature(&self, message: &Message<'_>) -> Result<String, ConfigError> {
        Ok(self.headers(message)?.pop().map_or_else(String::new, |(_, value)| value))
    }

    /// Returns the valid value of the signature header for a delivery that was received, and the signature in it. The
    /// timestamp and the id come from `received`, the value of its signature header, if they are there.
    pub(crate) fn valid_value(
        &self,
        message: &Message<'_>,
        received: Option<&[u8]>,
    ) -> Result<(String, String), ConfigError> {
        if self.message_format.is_some() {
            return Ok(Default::default());
        }
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return Ok(Default::default()) };
        let (timestamp, id) = self.core.header_fields(received.unwrap_or_default());
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let (timestamp, id) = (text(timestamp), text(id).unwrap_or_else(|| message.id.to_owned()));
        let delivery =
            Delivery { method: message.method, url: message.url, headers: message.headers, body: message.body };
        let tag = self
            .tag(&delivery, timestamp.as_deref(), &id)
            .map_err(|rejection| unsignable(rejection, scheme, self.rewriter.as_ref(), &[]))?;
        let signature = encode(scheme.encoding, &tag);
        Ok((self.header_value(scheme, &signature, timestamp.as_deref().unwrap_or_default(), &id), signature))
    }

    /// Computes the tag of the signed text. If a function returns several URLs, the first is signed.
    fn tag(&self, delivery: &Delivery<'_>, timestamp: Option<&str>, id: &str) -> Result<Vec<u8>, Rejection> {
        let timestamp = timestamp.map(str::as_bytes);
        let id = Some(id.as_bytes());
        let Some(rewriter) = &self.rewriter else {
            return Ok(self.core.sign(delivery, timestamp, id)?.as_bytes().to_vec());
        };
        let rewritten = rewriter.rewrite_unsigned(delivery)?;
        let deliveries = rewritten.deliveries(delivery, "");
        let first = deliveries.iter().next().ok_or(Rejection::MissingPart)?;
        let Some(secret_text) = &self.secret_text else {
            return Ok(self.core.sign(&first, timestamp, id)?.as_bytes().to_vec());
        };
        let mut parts = Vec::new();
        self.core.parts_to_sign(&first, timestamp, id, |part| parts.push(part))?;
        let tag = self.core.keys().first().and_then(|key| secret_text.sign(self.core.scheme(), key, &parts));
        tag.ok_or(Rejection::MissingPart)
    }

    /// Writes the value of the signature header: the signature in the format of the scheme.
    fn header_value(&self, scheme: &HmacScheme<String>, signature: &str, timestamp: &str, id: &str) -> String {
        let field = |source: Option<&Source<String>>, text: &str| match source {
            Some(Source::Signature(key)) => Some((key.clone(), text.to_owned())),
            _ => None,
        };
        let timestamp = field(scheme.timestamp.as_ref().map(|rule| &rule.from), timestamp);
        let id = field(scheme.id.as_ref(), id);
        let value = match &scheme.format {
            Format::Bare => signature.to_owned(),
            Format::Labelled => format!("{}={signature}", label(self.algorithm)),
            Format::Prefixed { prefix, .. } => format!("{prefix}{signature}"),
            Format::List { version, .. } => format!("{version},{signature}"),
            Format::Pairs { separator, mark, key } => {
                let pairs = timestamp.into_iter().chain(id).chain([(key.clone(), signature.to_owned())]);
                let pairs: Vec<String> =
                    pairs.map(|(key, value)| format!("{key}{}{value}", char::from(*mark))).collect();
                pairs.join(&self.separator(*separator))
            }
            Format::Positional { separator, fields } => {
                let known: Vec<(String, String)> = timestamp.into_iter().chain(id).collect();
                let values: Vec<&str> = fields
                    .split(',')
                    .map(|field| match known.iter().find(|(key, _)| key == field.trim()) {
                        Some((_, value)) => value.as_str(),
                        None if field.trim() == "signature" => signature,
                        // A field that nothing reads still must not be empty, nor contain the separator.
                        None => "0",
                    })
                    .collect();
                values.join(&self.separator(*separator))
            }
        };
        match &self.rewriter {
            Some(Rewriter::Composition(composition)) => composition.wrap(value),
            _ => value,
        }
    }

    fn separator(&self, separator: u8) -> String {
        let space = if self.space_after_separator { " " } else { "" };
        format!("{}{space}", char::from(separator))
    }

    /// Makes a signer from its fields.
    pub(crate) fn new(
        core: CoreVerifier<[Key; 1], String>,
        rewriter: Option<Rewriter>,
        message_format: Option<Box<MessageFormat>>,
        secret_text: Option<SecretText>,
        algorithm: Algorithm,
        space_after_separator: bool,
    ) -> Self {
        Self { core, rewriter, message_format, secret_text, algorithm, space_after_separator }
    }
}

/// Returns the label of an algorithm as most senders write it, such as `sha256`.
fn label(algorithm: Algorithm) -> String {
    algorithm.name().replace('_', "").to_ascii_lowercase()
}

/// Checks that an id can be sent unchanged: a header must be able to contain it, and so must its field in the signature
/// header.
fn check_id(scheme: &HmacScheme<String>, id: &str) -> Result<(), ConfigError> {
    let Some(source) = &scheme.id else { return Ok(()) };
    let separator = match (&scheme.format, source) {
        (Format::Pairs { separator, .. } | Format::Positional { separator, .. }, Source::Signature(_)) => {
            Some(*separator)
        }
        (Format::Bare | Format::Labelled | Format::Prefixed { .. } | Format::List { .. }, Source::Signature(_))
        | (_, Source::Header(_)) => None,
    };
    let is_invalid = id.trim() != id
        || id.len() > MAX_VALUE
        || id.bytes().any(|byte| byte.is_ascii_control() || Some(byte) == separator)
        || (separator.is_some() && id.is_empty());
    if !is_invalid {
        return Ok(());
    }
    let no_separator =
        separator.map_or_else(String::new, |separator| format!(", nor contain {:?}", char::from(separator)));
    Err(ConfigError::invalid(format!(
        "the id cannot be sent: it must not contain control characters, nor begin or end with a space, nor be longer than \
         {MAX_VALUE} bytes{no_separator}"
    )))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.core).finish_non_exhaustive()
    }
}
