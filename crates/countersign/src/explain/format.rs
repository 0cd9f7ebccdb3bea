//! A value of the signature's header that has other parts than the scheme expects: pairs, a list, or values in order.

use countersign_core::http_header::trim;
use countersign_core::{Encoding, Format, HmacScheme, Scheme as CoreScheme, Source, TimeUnit, TimestampRule};

use super::case::{Case, Try, first_that_verifies};
use super::prefix::displayable_prefix;
use super::timestamp::unit_of;
use crate::printable::quoted;

/// More parts than a sender writes.
const MAX_PARTS: usize = 8;

/// One way to read the value.
struct Reading {
    format: Format<String>,
    /// The same in the words of a scheme.
    text: String,
    encoding: Encoding,
    /// The key or field with a timestamp, and its unit.
    stamp: Option<(String, TimeUnit)>,
    /// The key or field of another value.
    id: Option<String>,
}

/// The value read in every way in which one of its parts can be a signature.
pub(super) fn readings<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let (CoreScheme::Hmac(scheme), Some(value)) = (&case.scheme.core, case.signature()) else { return Vec::new() };
    let mut found = Vec::new();
    for separator in b",;&| ".iter().copied() {
        found.extend(pairs(case, scheme, value, separator));
    }
    found.extend(list(case, scheme, value));
    for separator in b",.:;| ".iter().copied() {
        found.extend(positional(case, scheme, value, separator));
    }
    found.into_iter().filter_map(|reading| changed(case, reading)).collect()
}

pub(super) fn wrong_format(case: &Case<'_>) -> Option<String> {
    first_that_verifies(readings(case))
}

fn changed<'a>(case: &Case<'a>, reading: Reading) -> Option<Try<'a>> {
    let CoreScheme::Hmac(configured) = &case.scheme.core else { return None };
    // Under which names parts stand, and under which the scheme expects them.
    let (mut settings, mut renamed) = (Vec::new(), Vec::new());
    match (&reading.format, &configured.format) {
        (
            Format::Pairs { separator, mark, key },
            Format::Pairs { separator: separators, mark: marks, key: expected },
        ) if (separator, mark) == (separators, marks) => {
            if key != expected {
                settings.push(format!("signature.key to \"{key}\""));
                renamed.push((key.clone(), expected.clone()));
            }
        }
        (format, expected) if format == expected => {}
        _ => settings.push(reading.text),
    }
    let has_other_form = !settings.is_empty() && renamed.is_empty();
    if reading.encoding != configured.encoding {
        settings.push(format!("encoding to {}", reading.encoding));
    }
    let is_in_header = |from: &Source<String>| matches!(from, Source::Header(_));
    let stamp = reading.stamp.filter(|_| configured.template().contains("{timestamp}"));
    let id = reading.id.filter(|_| configured.template().contains("{id}"));
    let mut is_known = |key: &str, from: Option<&Source<String>>| {
        let Some(Source::Signature(expected)) = from else { return false };
        if key != expected {
            renamed.push((key.to_owned(), expected.clone()));
        }
        key == expected
    };
    if let Some((key, unit)) = &stamp {
        let rule = configured.timestamp.as_ref();
        if !is_known(key, rule.map(|rule| &rule.from)) || rule.is_none_or(|rule| rule.unit != *unit) {
            settings.push(format!("timestamp.from to signature:{key}, timestamp.unit to {}", unit.name()));
        }
    }
    if let Some(key) = &id
        && !is_known(key, configured.id.as_ref())
    {
        settings.push(format!("id.from to signature:{key}"));
    }
    if settings.is_empty() {
        return None;
    }
    let case = case.with_scheme(|scheme| {
        scheme.format = reading.format;
        scheme.encoding = reading.encoding;
        // What the scheme reads from the signature's header has no place in another format.
        scheme.timestamp = match stamp {
            Some((key, unit)) => Some(TimestampRule { from: Source::Signature(key), unit, tolerance: None }),
            None => scheme.timestamp.take().filter(|rule| is_in_header(&rule.from)),
        };
        scheme.id = id.map(Source::Signature).or_else(|| scheme.id.take().filter(is_in_header));
    })?;
    let settings = settings.join(", ");
    let fault = if has_other_form || renamed.is_empty() { OTHER_PARTS.to_owned() } else { other_names(&renamed) };
    Some(Try::new(case, format!("{fault} Set {settings}.")))
}

const OTHER_PARTS: &str = "The value of the signature's header has other parts than the scheme expects.";

/// What is said of parts that are there under other names.
fn other_names(renamed: &[(String, String)]) -> String {
    let names = renamed.iter().map(|(found, expected)| format!("{} for {}", quoted(found), quoted(expected)));
    let names = names.collect::<Vec<_>>().join(" and ");
    let differ = if renamed.iter().all(|(found, expected)| found.eq_ignore_ascii_case(expected)) {
        ", which differ in capital and small letters alone"
    } else {
        ""
    };
    format!(
        "The value of the signature's header has the parts that the scheme expects under other names: {names}{differ}."
    )
}

/// The encoding in which a text is a tag of an accepted algorithm.
fn encoding_of(case: &Case<'_>, scheme: &HmacScheme<String>, text: &[u8]) -> Option<Encoding> {
    let others = Encoding::ALL.into_iter().filter(|other| *other != scheme.encoding);
    [scheme.encoding].into_iter().chain(others).find(|encoding| {
        let length = countersign_core::hazmat::decode(text, *encoding, &mut [0; 64]);
        length.is_some_and(|length| case.scheme.accept.iter().any(|algorithm| algorithm.tag_len() == length))
    })
}

/// A key, if it can only be a name. One of so few letters tells nothing of a secret, although it may occur in one.
fn key_of(case: &Case<'_>, key: &[u8]) -> Option<String> {
    const SHORT: usize = 3;
    let is_short = (1..=SHORT).contains(&key.len()) && key.iter().all(u8::is_ascii_alphanumeric);
    if !is_short {
        displayable_prefix(case, &[key, b"="].concat())?;
    }
    String::from_utf8(key.to_vec()).ok()
}

fn pairs(case: &Case<'_>, scheme: &HmacScheme<String>, value: &[u8], separator: u8) -> Vec<Reading> {
    let items: Vec<&[u8]> = value.split(|byte| *byte == separator).map(trim).take(MAX_PARTS + 1).collect();
    let pair = |item: &&[u8]| {
        let at = item.iter().position(|byte| *byte == b'=')?;
        Some((key_of(case, item.get(..at)?)?, item.get(at + 1..)?.to_vec()))
    };
    if !(2..=MAX_PARTS).contains(&items.len()) {
        return Vec::new();
    }
    let Some(pairs) = items.iter().map(pair).collect::<Option<Vec<_>>>() else { return Vec::new() };
    let readings = pairs.iter().filter_map(|(key, text)| {
        let encoding = encoding_of(case, scheme, text)?;
        let others = pairs.iter().filter(|(other, _)| other != key);
        let stamp = others.clone().find_map(|(other, value)| Some((other.clone(), unit_of(value)?)));
        let id = others.clone().find(|(_, value)| unit_of(value).is_none()).map(|(other, _)| other.clone());
        let text = format!(
            "signature.format to pairs, signature.separator to \"{}\", signature.key to \"{key}\"",
            char::from(separator)
        );
        Some(Reading { format: Format::Pairs { separator, mark: b'=', key: key.clone() }, text, encoding, stamp, id })
    });
    readings.collect()
}

/// `v1,… v1,…`
fn list(case: &Case<'_>, scheme: &HmacScheme<String>, value: &[u8]) -> Option<Reading> {
    let first = value.split(|byte| *byte == b' ').find(|item| !item.is_empty())?;
    let at = first.iter().position(|byte| *byte == b',')?;
    let (version, text) = (first.get(..at)?, first.get(at + 1..)?);
    let is_version = matches!(version, [b'v', digit, ..] if digit.is_ascii_digit()) && version.len() <= 4;
    let encoding = encoding_of(case, scheme, text).filter(|_| is_version)?;
    let version = String::from_utf8(version.to_vec()).ok()?;
    let text = format!("signature.format to list, signature.separator to \" \", signature.version to \"{version}\"");
    Some(Reading { format: Format::List { separator: b' ', version }, text, encoding, stamp: None, id: None })
}

fn positional(case: &Case<'_>, scheme: &HmacScheme<String>, value: &[u8], separator: u8) -> Option<Reading> {
    let items: Vec<&[u8]> = value.split(|byte| *byte == separator).map(trim).take(MAX_PARTS + 1).collect();
    let at = items.iter().position(|item| encoding_of(case, scheme, item).is_some())?;
    let encoding = encoding_of(case, scheme, items.get(at)?)?;
    let (mut stamp, mut id, mut fields) = (None, None, Vec::new());
    for (index, item) in items.iter().enumerate() {
        fields.push(match (index == at, unit_of(item)) {
            (true, _) => "signature",
            (false, Some(unit)) if stamp.is_none() => {
                stamp = Some(("timestamp".to_owned(), unit));
                "timestamp"
            }
            _ if id.is_none() && !item.is_empty() && !item.contains(&b'=') => {
                id = Some("id".to_owned());
                "id"
            }
            _ => return None,
        });
    }
    // A word in front of the signature alone is a prefix.
    stamp.as_ref()?;
    let names = fields.iter().map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "signature.format to positional, signature.separator to \"{}\", signature.fields to [{names}]",
        char::from(separator)
    );
    Some(Reading { format: Format::Positional { separator, fields: fields.join(",") }, text, encoding, stamp, id })
}
