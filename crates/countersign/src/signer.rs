//! The other direction: what a sender would send.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_core::{
    Algorithm, Delivery, Encoding, Format, HmacScheme, Key, MAX_VALUE, Rejection, Scheme as CoreScheme, Source,
    TimeUnit, Timestamp, Verifier as CoreVerifier,
};

use crate::clock::timestamp;
use crate::error::ConfigError;
use crate::function::{Function, check_movable};
use crate::missing::{MissingPart, lacking, missing_parts};

/// Makes the header lines that a [`Verifier`](crate::Verifier) of the same scheme takes.
///
/// For senders, tests and tools. Never verify by signing and comparing texts: that tells a patient listener the right
/// signature, character by character.
#[derive(Clone)]
pub struct Signer {
    core: CoreVerifier<[Key; 1], String>,
    function: Option<Function>,
    algorithm: Algorithm,
    /// Whether a blank is written behind each separator.
    spaced: bool,
}

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The request method, for schemes that sign it.
    pub method: &'a str,
    /// The URL that will be called, for schemes that sign it.
    pub url: &'a str,
    /// The header lines that are sent anyway, for schemes that sign one of them.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The raw body.
    pub body: &'a [u8],
    /// The message's id, for schemes that sign it; the same each time the message is sent again.
    pub id: &'a str,
    /// The time of sending, for schemes that sign it.
    pub now: SystemTime,
}

impl<'a> Message<'a> {
    /// A POST of `body`, sent now, with no URL and no id yet.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { method: "POST", url: "", headers: &[], body, id: "", now: SystemTime::now() }
    }
}

impl Signer {
    /// The same signer, sending in the header `name`.
    ///
    /// # Errors
    /// `invalid_config` if no header can have this name (RFC 9110 section 5.6.2), or if the signature stands in the body
    /// (the preset `adyen`).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        check_movable(name, self.core.scheme(), self.function)?;
        Ok(Self { core: self.core.in_header(name.to_owned())?, ..self })
    }

    /// The algorithm it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The header lines that go with a message, as names and values: the signature's, and those of the id and the time
    /// of sending where they have one.
    ///
    /// For a sender whose signature stands in the body (`adyen`), the line has the name of the field.
    ///
    /// # Errors
    /// `invalid_config` if the message lacks something that this scheme signs.
    pub fn headers(&self, message: &Message<'_>) -> Result<Vec<(String, String)>, ConfigError> {
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return Ok(Vec::new()) };
        let timestamp = scheme.timestamp.as_ref().map(|rule| written(timestamp(message.now), rule.unit)).transpose()?;
        check_id(scheme, message.id)?;
        let mut added = Vec::new();
        if let (Some(text), Some(Source::Header(name))) = (&timestamp, scheme.timestamp.as_ref().map(|rule| &rule.from))
        {
            added.push((name.clone(), text.clone()));
        }
        if let (false, Some(Source::Header(name))) = (message.id.is_empty(), &scheme.id) {
            added.push((name.clone(), message.id.to_owned()));
        }
        // A line of the message's own does not stand beside one that is added.
        let own =
            message.headers.iter().filter(|(name, _)| !added.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
        let mut lines: Vec<(&str, &[u8])> = own.copied().collect();
        lines.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
        let delivery = Delivery { method: message.method, url: message.url, headers: &lines[..], body: message.body };

        let tag = self
            .tag(&delivery, timestamp.as_deref(), message.id)
            .map_err(|rejection| lacking(rejection, scheme, &self.missing_parts(message)))?;
        let signature = encode(scheme.encoding, &tag);
        let value = self.written(scheme, &signature, timestamp.as_deref().unwrap_or_default(), message.id);
        let name = self.core.scheme().headers().next().unwrap_or_default().to_owned();
        added.push((name, value));
        Ok(added)
    }

    /// Which parts of the signed text a message lacks, in the order in which they are signed; as
    /// [`Scheme::missing_parts`], for a message that is still to be sent.
    #[must_use]
    pub fn missing_parts(&self, message: &Message<'_>) -> Vec<MissingPart> {
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return Vec::new() };
        let Message { method, url, headers, body, .. } = *message;
        missing_parts(scheme, self.function, &Delivery { method, url, headers, body }, Some(message.id))
    }

    /// The value of the signature's header for a message.
    ///
    /// # Errors
    /// As [`headers`](Self::headers).
    pub fn signature(&self, message: &Message<'_>) -> Result<String, ConfigError> {
        Ok(self.headers(message)?.pop().map_or_else(String::new, |(_, value)| value))
    }

    /// The header value that would be right for a delivery that was received, and the signature in it. What its header
    /// says beside the signature is taken from there.
    pub(crate) fn resigned(
        &self,
        message: &Message<'_>,
        received: Option<&[u8]>,
    ) -> Result<(String, String), ConfigError> {
        let CoreScheme::Hmac(scheme) = self.core.scheme() else { return Ok(Default::default()) };
        let (timestamp, id) = self.core.header_fields(received.unwrap_or_default());
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let (timestamp, id) = (text(timestamp), text(id).unwrap_or_else(|| message.id.to_owned()));
        let delivery =
            Delivery { method: message.method, url: message.url, headers: message.headers, body: message.body };
        let tag =
            self.tag(&delivery, timestamp.as_deref(), &id).map_err(|rejection| lacking(rejection, scheme, &[]))?;
        let signature = encode(scheme.encoding, &tag);
        Ok((self.written(scheme, &signature, timestamp.as_deref().unwrap_or_default(), &id), signature))
    }

    /// The tag of what is signed. Of the URLs that a verifier would try, the first counts.
    fn tag(&self, delivery: &Delivery<'_>, timestamp: Option<&str>, id: &str) -> Result<Vec<u8>, Rejection> {
        let timestamp = timestamp.map(str::as_bytes);
        let id = Some(id.as_bytes());
        let tag = match self.function {
            None => self.core.sign(delivery, timestamp, id)?,
            Some(function) => {
                let rewritten = function.rewrite(delivery)?;
                let deliveries = rewritten.deliveries(delivery, "");
                let first = deliveries.iter().next().ok_or(Rejection::MissingPart)?;
                self.core.sign(&first, timestamp, id)?
            }
        };
        Ok(tag.as_bytes().to_vec())
    }

    /// The header value: the signature with what stands around it.
    fn written(&self, scheme: &HmacScheme<String>, signature: &str, timestamp: &str, id: &str) -> String {
        let beside = |source: Option<&Source<String>>, text: &str| match source {
            Some(Source::Signature(key)) => Some((key.clone(), text.to_owned())),
            _ => None,
        };
        let timestamp = beside(scheme.timestamp.as_ref().map(|rule| &rule.from), timestamp);
        let id = beside(scheme.id.as_ref(), id);
        match &scheme.format {
            Format::Bare => signature.to_owned(),
            Format::Labelled => format!("{}={signature}", label(self.algorithm)),
            Format::Prefixed { prefix, .. } => format!("{prefix}{signature}"),
            Format::List { version, .. } => format!("{version},{signature}"),
            Format::Pairs { separator, key } => {
                let pairs = timestamp.into_iter().chain(id).chain([(key.clone(), signature.to_owned())]);
                let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
                pairs.join(&self.between(*separator))
            }
            Format::Positional { separator, fields } => {
                let known: Vec<(String, String)> = timestamp.into_iter().chain(id).collect();
                let values: Vec<&str> = fields
                    .split(',')
                    .map(|field| match known.iter().find(|(key, _)| key == field.trim()) {
                        Some((_, value)) => value.as_str(),
                        None if field.trim() == "signature" => signature,
                        // A field that nothing reads must not be empty all the same, nor be the separator.
                        None => "0",
                    })
                    .collect();
                values.join(&self.between(*separator))
            }
        }
    }

    fn between(&self, separator: u8) -> String {
        let blank = if self.spaced { " " } else { "" };
        format!("{}{blank}", char::from(separator))
    }

    /// A signer made of its parts. `spaced` says whether it writes a space after each separator.
    pub(crate) fn new(
        core: CoreVerifier<[Key; 1], String>,
        function: Option<Function>,
        algorithm: Algorithm,
        spaced: bool,
    ) -> Self {
        Self { core, function, algorithm, spaced }
    }
}

/// As `sha256`, the way most senders write it.
fn label(algorithm: Algorithm) -> String {
    algorithm.name().replace('_', "").to_ascii_lowercase()
}

/// Hex in lower case, base64 with padding, base64url without: the form that most receivers compare with.
fn encode(encoding: Encoding, tag: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => STANDARD.encode(tag),
        Encoding::Base64Url => URL_SAFE_NO_PAD.encode(tag),
        Encoding::HexaDecimal => const_hex::encode(tag),
    }
}

fn written(moment: Timestamp, unit: TimeUnit) -> Result<String, ConfigError> {
    let milliseconds = moment.as_milliseconds();
    let text = match unit {
        TimeUnit::Seconds if milliseconds >= 0 => Some((milliseconds / 1000).to_string()),
        TimeUnit::Milliseconds if milliseconds >= 0 => Some(milliseconds.to_string()),
        TimeUnit::Rfc3339 => jiff::Timestamp::from_millisecond(milliseconds).ok().map(|moment| moment.to_string()),
        TimeUnit::Seconds | TimeUnit::Milliseconds => None,
    };
    text.filter(|text| Timestamp::parse(text.as_bytes(), unit).is_some()).ok_or_else(|| {
        ConfigError::invalid(format!(
            "the time of sending cannot be written in the unit {} of this scheme",
            unit.name()
        ))
    })
}

/// An id is sent as it is, so it must be what a header can carry, and what its place in the signature's header can hold.
fn check_id(scheme: &HmacScheme<String>, id: &str) -> Result<(), ConfigError> {
    let Some(source) = &scheme.id else { return Ok(()) };
    let separator = match (&scheme.format, source) {
        (Format::Pairs { separator, .. } | Format::Positional { separator, .. }, Source::Signature(_)) => {
            Some(*separator)
        }
        _ => None,
    };
    let broken = id.trim() != id
        || id.len() > MAX_VALUE
        || id.bytes().any(|byte| byte.is_ascii_control() || Some(byte) == separator)
        || (separator.is_some() && id.is_empty());
    if !broken {
        return Ok(());
    }
    let place = separator.map_or_else(String::new, |separator| format!(", nor {:?}", char::from(separator)));
    Err(ConfigError::invalid(format!(
        "the id cannot be sent: it may hold no control characters and no blanks at its ends, nor be longer than {MAX_VALUE} bytes{place}"
    )))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.core).finish_non_exhaustive()
    }
}

impl fmt::Debug for Message<'_> {
    /// Leaves out the URL and the headers, which may hold a token, and the body's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("method", &self.method)
            .field("id", &self.id)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}
