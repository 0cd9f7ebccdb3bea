//! Finds the parts of the signed text that a delivery or a message lacks.

use countersign_core::{Delivery, Format, Headers, HmacScheme, Rejection, Scheme as CoreScheme, Source};

use crate::composition::{Composition, Place, lacks};
use crate::error::ConfigError;
use crate::form;
use crate::function::{Function, Signatures, adyen, contentful};
use crate::header_line::single_line;
use crate::missing_part::MissingPart;
use crate::printable::printable;
use crate::rewriter::Rewriter;
use crate::scheme::Scheme;

impl Scheme {
    /// Returns the parts of the signed text that a delivery lacks, in the order in which they are signed: headers, values of
    /// the URL and the body, and the time or id in the signature's header.
    ///
    /// The result does not include parts that are malformed. It is meant for configuration and tests; the verdict on a
    /// delivery that lacks a part is [`Rejection::MissingPart`] or [`Rejection::MissingTimestamp`].
    #[must_use]
    pub fn missing_parts<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Vec<MissingPart> {
        if let Some(format) = &self.message_format {
            return format.missing_parts(self.core.headers().next().unwrap_or_default(), delivery);
        }
        let rewriter = self.rewriter();
        let mut missing = Vec::new();
        if let Some(Rewriter::Composition(composition)) = &rewriter {
            missing.extend(composition.missing_kind(delivery));
        }
        if let CoreScheme::Hmac(scheme) = &self.core {
            let parts = missing_parts(scheme, rewriter.as_ref(), delivery, None);
            missing.extend(parts.into_iter().filter(|part| missing.first() != Some(part)).collect::<Vec<_>>());
        }
        missing
    }
}

/// As [`Scheme::missing_parts`]. A signer passes the `id` of the message, and adds the id and the timestamp itself, so these
/// may be absent.
pub(crate) fn missing_parts<H: Headers + ?Sized>(
    scheme: &HmacScheme<String>,
    rewriter: Option<&Rewriter>,
    delivery: &Delivery<'_, H>,
    id: Option<&str>,
) -> Vec<MissingPart> {
    let composition = match rewriter {
        Some(Rewriter::Composition(composition)) => Some(&**composition),
        _ => None,
    };
    let header = |name: &str| {
        let is_present = delivery.headers.lines(name).any(|value| !value.trim_ascii().is_empty());
        if is_present { Vec::new() } else { vec![MissingPart::Header(name.to_owned())] }
    };
    let one = |is_missing: bool, part| if is_missing { vec![part] } else { Vec::new() };
    // The name is that of a placeholder of the core. A composition may have put a text of its own in its place.
    let named = |name: &str| match composition.and_then(|composition| composition.missing_parts(name, delivery)) {
        Some(of_text) => of_text,
        None => match name {
            "method" => one(delivery.method.is_empty(), MissingPart::Method),
            "url" => one(delivery.url.is_empty(), MissingPart::Url),
            _ => name.strip_prefix("header:").map(header).unwrap_or_default(),
        },
    };
    let source = |source: Option<&Source<String>>| match source {
        Some(Source::Header(name)) => named(&format!("header:{name}")),
        Some(Source::Signature(key)) => {
            one(lacks_key(scheme, composition, delivery, key), MissingPart::InSignature(key.clone()))
        }
        None => Vec::new(),
    };
    let mut missing = Vec::new();
    for name in placeholders(scheme.template()) {
        let parts = match (name, id) {
            ("id", Some(id)) => {
                let is_given = matches!(&scheme.id, Some(Source::Header(_))) && source(scheme.id.as_ref()).is_empty();
                one(id.is_empty() && !is_given, MissingPart::Id)
            }
            ("id", None) => source(scheme.id.as_ref()),
            ("timestamp", Some(_)) => Vec::new(),
            ("timestamp", None) => source(scheme.timestamp.as_ref().map(|rule| &rule.from)),
            _ => named(name),
        };
        for part in parts {
            if !missing.contains(&part) {
                missing.push(part);
            }
        }
    }
    if let Some(Rewriter::Function(function)) = rewriter {
        let time = scheme.timestamp.as_ref().map(|rule| &rule.from);
        // A signer adds this one.
        let is_added = |name: &str| match time {
            Some(Source::Header(time)) => id.is_some() && time.eq_ignore_ascii_case(name),
            _ => false,
        };
        for part in of_function(*function, delivery) {
            if !missing.contains(&part) && !matches!(&part, MissingPart::Header(name) if is_added(name)) {
                missing.push(part);
            }
        }
    }
    missing
}

/// What a delivery lacks that the function of its sender reads beside the core's template.
fn of_function<H: Headers + ?Sized>(function: Function, delivery: &Delivery<'_, H>) -> Vec<MissingPart> {
    match function {
        Function::Twilio => {
            let is_needed = !delivery.body.is_empty() && !delivery.url.contains("bodySHA256=");
            let is_absent = is_needed && form::is_form(delivery.headers) == Ok(false);
            is_absent.then_some(MissingPart::FormType).into_iter().collect()
        }
        Function::Contentful => {
            contentful::missing_headers(delivery.headers).into_iter().map(MissingPart::Header).collect()
        }
        Function::Adyen => Place::parse(adyen::ITEM).ok().and_then(|item| lacks(&item, delivery)).into_iter().collect(),
    }
}

/// Whether the signature's header has pairs and none with this key. Where there can be several headers, nothing is said.
fn lacks_key<H: Headers + ?Sized>(
    scheme: &HmacScheme<String>,
    composition: Option<&Composition>,
    delivery: &Delivery<'_, H>,
    key: &str,
) -> bool {
    let Format::Pairs { separator, mark, .. } = &scheme.format else { return false };
    let found = match composition.map(|composition| composition.signatures(delivery)) {
        Some(Ok(Signatures::Found(groups))) => groups,
        Some(Err(_)) => return false,
        Some(Ok(Signatures::InHeaders)) | None => {
            let line = single_line(delivery.headers, &scheme.header).ok().flatten();
            line.map(<[u8]>::to_vec).into_iter().collect()
        }
    };
    let has_key = |pair: &[u8]| {
        let value = pair.trim_ascii().strip_prefix(key.as_bytes()).and_then(|rest| rest.strip_prefix(&[*mark]));
        value.is_some()
    };
    !found.is_empty() && !found.iter().any(|group| group.split(|byte| byte == separator).any(has_key))
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
