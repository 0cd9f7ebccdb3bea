//! Splits the value of a signature header, to replace its tag by another one in exactly the same form.

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use countersign_core::Encoding;

/// The text around the tag, and how the tag is written.
pub(crate) struct Form {
    before: Vec<u8>,
    writing: Writing,
    after: Vec<u8>,
    /// The tag that was found.
    pub(crate) tag: Vec<u8>,
}

enum Writing {
    Base64(&'static GeneralPurpose),
    /// For each digit, whether it is upper case, since senders may mix both.
    Hex(Vec<bool>),
}

impl Form {
    /// Splits the value of an accepted signature header. Panics if it cannot.
    pub(crate) fn of(value: &[u8], encoding: Encoding) -> Self {
        let front = value.iter().take_while(|&&byte| is_space(byte)).count();
        let back = value[front..].iter().rev().take_while(|&&byte| is_space(byte)).count();
        let (inside, after) = value.split_at(value.len() - back);
        let text_at = front + label_len(&inside[front..]);
        let (before, text) = inside.split_at(text_at);
        let (writing, tag) = Writing::of(text, encoding);
        let form = Self { before: before.to_vec(), writing, after: after.to_vec(), tag };
        assert_eq!(form.with(&form.tag), value, "splitting and joining changed the value");
        form
    }

    /// The header value with `tag` in place of the one that was found.
    pub(crate) fn with(&self, tag: &[u8]) -> Vec<u8> {
        [&self.before, self.writing.write(tag).as_bytes(), &self.after].concat()
    }
}

impl Writing {
    fn of(text: &[u8], encoding: Encoding) -> (Self, Vec<u8>) {
        let padded = text.ends_with(b"=");
        let engine = match (encoding, padded) {
            (Encoding::HexaDecimal, _) => {
                return (Self::Hex(text.iter().map(u8::is_ascii_uppercase).collect()), hex::decode(text).unwrap());
            }
            (Encoding::Base64, true) => &STANDARD,
            (Encoding::Base64, false) => &STANDARD_NO_PAD,
            (Encoding::Base64Url, true) => &URL_SAFE,
            (Encoding::Base64Url, false) => &URL_SAFE_NO_PAD,
        };
        (Self::Base64(engine), engine.decode(text).unwrap())
    }

    fn write(&self, tag: &[u8]) -> String {
        match self {
            Self::Base64(engine) => engine.encode(tag),
            Self::Hex(upper_case) => {
                let digits = hex::encode(tag);
                let cased = digits.chars().zip(upper_case);
                cased.map(|(digit, is_upper)| if *is_upper { digit.to_ascii_uppercase() } else { digit }).collect()
            }
        }
    }
}

/// The length of `label=` or `label:` at the start. If only `=` follow the first `=`, that is padding.
fn label_len(inside: &[u8]) -> usize {
    match inside.iter().position(|&byte| byte == b'=' || byte == b':') {
        Some(at) if inside[at..].iter().any(|&byte| byte != b'=') => at + 1,
        _ => 0,
    }
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
