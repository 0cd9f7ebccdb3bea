//! Delimiters: what ends a part of the signed text, so that the text can be split in only one way.
//!
//! Parts before the body are read from the left, parts after it from the right. The receiver knows method and URL, and
//! a timestamp has a fixed form. An id or a header may be any text, so it needs a delimiter.

use crate::swar::find;

/// What delimits the value of an id or of a header in the signed text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// It needs none: the receiver knows the part; or no shorter text has its form; or it has a fixed number of digits,
    /// or digits next to a character that is not one.
    None,
    /// The literal after it, which the value must not contain.
    LiteralAfter,
    /// The literal before it, which the value must not contain.
    LiteralBefore,
    /// The RFC 3339 timestamp after it. The value must not contain a colon, so the first colon is that of the
    /// timestamp.
    Date,
    /// Its own form, that of an HTTP date.
    Form,
}

/// Whether `literal` occurs before the end of `value`, in `value` followed by `literal`. Compares only where its first
/// byte occurs; most values do not contain it.
pub(crate) fn occurs_before_end(value: &[u8], literal: &(impl Iterator<Item = u8> + Clone)) -> bool {
    let Some(first) = literal.clone().next() else { return false };
    let mut rest = value;
    while let Some(found) = find(rest, first).and_then(|index| rest.get(index..)) {
        let text = found.iter().copied().chain(literal.clone());
        if text.zip(literal.clone()).all(|(actual, expected)| actual == expected) {
            return true;
        }
        rest = found.get(1..).unwrap_or_default();
    }
    false
}

/// Whether `literal` occurs again after its start, in `literal` followed by `value`. Compares only where its last byte
/// occurs.
pub(crate) fn occurs_after_start(value: &[u8], literal: &(impl Iterator<Item = u8> + Clone)) -> bool {
    let Some(last) = literal.clone().last() else { return false };
    let mut searched = 0_usize;
    while let Some(index) = value.get(searched..).and_then(|rest| find(rest, last)) {
        // An occurrence that ends after `searched` bytes of `value` starts `searched` bytes into the joined text.
        searched = searched.saturating_add(index).saturating_add(1);
        let text = literal.clone().chain(value.iter().copied()).skip(searched);
        if text.zip(literal.clone()).all(|(actual, expected)| actual == expected) {
            return true;
        }
    }
    false
}

/// Two dates of RFC 9110 that have in common only what all dates have: a literal that both contain cannot delimit a
/// date.
pub(crate) const DATES: [&[u8]; 2] = [b"Sun, 11 Aug 1111 11:11:11 GMT", b"Wed, 22 Oct 2222 22:22:22 GMT"];

/// Whether a value contains this byte.
#[inline]
pub(crate) fn contains(value: &[u8], byte: u8) -> bool {
    find(value, byte).is_some()
}

/// Whether this is a date in the form of the header `Date`: `Thu, 25 Feb 2021 15:02:10 GMT` (RFC 9110 section 5.6.7).
/// The comma may be absent and the zone may be `UTC`, as Scalr writes it. No suffix of such a date is one too, since
/// each begins with a weekday.
pub(crate) fn is_http_date(value: &[u8]) -> bool {
    let Some((weekday, rest)) = value.split_first_chunk::<3>() else { return false };
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let [
        b' ',
        d1,
        d2,
        b' ',
        m1,
        m2,
        m3,
        b' ',
        y1,
        y2,
        y3,
        y4,
        b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ',
        zone @ ..,
    ] = rest
    else {
        return false;
    };
    let digits = [d1, d2, y1, y2, y3, y4, h1, h2, n1, n2, s1, s2];
    let months = b"JanFebMarAprMayJunJulAugSepOctNovDec".as_chunks::<3>().0;
    b"MonTueWedThuFriSatSun".as_chunks::<3>().0.contains(weekday)
        && months.contains(&[*m1, *m2, *m3])
        && digits.into_iter().all(u8::is_ascii_digit)
        && matches!(zone, b"GMT" | b"UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before_end(value: &str, literal: &str) -> bool {
        occurs_before_end(value.as_bytes(), &literal.bytes())
    }

    fn after_start(value: &str, literal: &str) -> bool {
        occurs_after_start(value.as_bytes(), &literal.bytes())
    }

    /// A literal whose start equals its end may also occur across the end of the value.
    #[test]
    fn a_literal_is_found_across_the_end_of_the_value() {
        for (value, literal, expected) in [
            ("msg_1", ".", false),
            ("", ".", false),
            ("msg.1", ".", true),
            (".", ".", true),
            ("a:", "::", true),
            (":a", "::", false),
            ("a:b", "::", false),
            ("xab", "abxab", false),
            ("abx", "abxab", true),
            ("aab", "ab", true),
        ] {
            assert_eq!(before_end(value, literal), expected, "{value} {literal}");
            let reversed = |text: &str| text.chars().rev().collect::<std::string::String>();
            assert_eq!(after_start(&reversed(value), &reversed(literal)), expected, "{value} {literal}, reversed");
        }
    }

    /// Compared with `str::find`, which searches every position.
    #[test]
    fn a_literal_is_found_at_every_position() {
        let texts = |longest: u32| {
            (0..=longest).flat_map(|length| {
                (0..2_u32.pow(length)).map(move |bits| {
                    (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect::<std::string::String>()
                })
            })
        };
        for literal in texts(4).filter(|literal| !literal.is_empty()) {
            for value in texts(6).flat_map(|value| [std::format!("cccccccccc{value}"), value]) {
                let value_first = std::format!("{value}{literal}");
                assert_eq!(
                    before_end(&value, &literal),
                    value_first.find(&literal) != Some(value.len()),
                    "{value_first}"
                );
                let literal_first = std::format!("{literal}{value}");
                assert_eq!(after_start(&value, &literal), literal_first.rfind(&literal) != Some(0), "{literal_first}");
            }
        }
    }

    #[test]
    fn dates_of_http_and_of_scalr_are_recognised() {
        for date in ["Thu, 25 Feb 2021 15:02:10 GMT", "Thu 25 Feb 2021 15:02:10 UTC", "Sun 99 Dec 0000 99:99:99 GMT"] {
            assert!(is_http_date(date.as_bytes()), "{date}");
            for at in 1..date.len() {
                let (front, end) = date.as_bytes().split_at_checked(at).unwrap_or_default();
                assert!(!is_http_date(front) && !is_http_date(end), "{date} at {at}");
            }
        }
        for date in DATES {
            assert!(is_http_date(date));
        }
        for text in [
            "",
            "Thu",
            "2021-02-25T15:02:10Z",
            "Thursday, 25-Feb-21 15:02:10 GMT",
            "Thu Feb 25 15:02:10 2021",
            "thu, 25 Feb 2021 15:02:10 GMT",
            "Thu, 25 feb 2021 15:02:10 GMT",
            "Thu, 5 Feb 2021 15:02:10 GMT",
            "Thu, 25 Feb 2021 15:02:10 +0000",
            "Thu, 25 Feb 2021 15:02:10 GMTx",
            "xThu, 25 Feb 2021 15:02:10 GMT",
            "huT, 25 Feb 2021 15:02:10 GMT",
        ] {
            assert!(!is_http_date(text.as_bytes()), "{text}");
        }
    }
}
