//! Reads JSON (RFC 8259) without changing it: every part is a slice of the text.
//!
//! Nothing is recursive, so depth costs one byte a level and no stack. Depth and digits are told, not judged: whoever reads decides
//! which element is beyond a bound, while the rest of the body is read on. Lone surrogates in escapes are part of JSON's grammar
//! and are taken.

mod string;

pub(crate) use string::{push_quoted, unescape};

/// Where a text ceases to be JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The byte that does not fit.
    pub(crate) at: usize,
    /// What could have stood there.
    pub(crate) expected: &'static str,
}

/// What the bounds are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How many objects and arrays are open at the deepest place.
    pub(crate) depth: usize,
    /// The digits of the longest number.
    pub(crate) digits: usize,
}

/// A value's exact text, without white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    pub(crate) text: &'a str,
    pub(crate) shape: Shape,
}

/// A key with its quotes, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: Value<'a>,
}

/// A whole text, and the parts of the outermost value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    pub(crate) value: Value<'a>,
    pub(crate) parts: Parts<'a>,
}

/// What the outermost value consists of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parts<'a> {
    /// An object. There may be more members than were asked for.
    Object { members: Vec<Member<'a>>, count: usize },
    /// An array. There may be more elements than were asked for.
    Array { elements: Vec<Value<'a>>, count: usize },
    /// Text, a number, true, false or null.
    Scalar,
}

/// How many parts are kept; all are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    pub(crate) members: usize,
    pub(crate) elements: usize,
}

/// Reads `text`, which must be one value with nothing but white space around it.
pub(crate) fn parse(text: &str, keep: Keep) -> Result<Document<'_>, Fault> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new() };
    scanner.space();
    let start = scanner.at;
    let mut shape = Shape::default();
    let parts = match scanner.peek() {
        Some(b'{') => {
            let (mut members, mut count) = (Vec::new(), 0);
            scanner.at += 1;
            scanner.parts(b'}', "',' or '}'", |scanner| {
                let key = scanner.key()?;
                let value = scanner.value()?;
                shape.contain(value.shape);
                if count < keep.members {
                    members.push(Member { key, value });
                }
                count += 1;
                Ok(())
            })?;
            shape.depth += 1;
            Parts::Object { members, count }
        }
        Some(b'[') => {
            let (mut elements, mut count) = (Vec::new(), 0);
            scanner.at += 1;
            scanner.parts(b']', "',' or ']'", |scanner| {
                let value = scanner.value()?;
                shape.contain(value.shape);
                if count < keep.elements {
                    elements.push(value);
                }
                count += 1;
                Ok(())
            })?;
            shape.depth += 1;
            Parts::Array { elements, count }
        }
        _ => {
            shape = scanner.value()?.shape;
            Parts::Scalar
        }
    };
    let value = Value { text: &text[start..scanner.at], shape };
    scanner.space();
    if scanner.at < text.len() {
        return Err(scanner.fault("the end"));
    }
    Ok(Document { value, parts })
}

impl Shape {
    fn contain(&mut self, part: Self) {
        self.depth = self.depth.max(part.depth);
        self.digits = self.digits.max(part.digits);
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// For each object or array that is open inside the value being read: whether it is an object.
    open: Vec<bool>,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    fn fault(&self, expected: &'static str) -> Fault {
        Fault { at: self.at, expected }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The parts of the outermost object or array, up to its end.
    fn parts(
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
    fn value(&mut self) -> Result<Value<'a>, Fault> {
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
    fn key(&mut self) -> Result<&'a str, Fault> {
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

#[cfg(test)]
mod tests;
