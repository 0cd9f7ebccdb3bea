//! The sorted parameters of a form body.
//!
//! They are sorted by what they say once the escapes are undone, as the vendors' libraries do, which get them so. Each is
//! decoded once, into one buffer that is no longer than the body, and there may be so many of them and no more: whoever
//! sends them need not have signed anything yet.

use std::cmp::Ordering;
use std::ops::Range;

use countersign_core::Rejection;

use crate::form::{decode, halves};

/// The most parameters that a form may have. Senders have some dozens; PHP reads as many.
pub(super) const MAX_PARAMETERS: usize = 1000;

/// A form, decoded.
pub(super) struct Form {
    /// Each name followed by its value, with nothing between.
    text: Vec<u8>,
    parameters: Vec<Place>,
}

/// Where a parameter stands in the decoded text.
#[derive(Clone)]
struct Place {
    name: Range<usize>,
    value: Range<usize>,
}

impl Form {
    /// The parameters in order of arrival. Between two `&` there may be nothing.
    ///
    /// # Errors
    /// [`Rejection::BodyTooLarge`] for more than [`MAX_PARAMETERS`].
    pub(super) fn parse(form: &[u8]) -> Result<Self, Rejection> {
        let filled = || form.split(|&byte| byte == b'&').filter(|text| !text.is_empty());
        // Counted before anything is kept.
        let count = filled().take(MAX_PARAMETERS + 1).count();
        if count > MAX_PARAMETERS {
            return Err(Rejection::BodyTooLarge);
        }
        let (mut text, mut parameters) = (Vec::with_capacity(form.len()), Vec::with_capacity(count));
        for parameter in filled() {
            let (name, value) = halves(parameter);
            let start = text.len();
            decode(name, &mut text);
            let middle = text.len();
            decode(value, &mut text);
            parameters.push(Place { name: start..middle, value: middle..text.len() });
        }
        Ok(Self { text, parameters })
    }

    /// Puts them in the order of their names; those of one name keep their order.
    pub(super) fn sort_by_name(&mut self) {
        let text = &self.text;
        self.parameters.sort_by(|a, b| a.by_name(b, text));
    }

    /// Puts them in the order of their names and then of their values, and leaves each pair there once.
    pub(super) fn sort_and_dedup(&mut self) {
        let text = &self.text;
        self.parameters.sort_by(|a, b| a.by_name_and_value(b, text));
        self.parameters.dedup_by(|a, b| a.by_name_and_value(b, text).is_eq());
    }

    /// Each name followed by its value, with nothing between.
    pub(super) fn joined(&self) -> Vec<u8> {
        let mut joined = Vec::with_capacity(self.text.len());
        for place in &self.parameters {
            joined.extend_from_slice(&self.text[place.name.start..place.value.end]);
        }
        joined
    }
}

impl Place {
    fn by_name(&self, other: &Self, text: &[u8]) -> Ordering {
        text[self.name.clone()].cmp(&text[other.name.clone()])
    }

    fn by_name_and_value(&self, other: &Self, text: &[u8]) -> Ordering {
        self.by_name(other, text).then_with(|| text[self.value.clone()].cmp(&text[other.value.clone()]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_lack_its_value_or_its_name() {
        let form = Form::parse(b"&a=1=2&&b&=c&=&").unwrap();
        let text = |range: &Range<usize>| &form.text[range.clone()];
        let halves: Vec<_> = form.parameters.iter().map(|place| (text(&place.name), text(&place.value))).collect();
        assert_eq!(halves, [(&b"a"[..], &b"1=2"[..]), (b"b", b""), (b"", b"c"), (b"", b"")]);
        assert_eq!(form.joined(), b"a1=2bc");
    }

    /// `%41` is `A`, so it stands before `B`, though `%` is no letter; and a name stands before the longer one.
    #[test]
    fn parameters_are_sorted_by_what_they_say() {
        let mut form = Form::parse(b"B=1&%41b=2&A=3&%41=%32&C=4&A=3").unwrap();
        form.sort_and_dedup();
        assert_eq!(form.joined(), b"A2A3Ab2B1C4");
        let mut form = Form::parse(b"B=1&A=3&%41=%32&A=3").unwrap();
        form.sort_by_name();
        assert_eq!(form.joined(), b"A3A2A3B1");
    }

    #[test]
    fn parameters_are_counted() {
        let form = |count: usize| Form::parse("&a=1&".repeat(count).as_bytes()).map(|form| form.parameters.len());
        assert_eq!(form(MAX_PARAMETERS), Ok(MAX_PARAMETERS));
        assert_eq!(form(MAX_PARAMETERS + 1), Err(Rejection::BodyTooLarge));
        assert_eq!(Form::parse(&b"&".repeat(1_000_000)).map(|form| form.parameters.len()), Ok(0));
    }
}
