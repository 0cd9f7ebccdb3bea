//! Stage 1, parse: from a header value to an optional label and the text of the tag.

use crate::header::Value;
use crate::label::{LONGEST, Label};
use crate::rejection::Rejection;
use crate::swar;

/// A signature as found in a header: `[label(=|:)]text`.
pub(crate) struct Signature<'a> {
    label: Option<Label>,
    text: &'a [u8],
}

impl<'a> Signature<'a> {
    /// Splits a label off, if there is one.
    ///
    /// A bare base64 text may hold `=` only as its padding, so a known label is looked for first, then padding.
    /// Whether the padding is the right one is the decoder's to say.
    #[inline]
    pub(crate) fn parse(value: Value<'a>) -> Result<Self, Rejection> {
        let value = value.as_bytes();
        match value.first_chunk() {
            // No known label is that long. Should a separator follow nevertheless, then the text cannot be decoded,
            // and `undecodable` tells why.
            Some(front) if !has_separator(front) => Ok(Self { label: None, text: value }),
            _ => Self::parse_front(value),
        }
    }

    #[inline(never)]
    fn parse_front(value: &'a [u8]) -> Result<Self, Rejection> {
        let Some((name, rest)) = split(value) else { return Ok(Self { label: None, text: value }) };
        match (Label::parse(name), rest) {
            (Some(_), [_]) => Err(Rejection::MalformedSignature),
            (Some(label), [_, text @ ..]) => Ok(Self { label: Some(label), text }),
            _ if is_padding(rest) => Ok(Self { label: None, text: value }),
            _ => Err(Rejection::UnknownAlgorithm),
        }
    }

    /// What is wrong with a signature whose text the decoder does not take.
    #[cold]
    pub(crate) fn undecodable(&self) -> Rejection {
        match split(self.text) {
            Some((_, rest)) if self.label.is_none() && !is_padding(rest) => Rejection::UnknownAlgorithm,
            _ => Rejection::MalformedEncoding,
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
