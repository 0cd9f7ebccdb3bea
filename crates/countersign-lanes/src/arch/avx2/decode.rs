//! AVX2: decodes the text of a tag, 32 hexadecimal digits or 16 base64 characters per step.
//!
//! The last step ends at the end of the text and may repeat some of the characters of the step before, so no loop over
//! single characters is needed.

use core::arch::x86_64::*;
use core::ops::Range;

use countersign_core::Encoding;

use crate::arch::avx2::Avx2;

impl Avx2 {
    /// Decodes a text that has the length of an encoded tag, padding included. `None` for other lengths and for
    /// malformed texts; `tag` may then contain part of what was decoded.
    #[allow(clippy::unused_self, reason = "`self` proves that the processor has AVX2")]
    #[inline]
    pub(crate) fn decode(self, text: &[u8], encoding: Encoding, tag: &mut [u8; 64]) -> Option<usize> {
        // SAFETY: `self` is proof that the processor has these instructions.
        unsafe { decode(text, encoding, tag) }
    }
}

#[target_feature(enable = "avx2")]
fn decode(text: &[u8], encoding: Encoding, tag: &mut [u8; 64]) -> Option<usize> {
    let alphabet = match encoding {
        Encoding::HexaDecimal => {
            return match text.len() {
                32 => hex::<32>(text.first_chunk()?, tag),
                40 => hex::<40>(text.first_chunk()?, tag),
                56 => hex::<56>(text.first_chunk()?, tag),
                64 => hex::<64>(text.first_chunk()?, tag),
                96 => hex::<96>(text.first_chunk()?, tag),
                128 => hex::<128>(text.first_chunk()?, tag),
                _ => None,
            };
        }
        Encoding::Base64 => &STANDARD,
        Encoding::Base64Url => &URL,
    };
    match text.len() {
        24 => base64::<24, 16>(text.first_chunk()?, alphabet, tag),
        28 => base64::<28, 20>(text.first_chunk()?, alphabet, tag),
        40 => base64::<40, 28>(text.first_chunk()?, alphabet, tag),
        44 => base64::<44, 32>(text.first_chunk()?, alphabet, tag),
        64 => base64::<64, 48>(text.first_chunk()?, alphabet, tag),
        88 => base64::<88, 64>(text.first_chunk()?, alphabet, tag),
        _ => None,
    }
}

#[target_feature(enable = "avx2")]
fn hex<const DIGITS: usize>(text: &[u8; DIGITS], tag: &mut [u8; 64]) -> Option<usize> {
    let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let mut wrong = _mm256_setzero_si256();
    for step in 0..const { DIGITS.div_ceil(32) } {
        let at = (step * 32).min(DIGITS - 32);
        // SAFETY: the text has 32 bytes from `at` on.
        let digits = unsafe { _mm256_loadu_si256(text[at..at + 32].as_ptr().cast()) };
        // The distance of a byte above the last digit, and above the last letter in either case. A valid byte has one
        // distance of 0.
        let number = _mm256_subs_epu8(_mm256_sub_epi8(digits, all(b'0')), all(9));
        let letter = _mm256_subs_epu8(_mm256_sub_epi8(_mm256_or_si256(digits, all(0x20)), all(b'a')), all(5));
        wrong = _mm256_or_si256(wrong, _mm256_min_epu8(number, letter));
        // The low four bits of a digit are its value. Those of a letter start at 1 for `a`, so add 9.
        let is_letter = _mm256_cmpgt_epi8(digits, all(b'9'));
        let values = _mm256_add_epi8(_mm256_and_si256(digits, all(15)), _mm256_and_si256(is_letter, all(9)));
        let pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x01_10));
        let bytes = _mm256_permute4x64_epi64::<0b10_00>(_mm256_packus_epi16(pairs, pairs));
        // SAFETY: the tag has 16 bytes from half of `at` on.
        unsafe { _mm_storeu_si128(tag[at / 2..at / 2 + 16].as_mut_ptr().cast(), _mm256_castsi256_si128(bytes)) };
    }
    (_mm256_testz_si256(wrong, wrong) == 1).then_some(const { DIGITS / 2 })
}

/// A base64 alphabet as three tables, each indexed by four bits of a character.
struct Alphabet {
    /// For each low half: one bit for each high half with which it forms a character of the alphabet.
    by_low: [u8; 16],
    /// For each high half: its bit in `by_low`.
    by_high: [u8; 16],
    /// For each high half: the difference from a character to its value. The last character has another difference than
    /// the others with its high half: its entry is eight positions further on.
    distance: [u8; 16],
    /// The last character, for the value 63.
    last: u8,
}

/// RFC 4648 section 4.
static STANDARD: Alphabet = Alphabet::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/// RFC 4648 section 5.
static URL: Alphabet = Alphabet::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

impl Alphabet {
    const fn new(characters: &[u8; 64]) -> Self {
        let last = characters[63];
        let mut alphabet = Self {
            by_low: [0; 16],
            by_high: [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0],
            distance: [0; 16],
            last,
        };
        let mut value = 0_u8;
        while value < 64 {
            let character = characters[value as usize];
            let (low, high) = (character & 15, character >> 4);
            alphabet.by_low[low as usize] |= 1 << high;
            let entry = if character == last { high | 8 } else { high };
            alphabet.distance[entry as usize] = value.wrapping_sub(character);
            value += 1;
        }
        alphabet
    }
}

/// Sixteen bytes: `byte` in `range`, else zero.
const fn mask(range: Range<usize>, byte: u8) -> [u8; 16] {
    let (mut mask, mut at) = ([0; 16], range.start);
    while at < range.end {
        mask[at] = byte;
        at += 1;
    }
    mask
}

#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read from an array of 16.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn base64<const CHARACTERS: usize, const TAG: usize>(
    text: &[u8; CHARACTERS],
    alphabet: &Alphabet,
    tag: &mut [u8; 64],
) -> Option<usize> {
    const { assert!(TAG.div_ceil(3) * 4 == CHARACTERS) };
    let padding = const { CHARACTERS / 4 * 3 - TAG };
    if !text.ends_with(&b"=="[..padding]) {
        return None;
    }
    let all = |byte: u8| _mm_set1_epi8(byte.cast_signed());
    let (by_low, by_high, distance) = (load(&alphabet.by_low), load(&alphabet.by_high), load(&alphabet.distance));
    let mut wrong = _mm_setzero_si128();
    for step in 0..const { CHARACTERS.div_ceil(16) } {
        let at = (step * 16).min(CHARACTERS - 16);
        let mut characters = text[at..].first_chunk().map(|characters| load(characters))?;
        if at + 16 == CHARACTERS {
            // Replace padding by `A`, the character for zero.
            let padding = const { mask(16 + TAG - CHARACTERS / 4 * 3..16, b'=' ^ b'A') };
            characters = _mm_xor_si128(characters, load(&padding));
        }
        let low = _mm_and_si128(characters, all(15));
        let high = _mm_and_si128(_mm_srli_epi16::<4>(characters), all(15));
        let known = _mm_and_si128(_mm_shuffle_epi8(by_low, low), _mm_shuffle_epi8(by_high, high));
        wrong = _mm_or_si128(wrong, _mm_cmpeq_epi8(known, _mm_setzero_si128()));
        let entry = _mm_or_si128(high, _mm_and_si128(_mm_cmpeq_epi8(characters, all(alphabet.last)), all(8)));
        let values = _mm_add_epi8(characters, _mm_shuffle_epi8(distance, entry));
        // Combine four times six bits to 24 bits, which are three bytes, the first one first.
        let twelve = _mm_maddubs_epi16(values, _mm_set1_epi16(0x01_40));
        let quads = _mm_madd_epi16(twelve, _mm_set1_epi32(0x0001_1000));
        let bytes = _mm_shuffle_epi8(quads, _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
        let start = at / 4 * 3;
        if at + 16 == CHARACTERS {
            // The bits of the last characters after the tag must be zero, so that each tag has one canonical text.
            let beyond = const { mask(TAG - (CHARACTERS - 16) / 4 * 3..12, 0xff) };
            wrong = _mm_or_si128(wrong, _mm_and_si128(bytes, load(&beyond)));
        }
        if start + 16 <= tag.len() {
            // SAFETY: the tag has 16 bytes from `start` on.
            unsafe { _mm_storeu_si128(tag[start..start + 16].as_mut_ptr().cast(), bytes) };
        } else {
            // In the longest tag, only the last four bytes are missing.
            let end = _mm_cvtsi128_si32(_mm_srli_si128::<6>(bytes));
            *tag.last_chunk_mut()? = end.to_le_bytes();
        }
    }
    (_mm_testz_si128(wrong, wrong) == 1).then_some(TAG)
}
