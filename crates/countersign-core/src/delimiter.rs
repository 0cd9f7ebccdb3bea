//! Delimiters: where a part of the signed text ends, so that the text can be split in one way only.
//!
//! What stands before the body is read from the left, what stands after it from the right. Method and URL are known to the
//! receiver, and a timestamp has a form; an id or a header can be anything that its sender likes, and needs a delimiter.

use crate::swar::find;

/// What delimits the value of an id or of a header in the signed text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// It needs none: the part is known to the receiver, or has a form of which no shorter text is one too, or a fixed number of
    /// digits, or a character next to it that is not a digit.
    None,
    /// The literal after it, which the value may not hold.
    LiteralAfter,
    /// The literal before it, which the value may not hold.
    LiteralBefore,
    /// The RFC 3339 timestamp after it. Its first colon is the first of all: the value may not hold one.
    Date,
    /// Its own form, that of an HTTP date.
    Form,
}

/// Whether `literal` begins before the end of `value`, in `value` followed by `literal`. It is compared where its first
/// byte stands, and most values hold none.
pub(crate) fn occurs_before_end(value: &[u8], literal: &(impl Iterator<Item = u8> + Clone)) -> bool {
    let Some(first) = literal.clone().next() else { return false };
    let mut rest = value;
    while let Some(found) = find(rest, first).and_then(|at| rest.get(at..)) {
        let text = found.iter().copied().chain(literal.clone());
        if text.zip(literal.clone()).all(|(one, other)| one == other) {
            return true;
        }
        rest = found.get(1..).unwrap_or_default();
    }
    false
}

/// Whether `literal` ends after the beginning of `value`, in `literal` followed by `value`. It is compared where its last
/// byte stands.
pub(crate) fn occurs_after_start(value: &[u8], literal: &(impl Iterator<Item = u8> + Clone)) -> bool {
    let Some(last) = literal.clone().last() else { return false };
    let mut passed = 0_usize;
    while let Some(at) = value.get(passed..).and_then(|rest| find(rest, last)) {
        // As many bytes as stand before the end of the literal in `value` are left out before it.
        passed = passed.saturating_add(at).saturating_add(1);
        let text = literal.clone().chain(value.iter().copied()).skip(passed);
        if text.zip(literal.clone()).all(|(one, other)| one == other) {
            return true;
        }
    }
    false
}

/// Two dates of RFC 9110 that share nothing but what every such date has: a literal that both hold delimits none.
pub(crate) const DATES: [&[u8]; 2] = [b"Sun, 11 Aug 1111 11:11:11 GMT", b"Wed, 22 Oct 2222 22:22:22 GMT"];

/// Whether a value holds this character.
#[inline]
pub(crate) fn holds(value: &[u8], byte: u8) -> bool {
    find(value, byte).is_some()
}

/// Whether this is a date as the header `Date` has it: `Thu, 25 Feb 2021 15:02:10 GMT` (RFC 9110 section 5.6.7). The comma may be absent and
/// the zone be called `UTC`, as Scalr writes it. No ending of such a text is one, since each begins with a weekday.
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

    /// A literal that begins as it ends may also lie across the edge of the value.
    #[test]
    fn a_literal_is_found_across_the_edge() {
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
            let turned = |text: &str| text.chars().rev().collect::<std::string::String>();
            assert_eq!(after_start(&turned(value), &turned(literal)), expected, "{value} {literal}, turned");
        }
    }

    /// Against a comparison in every place.
    #[test]
    fn what_is_searched_for_is_found_in_every_place() {
        let texts = |longest: u32| {
            (0..=longest).flat_map(|length| {
                (0..2_u32.pow(length)).map(move |bits| {
                    (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect::<std::string::String>()
                })
            })
        };
        for literal in texts(4).filter(|literal| !literal.is_empty()) {
            for value in texts(6).flat_map(|value| [std::format!("cccccccccc{value}"), value]) {
                let behind = std::format!("{value}{literal}");
                assert_eq!(before_end(&value, &literal), behind.find(&literal) != Some(value.len()), "{behind}");
                let front = std::format!("{literal}{value}");
                assert_eq!(after_start(&value, &literal), front.rfind(&literal) != Some(0), "{front}");
            }
        }
    }

    #[test]
    fn dates_of_http_and_of_scalr() {
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
