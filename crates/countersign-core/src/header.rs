//! Stage 1, parse: finds the single value of a header and trims it.

use crate::rejection::Rejection;

/// The longest header value that is accepted, in bytes, not counting spaces and tabs at its ends.
pub const MAX_VALUE: usize = 4096;

/// A header value without spaces and tabs at its ends. It is not empty, and not longer than [`MAX_VALUE`].
#[derive(Clone, Copy)]
pub(crate) struct HeaderValue<'a>(&'a [u8]);

impl<'a> HeaderValue<'a> {
    /// Trims spaces and tabs at the ends (RFC 9110 section 5.5), and no other character.
    #[inline]
    pub(crate) fn new(line: &'a [u8]) -> Result<Self, Rejection> {
        let value = trim(line);
        if value.is_empty() || value.len() > MAX_VALUE {
            return Err(Rejection::MalformedSignature);
        }
        Ok(Self(value))
    }

    /// The value of a header that may appear only once; `None` if it is absent.
    #[inline]
    pub(crate) fn single(lines: impl Iterator<Item = &'a [u8]>) -> Result<Option<Self>, Rejection> {
        single_line(lines)?.map(Self::new).transpose()
    }

    #[inline]
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// The text without spaces and tabs at its ends (RFC 9110 section 5.5).
#[inline]
#[must_use]
pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Whether a header can have this name: a token of RFC 9110 section 5.6.2.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// The only line of a header; `None` if it is absent. Rejects if there are several.
#[inline]
pub(crate) fn single_line<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Option<&'a [u8]>, Rejection> {
    // A loop, so that the search for the next line is compiled once and inlined.
    let mut found = None;
    for line in lines {
        if found.replace(line).is_some() {
            return Err(Rejection::RepeatedSignature);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    fn value(line: &[u8]) -> Result<&[u8], Rejection> {
        HeaderValue::new(line).map(HeaderValue::as_bytes)
    }

    #[test]
    fn spaces_and_tabs_at_the_ends_are_trimmed_and_nothing_else() {
        for line in [&b"a b"[..], b" a b", b"a b ", b"\ta b\t", b" \t a b\t \t", b"   a b"] {
            assert_eq!(value(line), Ok(&b"a b"[..]));
        }
        // Every other byte is kept, such as a newline, a NUL, or the no-break space of Latin-1.
        for byte in (0..=255_u8).filter(|byte| !b" \t".contains(byte)) {
            assert_eq!(value(&[byte]), Ok(&[byte][..]));
            assert_eq!(value(&[b' ', byte, b' ', byte, b'\t']), Ok(&[byte, b' ', byte][..]));
        }
    }

    #[test]
    fn an_empty_value_is_malformed() {
        for line in [&b""[..], b" ", b"\t", b" \t \t", &[b' '; 5000]] {
            assert_eq!(value(line), Err(Rejection::MalformedSignature));
        }
    }

    /// The limit applies after trimming.
    #[test]
    fn the_longest_value_has_4096_bytes() {
        assert_eq!(MAX_VALUE, 4096);
        let longest = vec![b'a'; 4096];
        assert_eq!(value(&longest), Ok(&longest[..]));
        assert_eq!(value(&[&b" "[..], &longest, b"\t"].concat()), Ok(&longest[..]));
        assert_eq!(value(&[&longest[..], b"a"].concat()), Err(Rejection::MalformedSignature));
        assert_eq!(value(&[&b" "[..], &longest, b"a "].concat()), Err(Rejection::MalformedSignature));
    }

    #[test]
    fn a_header_may_appear_only_once() {
        let single = |lines: &[&'static [u8]]| {
            let lines: Vec<&[u8]> = lines.to_vec();
            HeaderValue::single(lines.into_iter()).map(|value| value.map(HeaderValue::as_bytes))
        };
        assert_eq!(single(&[]), Ok(None));
        assert_eq!(single(&[b" a "]), Ok(Some(&b"a"[..])));
        assert_eq!(single(&[b" "]), Err(Rejection::MalformedSignature));
        // Even if the lines are equal, or empty.
        for lines in [[&b"a"[..], b"a"], [b"a", b""], [b"", b"a"], [b"", b""]] {
            assert_eq!(single(&lines), Err(Rejection::RepeatedSignature));
        }
    }
}
