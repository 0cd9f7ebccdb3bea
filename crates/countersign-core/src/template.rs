//! Templates of the signed text, such as `{timestamp}.{body}`: parses them into parts. `signed_text.rs` fills in the
//! values, and `delimiters.rs` checks that each part ends where its delimiter begins.

mod delimiters;
mod signed_text;

use crate::header::is_name;
use crate::setup::SchemeFault;

pub(crate) use delimiters::{PlacedPart, part_bit};
pub(crate) use signed_text::{PartValues, SignedText, signed_header};

/// The maximum number of parts in a template: placeholders, pieces of literal text between them, and doubled braces.
pub const MAX_PARTS: usize = 16;

/// A parsed template. Its parts are ranges of its text, which is stored elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Template {
    parts: [Part; MAX_PARTS],
    /// One bit for each part: set if the part is the timestamp, as `{timestamp}` or as the header that contains it.
    timestamp_parts: u16,
    count: u8,
    required: RequiredValues,
}

const _: () = assert!(MAX_PARTS == u16::BITS as usize);

/// The values that a template reads and that a delivery may lack. The timestamp is checked earlier.
#[allow(clippy::struct_excessive_bools, reason = "independent flags, one for each value")]
#[derive(Clone, Copy, Default)]
struct RequiredValues {
    id: bool,
    method: bool,
    url: bool,
    /// Whether every part must be checked separately: if there are headers, or if the id appears more than once.
    check_each_part: bool,
    /// One character of the id's delimiter: an id without this character does not contain the delimiter.
    id_delimiter: u8,
}

/// A part of a template: literal text or a placeholder. The range of `Header` is that of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(Range),
    Header(Range),
    Body,
    Timestamp,
    Id,
    Method,
    Url,
}

/// A range of the template's text, which has at most 255 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    start: u8,
    end: u8,
}

impl Range {
    fn new(start: usize, end: usize) -> Self {
        Self { start: u8::try_from(start).unwrap_or(u8::MAX), end: u8::try_from(end).unwrap_or(u8::MAX) }
    }

    pub(crate) fn text_in(self, text: &str) -> &str {
        text.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    /// The same as bytes, without a check of character boundaries.
    #[inline]
    fn bytes_in(self, text: &str) -> &[u8] {
        text.as_bytes().get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// The fault, with its position in `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, SchemeFault> {
        let fault = |position, message| SchemeFault::at_position("signed", position, message);
        if text.len() > usize::from(u8::MAX) {
            return Err(fault(0, "longer than 255 bytes"));
        }
        let mut template =
            Self { parts: [Part::Body; MAX_PARTS], timestamp_parts: 0, count: 0, required: RequiredValues::default() };
        let mut position = 0_usize;
        while let Some((part, length)) = next_part(text, position)? {
            let slot = template.parts.get_mut(usize::from(template.count));
            *slot.ok_or_else(|| fault(position, "more than 16 parts"))? = part;
            template.count = template.count.saturating_add(1);
            position = position.saturating_add(length);
        }
        let mut bodies = template.parts().enumerate().filter(|(_, part)| *part == Part::Body).map(|(index, _)| index);
        match (bodies.next(), bodies.next()) {
            (Some(_), None) => Ok(template),
            (Some(_), Some(second)) => Err(fault(Self::position_of(text, second), "{body} stands more than once")),
            (None, _) => {
                Err(fault(0, "{body} is missing; a signature that does not cover the body does not authenticate it"))
            }
        }
    }

    #[inline]
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.parts.iter().take(usize::from(self.count)).copied()
    }

    /// The position of the part `index` in the template's text, in bytes.
    pub(crate) fn position_of(text: &str, index: usize) -> usize {
        let mut position = 0_usize;
        for _ in 0..index {
            let Ok(Some((_, length))) = next_part(text, position) else { break };
            position = position.saturating_add(length);
        }
        position
    }

    pub(crate) fn contains(&self, part: Part) -> bool {
        self.parts().any(|own| own == part)
    }

    /// Whether the body alone is signed.
    pub(crate) fn is_body_alone(&self) -> bool {
        self.count == 1
    }

    /// Whether the body is the last part.
    pub(crate) fn ends_with_body(&self) -> bool {
        self.parts().last() == Some(Part::Body)
    }
}

impl Part {
    /// Whether this is the header `Date`, whose values have a fixed form.
    pub(crate) fn is_date_header(self, text: &str) -> bool {
        matches!(self, Self::Header(name) if name.text_in(text).eq_ignore_ascii_case("date"))
    }

    /// The bytes of a literal; `None` for a placeholder.
    pub(crate) fn literal(self, text: &str) -> Option<&[u8]> {
        match self {
            Self::Literal(range) => Some(range.bytes_in(text)),
            _ => None,
        }
    }
}

/// The part that begins at `position`, and its length in the template's text; `None` at the end.
fn next_part(text: &str, position: usize) -> Result<Option<(Part, usize)>, SchemeFault> {
    let fault = |message| SchemeFault::at_position("signed", position, message);
    let Some(rest) = text.get(position..).filter(|rest| !rest.is_empty()) else { return Ok(None) };
    Ok(Some(if rest.starts_with("{{") || rest.starts_with("}}") {
        (Part::Literal(Range::new(position, position.saturating_add(1))), 2)
    } else if rest.starts_with('}') {
        return Err(fault("a closing brace without an opening one; a literal brace is written }}"));
    } else if rest.starts_with('{') {
        let length = rest
            .find(['}'])
            .ok_or_else(|| fault("an opening brace without a closing one; a literal brace is written {{"))?;
        let inside = Range::new(position.saturating_add(1), position.saturating_add(length));
        (placeholder(text, inside).map_err(fault)?, length.saturating_add(1))
    } else {
        let length = rest.find(['{', '}']).unwrap_or(rest.len());
        (Part::Literal(Range::new(position, position.saturating_add(length))), length)
    }))
}

/// The part for a placeholder, given the range between its braces.
fn placeholder(text: &str, inside: Range) -> Result<Part, &'static str> {
    match inside.text_in(text) {
        "body" => Ok(Part::Body),
        "timestamp" => Ok(Part::Timestamp),
        "id" => Ok(Part::Id),
        "method" => Ok(Part::Method),
        "url" => Ok(Part::Url),
        other => {
            let name = other.strip_prefix("header:").ok_or(
                "unknown placeholder; allowed are {body}, {timestamp}, {id}, {method}, {url} and {header:NAME}; a literal \
                 brace is written {{",
            )?;
            if !is_name(name) {
                return Err("{header:NAME} needs the name of a header: letters, digits and !#$%&'*+-.^_`|~");
            }
            let start = usize::from(inside.end).saturating_sub(name.len());
            Ok(Part::Header(Range::new(start, usize::from(inside.end))))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    #[test]
    fn faults_are_reported_with_their_position() {
        let fault = |text: &str| Template::parse(text).err().map(|fault| (fault.position(), fault.message()));
        for (text, expected_position, expected_message) in [
            ("", 0, "{body} is missing"),
            ("{timestamp}", 0, "{body} is missing"),
            ("{body}.{body}{body}", 7, "more than once"),
            ("a{nope}{body}", 1, "unknown placeholder"),
            ("{body}}", 6, "closing brace"),
            ("{body}{", 6, "opening brace"),
            ("{Body}", 0, "unknown placeholder"),
            ("{ body}", 0, "unknown placeholder"),
            ("{body}.{header:}", 7, "needs the name of a header"),
            ("{body}.{header:a b}", 7, "needs the name of a header"),
            ("{body}{}", 6, "unknown placeholder"),
            ("{body{timestamp}", 0, "unknown placeholder"),
        ] {
            let (position, message) = fault(text).unwrap_or_default();
            assert!(
                position == Some(expected_position) && message.contains(expected_message),
                "{text}: {message:?} at {position:?}"
            );
        }
        assert!(Template::parse(&(String::from("{body}") + &"{{".repeat(15))).is_ok());
        assert!(Template::parse(&(String::from("{body}") + &"{{".repeat(16))).is_err());
        assert!(Template::parse(&(String::from("{body}") + &"a".repeat(249))).is_ok());
        assert!(Template::parse(&(String::from("{body}") + &"a".repeat(250))).is_err());
    }
}
