//! SIMD within a register: several characters in one word, looked at without a branch on any of them.

/// Whether one of `text` is one of `wanted`. `text` is a multiple of four bytes long.
#[inline]
pub(crate) fn contains<const LEN: usize, const N: usize>(text: &[u8; LEN], wanted: [u8; N]) -> bool {
    const { assert!(LEN.is_multiple_of(4)) };
    let (groups, _) = text.as_chunks();
    let mut found = 0;
    for group in groups {
        for byte in wanted {
            // A byte that is zero now borrows into its high bit. So may the one above it, but only if there is one.
            let difference = u32::from_ne_bytes(*group) ^ u32::from_ne_bytes([byte; 4]);
            found |= difference.wrapping_sub(0x0101_0101) & !difference;
        }
    }
    found & 0x8080_8080 != 0
}

/// The place of the first `wanted`.
#[inline]
pub(crate) fn find(text: &[u8], wanted: u8) -> Option<usize> {
    let (words, rest) = text.as_chunks();
    for (index, word) in words.iter().enumerate() {
        // As in `contains`; in this order the lowest byte is the first, and what a borrow feigns is behind a true one.
        let difference = u64::from_le_bytes(*word) ^ u64::from_le_bytes([wanted; 8]);
        let found = difference.wrapping_sub(0x0101_0101_0101_0101) & !difference & 0x8080_8080_8080_8080;
        if found != 0 {
            return Some(index.wrapping_mul(8).wrapping_add((found.trailing_zeros() / 8) as usize));
        }
    }
    let before = text.len().wrapping_sub(rest.len());
    rest.iter().position(|&byte| byte == wanted).map(|at| before.wrapping_add(at))
}

/// Whether two texts are equal, ASCII case ignored.
#[inline]
pub(crate) fn equal_ignoring_case(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let ((left_words, _), (right_words, _)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    match (left.last_chunk::<8>(), right.last_chunk::<8>()) {
        // The last eight overlap with what was compared already, which is cheaper than a loop over what is left.
        (Some(left_end), Some(right_end)) => {
            left_words.iter().zip(right_words).all(|(left, right)| same_letters(*left, *right))
                && same_letters(*left_end, *right_end)
        }
        _ => match (left.first_chunk(), right.first_chunk(), left.last_chunk(), right.last_chunk()) {
            (Some(left), Some(right), Some(left_end), Some(right_end)) => {
                same_letters(twice(*left, *left_end), twice(*right, *right_end))
            }
            _ => left.eq_ignore_ascii_case(right),
        },
    }
}

/// The first and the last four bytes of a text that is shorter than eight.
#[inline]
fn twice(first: [u8; 4], last: [u8; 4]) -> [u8; 8] {
    let (high, low) = (u64::from(u32::from_be_bytes(first)), u64::from(u32::from_be_bytes(last)));
    (high << 32 | low).to_be_bytes()
}

/// The number that eight digits stand for; `None` if one of them is none.
#[inline]
pub(crate) fn eight_digits(text: [u8; 8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let word = u64::from_le_bytes(text);
    // A digit is `0x30` to `0x39`: it is in that row, and six more than it still is. A byte that overflows into the next
    // one is in another row itself.
    let six_more = word.wrapping_add(0x0606_0606_0606_0606);
    if (word & HIGH) != ZEROS || (six_more & HIGH) != ZEROS {
        return None;
    }
    // The first digit is the lowest byte. Pairs, then fours, then all eight.
    let digits = word ^ ZEROS;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

/// Whether eight characters are equal, case ignored. Mostly they are equal as they are.
#[inline]
fn same_letters(left: [u8; 8], right: [u8; 8]) -> bool {
    left == right || lower_case(left) == lower_case(right)
}

/// Eight characters, of which those from A to Z become lower case.
#[inline]
fn lower_case(text: [u8; 8]) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_ne_bytes(text);
    // Without their high bits, no sum carries into the next character.
    let low = word & !HIGH;
    let from_a = low.wrapping_add(u64::from_ne_bytes([0x80_u8.wrapping_sub(b'A'); 8]));
    let behind_z = low.wrapping_add(u64::from_ne_bytes([0x7f_u8.wrapping_sub(b'Z'); 8]));
    word | ((from_a & !behind_z & !word & HIGH) >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn case_is_ignored_and_nothing_else() {
        for length in 1..30 {
            for place in 0..length {
                for (left, right) in (0..=255).flat_map(|left| (0..=255).map(move |right| (left, right))) {
                    // All pairs of bytes in two places of two lengths, and near ones everywhere.
                    if (length, place) != (8, 3) && (length, place) != (17, 16) && left ^ right > 0x20 {
                        continue;
                    }
                    let (mut one, mut other) = (std::vec![b'Q'; length], std::vec![b'q'; length]);
                    (one[place], other[place]) = (left, right);
                    assert_eq!(equal_ignoring_case(&one, &other), left.eq_ignore_ascii_case(&right), "{left} {right}");
                }
            }
        }
        assert!(!equal_ignoring_case(b"abc", b"ab"));
        assert!(equal_ignoring_case(b"", b""));
    }

    #[test]
    #[allow(clippy::indexing_slicing, reason = "a test that panics has failed")]
    fn eight_digits_are_read_and_nothing_else() {
        for number in (0..100_000_000_u64).step_by(9_973).chain([99_999_999]) {
            let text = std::format!("{number:08}");
            assert_eq!(eight_digits(text.as_bytes().try_into().unwrap_or_default()), Some(number), "{text}");
        }
        for place in 0..8 {
            for byte in (0..=255_u8).filter(|byte| !byte.is_ascii_digit()) {
                for rest in *b"09" {
                    let mut text = [rest; 8];
                    text[place] = byte;
                    assert_eq!(eight_digits(text), None, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn find_gives_the_first_place() {
        for length in 0..40_usize {
            for (place, wanted) in
                (0..length).flat_map(|place| [0, 1, b',', b' ', 127, 128, 255].map(|byte| (place, byte)))
            {
                for neighbour in [wanted ^ 1, wanted ^ 0x80, wanted.wrapping_add(1), wanted.wrapping_sub(1)] {
                    let mut text = std::vec![neighbour; length];
                    assert_eq!(find(&text, wanted), None);
                    text.iter_mut().skip(place).step_by(3).for_each(|byte| *byte = wanted);
                    assert_eq!(find(&text, wanted), Some(place), "{text:?}");
                }
            }
        }
    }

    /// The neighbours are one bit or one step beside what is wanted, where a borrow could be mistaken for it.
    #[test]
    fn contains_finds_a_byte_in_every_place() {
        for byte in 0..=255 {
            for neighbour in [0, 1, b'<', b'=', b'>', b'9', b':', b';', b'=' | 0x80, b':' | 0x80, 254, 255] {
                for place in 0..12 {
                    let text: [u8; 12] = core::array::from_fn(|at| if at == place { byte } else { neighbour });
                    let expected = text.contains(&b'=') || text.contains(&b':');
                    assert_eq!(contains(&text, *b"=:"), expected, "{text:?}");
                }
            }
        }
    }
}
