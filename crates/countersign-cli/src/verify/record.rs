//! One line of a file of deliveries.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::terminal::printable;

const SPLIT: &str = "; jq -c '.[]' FILE makes lines of a list";
const JOIN: &str = "; jq -c . FILE makes a line of each object";

/// What is wrong with a line, told without repeating any value of it: a header may hold a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault(String);

impl Fault {
    #[cold]
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What the JSON reader says, without the value that it found.
    #[cold]
    fn json(line: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The place comes last; a value before it may hold the same words.
        let text = text.rsplit_once(" at line ").map_or(&*text, |(text, _)| text);
        if !error.is_data() {
            // Its first line, if it was printed for people.
            let hint = if line.trim_ascii() == "{" { JOIN } else { "" };
            return Self(format!("not valid JSON: {text} in column {}{hint}", error.column()));
        }
        // Read again, slowly, for the name of the field.
        let again: Result<Record<'_>, _> =
            serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(line));
        let path = again.err().map_or_else(String::new, |error| error.path().to_string().replace(".?", ""));
        let text = match text.strip_prefix("invalid ").and_then(|text| text.rsplit_once(", expected ")) {
            Some((found, expected)) => without_value(found, expected),
            None => without_length(text),
        };
        let place = if matches!(&*path, "." | "?") || text.contains("field `") { String::new() } else { path + ": " };
        Self(printable(&format!("{place}{text}")).into_owned())
    }
}

/// The same with the unknown name cut, which may be as long as the line.
fn without_length(text: &str) -> String {
    const LONGEST: usize = 40;
    let unknown = text.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "));
    match unknown.map(|(name, expected)| (name.char_indices().nth(LONGEST), name, expected)) {
        Some((Some((end, _)), name, expected)) => format!("unknown field `{}…`, expected {expected}", &name[..end]),
        _ => text.to_owned(),
    }
}

/// Turns `type: string "…"`, `type: integer `…``, `value: …` into words without the value.
fn without_value(found: &str, expected: &str) -> String {
    let found = found.split_once(": ").map_or(found, |(_, found)| found);
    let found = match found.split(['`', '"']).next().unwrap_or_default().trim_end() {
        "string" => "a text",
        "integer" | "floating point" => "a number",
        "boolean" => "true or false",
        "map" => "an object",
        "sequence" => "a list",
        other => other,
    };
    let expected = match expected {
        "a string" => "a text",
        "i64" => "whole seconds since 1970",
        other => other,
    };
    format!("found {found}; expected {expected}")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A delivery as it stands in a line; what needs no unescaping is borrowed from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    /// Whose delivery it is: a word for the reader of the file.
    #[serde(borrow, rename = "connection")]
    _connection: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) method: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) url: Option<Text<'a>>,
    #[serde(borrow)]
    headers: Headers<'a>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(borrow)]
    body_base64: Option<Text<'a>>,
    /// Seconds since 1970.
    pub(super) received_at: Option<i64>,
}

impl<'a> Record<'a> {
    /// Reads a line.
    pub(super) fn read(line: &'a [u8]) -> Result<Self, Fault> {
        let line = std::str::from_utf8(line).map_err(|error| not_utf8(line, error.valid_up_to()))?;
        // A list of values would do for serde, in the order of the fields.
        if !line.trim_ascii_start().starts_with('{') {
            let hint = if line.trim_ascii_start().starts_with('[') { SPLIT } else { "" };
            return Err(Fault::new(format!("not a delivery; expected a JSON object{hint}")));
        }
        serde_json::from_str(line).map_err(|error| Fault::json(line, &error))
    }

    /// The header lines.
    pub(super) fn headers(&self) -> &[(Text<'a>, Text<'a>)] {
        &self.headers.0
    }

    /// The raw body.
    pub(super) fn body(&self) -> Result<Cow<'_, [u8]>, Fault> {
        match (&self.body, &self.body_base64) {
            (Some(body), None) => Ok(Cow::Borrowed(body.0.as_bytes())),
            (None, Some(body)) => STANDARD
                .decode(&*body.0)
                .map(Cow::Owned)
                .map_err(|_| Fault::new("body_base64: not valid base64 (standard alphabet, with padding)")),
            (None, None) => Err(Fault::new("the body is missing; give \"body\" or \"body_base64\"")),
            (Some(_), Some(_)) => Err(Fault::new("\"body\" and \"body_base64\" are both given; give one of them")),
        }
    }
}

/// A JSON text.
#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Header lines: an object, in which a name that stands twice is two lines, or a list of pairs.
#[derive(Debug)]
struct Headers<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Headers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'a> Visitor<'a> for HeadersVisitor {
    type Value = Headers<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, or a list of pairs")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut lines = Vec::with_capacity(8);
        while let Some(line) = map.next_entry()? {
            lines.push(line);
        }
        Ok(Headers(lines))
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut lines = Vec::with_capacity(8);
        while let Some(pair) = list.next_element::<Vec<Text<'a>>>()? {
            match <[_; 2]>::try_from(pair) {
                Ok([name, value]) => lines.push((name, value)),
                Err(_) => return Err(S::Error::custom("expected pairs [\"Name\", \"value\"]")),
            }
        }
        Ok(Headers(lines))
    }
}

#[cold]
fn not_utf8(line: &[u8], valid: usize) -> Fault {
    let column = 1 + String::from_utf8_lossy(line.get(..valid).unwrap_or_default()).chars().count();
    Fault::new(format!("not UTF-8 in column {column}; a body that is not UTF-8 goes into \"body_base64\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: &str) -> String {
        Record::read(line.as_bytes()).and_then(|record| record.body().map(drop)).unwrap_err().to_string()
    }

    #[test]
    fn faults_name_the_field_and_show_no_value() {
        for (line, message) in [
            (r#"{"headers":{"X":"do-not-show"},"body":5}"#, "body: found a number; expected a text"),
            (r#"{"headers":{"X":12345},"body":""}"#, "headers: found a number; expected a text"),
            (r#"{"headers":{"X":["do-not-show"]},"body":""}"#, "headers: found a list; expected a text"),
            (r#"{"headers":"do-not-show","body":""}"#, "headers: found a text; expected an object, or a list of pairs"),
            (r#"{"headers":[["X"]],"body":""}"#, "headers: expected pairs [\"Name\", \"value\"]"),
            (r#"{"headers":[["X","do-not-show","z"]],"body":""}"#, "headers: expected pairs [\"Name\", \"value\"]"),
            (r#"{"headers":[["X",5]],"body":""}"#, "headers[0][1]: found a number; expected a text"),
            (
                r#"{"headers":{},"body":"","received_at":"do-not-show"}"#,
                "received_at: found a text; expected whole seconds since 1970",
            ),
            (
                r#"{"headers":{},"body":"","received_at":1.5}"#,
                "received_at: found a number; expected whole seconds since 1970",
            ),
            (r#"{"headers":{},"body":"","body":""}"#, "duplicate field `body`"),
            (r#"{"body":""}"#, "missing field `headers`"),
            (r#"{"headers":{}}"#, "the body is missing; give \"body\" or \"body_base64\""),
            (
                r#"{"headers":{},"body":"","body_base64":""}"#,
                "\"body\" and \"body_base64\" are both given; give one of them",
            ),
            (r#"{"headers":{},"body_base64":"!"}"#, "body_base64: not valid base64 (standard alphabet, with padding)"),
            (
                r#"{"headers":"do-not-show at line 1","body":""}"#,
                "headers: found a text; expected an object, or a list of pairs",
            ),
            (
                r#"{"headers":"do-not-show, expected x at line 1, expected y","body":""}"#,
                "headers: found a text; expected an object, or a list of pairs",
            ),
            (r#""do-not-show, expected x""#, "not a delivery; expected a JSON object"),
            ("[]", "not a delivery; expected a JSON object; jq -c '.[]' FILE makes lines of a list"),
            (
                " {\r",
                "not valid JSON: EOF while parsing an object in column 3; jq -c . FILE makes a line of each object",
            ),
            (r#"{"headers":{},"body":"\ud800"}"#, "not valid JSON: unexpected end of hex escape in column 29"),
            (r#"{"headers":{},"body":"" "#, "not valid JSON: EOF while parsing an object in column 24"),
        ] {
            assert_eq!(fault(line), message, "{line}");
        }
        assert!(fault(r#"{"headers":{},"boddy":""}"#).starts_with("unknown field `boddy`, expected one of `id`, "));
        for (name, shown) in
            [("é".repeat(10_000), "é".repeat(40) + "…"), ("`, expected x".into(), "`, expected x".into())]
        {
            let fault = fault(&format!(r#"{{"headers":{{}},"{name}":""}}"#));
            assert!(fault.starts_with(&format!("unknown field `{shown}`, expected one of `id`, ")), "{fault}");
        }
    }

    #[test]
    fn an_object_keeps_names_that_stand_twice() {
        let line = br#"{"headers":{"X":"1","x":"2","X":"3"},"body":"a\u00e9"}"#;
        let record = Record::read(line).unwrap();
        let lines: Vec<_> = record.headers().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(lines, [("X", "1"), ("x", "2"), ("X", "3")]);
        assert_eq!(*record.body().unwrap(), *"a\u{e9}".as_bytes());
    }
}
