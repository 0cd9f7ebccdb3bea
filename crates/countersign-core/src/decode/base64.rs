//! Base64 (RFC 4648 sections 4 and 5), canonical only, without a branch on the characters.
//!
//! Characters are looked up in a table. Their values are no secret: the sender wrote them.

use crate::tag::MAX_TAG;

/// What each of the 256 bytes stands for: 0 to 63, or [`WRONG`].
pub(super) type Alphabet = [u8; 256];

/// Section 4: `+` and `/`.
pub(super) const STANDARD: &Alphabet = &alphabet(*b"+/");

/// Section 5: `-` and `_`.
pub(super) const URL: &Alphabet = &alphabet(*b"-_");

/// Set in the value of a byte outside the alphabet.
const WRONG: u8 = 0x80;

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated by the compiler only")]
const fn alphabet(last: [u8; 2]) -> Alphabet {
    let first = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut values = [WRONG; 256];
    let mut value = 0;
    while value < 64 {
        let character = if value < 62 { first[value] } else { last[value - 62] };
        #[expect(clippy::cast_possible_truncation, reason = "less than 64")]
        let byte = value as u8;
        values[character as usize] = byte;
        value += 1;
    }
    values
}

/// Decodes `text` into the front of `out` and gives the decoded length; what does not fit is checked and dropped.
///
/// Padding is whole or absent. `None` for a byte outside the alphabet, padding that is partial, too much or in the
/// middle, a lone last character, and bits left over that are not zero.
#[inline]
pub(super) fn decode(text: &[u8], alphabet: &Alphabet, out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let text = strip_padding(text)?;
    let (quads, rest) = text.as_chunks::<4>();
    let (triples, last_slot) = out.as_chunks_mut::<3>();
    let (fitting, beyond) = quads.split_at_checked(triples.len()).unwrap_or((quads, &[]));
    let mut seen = 0;
    for (triple, quad) in triples.iter_mut().zip(fitting) {
        let bytes;
        (bytes, seen) = decode_quad(*quad, alphabet, seen);
        *triple = bytes;
    }
    for quad in beyond {
        (_, seen) = decode_quad(*quad, alphabet, seen);
    }
    // The rest filled up with zeros, so that bits left over show as bytes that are not zero.
    let (quad, length) = match *rest {
        [] => ([b'A'; 4], 0),
        [_] => return None,
        [a, b] => ([a, b, b'A', b'A'], 1),
        [a, b, c, ..] => ([a, b, c, b'A'], 2),
    };
    let (bytes, seen) = decode_quad(quad, alphabet, seen);
    let left_over = bytes.iter().skip(length).fold(0, |bits, &byte| bits | byte);
    for (slot, byte) in triples.get_mut(quads.len()).map_or(last_slot, |triple| triple).iter_mut().zip(bytes) {
        *slot = byte;
    }
    (seen & u32::from(WRONG) == 0 && left_over == 0).then_some(quads.len().wrapping_mul(3).wrapping_add(length))
}

/// Cuts whole padding off; `None` when it is partial or too much.
#[inline]
fn strip_padding(text: &[u8]) -> Option<&[u8]> {
    match text {
        [rest @ .., b'=', b'='] if rest.len() % 4 == 2 => Some(rest),
        [rest @ .., b'='] if rest.len() % 4 == 3 => Some(rest),
        [.., b'='] => None,
        _ => Some(text),
    }
}

/// Decodes four characters to three bytes, and adds their values to those `seen`.
#[inline]
fn decode_quad(quad: [u8; 4], alphabet: &Alphabet, seen: u32) -> ([u8; 3], u32) {
    let [a, b, c, d] = quad.map(|character| u32::from(alphabet.get(usize::from(character)).copied().unwrap_or(WRONG)));
    let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
    (bytes, seen | a | b | c | d)
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use ::base64::Engine as _;
    use ::base64::engine::GeneralPurpose;
    use ::base64::engine::general_purpose::{STANDARD as THEIRS, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    /// Each alphabet, and the two engines that say between them what is allowed: padding whole, or none.
    const ALPHABETS: [(&Alphabet, [&GeneralPurpose; 2]); 2] =
        [(STANDARD, [&THEIRS, &STANDARD_NO_PAD]), (URL, [&URL_SAFE, &URL_SAFE_NO_PAD])];

    /// Decodes and compares with the `base64` crate: the verdict, the bytes, and that nothing is written behind them.
    #[track_caller]
    fn check(text: &[u8]) {
        for (alphabet, engines) in ALPHABETS {
            let mut out = [0; MAX_TAG];
            let ours = decode(text, alphabet, &mut out);
            let theirs = engines.iter().find_map(|engine| engine.decode(text).ok());
            assert_eq!(ours, theirs.as_ref().map(Vec::len), "{}", text.escape_ascii());
            if let Some(mut theirs) = theirs.filter(|theirs| theirs.len() <= MAX_TAG) {
                theirs.resize(MAX_TAG, 0);
                assert_eq!(out[..], theirs, "{}", text.escape_ascii());
            }
        }
    }

    /// Bytes of which the texts in both alphabets use most characters.
    #[allow(clippy::cast_possible_truncation, reason = "only the low byte is wanted")]
    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at.wrapping_mul(151).wrapping_add(length) >> 1) as u8).collect()
    }

    #[test]
    fn every_length_is_judged_as_by_the_base64_crate() {
        for length in (0..=200).chain((201..=3072).step_by(61)).chain(3070..=3072) {
            for (_, [_, unpadded]) in ALPHABETS {
                // As encoded, without the last character, and with anything from no padding to too much of it.
                let whole = unpadded.encode(bytes(length)).into_bytes();
                for text in [&whole[..], whole.split_last().map_or(&[], |(_, text)| text)] {
                    (0..=5).for_each(|padding| check(&[text, &vec![b'='; padding]].concat()));
                }
            }
        }
    }

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn every_byte_in_every_place_is_judged_as_by_the_base64_crate() {
        for length in (1..=7).chain([16, 20, 28, 63, 64, 65, 66]) {
            for (_, [padded, unpadded]) in ALPHABETS {
                for text in [padded.encode(bytes(length)), unpadded.encode(bytes(length))] {
                    let mut text = text.into_bytes();
                    for place in 0..text.len() {
                        let character = text[place];
                        for byte in 0..=255 {
                            text[place] = byte;
                            check(&text);
                        }
                        text[place] = character;
                    }
                }
            }
        }
    }

    /// Of the characters that may end a text, only those whose spare bits are zero do: one way to write each tag.
    #[test]
    fn spare_bits_are_zero() {
        for (alphabet, _) in ALPHABETS {
            for (front, allowed) in [("AAAA", 0), ("AAAAA", 4), ("AAAAAA", 16), ("AAAAAAA", 64)] {
                let texts = (0..=255).filter(|last| *last != b'=').map(|last| [front.as_bytes(), &[last]].concat());
                let taken = texts.filter(|text| decode(text, alphabet, &mut [0; MAX_TAG]).is_some()).count();
                assert_eq!(taken, allowed, "{front}");
            }
        }
    }

    /// What does not fit is not kept, but a wrong character in it is still wrong.
    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn a_wrong_character_beyond_the_room_is_found() {
        for length in [88, 90, 91, 92, 400, 4096] {
            let text = vec![b'A'; length];
            assert_eq!(decode(&text, STANDARD, &mut [0; MAX_TAG]), Some(length * 3 / 4));
            for place in [0, 1, 84, 85, 86, 87, length / 2, length - 2, length - 1] {
                for byte in [b'-', b'_', b' ', b'\n', b'.', 0, 0x80, 0xff] {
                    let mut text = text.clone();
                    text[place] = byte;
                    assert_eq!(decode(&text, STANDARD, &mut [0; MAX_TAG]), None, "{length} {place} {byte}");
                }
            }
        }
    }
}
