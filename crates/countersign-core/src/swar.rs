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

#[cfg(test)]
mod tests {
    use super::*;

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
