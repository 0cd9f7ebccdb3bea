//! Names and values of `application/x-www-form-urlencoded`: form bodies and the queries of URLs.

use std::iter;

use countersign_core::{Headers, Rejection};
use percent_encoding::percent_decode;

use crate::header_line::single_line;

/// Whether the headers say that the body is a form.
pub(crate) fn is_form<H: Headers + ?Sized>(headers: &H) -> Result<bool, Rejection> {
    let Some(value) = single_line(headers, "Content-Type")? else { return Ok(false) };
    let media_type = value.split(|&byte| byte == b';').next().unwrap_or_default();
    Ok(media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded"))
}

/// The values of the parameters with this name, decoded, in order.
pub(crate) fn values_of(parameters: &[u8], name: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut parameters = parameters.split(|&byte| byte == b'&').map(split_name);
    let mut text = Vec::new();
    iter::from_fn(move || {
        parameters.find_map(|(other, value)| {
            text.clear();
            decode(other, &mut text);
            (text == name).then(|| {
                let mut decoded = Vec::with_capacity(value.len());
                decode(value, &mut decoded);
                decoded
            })
        })
    })
}

/// What stands before the first `=` and after it.
pub(crate) fn split_name(parameter: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = parameter.splitn(2, |&byte| byte == b'=');
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}

/// Adds a text to `decoded` with `+` for a space and `%XX` undone; an escape that is not valid stays as it is.
pub(crate) fn decode(text: &[u8], decoded: &mut Vec<u8>) {
    // An escaped `+` is not a space, so spaces are made before the escapes are undone.
    for (i, part) in text.split(|&byte| byte == b'+').enumerate() {
        if i > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(part));
    }
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
            let mut decoded = Vec::new();
            decode(text, &mut decoded);
            assert_eq!(decoded, expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_value_is_found_by_its_decoded_name() {
        assert_eq!(values_of(b"b=1&%61=%32&a=3", b"a").collect::<Vec<_>>(), [b"2", b"3"]);
        assert_eq!(values_of(b"&=&b", b"a").next(), None);
        assert_eq!(values_of(b"a", b"a").collect::<Vec<_>>(), [b""]);
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
