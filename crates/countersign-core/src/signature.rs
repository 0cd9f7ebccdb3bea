//! Stage 1, parse: from a header value to an optional label and the text of the tag.

use crate::label::{LONGEST, Label};
use crate::rejection::Rejection;
use crate::swar;

/// A signature as found in a header: `[label(=|:)]text`.
pub(crate) struct Signature<'a> {
    label: Option<Label>,
    text: &'a [u8],
}

impl<'a> Signature<'a> {
    /// Splits a label off, if there is one. `value` is not empty.
    ///
    /// A bare base64 text may hold `=` only as its padding, so a known label is looked for first, then padding.
    /// Whether the padding is the right one is the decoder's to say.
    #[inline]
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, Rejection> {
        let front = match value.first_chunk() {
            // No known label is that long. Should a separator follow nevertheless, then the text cannot be decoded,
            // and `fault_or` tells why.
            Some(front) if !has_separator(front) => Front { label: None, length: 0 },
            _ => Front::parse(value)?,
        };
        Ok(Self { label: front.label, text: value.get(usize::from(front.length)..).unwrap_or_default() })
    }

    /// A text that can have no label.
    #[inline]
    pub(crate) fn unlabelled(text: &'a [u8]) -> Self {
        Self { label: None, text }
    }

    /// An unknown label that [`parse`](Self::parse) had no need to see, else what a later stage found.
    #[cold]
    pub(crate) fn fault_or(&self, later: Rejection) -> Rejection {
        match split(self.text) {
            Some((_, rest)) if self.label.is_none() && !is_padding(rest) => Rejection::UnknownAlgorithm,
            _ => later,
        }
    }

    #[inline]
    pub(crate) fn label(&self) -> Option<Label> {
        self.label
    }

    /// The encoded tag.
    #[inline]
    pub(crate) fn text(&self) -> &'a [u8] {
        self.text
    }
}

/// The text before the first separator, and the text from it on.
fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    value.split_at_checked(value.iter().position(|byte| SEPARATORS.contains(byte))?)
}

/// What stands in front of the text. Small enough to be returned in a register.
#[derive(Clone, Copy)]
struct Front {
    label: Option<Label>,
    /// Of the label and its separator, in bytes.
    length: u8,
}

impl Front {
    #[inline(never)]
    fn parse(value: &[u8]) -> Result<Self, Rejection> {
        let bare = Self { label: None, length: 0 };
        let Some((name, rest)) = split(value) else { return Ok(bare) };
        match (Label::parse(name), rest) {
            (Some(_), [_]) => Err(Rejection::MalformedSignature),
            (Some(label), _) => {
                // A known label has at most 19 bytes.
                let length = u8::try_from(name.len().wrapping_add(1)).map_err(|_| Rejection::MalformedSignature)?;
                Ok(Self { label: Some(label), length })
            }
            _ if is_padding(rest) => Ok(bare),
            _ => Err(Rejection::UnknownAlgorithm),
        }
    }
}

fn is_padding(text: &[u8]) -> bool {
    text.iter().all(|&byte| byte == b'=')
}

/// What may stand between a label and the text.
const SEPARATORS: [u8; 2] = *b"=:";

/// Whether there is a separator where one would stand behind a label.
#[inline]
fn has_separator(front: &[u8; LONGEST + 1]) -> bool {
    swar::contains(front, SEPARATORS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;

    /// The algorithm of the label, and the text behind it.
    fn parse(value: &str) -> Result<(Option<Algorithm>, &str), Rejection> {
        let signature = Signature::parse(value.as_bytes())?;
        let text = str::from_utf8(signature.text()).unwrap_or("not UTF-8");
        Ok((signature.label().map(|label| label.algorithm), text))
    }

    #[test]
    fn a_known_label_is_split_off() {
        let sha_256 = Some(Algorithm::Sha256);
        for separator in ["=", ":"] {
            for label in ["sha256", "SHA-256", "hmac-sha_256", "hmac-sha-256-base64"] {
                for text in ["abc", "ab==", "=", "==", ":abc", "=abc", " abc", "md5=abc", "v1=abc"] {
                    let value = std::format!("{label}{separator}{text}");
                    assert_eq!(parse(&value), Ok((sha_256, text)), "{value}");
                }
                let value = std::format!("{label}{separator}");
                assert_eq!(parse(&value), Err(Rejection::MalformedSignature), "{value}");
            }
        }
    }

    #[test]
    fn a_bare_value_is_left_whole() {
        for value in ["a", "abc", "abc=", "abc==", "abc===", "=", "==", "sha256", "md5", "+/-_. \u{e9}"] {
            assert_eq!(parse(value), Ok((None, value)), "{value}");
            let long = std::format!("{}{value}", "a".repeat(30));
            assert_eq!(parse(&long), Ok((None, &long[..])), "{value}");
        }
    }

    #[test]
    fn another_label_is_unknown() {
        for value in ["v1=abc", "t=1", ":", ":abc", "=abc", "abc=:", "abc:", "abc:=", "sha=abc", "sha256 =abc", "ab=c="]
        {
            assert_eq!(parse(value), Err(Rejection::UnknownAlgorithm), "{value}");
        }
    }

    /// A separator so far back that no known label can stand before it is found only when decoding has failed.
    #[test]
    fn a_label_too_long_to_be_known_is_unknown_in_the_end() {
        let fault = |value: &str| {
            let parsed = Signature::parse(value.as_bytes());
            parsed.map_or_else(|early| early, |signature| signature.fault_or(Rejection::MalformedEncoding))
        };
        for length in 1..=60 {
            let name = "a".repeat(length);
            for behind in [":", "=b", ":b", "=b==", "==b", ":=="] {
                assert_eq!(fault(&std::format!("{name}{behind}")), Rejection::UnknownAlgorithm, "{length}, {behind}");
            }
            for behind in ["", "=", "==", "===", "======================="] {
                assert_eq!(fault(&std::format!("{name}{behind}")), Rejection::MalformedEncoding, "{length}, {behind}");
            }
        }
        // Behind a known label, separators are wrong characters and nothing more.
        assert_eq!(fault("sha256=ab:c"), Rejection::MalformedEncoding);
    }
}
