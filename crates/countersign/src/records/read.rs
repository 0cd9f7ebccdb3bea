//! Reads a record from a line, and says what is wrong with one.

use super::error::RecordError;
use super::fields::Fields;
use super::record::Record;
use crate::printable::printable;
use crate::suggest::did_you_mean;

const SPLIT: &str = "; jq -c '.[]' FILE makes lines of a list";
const JOIN: &str = "; jq -c . FILE makes a line of each object";

/// What begins with a byte-order mark, as some programs on Windows write it.
const BOM: &str = ", and the line begins with a UTF-8 byte-order mark (the bytes EF BB BF); \
                   take it away: sed 's/^\\xEF\\xBB\\xBF//' FILE";

const NAMES: [&str; 9] =
    ["id", "connection", "method", "url", "headers", "body", "body_base64", "received_at", "countersignd"];

impl<'a> Record<'a> {
    /// Reads a line, with or without its newline.
    ///
    /// # Errors
    ///
    /// If the line is not a record as [the module](crate::records) describes it: it is not UTF-8 or not a JSON object; a
    /// field is missing, unknown, of another type, or occurs twice; both bodies are given, or none; `body_base64` is not
    /// base64; `received_at` has more than six decimals or an exponent, or is later than
    /// [`UnixMicros::MAX`](crate::records::UnixMicros::MAX), as milliseconds are; `countersignd` has a line break, as it cannot have in a line.
    pub fn read(line: &'a [u8]) -> Result<Self, RecordError> {
        let line = str::from_utf8(line).map_err(|error| not_utf8(line, error.valid_up_to()))?;
        // A list of values would do for serde, in the order of the fields.
        if !line.trim_ascii_start().starts_with('{') {
            let hint = match line.trim_ascii_start().chars().next() {
                Some('[') => SPLIT,
                Some('\u{feff}') => BOM,
                _ => "",
            };
            return Err(RecordError::new(format!("not a delivery; expected a JSON object{hint}")));
        }
        serde_json::from_str::<Fields<'_>>(line).map_err(|error| not_a_record(line, &error))?.record()
    }
}

#[cold]
fn not_utf8(line: &[u8], valid: usize) -> RecordError {
    let column = 1 + String::from_utf8_lossy(line.get(..valid).unwrap_or_default()).chars().count();
    RecordError::new(format!("not UTF-8 in column {column}; a body that is not UTF-8 goes into \"body_base64\""))
}

/// What the JSON reader says, without the value that it found.
#[cold]
fn not_a_record(line: &str, error: &serde_json::Error) -> RecordError {
    let text = error.to_string();
    // The place comes last; a value before it may hold the same words.
    let text = text.rsplit_once(" at line ").map_or(&*text, |(text, _)| text);
    if !error.is_data() {
        // Its first line, if it was printed for people.
        let hint = if line.trim_ascii() == "{" { JOIN } else { "" };
        return RecordError::new(format!("not valid JSON: {text} in column {}{hint}", error.column()));
    }
    // Read again, slowly, for the name of the field.
    let again: Result<Fields<'_>, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(line));
    let path = again.err().map_or_else(String::new, |error| error.path().to_string().replace(".?", ""));
    let text = match text.strip_prefix("invalid ").and_then(|text| text.rsplit_once(", expected ")) {
        Some((found, expected)) => without_value(found, expected),
        None => unknown_name(text).unwrap_or_else(|| text.to_owned()),
    };
    let place = if matches!(&*path, "." | "?") || text.contains("field `") { String::new() } else { path + ": " };
    RecordError::new(printable(&format!("{place}{text}")))
}

/// The same for an unknown field: its name is cut, which may be as long as the line, and the nearest one is told.
fn unknown_name(text: &str) -> Option<String> {
    const LONGEST: usize = 40;
    let (name, expected) = text.strip_prefix("unknown field `")?.rsplit_once("`, expected ")?;
    let nearest = did_you_mean(name, NAMES);
    let shown = match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    Some(format!("unknown field `{shown}`, expected {expected}{nearest}"))
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
        // The only lists of lists are header lines.
        "a sequence" => "a pair [\"Name\", \"value\"]",
        other => other,
    };
    format!("found {found}; expected {expected}")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn fault(line: &str) -> String {
        Record::read(line.as_bytes()).unwrap_err().to_string()
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
            (
                r#"{"headers":[{"name":"X","value":"do-not-show"}],"body":""}"#,
                "headers[0]: found an object; expected a pair [\"Name\", \"value\"]",
            ),
            (r#"{"headers":[["X",5]],"body":""}"#, "headers[0][1]: found a number; expected a text"),
            (
                r#"{"headers":{},"body":"","received_at":"do-not-show"}"#,
                "received_at: found a text; expected seconds since 1970 with at most six decimals and no exponent",
            ),
            (
                r#"{"headers":{},"body":"","received_at":1.1234567}"#,
                "received_at: found a number; expected seconds since 1970 with at most six decimals and no exponent",
            ),
            (
                r#"{"headers":{},"body":"","received_at":9e9}"#,
                "received_at: found a number; expected seconds since 1970 with at most six decimals and no exponent",
            ),
            (
                r#"{"headers":{},"body":"","received_at":1614265330000}"#,
                "received_at: looks like milliseconds (as seconds it would be after the year 9999); write seconds since 1970",
            ),
            (
                r#"{"headers":{},"body":"","received_at":-99999999999999999999}"#,
                "received_at: the number is too far below zero",
            ),
            (r#"{"headers":{},"body":"","countersignd":["x"]}"#, "countersignd: found a list; expected an object"),
            (r#"{"headers":{},"body":"","countersignd":"x"}"#, "countersignd: found a text; expected an object"),
            (
                "{\"headers\":{},\"body\":\"\",\"countersignd\":{\n}}",
                "countersignd: has a line break; write the object in one line",
            ),
            (r#"{"headers":{},"body":"","countersignd":{},"countersignd":{}}"#, "duplicate field `countersignd`"),
            (r#"{"headers":{},"body":"","countersignd":{"a":}}"#, "not valid JSON: expected value in column 45"),
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
                "\u{feff}{\"headers\":{},\"body\":\"\"}",
                "not a delivery; expected a JSON object, and the line begins with a UTF-8 byte-order mark (the bytes EF BB BF); \
                 take it away: sed 's/^\\xEF\\xBB\\xBF//' FILE",
            ),
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
        assert!(fault(r#"{"headers":{},"recieved_at":1}"#).ends_with("; did you mean \"received_at\"?"));
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
        let lines: Vec<_> = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(lines, [("X", "1"), ("x", "2"), ("X", "3")]);
        assert_eq!(*record.body, *"a\u{e9}".as_bytes());
    }

    #[test]
    fn what_has_no_escapes_is_borrowed() {
        let line = br#"{"id":"a","headers":{"X":"1"},"body":"{'b': 2}","countersignd":{"seq":7}}"#;
        let Record { body, extension, .. } = Record::read(line).unwrap();
        assert!(matches!(body, Cow::Borrowed(b"{'b': 2}")));
        assert_eq!(extension.unwrap().as_str(), r#"{"seq":7}"#);
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let line = br#"{"id":null,"connection":null,"method":null,"url":null,"headers":[],"body":"",
            "body_base64":null,"received_at":null,"countersignd":null}"#;
        assert_eq!(Record::read(line), Ok(Record::default()));
    }
}
