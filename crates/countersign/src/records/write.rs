//! Writes a record as a line.

use std::io;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use super::extension::Extension;
use super::micros::UnixMicros;
use super::record::Record;
use super::text::Text;

/// The line of a record, field by field in the order in which they are written.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<Base64<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    countersignd: Option<&'a RawValue>,
}

/// A list of pairs.
struct Headers<'a>(&'a [(Text<'a>, Text<'a>)]);

impl Serialize for Headers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

impl Record<'_> {
    /// Writes the record as a line with its newline. [`Record::read`] makes the same record of the line.
    ///
    /// There is one form for each record, the same at all times:
    ///
    /// - The fields have the order of [the table](crate::records), without blanks between them. What is not known is left
    ///   out.
    /// - `headers` is a list of pairs, always: names that occur twice and the order of lines survive in every reader, and
    ///   the column has the same type in every line.
    /// - The body is `body` if it is UTF-8 without control characters other than tab, line feed and carriage return, else
    ///   `body_base64`. So it never takes more than twice its length, and no
    ///   reader meets U+0000.
    /// - `received_at` has as many decimals as are needed, at most six.
    /// - In texts, only quotes, backslashes and the control characters up to U+001F are escaped.
    ///
    /// Writes go to `out` in many small pieces, so give it a buffer.
    ///
    /// # Errors
    ///
    /// Those of `out`; a `Vec` has none. `InvalidInput` for a `received_at` later than
    /// [`UnixMicros::MAX`](crate::records::UnixMicros::MAX), which no reader takes.
    pub fn write_line(&self, mut out: impl io::Write) -> io::Result<()> {
        if self.received_at.is_some_and(|moment| moment > UnixMicros::MAX) {
            let message = "received_at is after the year 9999, which no record can hold";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let text = text(&self.body);
        let received_at = self.received_at.map(|moment| RawValue::from_string(moment.to_string())).transpose()?;
        let line = Line {
            id: self.id.as_deref(),
            connection: self.connection.as_deref(),
            method: self.method.as_deref(),
            url: self.url.as_deref(),
            headers: Headers(&self.headers),
            body: text,
            body_base64: text.is_none().then_some(Base64(&self.body)),
            received_at,
            countersignd: self.extension.as_ref().map(Extension::raw),
        };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")
    }
}

/// A body that is written as a text.
fn text(body: &[u8]) -> Option<&str> {
    let is_plain = body.iter().all(|byte| *byte >= b' ' || b"\t\n\r".contains(byte));
    str::from_utf8(body).ok().filter(|_| is_plain)
}
