//! Reads JSON (RFC 8259) without changing it: every part is a slice of the text.
//!
//! Nothing is recursive, so depth costs one byte a level and no stack. Depth and digits are told, not judged: whoever reads decides
//! which element is beyond a bound, while the rest of the body is read on. Lone surrogates in escapes are part of JSON's grammar
//! and are taken.

mod scanner;
mod string;

use scanner::Scanner;
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
    let mut scanner = Scanner::new(text);
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

#[cfg(test)]
mod tests;
