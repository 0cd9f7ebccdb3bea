//! Hexadecimal (RFC 4648 section 8), upper or lower case, without a table and without a branch on the digits.

use crate::tag::MAX_TAG;

/// Set in the value of a byte that is not a digit.
const INVALID: u8 = 0x80;

/// Decodes `text` to the start of `out` and returns the decoded length. Bytes that do not fit are checked and dropped.
///
/// `None` for an odd number of digits or a byte that is not a digit.
#[inline]
pub(super) fn decode(text: &[u8], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    // Separate code for each tag length: without a remainder to handle, it needs a third of the instructions.
    match text.len() {
        32 => fixed_len::<32>(text.first_chunk()?, out),
        40 => fixed_len::<40>(text.first_chunk()?, out),
        56 => fixed_len::<56>(text.first_chunk()?, out),
        64 => fixed_len::<64>(text.first_chunk()?, out),
        96 => fixed_len::<96>(text.first_chunk()?, out),
        128 => fixed_len::<128>(text.first_chunk()?, out),
        _ => any_len(text, out),
    }
}

/// Decodes a text of a tag length. Two loops over consecutive bytes, which the compiler vectorises.
#[inline]
fn fixed_len<const DIGITS: usize>(text: &[u8; DIGITS], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let mut values = [0; DIGITS];
    let mut seen = 0;
    for (slot, digit) in values.iter_mut().zip(text) {
        *slot = value(*digit);
        seen |= *slot;
    }
    for (slot, pair) in out.iter_mut().zip(values.as_chunks().0) {
        *slot = byte(*pair);
    }
    (seen & INVALID == 0).then_some(const { DIGITS / 2 })
}

/// Decodes a text of any other length. No tag has this length, but the result determines the rejection.
#[cold]
fn any_len(text: &[u8], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let mut seen = 0;
    let mut slots = out.iter_mut();
    let (pairs, rest) = text.as_chunks();
    for pair in pairs {
        let values = pair.map(value);
        seen |= values.iter().fold(0, |seen, value| seen | value);
        if let Some(slot) = slots.next() {
            *slot = byte(values);
        }
    }
    (seen & INVALID == 0 && rest.is_empty()).then_some(pairs.len())
}

/// The byte made of the values of two digits.
#[inline]
fn byte(pair: [u8; 2]) -> u8 {
    let pair = u16::from_be_bytes(pair);
    let [_, byte] = (pair >> 4 | pair).to_be_bytes();
    byte
}

/// The value of a digit, 0 to 15, or [`INVALID`].
#[inline]
fn value(digit: u8) -> u8 {
    let number = digit.wrapping_sub(b'0');
    let letter = (digit | 0x20).wrapping_sub(b'a');
    let number = if number < 10 { number } else { INVALID };
    if letter < 6 { letter.wrapping_add(10) } else { number }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Compares with the `hex` crate: the verdict, the bytes, and that nothing is written after them.
    #[track_caller]
    fn check(text: &[u8]) {
        let mut out = [0; MAX_TAG];
        let actual = decode(text, &mut out);
        let expected = ::hex::decode(text).ok();
        assert_eq!(actual, expected.as_ref().map(Vec::len), "{}", text.escape_ascii());
        if let Some(mut expected) = expected.filter(|expected| expected.len() <= MAX_TAG) {
            expected.resize(MAX_TAG, 0);
            assert_eq!(out[..], expected, "{}", text.escape_ascii());
        }
    }

    /// All digits in both cases, in an order that depends on the length, so that each is at each position of a word at
    /// some length.
    fn digits(length: usize) -> Vec<u8> {
        b"0123456789abcdefABCDEF".iter().copied().cycle().skip(length % 22).take(length).collect()
    }

    #[test]
    fn every_length_is_decoded_as_by_the_hex_crate() {
        (0..=200).for_each(|length| check(&digits(length)));
        (201..=4096).step_by(61).for_each(|length| check(&digits(length)));
        check(&digits(4096));
    }

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn every_byte_at_every_index_is_decoded_as_by_the_hex_crate() {
        for length in (1..=17).chain([32, 40, 56, 63, 64, 65, 96, 128, 129, 136]) {
            let mut text = digits(length);
            for index in 0..length {
                let digit = text[index];
                for byte in 0..=255 {
                    text[index] = byte;
                    check(&text);
                }
                text[index] = digit;
            }
        }
    }

    /// Bytes that do not fit are dropped, but an invalid digit among them is still found.
    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn an_invalid_digit_that_does_not_fit_is_found() {
        for length in [130, 136, 200, 1000, 4096] {
            for index in [0, 1, 127, 128, 129, length / 2, length - 2, length - 1] {
                for byte in [b'g', b' ', b'=', 0, 0x80, 0xff] {
                    let mut text = digits(length);
                    text[index] = byte;
                    assert_eq!(decode(&text, &mut [0; MAX_TAG]), None, "{length} {index} {byte}");
                }
            }
        }
    }
}
