//! The template of a plain hash: as that of an HMAC, and with `{secret}`.

use countersign_core::TimeUnit;
use countersign_core::http_header::is_name;

/// The most parts of a template, as for an HMAC.
const MAX_PARTS: usize = countersign_core::MAX_PARTS;
/// The longest template, as for an HMAC.
const MAX_LENGTH: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Secret,
    Body,
    Timestamp,
    Method,
    Url,
    Header(String),
}

/// Parses a template, and checks that what it gives can be split in one way only.
///
/// # Errors
/// What is wrong, and what is allowed.
pub(crate) fn parse(text: &str) -> Result<Vec<Part>, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("longer than {MAX_LENGTH} bytes"));
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, after) = next(rest)?;
        match (parts.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(more)) => before.push_str(&more),
            (_, part) => parts.push(part),
        }
        rest = after;
    }
    if parts.len() > MAX_PARTS {
        return Err(format!("more than {MAX_PARTS} parts"));
    }
    for (part, name) in [(Part::Secret, "{secret}"), (Part::Body, "{body}")] {
        match parts.iter().filter(|other| **other == part).count() {
            1 => {}
            0 => return Err(format!("{name} is missing; a plain hash authenticates nothing without it")),
            _ => return Err(format!("{name} stands more than once")),
        }
    }
    let is_undelimited = |(index, part): (usize, &Part)| {
        matches!(part, Part::Header(_))
            && !matches!(neighbour(&parts, index), Some((Part::Literal(_) | Part::Secret, _)))
    };
    if parts.iter().enumerate().any(is_undelimited) {
        return Err(
            "nothing tells where the value of a header ends, so one signature would fit several deliveries; literal \
                    text or {secret} must stand between it and what is next to it on the side of {body}"
                .to_owned(),
        );
    }
    Ok(parts)
}

/// The first part of a text, and what follows it.
fn next(text: &str) -> Result<(Part, &str), String> {
    for brace in ["{", "}"] {
        if let Some(rest) = text.strip_prefix(brace).and_then(|rest| rest.strip_prefix(brace)) {
            return Ok((Part::Literal(brace.to_owned()), rest));
        }
    }
    let Some(inside) = text.strip_prefix('{') else {
        let (literal, rest) = text.split_at(text.find(['{', '}']).unwrap_or(text.len()));
        if literal.is_empty() {
            return Err("a closing brace without an opening one; a literal brace is written }}".to_owned());
        }
        return Ok((Part::Literal(literal.to_owned()), rest));
    };
    let unclosed = "an opening brace without a closing one; a literal brace is written {{";
    let (name, rest) = inside.split_once('}').ok_or(unclosed)?;
    let part = match name {
        "secret" => Part::Secret,
        "body" => Part::Body,
        "timestamp" => Part::Timestamp,
        "method" => Part::Method,
        "url" => Part::Url,
        name => match name.strip_prefix("header:") {
            Some(name) if is_name(name) => Part::Header(name.to_owned()),
            _ => {
                return Err("unknown placeholder; allowed are {secret}, {body}, {timestamp}, {method}, {url} and \
                            {header:NAME}; a literal brace is written {{"
                    .to_owned());
            }
        },
    };
    Ok((part, rest))
}

/// The part next to the part `index`, on the side of the body, and whether that is behind it.
fn neighbour(parts: &[Part], index: usize) -> Option<(&Part, bool)> {
    let body = parts.iter().position(|part| *part == Part::Body)?;
    if index < body { Some((parts.get(index + 1)?, true)) } else { Some((parts.get(index.checked_sub(1)?)?, false)) }
}

/// Whether the value of the part `index` ends, on the side of the body, only where the literal begins that stands there.
pub(super) fn is_delimited(parts: &[Part], index: usize, value: &[u8]) -> bool {
    let Some((Part::Literal(literal), is_behind)) = neighbour(parts, index) else { return true };
    let literal = literal.as_bytes();
    let (joined, own_place) =
        if is_behind { ([value, literal].concat(), value.len()) } else { ([literal, value].concat(), 0) };
    joined.windows(literal.len()).enumerate().all(|(place, text)| place == own_place || text != literal)
}

/// The number of digits that a timestamp must have, if nothing else shows where it ends.
pub(super) fn timestamp_digits(parts: &[Part], unit: TimeUnit) -> Option<usize> {
    let digits = match unit {
        TimeUnit::Seconds => 10,
        TimeUnit::Milliseconds => 13,
        TimeUnit::Rfc3339 | TimeUnit::Utc => return None,
    };
    let ends_itself = |(index, part): (usize, &Part)| {
        *part != Part::Timestamp
            || match neighbour(parts, index) {
                Some((Part::Literal(text), true)) => !text.starts_with(|c: char| c.is_ascii_digit()),
                Some((Part::Literal(text), false)) => !text.ends_with(|c: char| c.is_ascii_digit()),
                _ => false,
            }
    };
    (!parts.iter().enumerate().all(ends_itself)).then_some(digits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn parts_are_placeholders_and_literals() {
        assert_eq!(parse("{secret}{body}").unwrap(), [Part::Secret, Part::Body]);
        assert_eq!(
            parse("a{{b}}{timestamp}{header:X-A}{secret}{method}{url}{body}").unwrap(),
            [
                Part::Literal("a{b}".into()),
                Part::Timestamp,
                Part::Header("X-A".into()),
                Part::Secret,
                Part::Method,
                Part::Url,
                Part::Body
            ]
        );
        for (text, message) in [
            ("", "{secret} is missing"),
            ("{body}", "{secret} is missing"),
            ("{secret}", "{body} is missing"),
            ("{secret}{secret}{body}", "more than once"),
            ("{secret}{body}{body}", "more than once"),
            ("{secret}{body}{nope}", "unknown placeholder"),
            ("{secret}{body}{header:a b}", "unknown placeholder"),
            ("{secret}{body}}", "closing brace"),
            ("{secret}{body", "opening brace"),
            ("{header:A}{body}{secret}", "nothing tells"),
            ("{secret}{header:A}{body}", "nothing tells"),
            ("{body}{header:A}{secret}", "nothing tells"),
            ("{header:A}{header:B}{secret}{body}", "nothing tells"),
        ] {
            assert!(parse(text).unwrap_err().contains(message), "{text}");
        }
        assert!(parse("{header:A}{secret}{body}").is_ok() && parse("{body}{secret}{header:A}").is_ok());
        assert!(parse(&format!("{{secret}}{{body}}{}", "{url}".repeat(14))).is_ok());
        assert!(parse(&format!("{{secret}}{{body}}{}", "{url}".repeat(15))).is_err());
    }

    #[test]
    fn a_value_does_not_contain_the_literal_that_ends_it() {
        let parts = parse("{header:A}--{secret}{body}..{header:B}").unwrap();
        for (value, expected) in
            [("a", true), ("a-", false), ("-", false), ("a-b", true), ("a--b", false), ("..", true)]
        {
            assert_eq!(is_delimited(&parts, 0, value.as_bytes()), expected, "{value}");
        }
        for (value, expected) in [("a", true), (".a", false), ("a..", false), ("a.b", true), ("--", true)] {
            assert_eq!(is_delimited(&parts, 5, value.as_bytes()), expected, "{value}");
        }
        assert!(is_delimited(&parse("{header:A}{secret}{body}").unwrap(), 0, b"anything"));
    }

    #[test]
    fn a_timestamp_has_a_fixed_length_unless_a_literal_ends_it() {
        let digits = |text: &str, unit| timestamp_digits(&parse(text).unwrap(), unit);
        assert_eq!(digits("{timestamp}{secret}{body}", TimeUnit::Seconds), Some(10));
        assert_eq!(digits("{body}{timestamp}{secret}", TimeUnit::Milliseconds), Some(13));
        assert_eq!(digits("{timestamp}.{secret}{body}", TimeUnit::Seconds), None);
        assert_eq!(digits("{timestamp}1{secret}{body}", TimeUnit::Seconds), Some(10));
        assert_eq!(digits("{body}{secret}1.{timestamp}", TimeUnit::Seconds), None);
        assert_eq!(digits("{body}{secret}.1{timestamp}", TimeUnit::Seconds), Some(10));
        assert_eq!(digits("{timestamp}{secret}{body}", TimeUnit::Rfc3339), None);
    }
}
