//! The parameters of a form body (`application/x-www-form-urlencoded`), as bytes.
//!
//! They are sorted by what they say once the escapes are undone, as the vendors' libraries do, which get them so. A
//! parameter is decoded whenever it is compared, instead of once: hostile bodies are made of very many short ones, and
//! a list of decoded texts would be many times as large as the body.

use std::cmp::Ordering;

use countersign_core::{Headers, Rejection};
use percent_encoding::percent_decode;

use super::only_line;

/// Whether the headers say that the body is a form.
pub(super) fn is_form<H: Headers + ?Sized>(headers: &H) -> Result<bool, Rejection> {
    let Some(value) = only_line(headers, "Content-Type")? else { return Ok(false) };
    let media_type = value.split(|&byte| byte == b';').next().unwrap_or_default();
    Ok(media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded"))
}

/// One parameter as it stands in the body or in a query.
#[derive(Clone, Copy)]
pub(super) struct Parameter<'a>(&'a [u8]);

impl<'a> Parameter<'a> {
    /// The name, decoded.
    pub(super) fn name(self) -> impl Iterator<Item = u8> + 'a {
        decoded(self.halves().0)
    }

    /// The value, decoded.
    pub(super) fn value(self) -> impl Iterator<Item = u8> + 'a {
        decoded(self.halves().1)
    }

    /// The order of the decoded names.
    pub(super) fn by_name(self, other: Self) -> Ordering {
        self.name().cmp(other.name())
    }

    /// The order of the decoded names, and of the decoded values among equal names.
    pub(super) fn by_name_and_value(self, other: Self) -> Ordering {
        self.by_name(other).then_with(|| self.value().cmp(other.value()))
    }

    /// What stands before the first `=` and behind it.
    fn halves(self) -> (&'a [u8], &'a [u8]) {
        let mut halves = self.0.splitn(2, |&byte| byte == b'=');
        (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
    }
}

/// The parameters in order of arrival. Between two `&` there may be nothing.
pub(super) fn parameters(form: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    form.split(|&byte| byte == b'&').filter(|text| !text.is_empty()).map(Parameter)
}

/// Each name followed by its value, decoded, with nothing between.
pub(super) fn joined(parameters: &[Parameter<'_>]) -> Vec<u8> {
    parameters.iter().flat_map(|parameter| parameter.name().chain(parameter.value())).collect()
}

/// Undoes `+` for a blank and `%XX`; an escape that is none stays as it is.
fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    // A `+` that was escaped is no blank, so blanks are made before the escapes are undone.
    text.split(|&byte| byte == b'+')
        .enumerate()
        .flat_map(|(i, part)| (i > 0).then_some(b' ').into_iter().chain(percent_decode(part)))
}

#[cfg(test)]
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
            assert_eq!(decoded(text).collect::<Vec<_>>(), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_parameter_may_lack_its_value_or_its_name() {
        let form: Vec<_> = parameters(b"&a=1=2&&b&=c&=&").collect();
        let halves: Vec<_> = form.iter().map(|parameter| parameter.halves()).collect();
        assert_eq!(halves, [(&b"a"[..], &b"1=2"[..]), (b"b", b""), (b"", b"c"), (b"", b"")]);
        assert_eq!(joined(&form), b"a1=2bc");
    }

    /// `%41` is `A`, so it stands before `B`, though `%` is no letter; and a name stands before the longer one.
    #[test]
    fn parameters_are_sorted_by_what_they_say() {
        let mut form: Vec<_> = parameters(b"B=1&%41b=2&A=3&%41=%32&C=4").collect();
        form.sort_unstable_by(|a, b| a.by_name_and_value(*b));
        assert_eq!(joined(&form), b"A2A3Ab2B1C4");
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
