//! JSON as a sender prints it before signing: some sign their event in a form of its own, and send it in another.
//!
//! Nothing is lost on the way: two values with the same text here are the same value, but for the order of names where they
//! are sorted, and numbers stay as they are written.

use std::fmt::Write as _;

use serde_json::value::RawValue;

use super::limit::MAX_FIELDS;
use crate::json::Entries;

/// How JSON is printed, without white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As PHP's `json_encode` does: with `\/`, and `\uXXXX` for all that is not ASCII.
    Php,
    /// As JavaScript's `JSON.stringify` does, with the names of every object sorted by their bytes.
    Sorted,
}

/// The deepest nesting of objects and lists that is sorted.
const MAX_DEPTH: usize = 32;

/// Prints a JSON text. `None` if a string in it has an escape that is no character, and where names are sorted also for a
/// name that stands twice, for more than [`MAX_FIELDS`] names in an object, and for more than [`MAX_DEPTH`] levels.
pub(super) fn encode(value: &RawValue, style: Style) -> Option<String> {
    let mut out = String::with_capacity(value.get().len());
    match style {
        Style::Php => push_text(&mut out, value.get(), style)?,
        Style::Sorted => push_sorted(&mut out, value, 0)?,
    }
    Some(out)
}

/// Prints a text in the order in which it is written.
fn push_text(out: &mut String, text: &str, style: Style) -> Option<()> {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let length = string_length(rest)?;
            let (string, after) = rest.split_at_checked(length)?;
            let content: String = serde_json::from_str(string).ok()?;
            push_string(out, &content, style);
            rest = after;
        } else {
            if !c.is_ascii_whitespace() {
                out.push(c);
            }
            rest = rest.get(c.len_utf8()..)?;
        }
    }
    Some(())
}

fn push_sorted(out: &mut String, value: &RawValue, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value.get().as_bytes() {
        [b'{', ..] => {
            let mut reader = serde_json::Deserializer::from_str(value.get());
            let mut entries = serde::Deserializer::deserialize_map(&mut reader, Entries).ok()?;
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            if entries.len() > MAX_FIELDS || entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return None;
            }
            out.push('{');
            for (at, (name, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                push_string(out, name, Style::Sorted);
                out.push(':');
                push_sorted(out, value, depth + 1)?;
            }
            out.push('}');
        }
        [b'[', ..] => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
            out.push('[');
            for (at, item) in items.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                push_sorted(out, item, depth + 1)?;
            }
            out.push(']');
        }
        _ => push_text(out, value.get(), Style::Sorted)?,
    }
    Some(())
}

/// The length of the string at the start of a JSON text, with its quotes.
fn string_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    Some(end + 2)
}

fn push_string(out: &mut String, content: &str, style: Style) {
    out.push('"');
    for c in content.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if style == Style::Php => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='\u{7f}' => out.push(c),
            '\u{80}'.. if style == Style::Sorted => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_php_does_and_the_rest_stays() {
        for (text, expected) in [
            (r#"{"a": "é", "u": "x/y"}"#, r#"{"a":"\u00e9","u":"x\/y"}"#),
            ("[1.50, 1e3, -0 , true,null, {}]", "[1.50,1e3,-0,true,null,{}]"),
            (r#""\u00E9\/\"\\ \n 😀""#, r#""\u00e9\/\"\\ \n \ud83d\ude00""#),
            (r#"{"a b":" \t"}"#, r#"{"a b":" \t"}"#),
        ] {
            let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
            assert_eq!(encode(&raw, Style::Php).as_deref(), Some(expected), "{text}");
        }
        let raw: Box<RawValue> = serde_json::from_str(r#""\ud800""#).unwrap();
        assert_eq!(encode(&raw, Style::Php), None);
    }

    #[test]
    fn names_are_sorted_in_every_object() {
        let sorted = |text: &str| {
            let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
            encode(&raw, Style::Sorted)
        };
        for (text, expected) in [
            (r#"{"b": [{"d":1, "c":[ ]}, "x/y"], "a": 1.50}"#, r#"{"a":1.50,"b":[{"c":[],"d":1},"x/y"]}"#),
            (r#"{"é":"\u00e9\u0001","e":null}"#, r#"{"e":null,"é":"é\u0001"}"#),
            (" [1 , {} ] ", "[1,{}]"),
            (r#""a b""#, r#""a b""#),
        ] {
            assert_eq!(sorted(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(sorted(r#"{"a":1,"\u0061":2}"#), None);
        assert_eq!(sorted(&("[".repeat(40) + &"]".repeat(40))), None);
    }
}
