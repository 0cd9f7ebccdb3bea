//! Reads values one byte after the other, without recursion.

use super::{Fault, Shape, Value};

pub(super) struct Scanner<'a> {
    text: &'a str,
    /// The byte that is next.
    pub(super) at: usize,
    /// For each object or array that is open inside the value being read: whether it is an object.
    open: Vec<bool>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new() }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    pub(super) fn fault(&self, expected: &'static str) -> Fault {
        Fault { at: self.at, expected }
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The parts of the outermost object or array, up to its end.
    pub(super) fn parts(
        &mut self,
        end: u8,
        expected: &'static str,
        mut part: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.space();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            part(self)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == end => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.fault(expected)),
            }
            self.space();
        }
    }

    /// A value, which begins here.
    pub(super) fn value(&mut self) -> Result<Value<'a>, Fault> {
        let start = self.at;
        let mut shape = Shape::default();
        self.open.clear();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'-' | b'0'..=b'9') => shape.digits = shape.digits.max(self.number()?),
                Some(b'{') => {
                    self.enter(true, &mut shape);
                    if self.peek() != Some(b'}') {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.enter(false, &mut shape);
                    if self.peek() != Some(b']') {
                        continue;
                    }
                }
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                _ => return Err(self.fault("a value")),
            }
            // A value has ended, or an object or array without anything in it is about to.
            loop {
                let Some(&in_object) = self.open.last() else {
                    return Ok(Value { text: &self.text[start..self.at], shape });
                };
                self.space();
                match (self.peek(), in_object) {
                    (Some(b','), _) => {
                        self.at += 1;
                        self.space();
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        self.open.pop();
                    }
                    (_, true) => return Err(self.fault("',' or '}'")),
                    (_, false) => return Err(self.fault("',' or ']'")),
                }
            }
        }
    }

    fn enter(&mut self, is_object: bool, shape: &mut Shape) {
        self.at += 1;
        self.open.push(is_object);
        shape.depth = shape.depth.max(self.open.len());
        self.space();
    }

    /// A key with its quotes; behind it, the colon and white space are passed over.
    pub(super) fn key(&mut self) -> Result<&'a str, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.fault("a key in double quotes"));
        }
        let key = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.fault("':'"));
        }
        self.at += 1;
        self.space();
        Ok(key)
    }

    /// A string with its quotes, the first of which stands here.
    fn string(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        loop {
            self.at += plain(&bytes[self.at..]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at]);
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => return Err(self.fault("an escape for a control character")),
                None => return Err(self.fault("'\"' at the end of a string")),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.fault("four hexadecimal digits behind \\u"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.fault("one of \" \\ / b f n r t u behind a backslash")),
        }
        Ok(())
    }

    /// A number; the count of its digits.
    fn number(&mut self) -> Result<usize, Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let mut digits = if self.peek() == Some(b'0') {
            self.at += 1;
            1
        } else {
            self.digits()?
        };
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits += self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            digits += self.digits()?;
        }
        Ok(digits)
    }

    fn digits(&mut self) -> Result<usize, Fault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault("a digit")) } else { Ok(self.at - start) }
    }

    fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("a value"));
        }
        self.at += word.len();
        Ok(())
    }
}

/// How many bytes a string goes on without its end, an escape or a control character.
fn plain(bytes: &[u8]) -> usize {
    // Most keys end in the first word. What is longer is passed over in pieces, for which processors have wide registers.
    let Some((first, rest)) = bytes.split_first_chunk::<8>() else { return plain_bytes(bytes) };
    let found = not_plain(u64::from_le_bytes(*first));
    if found != 0 {
        return found.trailing_zeros() as usize / 8;
    }
    let (pieces, _) = rest.as_chunks::<32>();
    let passed = 8 + 32 * pieces.iter().take_while(|piece| is_all_plain(piece)).count();
    let (words, rest) = bytes[passed..].as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let found = not_plain(u64::from_le_bytes(*word));
        if found != 0 {
            return passed + place * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    passed + words.len() * 8 + plain_bytes(rest)
}

fn plain_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_not_plain(**byte) == 0).count()
}

/// Numbers and no conditions, of which compilers make instructions for many bytes at once.
fn is_all_plain(piece: &[u8; 32]) -> bool {
    piece.iter().fold(0, |found, byte| found | is_not_plain(*byte)) == 0
}

fn is_not_plain(byte: u8) -> u8 {
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

/// The highest bit of the first byte of a word that is not plain; bits of bytes behind it may be set too. 0 if all are.
fn not_plain(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // A byte below what is taken away borrows of its highest bit, as long as no byte before it has borrowed.
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | equal(b'"') | equal(b'\\')) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::plain;

    /// Each byte at each place of a word, behind bytes that could be taken for others.
    #[test]
    fn the_first_byte_that_is_not_plain_is_found() {
        for before in [b'a', 0x80, 0xff, b' ', b'!', b'#', b'[', b']', 0x7f] {
            for place in 0..90 {
                for byte in 0..=255 {
                    let mut bytes = vec![before; place];
                    bytes.push(byte);
                    bytes.extend([before; 20]);
                    let is_plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
                    let expected = if is_plain { bytes.len() } else { place };
                    assert_eq!(plain(&bytes), expected, "{byte} at {place} behind {before}");
                }
            }
        }
    }
}
