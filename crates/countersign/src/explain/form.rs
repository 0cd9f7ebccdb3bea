//! Headers that do not have the form that the scheme expects, so that nothing was compared.
//!
//! What was found may be a secret or a part of a signature, so it is described and not shown: how long it is, which
//! separators it has, and the first character that may not stand there.

use countersign_core::http_header::trim;
use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, MAX_VALUE, Rejection, Scheme as CoreScheme, Source,
    TimeUnit,
};

use super::case::Case;
use crate::printable::{printable, quoted};

/// What the rejection is about, and what was found there.
pub(super) fn header_form(case: &Case<'_>) -> Option<String> {
    let rejection = case.rejection?;
    let fault = match rejection {
        Rejection::RepeatedSignature => repeated(case),
        Rejection::MalformedSignature
        | Rejection::UnknownAlgorithm
        | Rejection::MalformedEncoding
        | Rejection::WrongLength => signature(case),
        Rejection::AlgorithmNotAccepted => algorithm(case),
        Rejection::MalformedTimestamp => timestamp(case),
        _ => return None,
    };
    let what = fault.unwrap_or_else(|| format!("{rejection}."));
    let about = if matches!(case.scheme.core, CoreScheme::Token { .. }) { "the secret" } else { "secret and body" };
    Some(format!(
        "{what} Nothing was compared, so this says nothing about {about}. See what the sender writes there, and what \
         changes it on the way."
    ))
}

fn repeated(case: &Case<'_>) -> Option<String> {
    let (name, count) = first_repeated(&single_headers(case), case.headers.iter().map(|(name, _)| *name))?;
    Some(format!("The header {} is there {count} times, and it may be there only once.", printable(name)))
}

/// The first name of these that several lines have, and how many. The lines are counted for those names alone that the scheme
/// reads: a sender chooses how many others there are.
fn first_repeated<'n>(singles: &[&str], names: impl Iterator<Item = &'n str> + Clone) -> Option<(&'n str, usize)> {
    let lines = names.clone();
    let count = |name: &str| lines.clone().filter(|other| other.eq_ignore_ascii_case(name)).count();
    let mut read = names.filter(|name| singles.iter().any(|single| single.eq_ignore_ascii_case(name)));
    read.find_map(|name| Some((name, count(name))).filter(|(_, count)| *count > 1))
}

/// The headers that may appear only once: what the scheme reads.
fn single_headers<'c>(case: &'c Case<'_>) -> Vec<&'c str> {
    let mut names = case.signature_headers();
    names.extend(case.scheme.other_headers());
    if let CoreScheme::Hmac(scheme) = &case.scheme.core {
        let timestamp = scheme.timestamp.as_ref().map(|rule| &rule.from);
        names.extend(timestamp.into_iter().chain(&scheme.id).filter_map(|from| match from {
            Source::Header(name) => Some(name.as_str()),
            Source::Signature(_) => None,
        }));
        if let AlgorithmRule::Infer { header } = &scheme.algorithm {
            names.push(header);
        }
        let signed = scheme.template().split("{header:").skip(1);
        names.extend(signed.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name));
    }
    names
}

/// Of the value of the signature's header.
fn signature(case: &Case<'_>) -> Option<String> {
    let (name, value) = case.headers.iter().find(|(name, _)| case.is_signature_header(name))?;
    let (name, value) = (printable(name), trim(value));
    if value.is_empty() {
        return Some(format!("The header {name} is empty."));
    }
    if value.len() > MAX_VALUE {
        let length = value.len();
        return Some(format!("The header {name} has {length} bytes, and at most {MAX_VALUE} are accepted."));
    }
    if let Some(form) = case.scheme.message_format.as_ref().map(|format| format.expected_form()) {
        return Some(format!(
            "The header {name} holds {}, or a header that goes with it does not fit. Expected is {form}.",
            shape(value)
        ));
    }
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let (form, text) = (expected_form(scheme), expected_text(scheme, &case.scheme.accept));
    let found = match case.rejection {
        // Its parts are right, but not what is in them.
        Some(Rejection::MalformedEncoding | Rejection::WrongLength) => {
            let texts = signature_texts(&scheme.format, value);
            let wrong = texts.into_iter().find(|text| !is_right(text, scheme.encoding, &case.scheme.accept));
            wrong.map_or_else(|| shape(value), |text| describe(text, scheme.encoding))
        }
        _ => shape(value),
    };
    Some(format!("The header {name} holds {found}. Expected is {form}, where the signature is {text}."))
}

/// An example of the whole value.
fn expected_form(scheme: &HmacScheme<String>) -> String {
    let separated = |separator: &u8| char::from(*separator).to_string();
    let example = match &scheme.format {
        Format::Bare => return "the signature alone".to_owned(),
        Format::Labelled => return "the name of the algorithm in front of the signature, as in sha256=…".to_owned(),
        Format::Prefixed { prefix, .. } => format!("{prefix}…"),
        Format::Pairs { separator, key, .. } => {
            let mut keys: Vec<&str> = Vec::new();
            let timestamp = scheme.timestamp.as_ref().map(|rule| &rule.from);
            keys.extend(timestamp.into_iter().chain(&scheme.id).filter_map(|from| match from {
                Source::Signature(key) => Some(key.as_str()),
                Source::Header(_) => None,
            }));
            keys.push(key);
            keys.iter().map(|key| format!("{key}=…")).collect::<Vec<_>>().join(&separated(separator))
        }
        Format::List { version, .. } => format!("{version},…"),
        Format::Positional { separator, fields } => {
            return format!("the values {fields}, with {} between them", quoted(&separated(separator)));
        }
    };
    quoted(&example)
}

/// What a signature is made of.
fn expected_text(scheme: &HmacScheme<String>, accept: &[Algorithm]) -> String {
    let encoding = scheme.encoding;
    let lengths: Vec<String> = accept
        .iter()
        .map(|algorithm| match encoding {
            Encoding::HexaDecimal => format!("{} for {algorithm}", 2 * algorithm.tag_len()),
            _ => format!("{} for {algorithm}", algorithm.tag_len().div_ceil(3) * 4),
        })
        .collect();
    let lengths = lengths.join(" or ");
    match encoding {
        Encoding::HexaDecimal => format!("hexadecimal digits, {lengths}"),
        _ => format!("{encoding} with its padding, characters: {lengths}"),
    }
}

/// The texts of the signatures in a value whose parts are right. Those of an unexpected form are left out.
fn signature_texts<'v>(format: &Format<String>, value: &'v [u8]) -> Vec<&'v [u8]> {
    let split = |separator: u8, text: &'v [u8]| text.split(move |byte| *byte == separator).map(trim);
    let after = |name: &str, delimiter: u8, item: &'v [u8]| {
        item.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(&[delimiter]))
    };
    match format {
        Format::Bare | Format::Labelled => vec![without_label(value)],
        Format::Prefixed { prefix, separator } => {
            let text = value.strip_prefix(prefix.as_bytes()).unwrap_or(value);
            separator.map_or_else(|| vec![text], |separator| split(separator, text).collect())
        }
        Format::Pairs { separator, key, .. } => {
            split(*separator, value).filter_map(|item| after(key, b'=', item)).collect()
        }
        Format::List { separator, version } => {
            split(*separator, value).filter_map(|item| after(version, b',', item)).collect()
        }
        Format::Positional { separator, fields } => {
            let first = fields.split(',').position(|field| field.trim() == "signature").unwrap_or_default();
            let is_last = fields.split(',').count() == first + 1;
            split(*separator, value).skip(first).take(if is_last { usize::MAX } else { 1 }).collect()
        }
    }
}

/// What stands behind the label, if there is one: padding alone is no signature.
fn without_label(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| b"=:".contains(byte)).map_or(0, |at| at + 1);
    let rest = value.get(end..).unwrap_or_default();
    if rest.iter().all(|byte| *byte == b'=') { value } else { rest }
}

fn is_right(text: &[u8], encoding: Encoding, accept: &[Algorithm]) -> bool {
    let length = countersign_core::hazmat::decode(text, encoding, &mut [0; 64]);
    length.is_some_and(|length| accept.iter().any(|algorithm| algorithm.tag_len() == length))
}

/// How long a signature is, and the first character that the encoding does not have.
fn describe(text: &[u8], encoding: Encoding) -> String {
    let is_allowed = |byte: &u8| match encoding {
        Encoding::HexaDecimal => byte.is_ascii_hexdigit(),
        Encoding::Base64 => byte.is_ascii_alphanumeric() || b"+/".contains(byte),
        Encoding::Base64Url => byte.is_ascii_alphanumeric() || b"-_".contains(byte),
    };
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let end = if encoding == Encoding::HexaDecimal { text.len() } else { text.len() - padding };
    let length = match text.len() {
        1 => "a signature of 1 character".to_owned(),
        length => format!("a signature of {length} characters"),
    };
    let first = text.iter().take(end).position(|byte| !is_allowed(byte));
    match first.and_then(|at| Some((at + 1, text.get(at)?))) {
        Some((place, byte)) if byte.is_ascii() => {
            let shown = char::from(*byte).escape_default();
            format!("{length}, of which number {place} is '{shown}', which {encoding} does not have")
        }
        Some((place, _)) => format!("{length}, of which number {place} is not ASCII"),
        None if encoding == Encoding::HexaDecimal && !text.len().is_multiple_of(2) => {
            format!("{length}, which is an odd number of hexadecimal digits")
        }
        None if encoding == Encoding::HexaDecimal => format!("{length}, all of them hexadecimal digits"),
        None => format!("{length}, {padding} of them padding at the end"),
    }
}

/// A value of which the separators alone are shown.
fn shape(value: &[u8]) -> String {
    let mut shown = String::new();
    for byte in value {
        match byte {
            b'=' | b':' | b',' | b';' | b'|' | b' ' => shown.push(char::from(*byte)),
            _ if shown.ends_with('…') => {}
            _ => shown.push('…'),
        }
    }
    let s = if value.len() == 1 { "" } else { "s" };
    format!("{} character{s} of the form {}", value.len(), quoted(&shown))
}

/// Of an algorithm that the label, the companion header or the length name.
fn algorithm(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let accepted = case.scheme.accept.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let header = match &scheme.algorithm {
        AlgorithmRule::Infer { header } => format!(", its length and the header {}", printable(header)),
        _ => String::new(),
    };
    Some(format!(
        "The label in front of the signature{header} must name one algorithm that is accepted here ({accepted}), and do not."
    ))
}

fn timestamp(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(HmacScheme { timestamp: Some(rule), .. }) = &case.scheme.core else { return None };
    let (place, value) = match &rule.from {
        Source::Header(header) => {
            let line = case.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
            (format!("The header {}", printable(header)), line.map(|(_, value)| trim(value)))
        }
        Source::Signature(key) => {
            let core = case.scheme.core_verifier(&case.secrets).ok();
            let value = core.and_then(|core| core.header_fields(case.signature()?).0);
            (format!("The value {} of the signature's header", printable(key)), value)
        }
    };
    let expected = match rule.unit {
        TimeUnit::Seconds => "seconds since 1970, in digits alone (10 of them today)",
        TimeUnit::Milliseconds => "milliseconds since 1970, in digits alone (13 of them today)",
        TimeUnit::Rfc3339 => "a date of RFC 3339, such as 2026-01-31T12:00:00Z",
        TimeUnit::Utc => "a date without a zone, such as 2026-01-31T12:00:00",
    };
    let value = value?;
    let found = match value.iter().position(|byte| !byte.is_ascii_digit()) {
        _ if value.is_empty() => "is empty".to_owned(),
        None => format!("holds {} digits", value.len()),
        Some(_) => format!("holds {} characters, not all of which are digits", value.len()),
    };
    Some(format!("{place} {found}. Expected is {expected}."))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_repeated_header_is_found_among_many_lines() {
        let mut lines: Vec<String> = (0..10_000).map(|i| format!("X-{}", i / 2)).collect();
        lines.extend(["A", "x-b", "X-B", "X-B"].map(str::to_owned));
        let read = Cell::new(0);
        let names = lines.iter().map(String::as_str).inspect(|_| read.set(read.get() + 1));
        assert_eq!(first_repeated(&["A", "X-B"], names), Some(("x-b", 3)));
        // All of them once, and once for each name that the scheme reads.
        assert!(read.get() <= 3 * lines.len(), "{}", read.get());
    }
}
