//! Base64 (RFC 4648 sections 4 and 5), canonical texts only, without a branch on the characters.
//!
//! Characters are looked up in tables, which is safe because they are not secret: the sender wrote them.

use crate::tag::MAX_TAG;

/// The values of the characters of an alphabet.
pub(super) struct Alphabet {
    /// The values of the first and third character of four, shifted left by six bits, or [`INVALID`].
    upper: [u16; 256],
    /// The values of the second and fourth character, or [`INVALID`].
    lower: [u16; 256],
}

/// Section 4: `+` and `/`.
pub(super) static STANDARD: Alphabet = Alphabet::new(*b"+/");

/// Section 5: `-` and `_`.
pub(super) static URL: Alphabet = Alphabet::new(*b"-_");

/// Set in the value of a byte outside the alphabet.
const INVALID: u16 = 0x8000;

impl Alphabet {
    #[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated at compile time only")]
    const fn new(last: [u8; 2]) -> Self {
        let first = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut alphabet = Self { upper: [INVALID; 256], lower: [INVALID; 256] };
        let mut value = 0_u16;
        while value < 64 {
            let character = if value < 62 { first[value as usize] } else { last[value as usize - 62] };
            alphabet.upper[character as usize] = value << 6;
            alphabet.lower[character as usize] = value;
            value += 1;
        }
        alphabet
    }

    /// Decodes four characters to 24 bits, and adds the bit for an invalid one to `seen`.
    #[inline]
    fn quad(&self, [a, b, c, d]: [u8; 4], seen: u16) -> (u32, u16) {
        // A byte is always a valid index, so the compiler removes the checks.
        let upper = |byte: u8| self.upper.get(usize::from(byte)).copied().unwrap_or(INVALID);
        let lower = |byte: u8| self.lower.get(usize::from(byte)).copied().unwrap_or(INVALID);
        let (high, low) = (upper(a) | lower(b), upper(c) | lower(d));
        (u32::from(high) << 12 | u32::from(low), seen | high | low)
    }
}

impl Alphabet {
    /// Decodes `COUNT` quads. Returns [`INVALID`] in the result if a character is invalid.
    #[inline]
    fn quads<const COUNT: usize>(&self, quads: &[[u8; 4]], triples: &mut [[u8; 3]]) -> u16 {
        let (Some(quads), Some(triples)) = (quads.first_chunk::<COUNT>(), triples.first_chunk_mut::<COUNT>()) else {
            return INVALID;
        };
        let (mut bits, mut seen);
        seen = 0;
        for (triple, quad) in triples.iter_mut().zip(quads) {
            (bits, seen) = self.quad(*quad, seen);
            *triple = bytes(bits);
        }
        seen
    }

    /// Decodes any number of quads. Bytes that do not fit are checked and dropped.
    #[cold]
    fn any_quads(&self, quads: &[[u8; 4]], triples: &mut [[u8; 3]]) -> u16 {
        let mut triples = triples.iter_mut();
        let (mut bits, mut seen);
        seen = 0;
        for quad in quads {
            (bits, seen) = self.quad(*quad, seen);
            if let Some(triple) = triples.next() {
                *triple = bytes(bits);
            }
        }
        seen
    }
}

/// Decodes `text` to the start of `out` and returns the decoded length. Bytes that do not fit are checked and dropped.
///
/// Padding is complete or absent. `None` for a byte outside the alphabet, padding that is partial, too much or in the
/// middle, a single last character, and trailing bits that are not zero.
#[inline]
pub(super) fn decode(text: &[u8], alphabet: &Alphabet, out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let text = strip_padding(text);
    let (quads, rest) = text.as_chunks::<4>();
    let (triples, last) = out.as_chunks_mut::<3>();
    // Separate code for the number of quads of each tag length, so that the loops are unrolled.
    let seen = match quads.len() {
        5 => alphabet.quads::<5>(quads, triples),
        6 => alphabet.quads::<6>(quads, triples),
        9 => alphabet.quads::<9>(quads, triples),
        10 => alphabet.quads::<10>(quads, triples),
        16 => alphabet.quads::<16>(quads, triples),
        21 => alphabet.quads::<21>(quads, triples),
        _ => alphabet.any_quads(quads, triples),
    };
    // Pad the rest with `A`, the character for zero. All bits after the bytes that the rest encodes must then be zero.
    let (quad, length, trailing) = match *rest {
        [] => ([b'A'; 4], 0, 0),
        [a, b] => ([a, b, b'A', b'A'], 1, 0xffff),
        [a, b, c] => ([a, b, c, b'A'], 2, 0xff),
        _ => return None,
    };
    let (bits, seen) = alphabet.quad(quad, seen);
    match (triples.get_mut(quads.len()), last) {
        (Some(triple), _) => *triple = bytes(bits),
        (None, [last, ..]) => [*last, _, _] = bytes(bits),
        (None, []) => {}
    }
    (seen & INVALID == 0 && bits & trailing == 0).then_some(quads.len().wrapping_mul(3).wrapping_add(length))
}

/// Removes complete padding. If it is partial or too much, a `=` remains, which is in no alphabet.
#[inline]
fn strip_padding(text: &[u8]) -> &[u8] {
    match text {
        [rest @ .., b'=', b'='] if rest.len() % 4 == 2 => rest,
        [rest @ .., b'='] if rest.len() % 4 == 3 => rest,
        _ => text,
    }
}

/// The low 24 bits as bytes, the highest first.
#[inline]
fn bytes(bits: u32) -> [u8; 3] {
    let [_, bytes @ ..] = bits.to_be_bytes();
    bytes
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use ::base64::Engine as _;
    use ::base64::engine::GeneralPurpose;
    use ::base64::engine::general_purpose::{STANDARD as THEIRS, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    /// Each alphabet, with the engines for texts with and without padding.
    const ALPHABETS: [(&Alphabet, [&GeneralPurpose; 2]); 2] =
        [(&STANDARD, [&THEIRS, &STANDARD_NO_PAD]), (&URL, [&URL_SAFE, &URL_SAFE_NO_PAD])];

    /// Compares with the `base64` crate: the verdict, the bytes, and that nothing is written after them.
    #[track_caller]
    fn check(text: &[u8]) {
        for (alphabet, engines) in ALPHABETS {
            let mut out = [0; MAX_TAG];
            let actual = decode(text, alphabet, &mut out);
            let expected = engines.iter().find_map(|engine| engine.decode(text).ok());
            assert_eq!(actual, expected.as_ref().map(Vec::len), "{}", text.escape_ascii());
            if let Some(mut expected) = expected.filter(|expected| expected.len() <= MAX_TAG) {
                expected.resize(MAX_TAG, 0);
                assert_eq!(out[..], expected, "{}", text.escape_ascii());
            }
        }
    }

    /// Bytes whose texts contain most characters of both alphabets.
    #[allow(clippy::cast_possible_truncation, reason = "only the low byte is used")]
    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at.wrapping_mul(151).wrapping_add(length) >> 1) as u8).collect()
    }

    #[test]
    fn every_length_is_decoded_as_by_the_base64_crate() {
        for length in (0..=200).chain((201..=3072).step_by(61)).chain(3070..=3072) {
            for (_, [_, unpadded]) in ALPHABETS {
                // The whole text and without the last character, each with zero to five padding characters.
                let whole = unpadded.encode(bytes(length)).into_bytes();
                for text in [&whole[..], whole.split_last().map_or(&[], |(_, text)| text)] {
                    (0..=5).for_each(|padding| check(&[text, &vec![b'='; padding]].concat()));
                }
            }
        }
    }

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn every_byte_at_every_index_is_decoded_as_by_the_base64_crate() {
        for length in (1..=7).chain([16, 20, 28, 63, 64, 65, 66]) {
            for (_, [padded, unpadded]) in ALPHABETS {
                for text in [padded.encode(bytes(length)), unpadded.encode(bytes(length))] {
                    let mut text = text.into_bytes();
                    for index in 0..text.len() {
                        let character = text[index];
                        for byte in 0..=255 {
                            text[index] = byte;
                            check(&text);
                        }
                        text[index] = character;
                    }
                }
            }
        }
    }

    /// The last character is accepted only if its unused bits are zero, so each tag has one canonical text.
    #[test]
    fn unused_bits_must_be_zero() {
        for (alphabet, _) in ALPHABETS {
            for (front, allowed) in [("AAAA", 0), ("AAAAA", 4), ("AAAAAA", 16), ("AAAAAAA", 64)] {
                let texts = (0..=255).filter(|last| *last != b'=').map(|last| [front.as_bytes(), &[last]].concat());
                let accepted = texts.filter(|text| decode(text, alphabet, &mut [0; MAX_TAG]).is_some()).count();
                assert_eq!(accepted, allowed, "{front}");
            }
        }
    }

    /// Bytes that do not fit are dropped, but an invalid character among them is still found.
    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn an_invalid_character_that_does_not_fit_is_found() {
        for length in [88, 90, 91, 92, 400, 4096] {
            let text = vec![b'A'; length];
            assert_eq!(decode(&text, &STANDARD, &mut [0; MAX_TAG]), Some(length * 3 / 4));
            for index in [0, 1, 84, 85, 86, 87, length / 2, length - 2, length - 1] {
                for byte in [b'-', b'_', b' ', b'\n', b'.', 0, 0x80, 0xff] {
                    let mut text = text.clone();
                    text[index] = byte;
                    assert_eq!(decode(&text, &STANDARD, &mut [0; MAX_TAG]), None, "{length} {index} {byte}");
                }
            }
        }
    }
}
