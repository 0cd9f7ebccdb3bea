//! Finds the parts of the signed text that a delivery or a message lacks.

use countersign_core::{Delivery, Headers, HmacScheme, Rejection, Scheme as CoreScheme, Source};

use crate::error::ConfigError;
use crate::function::Function;
use crate::missing_part::MissingPart;
use crate::printable::printable;
use crate::rewriter::Rewriter;
use crate::scheme::Scheme;

impl Scheme {
    /// Returns the parts of the signed text that a delivery lacks, in the order in which they are signed.
    ///
    /// The result does not include parts that are malformed, nor parts inside the signature header or the body. It is meant
    /// for configuration and tests; the verdict on a delivery that lacks a part is [`Rejection::MissingPart`] or
    /// [`Rejection::MissingTimestamp`].
    #[must_use]
    pub fn missing_parts<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Vec<MissingPart> {
        if let Some(format) = &self.message_format {
            return format.missing_parts(delivery);
        }
        let CoreScheme::Hmac(scheme) = &self.core else { return Vec::new() };
        missing_parts(scheme, self.rewriter().as_ref(), delivery, None)
    }
}

/// As [`Scheme::missing_parts`]. A signer passes the `id` of the message, and adds the headers of the id and the timestamp
/// itself, so these headers may be absent.
pub(crate) fn missing_parts<H: Headers + ?Sized>(
    scheme: &HmacScheme<String>,
    rewriter: Option<&Rewriter>,
    delivery: &Delivery<'_, H>,
    id: Option<&str>,
) -> Vec<MissingPart> {
    let mut missing = Vec::new();
    let header = |name: &str| {
        let is_present = delivery.headers.lines(name).any(|value| !value.trim_ascii().is_empty());
        (!is_present).then(|| MissingPart::Header(name.to_owned()))
    };
    let source_header = |source: Option<&Source<String>>| match source {
        Some(Source::Header(name)) if !name.starts_with('~') => header(name),
        // A value inside the signature header is checked together with the signature.
        _ => None,
    };
    // What stands elsewhere than in a header has a name that no header of a delivery has.
    for name in placeholders(scheme.template()).filter(|name| !name.starts_with("header:~")) {
        let part = match (name, id) {
            ("method", _) => delivery.method.is_empty().then_some(MissingPart::Method),
            ("url", _) => delivery.url.is_empty().then_some(MissingPart::Url),
            ("id", Some(id)) => id.is_empty().then_some(MissingPart::Id),
            ("id", None) => source_header(scheme.id.as_ref()),
            ("timestamp", None) => source_header(scheme.timestamp.as_ref().map(|rule| &rule.from)),
            _ => name.strip_prefix("header:").and_then(header),
        };
        missing.extend(part.filter(|part| !missing.contains(part)));
    }
    if let Some(Rewriter::Function(Function::Twilio)) = rewriter
        && !delivery.body.is_empty()
        && !delivery.url.contains("bodySHA256=")
        && header("Content-Type").is_some()
    {
        missing.push(MissingPart::FormType);
    }
    if let Some(Rewriter::Function(Function::Contentful)) = rewriter {
        missing.extend(header("x-contentful-signed-headers"));
    }
    missing
}

/// Returns the error of a signer that cannot build the signed text.
pub(crate) fn unsignable(
    rejection: Rejection,
    scheme: &HmacScheme<String>,
    rewriter: Option<&Rewriter>,
    missing: &[MissingPart],
) -> ConfigError {
    let template = match rewriter {
        Some(Rewriter::Composition(composition)) => composition.written(scheme.template()),
        _ => scheme.template().to_owned(),
    };
    let template = printable(&template);
    let requirement = format!("what is signed is {template}, and the message must have all of it");
    let lists_headers = matches!(rewriter, Some(Rewriter::Composition(composition)) if composition.lists_headers());
    ConfigError::invalid(if missing.is_empty() && lists_headers {
        format!(
            "a signer cannot sign this: what is signed is {template}, with the headers that the signature's header lists, \
             and it makes no such list"
        )
    } else if missing.is_empty() {
        format!("{rejection}: {requirement}")
    } else {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        format!("the message lacks {}: {requirement}", missing.join(" and "))
    })
}

/// Returns the names between the braces of a template. A doubled brace is a literal one.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        loop {
            let (_, after_brace) = rest.split_once('{')?;
            if let Some(after_literal) = after_brace.strip_prefix('{') {
                rest = after_literal;
                continue;
            }
            let (name, after_name) = after_brace.split_once('}')?;
            rest = after_name;
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
    fn every_absent_part_is_named() {
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

    /// A form without its Content-Type is a frequent mistake.
    #[test]
    fn twilio_needs_the_content_type_of_a_form() {
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
