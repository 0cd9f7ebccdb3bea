//! Stage 1, parse: splits a signature into an optional label and the encoded tag.

use crate::label::{Label, MAX_LABEL};
use crate::rejection::Rejection;
use crate::swar;

/// A signature as written in a header: `[label(=|:)]text`.
pub(crate) struct Signature<'a> {
    label: Option<Label>,
    text: &'a [u8],
}

impl<'a> Signature<'a> {
    /// Splits off the label, if there is one. `value` is not empty.
    ///
    /// Base64 without a label may contain `=` only as padding, so this looks for a known label first, then for padding.
    /// The decoder checks whether the padding is correct.
    #[inline]
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, Rejection> {
        let prefix = match value.first_chunk() {
            // No known label is that long. If a separator follows later, the text cannot be decoded, and
            // `unknown_label_or` returns the reason.
            Some(start) if !has_separator(start) => LabelPrefix { label: None, length: 0 },
            _ => LabelPrefix::parse(value)?,
        };
        Ok(Self { label: prefix.label, text: value.get(usize::from(prefix.length)..).unwrap_or_default() })
    }

    /// A signature in a format without labels.
    #[inline]
    pub(crate) fn unlabelled(text: &'a [u8]) -> Self {
        Self { label: None, text }
    }

    /// The rejection for a signature that cannot be decoded: `UnknownAlgorithm` if it has an unknown label that
    /// [`parse`](Self::parse) did not look for, else `later`.
    #[cold]
    pub(crate) fn unknown_label_or(&self, later: Rejection) -> Rejection {
        match split_at_separator(self.text) {
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

/// The text before the first separator, and the text from the separator on.
fn split_at_separator(value: &[u8]) -> Option<(&[u8], &[u8])> {
    value.split_at_checked(value.iter().position(|byte| SEPARATORS.contains(byte))?)
}

/// The label before the encoded tag, and its length. Small enough to be returned in a register.
#[derive(Clone, Copy)]
struct LabelPrefix {
    label: Option<Label>,
    /// The length of the label and its separator in bytes; 0 without a label.
    length: u8,
}

impl LabelPrefix {
    #[inline(never)]
    fn parse(value: &[u8]) -> Result<Self, Rejection> {
        let bare = Self { label: None, length: 0 };
        let Some((name, rest)) = split_at_separator(value) else { return Ok(bare) };
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

/// The characters that may separate a label from the encoded tag.
const SEPARATORS: [u8; 2] = *b"=:";

/// Whether there is a separator among the first characters, where a known label would end.
#[inline]
fn has_separator(start: &[u8; MAX_LABEL + 1]) -> bool {
    swar::contains(start, SEPARATORS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;

    /// The algorithm of the label, and the text after it.
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
    fn a_value_without_a_label_is_not_split() {
        for value in ["a", "abc", "abc=", "abc==", "abc===", "=", "==", "sha256", "md5", "+/-_. \u{e9}"] {
            assert_eq!(parse(value), Ok((None, value)), "{value}");
            let long = std::format!("{}{value}", "a".repeat(30));
            assert_eq!(parse(&long), Ok((None, &long[..])), "{value}");
        }
    }

    #[test]
    fn any_other_label_is_unknown() {
        for value in ["v1=abc", "t=1", ":", ":abc", "=abc", "abc=:", "abc:", "abc:=", "sha=abc", "sha256 =abc", "ab=c="]
        {
            assert_eq!(parse(value), Err(Rejection::UnknownAlgorithm), "{value}");
        }
    }

    /// A separator that comes later than any known label could end is found only after decoding has failed.
    #[test]
    fn a_label_longer_than_any_known_label_is_unknown() {
        let rejection = |value: &str| {
            let parsed = Signature::parse(value.as_bytes());
            parsed.map_or_else(|early| early, |signature| signature.unknown_label_or(Rejection::MalformedEncoding))
        };
        for length in 1..=60 {
            let name = "a".repeat(length);
            for after in [":", "=b", ":b", "=b==", "==b", ":=="] {
                assert_eq!(rejection(&std::format!("{name}{after}")), Rejection::UnknownAlgorithm, "{length}, {after}");
            }
            for after in ["", "=", "==", "===", "======================="] {
                assert_eq!(
                    rejection(&std::format!("{name}{after}")),
                    Rejection::MalformedEncoding,
                    "{length}, {after}"
                );
            }
        }
        // After a known label, a separator is only a wrong character.
        assert_eq!(rejection("sha256=ab:c"), Rejection::MalformedEncoding);
    }
}
