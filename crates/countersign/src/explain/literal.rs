//! Objects and bytes as programs print them, turned back: Python, Ruby, and lists of numbers.

use serde_json::Value;

/// More bytes than these are not read from a list of numbers.
const MAX_BYTES: usize = 1 << 20;

/// The bytes that a text stands for: `b'…'` of Python, `[123, 34]`, `{"type": "Buffer", "data": […]}` of Node, or
/// `{"0": 123, "1": 34}`.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if let Some(inner) = text.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\'')) {
        return python_bytes(inner);
    }
    if let Some(inner) = text.strip_prefix("b\"").and_then(|rest| rest.strip_suffix('"')) {
        return python_bytes(inner);
    }
    let numbers = |list: &[Value]| -> Option<Vec<u8>> {
        list.iter().take(MAX_BYTES).map(|value| value.as_u64().and_then(|number| u8::try_from(number).ok())).collect()
    };
    match serde_json::from_str(text).ok()? {
        Value::Array(list) => numbers(&list),
        Value::Object(fields) => {
            if let Some(Value::Array(list)) = fields.get("data") {
                numbers(list)
            } else {
                let at = |index: usize| fields.get(&index.to_string()).cloned();
                numbers(&(0..fields.len()).map(at).collect::<Option<Vec<_>>>()?)
            }
        }
        _ => None,
    }
    .filter(|bytes| !bytes.is_empty())
}

/// What stands between the quotes of `b'…'`.
fn python_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (escape, more) = rest.split_first()?;
        rest = more;
        bytes.push(match escape {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = str::from_utf8(rest.get(..2)?).ok()?;
                rest = rest.get(2..)?;
                u8::from_str_radix(digits, 16).ok()?
            }
            other => *other,
        });
    }
    Some(bytes)
}

/// JSON of a dict of Python or a hash of Ruby; `None` if the text is neither.
pub(super) fn json_of(text: &str) -> Option<String> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_changed = false;
    while let Some(c) = rest.chars().next() {
        if c == '\'' || c == '"' {
            let (literal, after) = string_literal(rest, c)?;
            json += &serde_json::to_string(&literal).ok()?;
            is_changed |= c == '\'';
            rest = after;
            continue;
        }
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (name, after) = rest.split_at_checked(word.max(c.len_utf8()))?;
        let written = match name {
            "True" => "true",
            "False" => "false",
            "None" | "nil" => "null",
            "=" if after.starts_with('>') => ":",
            other => other,
        };
        is_changed |= written != name;
        json += written;
        rest = if written == ":" && name == "=" { after.get(1..)? } else { after };
    }
    (is_changed && serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok()).then_some(json)
}

/// The text between quotes at the start, and what follows it.
fn string_literal(text: &str, quote: char) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        if c == quote {
            return Some((literal, text.get(at + 1..)?));
        }
        if c != '\\' {
            literal.push(c);
            continue;
        }
        let (at, escape) = characters.next()?;
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = u32::from_str_radix(text.get(at + 1..at + 1 + digits)?, 16).ok()?;
            literal.push(char::from_u32(code)?);
            for _ in 0..digits {
                characters.next();
            }
            continue;
        }
        literal.push(match escape {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dicts_and_hashes_become_json() {
        for (text, expected) in [
            (
                "{'a': 1, 'b': [True, None, 1.5], 'c': \"it's\"}",
                Some(r#"{"a": 1, "b": [true, null, 1.5], "c": "it's"}"#),
            ),
            (r"{'a': 'caf\xe9\u2013\'\n'}", Some("{\"a\": \"café–'\\n\"}")),
            (r#"{"a"=>1, "b"=>nil, "c"=>"x=>y"}"#, Some(r#"{"a":1, "b":null, "c":"x=>y"}"#)),
            (r#"{"a": 1}"#, None),
            ("{'a': ", None),
            ("{'a': <x>}", None),
            ("text", None),
        ] {
            assert_eq!(json_of(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn printed_bytes_become_bytes() {
        for (text, expected) in [
            (r"b'{\'a\': \xc3\xa9\n}'", Some("{'a': é\n}".as_bytes())),
            ("b\"it's\"", Some(b"it's")),
            ("[123, 125]", Some(b"{}")),
            (r#"{"type":"Buffer","data":[123,125]}"#, Some(b"{}")),
            (r#"{"1":125,"0":123}"#, Some(b"{}")),
            ("[256]", None),
            ("[]", None),
            (r#"{"a":1}"#, None),
            (r"b'\x4'", None),
        ] {
            assert_eq!(bytes_of(text).as_deref(), expected, "{text}");
        }
    }
}
