//! A message to sign.

use std::fmt;
use std::time::SystemTime;

/// A message to sign.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The request method, for schemes that sign it.
    pub method: &'a str,
    /// The URL of the request, for schemes that sign it, as the receiver builds it from the origin by which it knows itself and
    /// from the request line: with `/` for an empty path, without user and fragment, which a client does not send there.
    pub url: &'a str,
    /// The other header lines of the request, for schemes that sign one of them.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The raw body.
    pub body: &'a [u8],
    /// The id of the message, for schemes that sign it. It stays the same when the message is sent again.
    pub id: &'a str,
    /// The time of sending, for schemes that sign a timestamp.
    pub now: SystemTime,
}

impl<'a> Message<'a> {
    /// Makes a message with the method POST, the body and the current time, without URL, headers and id.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { method: "POST", url: "", headers: &[], body, id: "", now: SystemTime::now() }
    }
}

impl fmt::Debug for Message<'_> {
    /// Leaves out the URL and the headers, which may contain a token, and the content of the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("method", &self.method)
            .field("id", &self.id)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}
