//! A delivery as it is kept.

use std::borrow::Cow;
use std::fmt;

use countersign_core::Delivery;

use super::extension::Extension;
use super::micros::UnixMicros;
use super::text::Text;

/// A delivery record: one delivery, and what is known about it.
///
/// A record that was read borrows from its line whatever has no escapes there.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record<'a> {
    /// By what verdicts name the delivery.
    pub id: Option<Text<'a>>,
    /// Whose delivery it is, in words of whoever keeps the file.
    pub connection: Option<Text<'a>>,
    /// The request method; `POST` if it is not known.
    pub method: Option<Text<'a>>,
    /// The URL as the sender called it. Read only by schemes that sign it.
    pub url: Option<Text<'a>>,
    /// The header lines, name and value, in the order of the line. JSON has no place for values that are not UTF-8.
    pub headers: Vec<(Text<'a>, Text<'a>)>,
    /// The raw body.
    pub body: Cow<'a, [u8]>,
    /// When the delivery arrived, which is the moment as of which its age is judged.
    pub received_at: Option<UnixMicros>,
    /// What the program that wrote the record adds to it. It has no part in verification.
    pub extension: Option<Extension<'a>>,
}

impl<'a> Record<'a> {
    /// A record of this delivery; everything else about it is not known until its field is set.
    #[must_use]
    pub fn new(headers: Vec<(Text<'a>, Text<'a>)>, body: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { headers, body: body.into(), ..Self::default() }
    }

    /// What a verifier judges. A method that is not known is `POST`, as of a webhook.
    #[must_use]
    pub fn delivery(&self) -> Delivery<'_, [(Text<'a>, Text<'a>)]> {
        Delivery {
            method: self.method.as_deref().unwrap_or("POST"),
            url: self.url.as_deref().unwrap_or_default(),
            headers: &self.headers,
            body: &self.body,
        }
    }
}

impl fmt::Debug for Record<'_> {
    /// Leaves out the headers and the URL, which may hold a token, and the body's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id)
            .field("connection", &self.connection)
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}
