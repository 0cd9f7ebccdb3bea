//! Stage 1, parse: from a header value to an optional label and the text of the tag.

use crate::header::Value;
use crate::label::Label;
use crate::rejection::Rejection;

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
        let ([unpadded @ .., b'=', b'='] | [unpadded @ .., b'='] | unpadded) = value;
        let bare = !has_separator(unpadded) && (unpadded.len() == value.len() || Label::parse(unpadded).is_none());
        if bare { Ok(Self { label: None, text: value }) } else { Self::parse_labelled(value) }
    }

    #[inline(never)]
    fn parse_labelled(value: &'a [u8]) -> Result<Self, Rejection> {
        let mut parts = value.splitn(2, |&byte| is_separator(byte));
        let (name, text) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match Label::parse(name) {
            Some(_) if text.is_empty() => Err(Rejection::MalformedSignature),
            Some(label) => Ok(Self { label: Some(label), text }),
            // Nothing but `=` from the separator on: padding, if too much of it.
            None if is_padding(value, name) => Ok(Self { label: None, text: value }),
            None => Err(Rejection::UnknownAlgorithm),
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

fn is_padding(value: &[u8], name: &[u8]) -> bool {
    value.iter().skip(name.len()).all(|&byte| byte == b'=')
}

/// What may stand between a label and the text.
fn is_separator(byte: u8) -> bool {
    byte == b'=' || byte == b':'
}

/// Looks at every byte and branches once, so that the loop becomes a few vector instructions.
#[inline]
fn has_separator(text: &[u8]) -> bool {
    text.iter().fold(0, |found, &byte| found | u8::from(byte == b'=') | u8::from(byte == b':')) != 0
}
