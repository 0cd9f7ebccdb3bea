//! Stage 1, parse: from header lines to the one value that counts.

use crate::rejection::Rejection;

/// The longest header value that is looked at, in bytes, blanks at the ends not counted.
pub const MAX_VALUE: usize = 4096;

/// A header value without blanks at its ends, neither empty nor longer than [`MAX_VALUE`].
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    /// Trims spaces and tabs at the ends (RFC 9110 section 5.5) and nothing else.
    #[inline]
    pub(crate) fn new(line: &'a [u8]) -> Result<Self, Rejection> {
        let mut value = line;
        while let [b' ' | b'\t', rest @ ..] = value {
            value = rest;
        }
        while let [rest @ .., b' ' | b'\t'] = value {
            value = rest;
        }
        if value.is_empty() || value.len() > MAX_VALUE {
            return Err(Rejection::MalformedSignature);
        }
        Ok(Self(value))
    }

    /// The value of a header that may stand once; `None` when it is absent.
    #[inline]
    pub(crate) fn single(mut lines: impl Iterator<Item = &'a [u8]>) -> Result<Option<Self>, Rejection> {
        match (lines.next(), lines.next()) {
            (None, _) => Ok(None),
            (Some(line), None) => Self::new(line).map(Some),
            (Some(_), Some(_)) => Err(Rejection::RepeatedSignature),
        }
    }

    #[inline]
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}
