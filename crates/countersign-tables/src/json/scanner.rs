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
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at]);
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.fault("an escape for a control character")),
                Some(_) => self.at += 1,
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
