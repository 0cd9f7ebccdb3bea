//! A strict reader for JSON of which every field is known, over one line.
//!
//! It is here, beside `serde_json`, for two reasons: its errors never repeat a value (which may be a token), and it reads
//! deliveries about three times as fast, which decides how fast a file of them is verified. What it takes and refuses is
//! held against `serde_json` by the tests of `record.rs`.

use std::borrow::Cow;
use std::fmt;

use super::unescape::unescape;

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    field: Option<&'static str>,
    message: Cow<'static, str>,
}

impl Fault {
    #[cold]
    pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: None, message: message.into() }
    }

    /// Says in which field it is.
    pub(super) fn in_field(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// A place in a JSON text.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Reads an object. `field` is given the name of each field and must read its value.
    pub(super) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if !self.take(b'{') {
            return Err(self.expected("an object"));
        }
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.broken("the name of a field between quotes"));
            }
            let name = self.text()?;
            if !self.take(b':') {
                return Err(self.broken("':'"));
            }
            field(self, name)?;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.broken("',' or '}'"));
            }
        }
    }

    /// Reads a list. `item` must read an item.
    pub(super) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        if !self.take(b'[') {
            return Err(self.expected("a list"));
        }
        if self.take(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.broken("',' or ']'"));
            }
        }
    }

    /// Reads a text, without a copy if it has no escapes.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.open_quote()?;
        let start = self.at;
        self.pass_plain();
        if self.byte() == Some(b'"') {
            let text = &self.text[start..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        while self.byte() == Some(b'\\') {
            // Whatever is escaped, it is not the end.
            self.at = (self.at + 2).min(self.text.len());
            self.pass_plain();
        }
        let end = (self.at + 1).min(self.text.len());
        self.at = start;
        let mut bytes = Vec::new();
        let length = self.unescape_until(end, &mut bytes)?;
        bytes.truncate(length);
        // Pieces of UTF-8 and whole characters make UTF-8.
        String::from_utf8(bytes).map(Cow::Owned).map_err(|_| self.broken("UTF-8 text"))
    }

    /// Reads a text into the beginning of `out`, which is made longer where it must be, and tells its length in bytes.
    pub(super) fn text_into(&mut self, out: &mut Vec<u8>) -> Result<usize, Fault> {
        self.open_quote()?;
        self.unescape_until(self.text.len(), out)
    }

    /// Reads a whole number.
    pub(super) fn integer(&mut self) -> Result<i64, Fault> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.expected("a whole number"));
        }
        let rest = &self.text.as_bytes()[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = self.at + sign + digits;
        let leading_zero = digits > 1 && rest[sign] == b'0';
        if digits == 0 || leading_zero {
            return Err(self.broken("a number"));
        }
        if matches!(self.text.as_bytes().get(end), Some(b'.' | b'e' | b'E')) {
            return Err(Fault::new("found a fraction or an exponent; expected a whole number"));
        }
        let number = self.text[self.at..end].parse().map_err(|_| Fault::new("the number is too large"))?;
        self.at = end;
        Ok(number)
    }

    /// Nothing but blanks may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        if self.peek().is_some() { Err(self.broken("the end of the line")) } else { Ok(()) }
    }

    /// The next byte that is not blank.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// The value that comes next is not of the type it should be of.
    #[cold]
    pub(super) fn expected(&mut self, what: &'static str) -> Fault {
        let found = match self.peek() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b'-' | b'0'..=b'9') => "a number",
            _ => match &self.text[self.at..] {
                rest if rest.starts_with("true") => "true",
                rest if rest.starts_with("false") => "false",
                rest if rest.starts_with("null") => "null",
                _ => return self.broken(what),
            },
        };
        Fault::new(format!("found {found}; expected {what}"))
    }

    /// The text is not JSON here.
    #[cold]
    pub(super) fn broken(&self, expected: &str) -> Fault {
        let column = 1 + self.text.get(..self.at).map_or(self.at, |before| before.chars().count());
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(_) => String::new(),
            None => ", but the line ends".to_owned(),
        };
        Fault::new(format!("not valid JSON: expected {expected} in column {column}{found}"))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn open_quote(&mut self) -> Result<(), Fault> {
        if self.take(b'"') { Ok(()) } else { Err(self.expected("a text")) }
    }

    /// Goes to the next byte that ends a text or has a meaning of its own in it.
    fn pass_plain(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(chunk) = bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            match first_special(*chunk) {
                None => self.at += chunk.len(),
                Some(distance) => {
                    self.at += distance;
                    return;
                }
            }
        }
        while self.byte().is_some_and(|byte| !is_special(byte)) {
            self.at += 1;
        }
    }

    fn unescape_until(&mut self, end: usize, out: &mut Vec<u8>) -> Result<usize, Fault> {
        match unescape(&self.text.as_bytes()[self.at..end], out) {
            Ok((taken, length)) => {
                self.at += taken;
                Ok(length)
            }
            Err(trouble) => {
                self.at += trouble.at;
                Err(self.broken(trouble.expected))
            }
        }
    }
}

const CHUNK: usize = 8;

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// The place of the first byte that [`is_special`], of eight at once.
///
/// Subtracting 1 from a zero byte (or 0x20 from a lesser one) sets its highest bit, and `!word` leaves out those that had
/// it set before. A borrow can only spoil bytes above a true find, and the lowest is the one that counts.
#[inline]
fn first_special(chunk: [u8; CHUNK]) -> Option<usize> {
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; CHUNK])
    }
    let word = u64::from_le_bytes(chunk);
    let (quote, backslash) = (word ^ each(b'"'), word ^ each(b'\\'));
    let found = (word.wrapping_sub(each(b' ')) & !word)
        | (quote.wrapping_sub(each(1)) & !quote)
        | (backslash.wrapping_sub(each(1)) & !backslash);
    let found = found & each(0x80);
    if found == 0 { None } else { Some(found.trailing_zeros() as usize / 8) }
}
