//! A delivery: one HTTP request as received.

use core::{fmt, slice};

use crate::swar;

/// One HTTP request from a sender. Everything is borrowed.
pub struct Delivery<'a, H: ?Sized = [(&'a str, &'a [u8])]> {
    /// The request method, such as `POST`. Read only by schemes that sign it; empty means that it is not known.
    pub method: &'a str,
    /// The URL as the sender called it. Read only by schemes that sign it; empty means that it is not known.
    pub url: &'a str,
    /// The header lines.
    pub headers: &'a H,
    /// The raw bytes of the body as received: not parsed, decoded or printed again.
    pub body: &'a [u8],
}

// The derived implementations would require `H: Copy`, although the headers are only borrowed.
impl<H: ?Sized> Clone for Delivery<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for Delivery<'_, H> {}

impl<'a, H: ?Sized> Delivery<'a, H> {
    /// Everything except the body.
    #[inline]
    #[must_use]
    pub fn head(&self) -> Head<'a, H> {
        Head { method: self.method, url: self.url, headers: self.headers }
    }
}

/// The part of a delivery that arrives before the body.
pub struct Head<'a, H: ?Sized = [(&'a str, &'a [u8])]> {
    /// The request method, such as `POST`. Read only by schemes that sign it; empty means that it is not known.
    pub method: &'a str,
    /// The URL as the sender called it. Read only by schemes that sign it; empty means that it is not known.
    pub url: &'a str,
    /// The header lines.
    pub headers: &'a H,
}

impl<H: ?Sized> Clone for Head<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for Head<'_, H> {}

impl<H: ?Sized> fmt::Debug for Head<'_, H> {
    /// Leaves out the headers and the URL, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").field("method", &self.method).finish_non_exhaustive()
    }
}

impl<H: ?Sized> fmt::Debug for Delivery<'_, H> {
    /// Leaves out the headers and the URL, which may hold a token, and the body's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A collection of header lines that can be looked up by name.
///
/// Implemented for slices and arrays of `(name, value)` pairs. Names and values may be text or bytes. Pass a `Vec` of
/// pairs as `&headers[..]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read as header lines",
    label = "not a slice or array of `(name, value)` pairs",
    note = "give `&headers[..]` of pairs, both text or bytes",
    note = "for `http::HeaderMap` enable the feature `http` of `countersign`, and call `Verifier::verify_headers` or `verify_parts`"
)]
pub trait Headers {
    /// The value of each line with this name, in order of arrival. Names are compared without case.
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    #[inline]
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        Lines { rest: self.iter(), name: name.as_bytes() }
    }
}

/// The values of the pairs with this name. Not `Iterator::filter`, because that would not be inlined.
struct Lines<'a, N, V> {
    rest: slice::Iter<'a, (N, V)>,
    name: &'a [u8],
}

/// The last byte of a name, with letters in lower case.
#[inline]
fn last_letter(name: &[u8]) -> Option<u8> {
    name.last().map(|byte| byte | 0x20)
}

impl<'a, N: AsRef<[u8]>, V: AsRef<[u8]>> Iterator for Lines<'a, N, V> {
    type Item = &'a [u8];

    #[allow(clippy::inline_always, reason = "a call for each line would cost more than most comparisons")]
    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        for (name, value) in self.rest.by_ref() {
            // Most names differ in length or in the last letter.
            let name = name.as_ref();
            let may_match = name.len() == self.name.len() && last_letter(name) == last_letter(self.name);
            if may_match && swar::equal_ignoring_case(name, self.name) {
                return Some(value.as_ref());
            }
        }
        None
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const COUNT: usize> Headers for [(N, V); COUNT] {
    #[inline]
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.as_slice().lines(name)
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn lines<'a, H: Headers + ?Sized>(headers: &'a H, name: &'a str) -> Vec<&'a [u8]> {
        headers.lines(name).collect()
    }

    #[test]
    fn names_are_compared_without_case_and_lines_keep_their_order() {
        let headers = [("X-Sign", "1"), ("x-sign", "2"), ("X-Sign2", "3"), ("X-SIGN", "4"), ("X-Sig", "5"), ("", "6")];
        for name in ["X-Sign", "x-sign", "X-SIGN"] {
            assert_eq!(lines(&headers, name), [b"1", b"2", b"4"]);
        }
        assert_eq!(lines(&headers, "X-Other"), [b""; 0]);
        assert_eq!(lines(&headers, ""), [b"6"]);
    }

    /// Case is ignored for ASCII letters only.
    #[test]
    fn case_matters_in_other_letters() {
        let headers = [("Ä", "1"), ("ſ", "2"), ("K", "3")];
        assert_eq!(lines(&headers, "ä"), [b""; 0]);
        assert_eq!(lines(&headers, "s"), [b""; 0]);
        assert_eq!(lines(&headers, "\u{212a}"), [b""; 0]);
        assert_eq!(lines(&headers, "k"), [b"3"]);
    }

    #[test]
    fn names_and_values_may_be_text_or_bytes() {
        let value = &b"\xff"[..];
        assert_eq!(lines(&[(&b"A"[..], value)], "a"), [value]);
        assert_eq!(lines(&[("A", value)][..], "a"), [value]);
        assert_eq!(lines(&[(String::from("A"), value.to_vec())][..], "a"), [value]);
        assert_eq!(lines::<[(&str, &[u8])]>(&[], "a"), [b""; 0]);
    }
}
