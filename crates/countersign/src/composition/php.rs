//! JSON as PHP's `json_encode` prints it: some senders sign their event in this form, and send it in another.
//!
//! Nothing is lost on the way: two values with the same text here are the same value, and numbers stay as they are
//! written.

use std::fmt::Write as _;

use serde_json::value::RawValue;

/// Prints a JSON text without white space, with `\/`, and with `\uXXXX` for all that is not ASCII. `None` if a string in it
/// has an escape that is no character.
pub(super) fn encode(value: &RawValue) -> Option<String> {
    let text = value.get();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let length = string_length(rest)?;
            let (string, after) = rest.split_at_checked(length)?;
            let content: String = serde_json::from_str(string).ok()?;
            push_string(&mut out, &content);
            rest = after;
        } else {
            if !c.is_ascii_whitespace() {
                out.push(c);
            }
            rest = rest.get(c.len_utf8()..)?;
        }
    }
    Some(out)
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

fn push_string(out: &mut String, content: &str) {
    out.push('"');
    for c in content.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='\u{7f}' => out.push(c),
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
            assert_eq!(encode(&raw).as_deref(), Some(expected), "{text}");
        }
        let raw: Box<RawValue> = serde_json::from_str(r#""\ud800""#).unwrap();
        assert_eq!(encode(&raw), None);
    }
}
