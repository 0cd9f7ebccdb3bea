//! Strings of JSON: what their escapes stand for, and how a text is written as one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What a string stands for; `quoted` is its text with the quotes, as the scanner has taken it. The bytes are UTF-8, but for
/// lone surrogates, which are written as UTF-8 would write them if it allowed them: two strings are equal if their bytes are,
/// and the bytes are UTF-8 if the string is Unicode text.
pub(crate) fn unescape(quoted: &str) -> Cow<'_, [u8]> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.as_bytes());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.as_bytes();
    while let Some(place) = rest.iter().position(|&byte| byte == b'\\') {
        bytes.extend_from_slice(&rest[..place]);
        let (unit, behind) = escape(&rest[place + 1..]);
        rest = behind;
        let mut code = unit;
        if let (0xd800..0xdc00, [b'\\', b'u', ..]) = (unit, rest)
            && let (low @ 0xdc00..0xe000, behind) = escape(&rest[1..])
        {
            code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            rest = behind;
        }
        push_code(&mut bytes, code);
    }
    bytes.extend_from_slice(rest);
    Cow::Owned(bytes)
}

/// The UTF-16 unit of an escape, whose backslash is gone, and what stands behind it.
fn escape(text: &[u8]) -> (u32, &[u8]) {
    match text {
        [b'u', hex @ ..] => {
            let (digits, rest) = hex.split_at(hex.len().min(4));
            (digits.iter().fold(0, |unit, &digit| unit << 4 | char::from(digit).to_digit(16).unwrap_or(0)), rest)
        }
        [letter, rest @ ..] => {
            let byte = match letter {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                other => *other,
            };
            (u32::from(byte), rest)
        }
        [] => (u32::from(b'\\'), text),
    }
}

fn push_code(bytes: &mut Vec<u8>, code: u32) {
    if let Some(char) = char::from_u32(code) {
        bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        // A lone surrogate, in the three bytes of its plane.
        let [.., high, low] = code.to_be_bytes();
        bytes.extend([0xe0 | high >> 4, 0x80 | (high & 15) << 2 | low >> 6, 0x80 | low & 0x3f]);
    }
}

/// Writes `text` as a string of JSON.
pub(crate) fn push_quoted(json: &mut String, text: &str) {
    json.reserve(text.len() + 2);
    json.push('"');
    let mut rest = text;
    while let Some(place) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        json.push_str(&rest[..place]);
        match rest.as_bytes()[place] {
            b'\n' => json.push_str("\\n"),
            b'\r' => json.push_str("\\r"),
            b'\t' => json.push_str("\\t"),
            byte @ (b'"' | b'\\') => {
                json.push('\\');
                json.push(char::from(byte));
            }
            byte => {
                // Writing to a String does not fail.
                let _ = write!(json, "\\u{byte:04x}");
            }
        }
        rest = &rest[place + 1..];
    }
    json.push_str(rest);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_characters() {
        for (quoted, bytes) in [
            (r#""""#, &b""[..]),
            (r#""a\"\\\/\b\f\n\r\t""#, b"a\"\\/\x08\x0c\n\r\t"),
            (r#""\u00e9\u20AC\ud83d\ude00\u0000""#, "é€😀\0".as_bytes()),
            // Lone surrogates: a high one, two high ones before a low one, a low one, a high one before other text.
            (r#""\ud800""#, b"\xed\xa0\x80"),
            (r#""\ud83d\ud83d\ude00""#, b"\xed\xa0\xbd\xf0\x9f\x98\x80"),
            (r#""\udfffx""#, b"\xed\xbf\xbfx"),
            (r#""\ud800\n""#, b"\xed\xa0\x80\n"),
            (r#""\ud800\u0041""#, b"\xed\xa0\x80A"),
        ] {
            assert_eq!(&*unescape(quoted), bytes, "{quoted}");
        }
    }

    #[test]
    fn what_is_quoted_stands_for_itself() {
        let all: String = (0..0x3000).filter_map(char::from_u32).chain(['\u{10ffff}', '"']).collect();
        let mut quoted = String::new();
        push_quoted(&mut quoted, &all);
        assert_eq!(&*unescape(&quoted), all.as_bytes());
        let keep = crate::json::Keep { members: 0, elements: 0 };
        assert_eq!(crate::json::parse(&quoted, keep).unwrap().value.text, quoted);
    }
}
