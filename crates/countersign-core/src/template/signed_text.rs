//! Stage 3, gather: the signed text as slices of what was received. The slices are never joined, and nothing is parsed
//! and printed again.

use crate::delimiter::contains;
use crate::delivery::{Head, Headers};
use crate::header::{HeaderValue, single_line};
use crate::rejection::Rejection;
use crate::template::{MAX_PARTS, Part, RequiredValues, Template};

/// The values of a delivery for the parts of a template. An empty value means that it is absent.
pub(crate) struct PartValues<'h, 'a, H: ?Sized> {
    pub(crate) head: &'h Head<'a, H>,
    pub(crate) body: &'a [u8],
    pub(crate) timestamp: &'a [u8],
    pub(crate) id: &'a [u8],
    /// The rejection if there is no id.
    pub(crate) id_rejection: Rejection,
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

    /// Adds the next slice. There is room for all parts of a template.
    #[inline]
    pub(crate) fn push(&mut self, part: &'a [u8]) {
        if let Some(slot) = self.parts.get_mut(self.count) {
            *slot = part;
            self.count = self.count.wrapping_add(1);
        }
    }

    #[inline]
    pub(crate) fn parts(&self) -> &[&'a [u8]] {
        self.parts.get(..self.count).unwrap_or_default()
    }
}

impl<'a, H: Headers + ?Sized> PartValues<'_, 'a, H> {
    /// The value of a part that is not a header.
    #[inline]
    fn slice(&self, text: &'a str, part: Part) -> &'a [u8] {
        match part {
            Part::Literal(range) => range.bytes_in(text),
            Part::Body => self.body,
            Part::Timestamp => self.timestamp,
            Part::Id => self.id,
            Part::Method => self.head.method.as_bytes(),
            Part::Url => self.head.url.as_bytes(),
            Part::Header(_) => &[],
        }
    }

    /// The value of a part. Rejects if it is absent.
    pub(super) fn require(&self, text: &'a str, part: Part) -> Result<&'a [u8], Rejection> {
        let (value, rejection) = match part {
            // A body may be empty. A delivery without a timestamp was rejected earlier.
            Part::Literal(_) | Part::Body | Part::Timestamp => return Ok(&[]),
            Part::Id => (self.id, self.id_rejection),
            Part::Method => (self.head.method.as_bytes(), Rejection::MissingPart),
            Part::Url => (self.head.url.as_bytes(), Rejection::MissingPart),
            Part::Header(name) => return header_part(*self.head, name.text_in(text)),
        };
        if value.is_empty() { Err(rejection) } else { Ok(value) }
    }
}

impl Template {
    /// Gathers the signed text: passes its slices to `push`, in order. `text` is the text of this template.
    ///
    /// # Errors
    /// If a value is absent or empty: it is never replaced by "". If a value contains its delimiter: the signed text
    /// could then be that of another delivery too.
    #[inline]
    pub(crate) fn gather<'a, H: Headers + ?Sized>(
        &self,
        text: &'a str,
        values: &PartValues<'_, 'a, H>,
        mut push: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        let RequiredValues { id, method, url, check_each_part, id_delimiter } = self.required;
        let is_missing = id && (values.id.is_empty() || contains(values.id, id_delimiter))
            || method && values.head.method.is_empty()
            || url && values.head.url.is_empty();
        if is_missing || check_each_part {
            self.check_parts(text, values)?;
        }
        for part in self.parts() {
            push(match part {
                Part::Header(name) => header_part(*values.head, name.text_in(text)).unwrap_or_default(),
                part => values.slice(text, part),
            });
        }
        Ok(())
    }
}

/// The value of a header that is a part of the template. Rare, so it is not inlined.
#[inline(never)]
fn header_part<'a, H: Headers + ?Sized>(head: Head<'a, H>, name: &'a str) -> Result<&'a [u8], Rejection> {
    signed_header(head, name)
}

/// The value of a signed header. Rejects if it is absent or empty.
#[inline]
pub(crate) fn signed_header<'a, H: Headers + ?Sized>(head: Head<'a, H>, name: &'a str) -> Result<&'a [u8], Rejection> {
    let line = single_line(head.headers.lines(name))?.ok_or(Rejection::MissingPart)?;
    if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(Rejection::MissingPart);
    }
    HeaderValue::new(line).map(HeaderValue::as_bytes)
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
        let values = PartValues { head: &head, body, timestamp, id, id_rejection: Rejection::Mismatch };
        let mut gathered = Vec::new();
        template.gather(text, &values, |slice| gathered.extend_from_slice(slice))?;
        Ok(String::from_utf8_lossy(&gathered).into_owned())
    }

    #[test]
    fn values_replace_placeholders() {
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
    fn an_absent_value_is_rejected() {
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
    fn a_value_that_contains_its_delimiter_is_rejected() {
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
}
