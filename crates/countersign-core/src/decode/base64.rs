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
