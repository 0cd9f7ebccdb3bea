//! Parses and sorts the parameters of a form body, as bytes.
//!
//! The parameters are sorted by their decoded names and values, as in the vendors' libraries. Since anyone can send a form
//! before a signature is checked, time and memory are limited: each parameter is decoded once, into one buffer that is no
//! longer than the body, and the number of parameters is bounded.

use std::cmp::Ordering;
use std::ops::Range;

use countersign_core::Rejection;

use crate::form::{decode, split_name};

/// The most parameters that a form may have. Senders use some dozens; PHP has the same limit.
pub(super) const MAX_PARAMETERS: usize = 1000;

/// A form, decoded.
pub(super) struct Form {
    /// The decoded names and values, each name followed by its value, without separators.
    text: Vec<u8>,
    parameters: Vec<Parameter>,
}

/// The positions of a parameter in the decoded text.
#[derive(Clone)]
struct Parameter {
    name: Range<usize>,
    value: Range<usize>,
}

impl Form {
    /// Parses the parameters, in their order. Empty ones, as in `&&`, are ignored.
    ///
    /// # Errors
    /// [`Rejection::BodyTooLarge`] for more than [`MAX_PARAMETERS`].
    pub(super) fn parse(form: &[u8]) -> Result<Self, Rejection> {
        let parts = || form.split(|&byte| byte == b'&').filter(|text| !text.is_empty());
        // Counted before memory is allocated.
        let count = parts().take(MAX_PARAMETERS + 1).count();
        if count > MAX_PARAMETERS {
            return Err(Rejection::BodyTooLarge);
        }
        let (mut text, mut parameters) = (Vec::with_capacity(form.len()), Vec::with_capacity(count));
        for part in parts() {
            let (name, value) = split_name(part);
            let start = text.len();
            decode(name, &mut text);
            let middle = text.len();
            decode(value, &mut text);
            parameters.push(Parameter { name: start..middle, value: middle..text.len() });
        }
        Ok(Self { text, parameters })
    }

    /// Sorts the parameters by name and then by value, and removes repeated pairs.
    pub(super) fn sort_and_dedup(&mut self) {
        let text = &self.text;
        self.parameters.sort_by(|a, b| a.cmp_name_and_value(b, text));
        self.parameters.dedup_by(|a, b| a.cmp_name_and_value(b, text).is_eq());
    }

    /// Joins the parameters: each name is followed by its value, without separators.
    pub(super) fn join(&self) -> Vec<u8> {
        let mut joined = Vec::with_capacity(self.text.len());
        for parameter in &self.parameters {
            joined.extend_from_slice(&self.text[parameter.name.start..parameter.value.end]);
        }
        joined
    }
}

impl Parameter {
    fn cmp_name(&self, other: &Self, text: &[u8]) -> Ordering {
        text[self.name.clone()].cmp(&text[other.name.clone()])
    }

    fn cmp_name_and_value(&self, other: &Self, text: &[u8]) -> Ordering {
        self.cmp_name(other, text).then_with(|| text[self.value.clone()].cmp(&text[other.value.clone()]))
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
        let parameters: Vec<_> =
            form.parameters.iter().map(|parameter| (text(&parameter.name), text(&parameter.value))).collect();
        assert_eq!(parameters, [(&b"a"[..], &b"1=2"[..]), (b"b", b""), (b"", b"c"), (b"", b"")]);
        assert_eq!(form.join(), b"a1=2bc");
    }

    /// `%41` is `A`, so it comes before `B`; and a name comes before a longer one that begins with it.
    #[test]
    fn parameters_are_sorted_by_their_decoded_text() {
        let mut form = Form::parse(b"B=1&%41b=2&A=3&%41=%32&C=4&A=3").unwrap();
        form.sort_and_dedup();
        assert_eq!(form.join(), b"A2A3Ab2B1C4");
    }

    #[test]
    fn the_number_of_parameters_is_limited() {
        let form = |count: usize| Form::parse("&a=1&".repeat(count).as_bytes()).map(|form| form.parameters.len());
        assert_eq!(form(MAX_PARAMETERS), Ok(MAX_PARAMETERS));
        assert_eq!(form(MAX_PARAMETERS + 1), Err(Rejection::BodyTooLarge));
        assert_eq!(Form::parse(&b"&".repeat(1_000_000)).map(|form| form.parameters.len()), Ok(0));
    }
}
