//! What is judged: one HTTP request as it came from the wire.

use core::fmt;

/// One HTTP request from a sender. All of it is borrowed; the body is the raw bytes as received.
#[derive(Clone, Copy)]
pub struct Delivery<'a, H: ?Sized = [(&'a str, &'a [u8])]> {
    /// The request method, such as `POST`.
    pub method: &'a str,
    /// The URL as the sender called it.
    pub url: &'a str,
    /// The header lines.
    pub headers: &'a H,
    /// The raw body: not parsed, not decoded, not printed again.
    pub body: &'a [u8],
}

impl<H: ?Sized> fmt::Debug for Delivery<'_, H> {
    /// Leaves out the headers, which may hold a token, and the body's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Header lines that can be looked up by name.
///
/// Implemented for slices and arrays of `(name, value)` pairs, where both may be text or bytes.
pub trait Headers {
    /// The value of each line called `name`, in order of arrival. Names compare without case.
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    #[inline]
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(line, _)| line.as_ref().eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_ref())
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const COUNT: usize> Headers for [(N, V); COUNT] {
    #[inline]
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.as_slice().lines(name)
    }
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `seconds` after (or before) 1970. Out of range means the furthest moment there is.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The moment `milliseconds` after (or before) 1970.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_milliseconds(self) -> i64 {
        self.0
    }
}
