//! Finds the parts of the signed text that a delivery or message lacks.

use std::fmt;

use countersign_core::{Delivery, Headers, HmacScheme, Rejection, Scheme as CoreScheme, Source};

use crate::error::ConfigError;
use crate::function::Function;
use crate::printable::printable;
use crate::scheme::Scheme;

/// A part of the signed text that a delivery lacks, from [`Scheme::missing_parts`] or
/// [`Signer::missing_parts`](crate::Signer::missing_parts). [`Display`](fmt::Display) names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingPart {
    /// The id of the message.
    Id,
    /// The request method.
    Method,
    /// The URL that the sender calls.
    Url,
    /// A header line of this name.
    Header(String),
    /// A header Content-Type that says that the body is a form, or the digest of any other body in the URL (Twilio).
    FormType,
}

impl fmt::Display for MissingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("the id of the message"),
            Self::Method => f.write_str("the request method"),
            Self::Url => f.write_str("the URL as the sender calls it"),
            Self::Header(name) => write!(f, "the header {}", printable(name)),
            Self::FormType => f.write_str(
                "the header Content-Type: application/x-www-form-urlencoded of a form (for any other body, the \
                 parameter bodySHA256 of the URL)",
            ),
        }
    }
}

impl Scheme {
    /// Which parts of the signed text a delivery lacks, in the order in which they are signed.
    ///
    /// Empty if there are all, even if one is not in the required form. A part that belongs into the signature's header
    /// or the body is not listed. For configuration and tests; the verdict of a delivery that lacks something is
    /// [`Rejection::MissingPart`](crate::Rejection::MissingPart) or
    /// [`Rejection::MissingTimestamp`](crate::Rejection::MissingTimestamp).
    #[must_use]
    pub fn missing_parts<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Vec<MissingPart> {
        let CoreScheme::Hmac(scheme) = &self.core else { return Vec::new() };
        missing_parts(scheme, self.function, delivery, None)
    }
}

/// The same for a signer, which gets `id` separately, and makes the headers of the id and the time itself.
pub(crate) fn missing_parts<H: Headers + ?Sized>(
    scheme: &HmacScheme<String>,
    function: Option<Function>,
    delivery: &Delivery<'_, H>,
    id: Option<&str>,
) -> Vec<MissingPart> {
    let mut missing = Vec::new();
    let header = |name: &str| {
        let has_it = delivery.headers.lines(name).any(|value| !value.trim_ascii().is_empty());
        (!has_it).then(|| MissingPart::Header(name.to_owned()))
    };
    let sent = |source: Option<&Source<String>>| match source {
        Some(Source::Header(name)) => header(name),
        // Values in the signature's header are checked with the signature.
        _ => None,
    };
    for name in placeholders(scheme.template()) {
        let part = match (name, id) {
            ("method", _) => delivery.method.is_empty().then_some(MissingPart::Method),
            ("url", _) => delivery.url.is_empty().then_some(MissingPart::Url),
            ("id", Some(id)) => id.is_empty().then_some(MissingPart::Id),
            ("id", None) => sent(scheme.id.as_ref()),
            ("timestamp", None) => sent(scheme.timestamp.as_ref().map(|rule| &rule.from)),
            _ => name.strip_prefix("header:").and_then(header),
        };
        missing.extend(part.filter(|part| !missing.contains(part)));
    }
    if let Some(Function::Twilio) = function
        && !delivery.body.is_empty()
        && !delivery.url.contains("bodySHA256=")
        && header("Content-Type").is_some()
    {
        missing.push(MissingPart::FormType);
    }
    if let Some(Function::Contentful) = function {
        missing.extend(header("x-contentful-signed-headers"));
    }
    missing
}

/// The error of a signer that cannot make the signed text.
pub(crate) fn lacking(rejection: Rejection, scheme: &HmacScheme<String>, missing: &[MissingPart]) -> ConfigError {
    let template = printable(scheme.template());
    let all = format!("what is signed is {template}, and the message must have all of it");
    ConfigError::invalid(if missing.is_empty() {
        format!("{rejection}: {all}")
    } else {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        format!("the message lacks {}: {all}", missing.join(" and "))
    })
}

/// The names between the braces of a template. Doubled braces are text.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        loop {
            let (_, behind) = rest.split_once('{')?;
            if let Some(behind) = behind.strip_prefix('{') {
                rest = behind;
                continue;
            }
            let (name, behind) = behind.split_once('}')?;
            rest = behind;
            return Some(name);
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn missing(scheme: &Scheme, url: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Vec<String> {
        let delivery = Delivery { method: "POST", url, headers, body };
        scheme.missing_parts(&delivery).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_part_that_is_absent_is_named() {
        let scheme = Scheme::from_json(
            r#"{"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64",
                "signed": "{{{id}.{timestamp}.{url}.{header:X-Kind}.{body}",
                "id": {"from": "header:X-Id"}, "timestamp": {"from": "header:X-Time", "unit": "s"}}"#,
        )
        .unwrap();
        assert_eq!(
            missing(&scheme, "", &[], b""),
            ["the header X-Id", "the header X-Time", "the URL as the sender calls it", "the header X-Kind"]
        );
        let headers: [(&str, &[u8]); 3] = [("x-id", b"1"), ("X-Time", b" "), ("x-kind", b"a")];
        assert_eq!(missing(&scheme, "/", &headers, b""), ["the header X-Time"]);
        assert!(missing(&Scheme::token("X-Token"), "", &[], b"").is_empty());
    }

    /// A form without its Content-Type, which is easily forgotten.
    #[test]
    fn twilio_needs_to_know_that_a_body_is_a_form() {
        let twilio = Scheme::preset("twilio").unwrap();
        let url = "https://example.com/x";
        let form: (&str, &[u8]) = ("Content-Type", b"application/x-www-form-urlencoded");
        assert_eq!(missing(&twilio, url, &[], b"a=b"), [MissingPart::FormType.to_string()]);
        assert!(missing(&twilio, url, &[form], b"a=b").is_empty());
        assert!(missing(&twilio, "https://example.com/?bodySHA256=00", &[], b"{}").is_empty());
        assert!(missing(&twilio, url, &[], b"").is_empty());
        let contentful = Scheme::preset("contentful").unwrap();
        assert!(missing(&contentful, url, &[], b"").contains(&"the header x-contentful-signed-headers".to_owned()));
    }
}
