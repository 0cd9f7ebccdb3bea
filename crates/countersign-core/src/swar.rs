//! SIMD within a register (SWAR): processes several characters in one word, without a branch for each of them.

/// Whether `text` contains one of `needles`. The length of `text` is a multiple of four.
#[inline]
pub(crate) fn contains<const LEN: usize, const N: usize>(text: &[u8; LEN], needles: [u8; N]) -> bool {
    const { assert!(LEN.is_multiple_of(4)) };
    let (groups, _) = text.as_chunks();
    let mut found = 0;
    for group in groups {
        for byte in needles {
            // A zero byte sets its own high bit by a borrow. The borrow may set the bit of the next byte too, but only
            // if there is a zero byte.
            let difference = u32::from_ne_bytes(*group) ^ u32::from_ne_bytes([byte; 4]);
            found |= difference.wrapping_sub(0x0101_0101) & !difference;
        }
    }
    found & 0x8080_8080 != 0
}

/// The index of the first `needle`.
#[inline]
pub(crate) fn find(text: &[u8], needle: u8) -> Option<usize> {
    let (words, rest) = text.as_chunks();
    for (index, word) in words.iter().enumerate() {
        // As in `contains`. In little-endian order the lowest byte is the first, so a bit set by a borrow comes after a
        // true one.
        let difference = u64::from_le_bytes(*word) ^ u64::from_le_bytes([needle; 8]);
        let found = difference.wrapping_sub(0x0101_0101_0101_0101) & !difference & 0x8080_8080_8080_8080;
        if found != 0 {
            return Some(index.wrapping_mul(8).wrapping_add((found.trailing_zeros() / 8) as usize));
        }
    }
    let before = text.len().wrapping_sub(rest.len());
    rest.iter().position(|&byte| byte == needle).map(|index| before.wrapping_add(index))
}

/// Whether two texts are equal, ASCII case ignored.
#[inline]
pub(crate) fn equal_ignoring_case(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let ((left_words, _), (right_words, _)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    match (left.last_chunk::<8>(), right.last_chunk::<8>()) {
        // The last eight may overlap with those already compared, which is cheaper than a loop over the rest.
        (Some(left_end), Some(right_end)) => {
            left_words.iter().zip(right_words).all(|(left, right)| equal_letters(*left, *right))
                && equal_letters(*left_end, *right_end)
        }
        _ => match (left.first_chunk(), right.first_chunk(), left.last_chunk(), right.last_chunk()) {
            (Some(left), Some(right), Some(left_end), Some(right_end)) => {
                equal_letters(join_ends(*left, *left_end), join_ends(*right, *right_end))
            }
            _ => left.eq_ignore_ascii_case(right),
        },
    }
}

/// The first and the last four bytes of a text shorter than eight, as one array.
#[inline]
fn join_ends(first: [u8; 4], last: [u8; 4]) -> [u8; 8] {
    let (high, low) = (u64::from(u32::from_be_bytes(first)), u64::from(u32::from_be_bytes(last)));
    (high << 32 | low).to_be_bytes()
}

/// The number that eight decimal digits represent; `None` if one of them is not a digit.
#[inline]
pub(crate) fn eight_digits(text: [u8; 8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let word = u64::from_le_bytes(text);
    // A digit is `0x30` to `0x39`: its high half is 3, and still is after adding 6. A byte that overflows into the next
    // one has another high half itself.
    let plus_six = word.wrapping_add(0x0606_0606_0606_0606);
    if (word & HIGH) != ZEROS || (plus_six & HIGH) != ZEROS {
        return None;
    }
    // The first digit is the lowest byte. Combine pairs, then fours, then all eight.
    let digits = word ^ ZEROS;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

/// Whether eight characters are equal, case ignored. They are mostly equal including case.
#[inline]
fn equal_letters(left: [u8; 8], right: [u8; 8]) -> bool {
    left == right || lower_case(left) == lower_case(right)
}

/// Eight characters, with A to Z converted to lower case.
#[inline]
fn lower_case(text: [u8; 8]) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_ne_bytes(text);
    // Without the high bits, no sum carries into the next character.
    let low = word & !HIGH;
    let from_a = low.wrapping_add(u64::from_ne_bytes([0x80_u8.wrapping_sub(b'A'); 8]));
    let after_z = low.wrapping_add(u64::from_ne_bytes([0x7f_u8.wrapping_sub(b'Z'); 8]));
    word | ((from_a & !after_z & !word & HIGH) >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn only_case_is_ignored() {
        for length in 1..30 {
            for index in 0..length {
                for (left, right) in (0..=255).flat_map(|left| (0..=255).map(move |right| (left, right))) {
                    // All pairs of bytes at two positions, and similar bytes at all positions.
                    if (length, index) != (8, 3) && (length, index) != (17, 16) && left ^ right > 0x20 {
                        continue;
                    }
                    let (mut one, mut other) = (std::vec![b'Q'; length], std::vec![b'q'; length]);
                    (one[index], other[index]) = (left, right);
                    assert_eq!(equal_ignoring_case(&one, &other), left.eq_ignore_ascii_case(&right), "{left} {right}");
                }
            }
        }
        assert!(!equal_ignoring_case(b"abc", b"ab"));
        assert!(equal_ignoring_case(b"", b""));
    }

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn only_eight_digits_are_accepted() {
        for number in (0..100_000_000_u64).step_by(9_973).chain([99_999_999]) {
            let text = std::format!("{number:08}");
            assert_eq!(eight_digits(text.as_bytes().try_into().unwrap_or_default()), Some(number), "{text}");
        }
        for index in 0..8 {
            for byte in (0..=255_u8).filter(|byte| !byte.is_ascii_digit()) {
                for rest in *b"09" {
                    let mut text = [rest; 8];
                    text[index] = byte;
                    assert_eq!(eight_digits(text), None, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn find_returns_the_first_index() {
        for length in 0..40_usize {
            for (index, needle) in
                (0..length).flat_map(|index| [0, 1, b',', b' ', 127, 128, 255].map(|byte| (index, byte)))
            {
                for other in [needle ^ 1, needle ^ 0x80, needle.wrapping_add(1), needle.wrapping_sub(1)] {
                    let mut text = std::vec![other; length];
                    assert_eq!(find(&text, needle), None);
                    text.iter_mut().skip(index).step_by(3).for_each(|byte| *byte = needle);
                    assert_eq!(find(&text, needle), Some(index), "{text:?}");
                }
            }
        }
    }

    /// The other bytes differ from the needle by one bit or by one, where a borrow could look like a match.
    #[test]
    fn contains_finds_a_byte_at_every_index() {
        for byte in 0..=255 {
            for other in [0, 1, b'<', b'=', b'>', b'9', b':', b';', b'=' | 0x80, b':' | 0x80, 254, 255] {
                for index in 0..12 {
                    let text: [u8; 12] = core::array::from_fn(|at| if at == index { byte } else { other });
                    let expected = text.contains(&b'=') || text.contains(&b':');
                    assert_eq!(contains(&text, *b"=:"), expected, "{text:?}");
                }
            }
        }
    }
}
