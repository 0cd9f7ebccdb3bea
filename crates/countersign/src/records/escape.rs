//! Writes a text as a string of JSON.

use std::io::{self, Write};

/// Writes a text in quotes. Quotes, backslashes and the control characters up to U+001F are escaped, and nothing else.
pub(super) fn write_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut rest = text.as_bytes();
    while let Some(place) = special(rest) {
        let (plain, behind) = rest.split_at(place);
        out.write_all(plain)?;
        match behind[0] {
            b'"' => out.write_all(b"\\\"")?,
            b'\\' => out.write_all(b"\\\\")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\t' => out.write_all(b"\\t")?,
            8 => out.write_all(b"\\b")?,
            12 => out.write_all(b"\\f")?,
            control => write!(out, "\\u{control:04x}")?,
        }
        rest = &behind[1..];
    }
    out.write_all(rest)?;
    out.write_all(b"\"")
}

/// The place of the first byte that is escaped.
fn special(bytes: &[u8]) -> Option<usize> {
    // In JSON, the next quote is often in the first word. What is longer is passed over in pieces, for which processors have wide registers.
    let first = bytes.first_chunk().map_or(0, |word| specials(u64::from_le_bytes(*word)));
    if first != 0 {
        return Some(first.trailing_zeros() as usize / 8);
    }
    let (pieces, _) = bytes.as_chunks::<32>();
    let passed = 32 * pieces.iter().take_while(|piece| has_no_special(piece)).count();
    let (words, rest) = bytes[passed..].as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(passed + place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|byte| is_special(*byte) != 0).map(|place| passed + words.len() * 8 + place)
}

/// Numbers and no conditions, of which compilers make instructions for many bytes at once.
fn has_no_special(piece: &[u8; 32]) -> bool {
    piece.iter().fold(0, |found, byte| found | is_special(*byte)) == 0
}

fn is_special(byte: u8) -> u8 {
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

/// The highest bit of the first byte of a word that is escaped; bits of bytes behind it may be set too. 0 if there is none.
fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // A byte below the one that is taken away borrows of its highest bit, as long as no byte before it has borrowed.
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | equal(b'"') | equal(b'\\')) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_text(&mut out, text).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Each character at each place of a word, with neighbours that a borrow could be taken from.
    #[test]
    fn a_text_is_written_as_serde_writes_it() {
        let characters: Vec<char> =
            (0..0x100).filter_map(char::from_u32).chain(['\u{2028}', '\u{ffff}', '😀']).collect();
        for before in (0..17).chain([31, 32, 33, 63, 64, 65, 71]) {
            for &character in &characters {
                for neighbour in ["", "x", "!", "#", "[", "]", "\u{7f}", "é", "\"", "\\", "\u{1f}", " "] {
                    let text = format!("{}{neighbour}{character}{neighbour}xyz", "a".repeat(before));
                    assert_eq!(written(&text), serde_json::to_string(&text).unwrap(), "{text:?}");
                }
            }
        }
    }
}
