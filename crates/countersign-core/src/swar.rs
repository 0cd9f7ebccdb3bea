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
