//! The parameters of a form body (`application/x-www-form-urlencoded`), as bytes.
//!
//! They are sorted by what they say once the escapes are undone, as the vendors' libraries do, which get them so. Each is
//! decoded once, into one buffer that is no longer than the body, and there may be so many of them and no more: whoever
//! sends them need not have signed anything yet.

use std::cmp::Ordering;
use std::ops::Range;

use countersign_core::{Headers, Rejection};
use percent_encoding::percent_decode;

use super::only_line;

/// The most parameters that a form may have. Senders have some dozens; PHP reads as many.
pub(super) const MAX_PARAMETERS: usize = 1000;

/// Whether the headers say that the body is a form.
pub(super) fn is_form<H: Headers + ?Sized>(headers: &H) -> Result<bool, Rejection> {
    let Some(value) = only_line(headers, "Content-Type")? else { return Ok(false) };
    let media_type = value.split(|&byte| byte == b';').next().unwrap_or_default();
    Ok(media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded"))
}

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

/// The value of the first parameter with this name, decoded.
pub(super) fn value_of(form: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    form.split(|&byte| byte == b'&').map(halves).find_map(|(other, value)| {
        text.clear();
        decode(other, &mut text);
        (text == name).then(|| {
            text.clear();
            decode(value, &mut text);
            std::mem::take(&mut text)
        })
    })
}

/// What stands before the first `=` and behind it.
fn halves(parameter: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = parameter.splitn(2, |&byte| byte == b'=');
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}

/// Undoes `+` for a blank and `%XX`; an escape that is none stays as it is.
fn decode(text: &[u8], decoded: &mut Vec<u8>) {
    // A `+` that was escaped is no blank, so blanks are made before the escapes are undone.
    for (i, part) in text.split(|&byte| byte == b'+').enumerate() {
        if i > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(part));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_to_bytes() {
        for (text, expected) in [
            (&b"a+b%2Bc"[..], &b"a b+c"[..]),
            (b"%E2%9c%93", "✓".as_bytes()),
            (b"%ff%00", b"\xff\x00"),
            (b"%2+B%g0%", b"%2 B%g0%"),
            (b"%252B", b"%2B"),
            (b"++", b"  "),
            (b"", b""),
        ] {
            let mut decoded = Vec::new();
            decode(text, &mut decoded);
            assert_eq!(decoded, expected, "{}", text.escape_ascii());
        }
    }

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

    #[test]
    fn a_value_is_found_by_its_decoded_name() {
        assert_eq!(value_of(b"b=1&%61=%32&a=3", b"a"), Some(b"2".to_vec()));
        assert_eq!(value_of(b"&=&b", b"a"), None);
        assert_eq!(value_of(b"a", b"a"), Some(Vec::new()));
    }

    #[test]
    fn the_media_type_counts_without_case_and_without_its_parameters() {
        let form = |value: &str| is_form(&[("content-type", value)]);
        for value in [
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded ; charset=utf-8",
            " application/x-www-form-urlencoded;",
        ] {
            assert_eq!(form(value), Ok(true), "{value}");
        }
        for value in [
            "",
            "application/json",
            "application/x-www-form-urlencoded2",
            "text/plain; application/x-www-form-urlencoded",
        ] {
            assert_eq!(form(value), Ok(false), "{value}");
        }
        assert_eq!(is_form::<[(&str, &str)]>(&[]), Ok(false));
        let twice = [("Content-Type", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(is_form(&twice), Err(Rejection::RepeatedSignature));
    }
}
