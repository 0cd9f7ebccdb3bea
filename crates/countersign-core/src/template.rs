//! Stage 3, gather: the signed text as a sequence of slices of what was received. They are never joined, and nothing is
//! parsed and printed again.

use crate::delimiter::{DATES, Delimiter, holds, is_http_date, occurs_after_start, occurs_before_end};
use crate::delivery::{Head, Headers};
use crate::header::{Value, is_name, only};
use crate::rejection::Rejection;
use crate::setup::SchemeFault;

/// The most parts that a template may have: placeholders, pieces of literal text between them, and doubled braces.
pub const MAX_PARTS: usize = 16;

/// A template, taken apart once. Its parts point into its text, which is kept elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Template {
    parts: [Part; MAX_PARTS],
    /// A bit for each part that is the timestamp, under its own name or that of its header.
    timestamp_parts: u16,
    count: u8,
    needs: Needs,
}

const _: () = assert!(MAX_PARTS == u16::BITS as usize);

/// What a template reads that may be absent. Of the timestamp that is known before.
#[allow(clippy::struct_excessive_bools, reason = "one for each value, asked one by one")]
#[derive(Clone, Copy, Default)]
struct Needs {
    id: bool,
    method: bool,
    url: bool,
    /// Whether each part must be checked by itself: headers, and an id that stands twice.
    each_part: bool,
    /// A character of the id's delimiter: an id without it does not hold the delimiter.
    id_delimiter: u8,
}

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

/// A piece of the template's text, which has at most 255 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    start: u8,
    end: u8,
}

impl Range {
    fn new(start: usize, end: usize) -> Self {
        Self { start: u8::try_from(start).unwrap_or(u8::MAX), end: u8::try_from(end).unwrap_or(u8::MAX) }
    }

    pub(crate) fn of(self, text: &str) -> &str {
        text.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    /// The same, without a look at where characters begin.
    #[inline]
    fn bytes_of(self, text: &str) -> &[u8] {
        text.as_bytes().get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

/// The values that a delivery has for the parts of templates. A value that is empty is absent.
pub(crate) struct PartValues<'h, 'a, H: ?Sized> {
    pub(crate) head: &'h Head<'a, H>,
    pub(crate) body: &'a [u8],
    pub(crate) timestamp: &'a [u8],
    pub(crate) id: &'a [u8],
    /// What is wrong if there is no id.
    pub(crate) id_fault: Rejection,
}

/// The signed text, as slices of what was received.
pub(crate) struct SignedText<'a> {
    parts: [&'a [u8]; MAX_PARTS],
    count: usize,
}

impl<'a> SignedText<'a> {
    #[inline]
    pub(crate) fn empty() -> Self {
        Self { parts: [&[]; MAX_PARTS], count: 0 }
    }

    /// Adds the next slice. A template has no more parts than there is room for.
    #[inline]
    pub(crate) fn push(&mut self, part: &'a [u8]) {
        if let Some(place) = self.parts.get_mut(self.count) {
            *place = part;
            self.count = self.count.wrapping_add(1);
        }
    }

    #[inline]
    pub(crate) fn parts(&self) -> &[&'a [u8]] {
        self.parts.get(..self.count).unwrap_or_default()
    }
}

impl<'a, H: Headers + ?Sized> PartValues<'_, 'a, H> {
    /// The value of a part that is no header.
    #[inline]
    fn slice(&self, text: &'a str, part: Part) -> &'a [u8] {
        match part {
            Part::Literal(range) => range.bytes_of(text),
            Part::Body => self.body,
            Part::Timestamp => self.timestamp,
            Part::Id => self.id,
            Part::Method => self.head.method.as_bytes(),
            Part::Url => self.head.url.as_bytes(),
            Part::Header(_) => &[],
        }
    }

    /// The value of a part. Rejects if it is absent.
    fn require(&self, text: &'a str, part: Part) -> Result<&'a [u8], Rejection> {
        let (value, fault) = match part {
            // A body may be empty, and a timestamp that is absent was rejected when it was looked for.
            Part::Literal(_) | Part::Body | Part::Timestamp => return Ok(&[]),
            Part::Id => (self.id, self.id_fault),
            Part::Method => (self.head.method.as_bytes(), Rejection::MissingPart),
            Part::Url => (self.head.url.as_bytes(), Rejection::MissingPart),
            Part::Header(name) => return header_part(*self.head, name.of(text)),
        };
        if value.is_empty() { Err(fault) } else { Ok(value) }
    }
}

impl Template {
    /// Takes a template apart.
    pub(crate) fn parse(text: &str) -> Result<Self, SchemeFault> {
        let fault = |at, message| SchemeFault::at("signed", at, message);
        if text.len() > usize::from(u8::MAX) {
            return Err(fault(0, "longer than 255 bytes"));
        }
        let mut template =
            Self { parts: [Part::Body; MAX_PARTS], timestamp_parts: 0, count: 0, needs: Needs::default() };
        let mut at = 0_usize;
        while let Some((part, length)) = next_part(text, at)? {
            let place = template.parts.get_mut(usize::from(template.count));
            *place.ok_or_else(|| fault(at, "more than 16 parts"))? = part;
            template.count = template.count.saturating_add(1);
            at = at.saturating_add(length);
        }
        match template.parts().filter(|part| *part == Part::Body).count() {
            1 => Ok(template),
            0 => Err(fault(0, "{body} is missing; a signature that does not cover the body does not authenticate it")),
            _ => Err(fault(0, "{body} stands more than once")),
        }
    }

    #[inline]
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.parts.iter().take(usize::from(self.count)).copied()
    }

    /// The parts with their places, each with its neighbour on the side of the body, and whether it stands before the body.
    pub(crate) fn neighbours(&self) -> impl Iterator<Item = (usize, Part, Option<Part>, bool)> {
        let body = self.parts().position(|part| part == Part::Body).unwrap_or_default();
        self.parts().enumerate().map(move |(at, part)| {
            let is_before = at < body;
            let neighbour = if is_before { at.checked_add(1) } else { at.checked_sub(1) };
            (at, part, neighbour.and_then(|neighbour| self.parts.get(neighbour)).copied(), is_before)
        })
    }

    /// Where in the template's text the part `index` stands.
    pub(crate) fn place(text: &str, index: usize) -> usize {
        let mut at = 0_usize;
        for _ in 0..index {
            let Ok(Some((_, length))) = next_part(text, at) else { break };
            at = at.saturating_add(length);
        }
        at
    }

    /// Stores which parts are the timestamp, and derives what a delivery must have.
    pub(crate) fn set_timestamp_parts(&mut self, text: &str, parts: u16) {
        self.timestamp_parts = parts;
        let ids = self.parts().filter(|part| *part == Part::Id).count();
        let headers = self.parts().any(|part| matches!(part, Part::Header(_)));
        let delimiter_byte =
            |(at, part, neighbour, is_before)| match self.delimiter(text, at, part, neighbour, is_before) {
                _ if part != Part::Id => None,
                Delimiter::LiteralAfter => self.literal_after(text, at).next(),
                Delimiter::LiteralBefore => self.literal_before(text, at).last(),
                _ => Some(b':'),
            };
        let id_delimiter = self.neighbours().find_map(delimiter_byte).unwrap_or_default();
        let (method, url) = (self.has(Part::Method), self.has(Part::Url));
        self.needs = Needs { id: ids > 0, method, url, each_part: headers || ids > 1, id_delimiter };
    }

    /// Whether a part is a header `Date` that has no delimiter except its form: no literal stands next to it, or one that every
    /// date holds.
    fn is_dated(&self, text: &str, at: usize, part: Part, neighbour: Option<Part>, is_before: bool) -> bool {
        let is_literal = neighbour.is_some_and(|neighbour| neighbour.literal(text).is_some());
        part.is_date(text)
            && DATES.iter().all(|date| match is_before {
                _ if !is_literal => true,
                true => occurs_before_end(date, &self.literal_after(text, at)),
                false => occurs_after_start(date, &self.literal_before(text, at)),
            })
    }

    /// The delimiter of a part, by its neighbour. Whether it has one was checked when the scheme was.
    fn delimiter(&self, text: &str, at: usize, part: Part, neighbour: Option<Part>, is_before: bool) -> Delimiter {
        let is_free = matches!(part, Part::Id | Part::Header(_)) && !is_set(self.timestamp_parts, at);
        match neighbour {
            _ if !is_free => Delimiter::None,
            _ if self.is_dated(text, at, part, neighbour, is_before) => Delimiter::Form,
            Some(Part::Literal(_)) if is_before => Delimiter::LiteralAfter,
            Some(Part::Literal(_)) => Delimiter::LiteralBefore,
            _ => Delimiter::Date,
        }
    }

    /// The literal text from the end of the part `at` to the next placeholder.
    fn literal_after<'t>(&'t self, text: &'t str, at: usize) -> impl Iterator<Item = u8> + Clone + 't {
        let after = self.parts.get(at.saturating_add(1)..usize::from(self.count)).unwrap_or_default();
        after.iter().map_while(move |part| part.literal(text)).flatten().copied()
    }

    /// The literal text from the last placeholder to the part `at`.
    fn literal_before<'t>(&'t self, text: &'t str, at: usize) -> impl Iterator<Item = u8> + Clone + 't {
        let before = self.parts.get(..at).unwrap_or_default();
        let literals = before.iter().rev().take_while(|part| part.literal(text).is_some()).count();
        let literals = before.get(at.saturating_sub(literals)..).unwrap_or_default();
        literals.iter().filter_map(move |part| part.literal(text)).flatten().copied()
    }

    pub(crate) fn has(&self, wanted: Part) -> bool {
        self.parts().any(|part| part == wanted)
    }

    /// Whether the body alone is signed.
    pub(crate) fn is_body(&self) -> bool {
        self.count == 1
    }

    /// Whether nothing that is signed stands after the body.
    pub(crate) fn ends_with_body(&self) -> bool {
        self.parts().last() == Some(Part::Body)
    }

    /// Gathers the signed text: gives its slices to `push`, in order. `text` is the one that this template was made from.
    ///
    /// # Errors
    /// A value that is absent or empty; it never becomes "". A value that holds its delimiter, since the signed text would then
    /// be that of another delivery too.
    #[inline]
    pub(crate) fn gather<'a, H: Headers + ?Sized>(
        &self,
        text: &'a str,
        values: &PartValues<'_, 'a, H>,
        mut push: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        let Needs { id, method, url, each_part, id_delimiter } = self.needs;
        let is_missing = id && (values.id.is_empty() || holds(values.id, id_delimiter))
            || method && values.head.method.is_empty()
            || url && values.head.url.is_empty();
        if is_missing || each_part {
            self.check_parts(text, values)?;
        }
        for part in self.parts() {
            push(match part {
                Part::Header(name) => header_part(*values.head, name.of(text)).unwrap_or_default(),
                part => values.slice(text, part),
            });
        }
        Ok(())
    }
}

impl Template {
    /// Rejects for the first part that is absent or holds its delimiter, if one is.
    #[inline(never)]
    fn check_parts<'a, H: Headers + ?Sized>(
        &self,
        text: &'a str,
        values: &PartValues<'_, 'a, H>,
    ) -> Result<(), Rejection> {
        for (at, part, neighbour, is_before) in self.neighbours() {
            let value = values.require(text, part)?;
            let is_delimited = match self.delimiter(text, at, part, neighbour, is_before) {
                Delimiter::None => true,
                Delimiter::LiteralAfter => !occurs_before_end(value, &self.literal_after(text, at)),
                Delimiter::LiteralBefore => !occurs_after_start(value, &self.literal_before(text, at)),
                Delimiter::Date => !holds(value, b':'),
                Delimiter::Form => is_http_date(value),
            };
            if !is_delimited {
                return Err(Rejection::MissingPart);
            }
        }
        Ok(())
    }
}

/// The bit of a part.
pub(crate) fn bit(at: usize) -> u16 {
    1_u16.wrapping_shl(u32::try_from(at).unwrap_or_default())
}

fn is_set(bits: u16, at: usize) -> bool {
    bits & bit(at) != 0
}

impl Part {
    /// Whether this is the header `Date`, which has a form of its own.
    pub(crate) fn is_date(self, text: &str) -> bool {
        matches!(self, Self::Header(name) if name.of(text).eq_ignore_ascii_case("date"))
    }

    /// The text of a literal.
    pub(crate) fn literal(self, text: &str) -> Option<&[u8]> {
        match self {
            Self::Literal(range) => Some(range.bytes_of(text)),
            _ => None,
        }
    }
}

/// The part that begins at `at`, and its length in the template's text; `None` at the end.
fn next_part(text: &str, at: usize) -> Result<Option<(Part, usize)>, SchemeFault> {
    let fault = |message| SchemeFault::at("signed", at, message);
    let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) else { return Ok(None) };
    Ok(Some(if rest.starts_with("{{") || rest.starts_with("}}") {
        (Part::Literal(Range::new(at, at.saturating_add(1))), 2)
    } else if rest.starts_with('}') {
        return Err(fault("a closing brace without an opening one; a literal brace is written }}"));
    } else if rest.starts_with('{') {
        let length = rest
            .find(['}'])
            .ok_or_else(|| fault("an opening brace without a closing one; a literal brace is written {{"))?;
        let inside = Range::new(at.saturating_add(1), at.saturating_add(length));
        (placeholder(text, inside).map_err(fault)?, length.saturating_add(1))
    } else {
        let length = rest.find(['{', '}']).unwrap_or(rest.len());
        (Part::Literal(Range::new(at, at.saturating_add(length))), length)
    }))
}

fn placeholder(text: &str, inside: Range) -> Result<Part, &'static str> {
    match inside.of(text) {
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

/// The value of a header that is a part of the template: rare, so compiled apart.
#[inline(never)]
fn header_part<'a, H: Headers + ?Sized>(head: Head<'a, H>, name: &'a str) -> Result<&'a [u8], Rejection> {
    header(head, name)
}

/// The value of a header that is signed.
#[inline]
pub(crate) fn header<'a, H: Headers + ?Sized>(head: Head<'a, H>, name: &'a str) -> Result<&'a [u8], Rejection> {
    let line = only(head.headers.lines(name))?.ok_or(Rejection::MissingPart)?;
    if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(Rejection::MissingPart);
    }
    Value::new(line).map(Value::as_bytes)
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    const HEADERS: &[(&str, &str)] =
        &[("A", " one "), ("B", " "), ("C", "1"), ("c", "2"), ("D", ""), ("Date", "Thu, 25 Feb 2021 15:02:10 GMT")];

    fn gather(text: &str) -> Result<String, Rejection> {
        let mut template = Template::parse(text).map_err(|_| Rejection::Mismatch)?;
        template.set_timestamp_parts(text, 0);
        let head = Head { method: "POST", url: "", headers: HEADERS };
        let (body, timestamp, id) = (&b"BODY"[..], &b"123"[..], &b"msg_1"[..]);
        let values = PartValues { head: &head, body, timestamp, id, id_fault: Rejection::Mismatch };
        let mut gathered = Vec::new();
        template.gather(text, &values, |slice| gathered.extend_from_slice(slice))?;
        Ok(String::from_utf8_lossy(&gathered).into_owned())
    }

    #[test]
    fn values_take_the_place_of_placeholders() {
        for (text, expected) in [
            ("{body}", "BODY"),
            ("{timestamp}.{body}", "123.BODY"),
            ("{id}.{timestamp}.{body}", "msg_1.123.BODY"),
            ("v0:{timestamp}:{body}", "v0:123:BODY"),
            ("{body}.{header:A}", "BODY.one"),
            ("{method}{body}{timestamp}{timestamp}", "POSTBODY123123"),
            ("{{{body}}}", "{BODY}"),
            ("{{body}}{body}{{}}", "{body}BODY{}"),
            ("é{body}", "éBODY"),
        ] {
            assert_eq!(gather(text), Ok(expected.into()), "{text}");
        }
    }

    #[test]
    fn what_is_absent_never_becomes_nothing() {
        for (text, expected) in [
            ("{url}{body}", Rejection::MissingPart),
            ("{header:B}.{body}", Rejection::MissingPart),
            ("{header:D}.{body}", Rejection::MissingPart),
            ("{header:E}.{body}", Rejection::MissingPart),
            ("{header:C}.{body}", Rejection::RepeatedSignature),
        ] {
            assert_eq!(gather(text), Err(expected), "{text}");
        }
    }

    /// The id is `msg_1`, the header A is `one`.
    #[test]
    fn what_holds_its_bound_is_cut_elsewhere() {
        for (text, expected) in [
            ("{id}.{body}", Some("msg_1.BODY")),
            ("{id}_{body}", None),
            ("{id}_.{body}", Some("msg_1_.BODY")),
            ("{id}g_{body}", None),
            ("{id}1{body}", None),
            ("{body}_{id}", None),
            ("{body}._{id}", Some("BODY._msg_1")),
            ("{body}sg{id}", None),
            ("{body}m{id}", None),
            ("{id}{{_{body}", Some("msg_1{_BODY")),
            ("{id}.{id}_{body}", None),
            ("{id}_{id}.{body}", None),
            ("{id}.{id}.{body}", Some("msg_1.msg_1.BODY")),
            ("{header:A}.{body}", Some("one.BODY")),
            ("{header:A}n{body}", None),
            ("{header:A}ne!{body}", Some("onene!BODY")),
            ("{body}o{header:A}", None),
            ("{body}.{header:A}", Some("BODY.one")),
            ("{id}{timestamp}{body}", Some("msg_1123BODY")),
            ("{body}{header:Date}", Some("BODYThu, 25 Feb 2021 15:02:10 GMT")),
            ("{header:Date}:{body}", Some("Thu, 25 Feb 2021 15:02:10 GMT:BODY")),
            ("{body} {header:Date}", Some("BODY Thu, 25 Feb 2021 15:02:10 GMT")),
            ("{header:Date}GMT{{{body}", Some("Thu, 25 Feb 2021 15:02:10 GMTGMT{BODY")),
            ("{header:Date}2{body}", None),
        ] {
            let expected = expected.map(String::from).ok_or(Rejection::MissingPart);
            assert_eq!(gather(text), expected, "{text}");
        }
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let fault = |text: &str| Template::parse(text).err().map(|fault| (fault.position(), fault.message()));
        for (text, at, said) in [
            ("", 0, "{body} is missing"),
            ("{timestamp}", 0, "{body} is missing"),
            ("{body}{body}", 0, "more than once"),
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
            assert!(position == Some(at) && message.contains(said), "{text}: {message:?} at {position:?}");
        }
        assert!(Template::parse(&(String::from("{body}") + &"{{".repeat(15))).is_ok());
        assert!(Template::parse(&(String::from("{body}") + &"{{".repeat(16))).is_err());
        assert!(Template::parse(&(String::from("{body}") + &"a".repeat(249))).is_ok());
        assert!(Template::parse(&(String::from("{body}") + &"a".repeat(250))).is_err());
    }
}
