//! Makes the header lines of a message, as a sender would.

use countersign_core::hazmat::unkeyed_hash;
use countersign_core::{Algorithm, Delivery, Encoding, Headers, Key, SecretSet, Verifier};

use super::{Cavage, Head, Jwt, MessageFormat, Rfc9421, Syntax, TimeField, cavage, jwt, label, rfc9421};
use crate::clock::timestamp;
use crate::encode::encode;
use crate::error::ConfigError;
use crate::message::Message;
use crate::missing_part::{MissingPart, unsignable};

type Lines = Vec<(String, String)>;

impl MessageFormat {
    /// The header lines to add to a message; the signature is the last.
    ///
    /// # Errors
    /// `invalid_config` if the message lacks a part that this scheme signs, or if its time cannot be written.
    pub(crate) fn sign(&self, core: &Verifier<[Key; 1], String>, message: &Message<'_>) -> Result<Lines, ConfigError> {
        let head = Head::of(core);
        let seconds = timestamp(message.now).as_milliseconds().div_euclid(1000);
        if seconds < 0 {
            return Err(ConfigError::invalid("the time of sending cannot be written, since it is before 1970"));
        }
        let tag = |text: &[u8]| {
            let tag = core.sign_bytes(SecretSet::ALL, text);
            encode(self.encoding(), tag.as_ref().map_or(&[], |tag| tag.as_bytes()))
        };
        match &self.syntax {
            Syntax::Jwt(rule) => Ok(vec![(
                head.header.to_owned(),
                rule.token(head, self.sent_at.map(|at| at.field), seconds, message, tag)?,
            )]),
            Syntax::Rfc9421(rule) => {
                let mut added = added_lines(&rule.components, message)?;
                let (name, input) = rule.input(head.algorithm, seconds);
                added.push((rfc9421::INPUT_HEADER.to_owned(), format!("{name}={input}")));
                self.add_signature(head, added, message, |signature| format!("{name}=:{signature}:"), tag)
            }
            Syntax::Cavage(rule) => {
                let added = added_lines(&rule.components, message)?;
                self.add_signature(head, added, message, |signature| rule.value(head, seconds, signature), tag)
            }
        }
    }

    /// The parts that a message before it is sent lacks.
    pub(crate) fn missing_in(&self, message: &Message<'_>) -> Vec<MissingPart> {
        let Message { method, url, headers, body, .. } = *message;
        let is_added = |part: &MissingPart| match part {
            MissingPart::Header(name) => [rfc9421::INPUT_HEADER, rfc9421::BODY_HEADER, cavage::BODY_HEADER, "date"]
                .iter()
                .any(|added| added.eq_ignore_ascii_case(name)),
            _ => false,
        };
        let mut missing = self.missing_parts("", &Delivery { method, url, headers, body });
        missing.retain(|part| !is_added(part));
        missing
    }

    fn encoding(&self) -> Encoding {
        if matches!(self.syntax, Syntax::Jwt(_)) { Encoding::Base64Url } else { Encoding::Base64 }
    }

    /// Signs the message with the lines in `added`, and adds the line of the signature to them.
    fn add_signature(
        &self,
        head: Head<'_>,
        mut added: Lines,
        message: &Message<'_>,
        value: impl Fn(&str) -> String,
        tag: impl Fn(&[u8]) -> String,
    ) -> Result<Lines, ConfigError> {
        // The text does not depend on the signature, only on its place.
        added.push((head.header.to_owned(), value("AAAA")));
        let is_replaced = |name: &str| added.iter().any(|(added, _)| added.eq_ignore_ascii_case(name));
        let mut lines: Vec<(&str, &[u8])> =
            message.headers.iter().filter(|(name, _)| !is_replaced(name)).copied().collect();
        lines.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
        let delivery = Delivery { method: message.method, url: message.url, headers: &lines[..], body: message.body };
        let opened = self.open(head, &delivery);
        let opened = opened.map_err(|rejection| unsignable(rejection, &self.missing_in(message)))?;
        let signature = value(&tag(&opened.signed));
        added.pop();
        added.push((head.header.to_owned(), signature));
        Ok(added)
    }
}

/// The lines that the signature must cover and a message may lack: the hash of the body, and the date.
fn added_lines(components: &[String], message: &Message<'_>) -> Result<Lines, ConfigError> {
    let sha256 = || {
        let tag = unkeyed_hash(Algorithm::Sha256, &[message.body]);
        encode(Encoding::Base64, &tag.as_ref()[..Algorithm::Sha256.tag_len()])
    };
    let mut added = Lines::new();
    for name in components {
        if message.headers.lines(name).next().is_some() {
            continue;
        }
        match name.as_str() {
            rfc9421::BODY_HEADER => added.push(("Content-Digest".to_owned(), format!("sha-256=:{}:", sha256()))),
            cavage::BODY_HEADER => added.push(("Digest".to_owned(), format!("SHA-256={}", sha256()))),
            "date" => {
                let milliseconds = timestamp(message.now).as_milliseconds();
                let time = jiff::Timestamp::from_millisecond(milliseconds)
                    .map_err(|_| ConfigError::invalid("the time of sending cannot be written as a date"))?;
                added.push(("Date".to_owned(), time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
            }
            _ => {}
        }
    }
    Ok(added)
}

impl Rfc9421 {
    /// The label, and the list of what is signed with its parameters.
    fn input(&self, algorithm: Algorithm, seconds: i64) -> (&str, String) {
        let quoted = self.components.iter().map(|component| {
            let (name, parameters) = component.split_at(component.find(';').unwrap_or(component.len()));
            format!("\"{name}\"{parameters}")
        });
        let quoted = quoted.collect::<Vec<_>>().join(" ");
        let mut text = format!("({quoted});created={seconds}");
        for (name, value) in
            [("keyid", self.key_id.as_deref()), ("alg", Some(label(algorithm).as_str())), ("tag", self.tag.as_deref())]
        {
            if let Some(value) = value {
                text = format!("{text};{name}=\"{value}\"");
            }
        }
        (self.label.as_deref().unwrap_or("sig1"), text)
    }
}

impl Cavage {
    /// The value of the signature's header.
    fn value(&self, Head { header, algorithm }: Head<'_>, seconds: i64, signature: &str) -> String {
        let word = if header.eq_ignore_ascii_case("Authorization") { "Signature " } else { "" };
        let key_id = self.key_id.as_deref().unwrap_or("1");
        let has = |name: &str| self.components.iter().any(|component| component == name);
        let created = if has("(created)") { format!("created={seconds},") } else { String::new() };
        // Nothing says how long the message is valid, so an hour, as long as any sender repeats it.
        let expires = if has("(expires)") { format!("expires={},", seconds + 3600) } else { String::new() };
        let (algorithm, headers) = (label(algorithm), self.components.join(" "));
        format!(
            "{word}keyId=\"{key_id}\",algorithm=\"{algorithm}\",{created}{expires}headers=\"{headers}\",signature=\"{signature}\""
        )
    }
}

impl Jwt {
    /// The value of the header with the token.
    fn token(
        &self,
        Head { header, algorithm }: Head<'_>,
        sent_at: Option<TimeField>,
        seconds: i64,
        message: &Message<'_>,
        tag: impl Fn(&[u8]) -> String,
    ) -> Result<String, ConfigError> {
        let mut claims = serde_json::Map::new();
        claims.extend(self.claims.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
        let time = if sent_at == Some(TimeField::NotBefore) { "nbf" } else { "iat" };
        claims.insert(time.to_owned(), seconds.into());
        if let Some(rule) = &self.url_hash {
            if message.url.is_empty() {
                return Err(unsignable(countersign_core::Rejection::MissingPart, &[MissingPart::Url]));
            }
            claims.insert(rule.claim.clone(), rule.text_of(message.url.as_bytes()).into());
        }
        if let Some(rule) = self.body_hash.as_ref().filter(|rule| !rule.absent_if_empty || !message.body.is_empty()) {
            claims.insert(rule.claim.clone(), rule.text_of(message.body).into());
        }
        let name = jwt::algorithm_name(algorithm).unwrap_or_default();
        let encoded = |json: String| encode(Encoding::Base64Url, json.as_bytes());
        let first = encoded(format!("{{\"alg\":\"{name}\",\"typ\":\"JWT\"}}"));
        let signed = format!("{first}.{}", encoded(serde_json::Value::from(claims).to_string()));
        let word = if header.eq_ignore_ascii_case("Authorization") { "Bearer " } else { "" };
        Ok(format!("{word}{signed}.{}", tag(signed.as_bytes())))
    }
}
