//! Resolves the escapes of a JSON text.
//!
//! A webhook's body is mostly JSON itself, so inside a text it has an escape every few bytes, and this is where reading a
//! delivery spends its time. Hence 64 bytes are searched at once, and what lies between two escapes is copied in steps of
//! 16 bytes, of which the last may copy too much: what follows overwrites it.

/// Why a text cannot be read: at which byte, and what was expected there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

const BLOCK: usize = 64;
const STEP: usize = 16;
const WINDOW: usize = BLOCK + STEP;

/// Reads a text, from behind its opening quote, to the beginning of `out`, which is made longer where it must be. Tells how
/// many bytes it took, closing quote included, and how many it gave.
pub(super) fn unescape(bytes: &[u8], out: &mut Vec<u8>) -> Result<(usize, usize), Trouble> {
    // An escape is never shorter than what it stands for.
    let room = bytes.len() + 2 * WINDOW;
    if out.len() < room {
        out.resize(room, 0);
    }
    let (mut at, mut end) = (0, 0);
    let mut padded = [b'"'; WINDOW];
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        // Near the end of the line, quotes stand in for what is not there; they are told from real ones by their place.
        let window = rest.first_chunk().unwrap_or_else(|| {
            padded[..rest.len()].copy_from_slice(rest);
            padded[rest.len()..].fill(b'"');
            &padded
        });
        let mut from = 0;
        let mut marks = specials(window);
        while marks != 0 {
            let special = marks.trailing_zeros() as usize;
            end += copy(window, from, special, out, end);
            let place = at + special;
            match window[special] {
                b'"' if place < bytes.len() => return Ok((place + 1, end)),
                b'\\' => {
                    let meaning = ESCAPES[usize::from(window[special + 1])];
                    let taken = if meaning > UNICODE {
                        out[end] = meaning;
                        end += 1;
                        2
                    } else {
                        let (taken, c) = escaped_char(meaning, &bytes[place..])
                            .map_err(|trouble| Trouble { at: place + trouble.at, ..trouble })?;
                        end += c.encode_utf8(&mut out[end..]).len();
                        taken
                    };
                    from = special + taken;
                    marks &= !(((1 << taken) - 1) << special);
                }
                b'"' => return Err(Trouble { at: bytes.len(), expected: "'\"'" }),
                _ => return Err(Trouble { at: place, expected: "an escape in place of a control character" }),
            }
        }
        if from < BLOCK {
            end += copy(window, from, BLOCK, out, end);
            from = BLOCK;
        }
        at += from;
    }
}

/// Copies a part of the window and tells its length.
#[inline]
fn copy(window: &[u8; WINDOW], from: usize, to: usize, out: &mut [u8], end: usize) -> usize {
    let mut done = 0;
    loop {
        out[end + done..end + done + STEP].copy_from_slice(&window[from + done..from + done + STEP]);
        done += STEP;
        if from + done >= to {
            return to - from;
        }
    }
}

/// One bit for each byte of the first 64 that ends a text or has a meaning of its own in it.
#[inline]
fn specials(window: &[u8; WINDOW]) -> u64 {
    let (words, _) = window.as_chunks();
    words.iter().take(BLOCK / 8).rev().fold(0, |marks, &word| (marks << 8) | specials_of_word(u64::from_le_bytes(word)))
}

/// The same for eight bytes.
///
/// Adding to the lower seven bits of each byte sets its highest bit unless they were less than wanted; no sum reaches the
/// byte above. The multiplication brings the eight bits together.
#[inline]
fn specials_of_word(word: u64) -> u64 {
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    let low = word & each(0x7f);
    let no_quote = (low ^ each(b'"')) + each(0x7f);
    let no_backslash = (low ^ each(b'\\')) + each(0x7f);
    let no_control = low + each(0x80 - b' ');
    let special = !(word | (no_quote & no_backslash & no_control)) & each(0x80);
    (special >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

const INVALID: u8 = 0;
const UNICODE: u8 = 1;

/// What stands for what behind a backslash.
const ESCAPES: [u8; 256] = {
    let mut table = [INVALID; 256];
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'/' as usize] = b'/';
    table[b'b' as usize] = 8;
    table[b'f' as usize] = 12;
    table[b'n' as usize] = b'\n';
    table[b'r' as usize] = b'\r';
    table[b't' as usize] = b'\t';
    table[b'u' as usize] = UNICODE;
    table
};

/// `\uXXXX`, or two of them for a character beyond U+FFFF; with how many bytes that took.
fn escaped_char(meaning: u8, bytes: &[u8]) -> Result<(usize, char), Trouble> {
    if meaning == INVALID {
        return Err(Trouble { at: 0, expected: "one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX" });
    }
    let (taken, code) = match escaped_unit(bytes, 0)? {
        first @ 0xd800..=0xdbff => match escaped_unit(bytes, 6)? {
            second @ 0xdc00..=0xdfff => (12, 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)),
            _ => return Err(Trouble { at: 6, expected: "the second half of a surrogate pair" }),
        },
        code => (6, code),
    };
    match char::from_u32(code) {
        Some(c) => Ok((taken, c)),
        None => Err(Trouble { at: 0, expected: "the first half of a surrogate pair before the second" }),
    }
}

fn escaped_unit(bytes: &[u8], at: usize) -> Result<u32, Trouble> {
    let digits = bytes.get(at..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(|rest| rest.get(..4));
    digits
        .and_then(|digits| {
            digits.iter().try_fold(0, |unit, &digit| Some((unit << 4) | char::from(digit).to_digit(16)?))
        })
        .ok_or(Trouble { at: at.min(bytes.len()), expected: "\\u and four hexadecimal digits" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_marked_as_it_should_be_in_every_place() {
        for place in 0..BLOCK {
            for byte in 0..=u8::MAX {
                let mut window = [b'x'; WINDOW];
                window[place] = byte;
                let special = byte < b' ' || byte == b'"' || byte == b'\\';
                assert_eq!(specials(&window), u64::from(special) << place, "{byte:#x} in place {place}");
            }
        }
    }

    #[test]
    fn escapes_are_resolved_wherever_they_stand() {
        for before in 0..2 * WINDOW {
            for after in [0, 1, BLOCK, WINDOW] {
                let (head, tail) = ("a".repeat(before), "z".repeat(after));
                let text = format!("{head}\\\"\\u00e9\\ud83d\\ude00\\\\{tail}\", more");
                let mut out = Vec::new();
                let (taken, length) = unescape(text.as_bytes(), &mut out).unwrap();
                assert_eq!(&text[taken..], ", more");
                assert_eq!(&out[..length], format!("{head}\"é😀\\{tail}").as_bytes());
            }
        }
    }

    #[test]
    fn a_text_that_does_not_end_is_found_out() {
        for length in 0..3 * WINDOW {
            let plain = vec![b'x'; length];
            assert_eq!(unescape(&plain, &mut Vec::new()).unwrap_err().at, length);
            for ending in ["\\", "\\u12", "\\ud800", "\\ud800\\", "\\\""] {
                let text = [&plain[..], ending.as_bytes()].concat();
                assert!(unescape(&text, &mut Vec::new()).is_err(), "{length} and {ending}");
            }
        }
    }
}
