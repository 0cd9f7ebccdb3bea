//! Writes a record as a line.

use std::io;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use super::escape::write_text;
use super::micros::UnixMicros;
use super::record::Record;

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
        let mut start = "{\"";
        let fields = [("id", &self.id), ("connection", &self.connection), ("method", &self.method), ("url", &self.url)];
        for (name, value) in fields {
            if let Some(value) = value {
                out.write_all(start.as_bytes())?;
                out.write_all(name.as_bytes())?;
                out.write_all(b"\":")?;
                write_text(&mut out, value)?;
                start = ",\"";
            }
        }
        out.write_all(start.as_bytes())?;
        out.write_all(b"headers\":[")?;
        for (place, (name, value)) in self.headers.iter().enumerate() {
            out.write_all(if place > 0 { b",[" } else { b"[" })?;
            write_text(&mut out, name)?;
            out.write_all(b",")?;
            write_text(&mut out, value)?;
            out.write_all(b"]")?;
        }
        match text(&self.body) {
            Some(text) => {
                out.write_all(b"],\"body\":")?;
                write_text(&mut out, text)?;
            }
            None => write!(out, "],\"body_base64\":\"{}\"", Base64Display::new(&self.body, &STANDARD))?,
        }
        if let Some(moment) = self.received_at {
            write!(out, ",\"received_at\":{moment}")?;
        }
        if let Some(extension) = &self.extension {
            out.write_all(b",\"countersignd\":")?;
            out.write_all(extension.as_str().as_bytes())?;
        }
        out.write_all(b"}\n")
    }
}

/// A body that is written as a text.
fn text(body: &[u8]) -> Option<&str> {
    // Piece by piece without an end in between, which processors do for many bytes at once.
    let is_plain = |byte: u8| byte >= b' ' || byte == b'\t' || byte == b'\n' || byte == b'\r';
    let is_plain = body.chunks(256).all(|piece| piece.iter().fold(true, |all, byte| all & is_plain(*byte)));
    str::from_utf8(body).ok().filter(|_| is_plain)
}
