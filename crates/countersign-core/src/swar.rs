//! SIMD within a register: eight characters in one word, and comparisons that branch on none of them.

/// The high bit of each of the eight bytes; no ASCII character has it.
pub(crate) const HIGH: u64 = each(0x80);

/// `byte` eight times.
pub(crate) const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that is one of `first..=last`; bytes that are not ASCII give any answer.
///
/// Adding what is missing to 128 carries into the high bit from `first` on, and never into the next byte.
#[inline]
pub(crate) fn range(bytes: u64, first: u8, last: u8) -> u64 {
    let low = bytes & !HIGH;
    let reaches = low.wrapping_add(each(0x80_u8.wrapping_sub(first)));
    let exceeds = low.wrapping_add(each(0x7f_u8.wrapping_sub(last)));
    reaches & !exceeds & HIGH
}

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

/// Copies the front of `from` to the front of `to`, as far as both go.
#[inline]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every ASCII byte in every place, between neighbours that would show a carry.
    #[test]
    fn range_marks_each_byte_on_its_own() {
        for (first, last) in [(b'0', b'9'), (b'a', b'f'), (0, 0), (0, 127), (127, 127), (b'x', b'x')] {
            for byte in 0..128_u8 {
                for neighbour in [0, 1, b'0', b'9', b'a', b'f', 126, 127] {
                    for place in 0..8 {
                        let bytes: [u8; 8] = core::array::from_fn(|at| if at == place { byte } else { neighbour });
                        let mark = |byte| if (first..=last).contains(&byte) { 0x80 } else { 0 };
                        let marks = u64::from_ne_bytes(bytes.map(mark));
                        assert_eq!(range(u64::from_ne_bytes(bytes), first, last), marks, "{bytes:?} {first} {last}");
                    }
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

    #[test]
    fn copy_goes_as_far_as_both_go() {
        for (to, from) in [(3, 5), (5, 3), (0, 3), (3, 0), (4, 4)] {
            let (mut target, source) = (std::vec![9; to], std::vec![7; from]);
            copy(&mut target, &source);
            let expected: std::vec::Vec<u8> = (0..to).map(|at| if at < from { 7 } else { 9 }).collect();
            assert_eq!(target, expected);
        }
    }
}
