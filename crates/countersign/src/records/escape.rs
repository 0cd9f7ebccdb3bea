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
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    rest.iter().position(is_special).map(|place| words.len() * 8 + place)
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
        for before in 0..17 {
            for &character in &characters {
                for neighbour in ["", "x", "!", "#", "[", "]", "\u{7f}", "é", "\"", "\\", "\u{1f}", " "] {
                    let text = format!("{}{neighbour}{character}{neighbour}xyz", "a".repeat(before));
                    assert_eq!(written(&text), serde_json::to_string(&text).unwrap(), "{text:?}");
                }
            }
        }
    }
}
