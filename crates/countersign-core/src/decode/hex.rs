//! Hexadecimal (RFC 4648 section 8), either case, without a table and without a branch on the digits.

use crate::tag::MAX_TAG;

/// Set in the value of a byte that is no digit.
const WRONG: u8 = 0x80;

/// Decodes `text` into the front of `out` and gives the decoded length; what does not fit is checked and dropped.
///
/// `None` for an odd number of digits or a byte that is no digit.
#[inline]
pub(super) fn decode(text: &[u8], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    // Each length of a tag for itself: without a rest to look after, that is a third of the instructions.
    match text.len() {
        32 => exactly::<32>(text.first_chunk()?, out),
        40 => exactly::<40>(text.first_chunk()?, out),
        56 => exactly::<56>(text.first_chunk()?, out),
        64 => exactly::<64>(text.first_chunk()?, out),
        96 => exactly::<96>(text.first_chunk()?, out),
        128 => exactly::<128>(text.first_chunk()?, out),
        _ => any(text, out),
    }
}

/// Two loops over bytes side by side, which the compiler turns into vector instructions.
#[inline]
fn exactly<const DIGITS: usize>(text: &[u8; DIGITS], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let mut values = [0; DIGITS];
    let mut seen = 0;
    for (slot, digit) in values.iter_mut().zip(text) {
        *slot = value(*digit);
        seen |= *slot;
    }
    for (slot, pair) in out.iter_mut().zip(values.as_chunks().0) {
        *slot = byte(*pair);
    }
    (seen & WRONG == 0).then_some(const { DIGITS / 2 })
}

/// No tag has this length, but what is wrong is still to be told.
#[cold]
fn any(text: &[u8], out: &mut [u8; MAX_TAG]) -> Option<usize> {
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
    (seen & WRONG == 0 && rest.is_empty()).then_some(pairs.len())
}

/// The byte of two values.
#[inline]
fn byte(pair: [u8; 2]) -> u8 {
    let pair = u16::from_be_bytes(pair);
    let [_, byte] = (pair >> 4 | pair).to_be_bytes();
    byte
}

/// The value of a digit, 0 to 15, or [`WRONG`].
#[inline]
fn value(digit: u8) -> u8 {
    let number = digit.wrapping_sub(b'0');
    let letter = (digit | 0x20).wrapping_sub(b'a');
    let number = if number < 10 { number } else { WRONG };
    if letter < 6 { letter.wrapping_add(10) } else { number }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Decodes and compares with the `hex` crate: the verdict, the bytes, and that nothing is written behind them.
    #[track_caller]
    fn check(text: &[u8]) {
        let mut out = [0; MAX_TAG];
        let ours = decode(text, &mut out);
        let theirs = ::hex::decode(text).ok();
        assert_eq!(ours, theirs.as_ref().map(Vec::len), "{}", text.escape_ascii());
        if let Some(mut theirs) = theirs.filter(|theirs| theirs.len() <= MAX_TAG) {
            theirs.resize(MAX_TAG, 0);
            assert_eq!(out[..], theirs, "{}", text.escape_ascii());
        }
    }

    /// Both cases and all sixteen digits in turn, so that each stands in each place of a word at some length.
    fn digits(length: usize) -> Vec<u8> {
        b"0123456789abcdefABCDEF".iter().copied().cycle().skip(length % 22).take(length).collect()
    }

    #[test]
    fn every_length_is_judged_as_by_the_hex_crate() {
        (0..=200).for_each(|length| check(&digits(length)));
        (201..=4096).step_by(61).for_each(|length| check(&digits(length)));
        check(&digits(4096));
    }

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn every_byte_in_every_place_is_judged_as_by_the_hex_crate() {
        for length in (1..=17).chain([32, 40, 56, 63, 64, 65, 96, 128, 129, 136]) {
            let mut text = digits(length);
            for place in 0..length {
                let digit = text[place];
                for byte in 0..=255 {
                    text[place] = byte;
                    check(&text);
                }
                text[place] = digit;
            }
        }
    }

    /// What does not fit is not kept, but a wrong digit in it is still wrong.
    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn a_wrong_digit_beyond_the_room_is_found() {
        for length in [130, 136, 200, 1000, 4096] {
            for place in [0, 1, 127, 128, 129, length / 2, length - 2, length - 1] {
                for byte in [b'g', b' ', b'=', 0, 0x80, 0xff] {
                    let mut text = digits(length);
                    text[place] = byte;
                    assert_eq!(decode(&text, &mut [0; MAX_TAG]), None, "{length} {place} {byte}");
                }
            }
        }
    }
}
