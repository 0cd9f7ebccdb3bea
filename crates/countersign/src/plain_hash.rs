//! Senders that hash the secret together with the text, in place of HMAC: `SHA-256(secret + body)`.
//!
//! This is no HMAC, and weaker than one. Where the secret stands first, MD5, SHA-1, SHA-256 and SHA-512 let anyone who holds
//! one signed delivery append bytes to what is signed and compute the new hash (length extension). Where it stands last,
//! two texts with the same hash have the same signature, and such pairs are known for MD5 and SHA-1.
//!
//! A secret parts what stands on its two sides: whoever could move the cut would have to write the secret, and so to know
//! it.

mod template;

use countersign_core::hazmat::{Claim, Portable, Tag, unkeyed_hash};
use countersign_core::{
    Algorithm, Delivery, Format, Headers, Identity, Key, Rejection, Scheme as CoreScheme, SecretSet, TimeUnit,
    Timestamp, Tolerance, Verified,
};

use crate::clock::timestamp;
use crate::encode::{encode, format_time};
use crate::error::ConfigError;
use crate::header_line::single_line;
use crate::message::Message;
use crate::missing_part::{MissingPart, unsignable};
use crate::secret::Secret;
pub(crate) use template::{Part, parse};

type CoreVerifier = countersign_core::Verifier<Box<[Key]>, String>;

/// What is hashed, and how old it may be.
#[derive(Clone, Debug)]
pub(crate) struct PlainHash {
    pub(crate) algorithm: Algorithm,
    /// The parts of the hashed text, among them the body and the secret.
    pub(crate) parts: Vec<Part>,
    /// The header with the time of sending, and its unit.
    pub(crate) timestamp: Option<(String, TimeUnit)>,
    pub(crate) tolerance: Option<Tolerance>,
}

impl PlainHash {
    pub(crate) fn verify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier,
        secrets: &[Secret],
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let mut claim = Claim::empty();
        // The core decodes the signature. The text that its own scheme would sign has no use here.
        core.claim(&Portable, usable, delivery, now, &mut claim, |_| {})
            .map_err(|verdict| verdict.err().unwrap_or(Rejection::Mismatch))?;
        let (sent, texts) = self.texts(delivery)?;
        let verified = claim.judge(secrets.iter().map(|secret| self.hash(&texts, secret.expose())))?;
        if let Some((sent, tolerance)) = sent.zip(self.tolerance) {
            tolerance.check(sent, now)?;
        }
        Ok(verified)
    }

    /// The identity of a message that was accepted: the hash of its text, with a fixed word in place of the secret.
    pub(crate) fn identify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier,
        delivery: &Delivery<'_, H>,
    ) -> Option<Identity> {
        let (_, texts) = self.texts(delivery).ok()?;
        let text: Vec<&[u8]> = texts.iter().map(|text| text.unwrap_or(b"{secret}")).collect();
        core.identify(&Delivery { body: &text.concat(), ..*delivery })
    }

    /// The hash of the text with a secret.
    pub(crate) fn hash(&self, texts: &[Option<&[u8]>], secret: &[u8]) -> Tag {
        let parts: Vec<&[u8]> = texts.iter().map(|text| text.unwrap_or(secret)).collect();
        unkeyed_hash(self.algorithm, &parts)
    }

    /// The header lines that a sender would add.
    pub(crate) fn sign(
        &self,
        scheme: &CoreScheme<String>,
        secret: &[u8],
        message: &Message<'_>,
    ) -> Result<Vec<(String, String)>, ConfigError> {
        let CoreScheme::Hmac(scheme) = scheme else { return Ok(Vec::new()) };
        let mut added = Vec::new();
        if let Some((name, unit)) = &self.timestamp {
            added.push((name.clone(), format_time(timestamp(message.now), *unit)?));
        }
        let is_replaced = |name: &str| added.iter().any(|(added, _)| added.eq_ignore_ascii_case(name));
        let mut lines: Vec<(&str, &[u8])> =
            message.headers.iter().filter(|(name, _)| !is_replaced(name)).copied().collect();
        lines.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
        let delivery = Delivery { method: message.method, url: message.url, headers: &lines[..], body: message.body };
        let texts = self.texts(&delivery).map_err(|rejection| unsignable(rejection, &self.missing_parts(&delivery)))?.1;
        let tag = self.hash(&texts, secret);
        let signature = encode(scheme.encoding, &tag.as_ref()[..self.algorithm.tag_len()]);
        let prefix = if let Format::Prefixed { prefix, .. } = &scheme.format { prefix } else { "" };
        added.push((scheme.header.clone(), format!("{prefix}{signature}")));
        Ok(added)
    }

    /// The time of sending, and the text of each part; `None` for the secret.
    ///
    /// # Errors
    /// `missing_timestamp`, `malformed_timestamp`, `missing_part`, `repeated_signature` or `malformed_signature` if a part is
    /// missing, has another form, or contains the literal that ends it.
    #[allow(clippy::type_complexity, reason = "two values that are used at once")]
    pub(crate) fn texts<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
    ) -> Result<(Option<Timestamp>, Vec<Option<&'a [u8]>>), Rejection> {
        let (mut sent, mut stamp) = (None, &b""[..]);
        if let Some((name, unit)) = &self.timestamp {
            let mut lines = delivery.headers.lines(name);
            // Not trimmed: a timestamp contains no spaces.
            stamp = lines.next().ok_or(Rejection::MissingTimestamp)?;
            if lines.next().is_some() {
                return Err(Rejection::RepeatedSignature);
            }
            let has_length = template::timestamp_digits(&self.parts, *unit).is_none_or(|digits| stamp.len() == digits);
            let parsed = Timestamp::parse(stamp, *unit).filter(|_| has_length);
            sent = Some(parsed.ok_or(Rejection::MalformedTimestamp)?);
        }
        let required =
            |text: &'a str| Some(text.as_bytes()).filter(|text| !text.is_empty()).ok_or(Rejection::MissingPart);
        let mut texts = Vec::with_capacity(self.parts.len());
        for (index, part) in self.parts.iter().enumerate() {
            texts.push(match part {
                Part::Secret => None,
                Part::Literal(text) => Some(text.as_bytes()),
                Part::Body => Some(delivery.body),
                Part::Timestamp => Some(stamp),
                Part::Method => Some(required(delivery.method)?),
                Part::Url => Some(required(delivery.url)?),
                Part::Header(name) => {
                    let value = single_line(delivery.headers, name)?.filter(|value| !value.is_empty());
                    let value = value.ok_or(Rejection::MissingPart)?;
                    if !template::is_delimited(&self.parts, index, value) {
                        return Err(Rejection::MissingPart);
                    }
                    Some(value)
                }
            });
        }
        Ok((sent, texts))
    }

    pub(crate) fn signs_timestamp(&self) -> bool {
        self.parts.contains(&Part::Timestamp)
    }

    pub(crate) fn signs_url(&self) -> bool {
        self.parts.contains(&Part::Url)
    }

    pub(crate) fn signs_header(&self, name: &str) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Header(header) => header.eq_ignore_ascii_case(name),
            Part::Timestamp => self.timestamp.as_ref().is_some_and(|(header, _)| header.eq_ignore_ascii_case(name)),
            _ => false,
        })
    }

    pub(crate) fn read_headers(&self) -> Vec<&str> {
        let signed = self.parts.iter().filter_map(|part| match part {
            Part::Header(name) => Some(name.as_str()),
            _ => None,
        });
        self.timestamp.iter().map(|(name, _)| name.as_str()).chain(signed).collect()
    }

    pub(crate) fn missing_parts<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Vec<MissingPart> {
        let header = |name: &str| {
            let is_present = delivery.headers.lines(name).any(|value| !value.trim_ascii().is_empty());
            (!is_present).then(|| MissingPart::Header(name.to_owned()))
        };
        let missing = self.parts.iter().filter_map(|part| match part {
            Part::Method => delivery.method.is_empty().then_some(MissingPart::Method),
            Part::Url => delivery.url.is_empty().then_some(MissingPart::Url),
            Part::Timestamp => self.timestamp.as_ref().and_then(|(name, _)| header(name)),
            Part::Header(name) => header(name),
            Part::Literal(_) | Part::Secret | Part::Body => None,
        });
        missing.collect()
    }
}
