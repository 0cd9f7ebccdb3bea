//! Hexadecimal (RFC 4648 section 8), either case, eight digits at a time, without a table and without a branch on
//! the digits.

use crate::swar::{self, HIGH, each};
use crate::tag::MAX_TAG;

/// Decodes `text` into the front of `out` and gives the decoded length; what does not fit is checked and dropped.
///
/// `None` for an odd number of digits or a byte that is no digit.
#[inline]
pub(super) fn decode(text: &[u8], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let (groups, rest) = text.as_chunks::<8>();
    let (slots, _) = out.as_chunks_mut::<4>();
    let (fitting, beyond) = groups.split_at_checked(slots.len()).unwrap_or((groups, &[]));
    let mut right = HIGH;
    for (slot, group) in slots.iter_mut().zip(fitting) {
        let bytes;
        (bytes, right) = decode_group(*group, right);
        *slot = bytes;
    }
    for group in beyond {
        (_, right) = decode_group(*group, right);
    }
    if !rest.is_empty() {
        let mut group = [b'0'; 8];
        swar::copy(&mut group, rest);
        let bytes;
        (bytes, right) = decode_group(group, right);
        if let Some(slot) = slots.get_mut(groups.len()) {
            *slot = bytes;
        }
    }
    (right == HIGH && text.len().is_multiple_of(2)).then_some(text.len() / 2)
}

/// Decodes eight digits to four bytes. The second value keeps the high bit of `right` for each that is a digit.
#[inline]
fn decode_group(group: [u8; 8], right: u64) -> ([u8; 4], u64) {
    let digits = u64::from_le_bytes(group);
    let numbers = swar::range(digits, b'0', b'9');
    let letters = swar::range(digits | each(0x20), b'a', b'f');
    // The low four bits of a letter count from 1, and 'a' stands for ten.
    let values = (digits & each(0x0f)).wrapping_add((letters >> 7).wrapping_mul(9));
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let [bytes @ .., _, _, _, _] = (quads | quads >> 16).to_le_bytes();
    (bytes, right & (numbers | letters) & !digits)
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
