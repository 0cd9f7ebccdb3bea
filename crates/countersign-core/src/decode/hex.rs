//! Hexadecimal (RFC 4648 section 8), either case, eight digits at a time, without a table and without a branch on
//! the digits.

use crate::swar::{self, HIGH, each};
use crate::tag::MAX_TAG;

/// Decodes `text` into the front of `out` and gives the decoded length; what does not fit is checked and dropped.
///
/// `None` for an odd number of digits or a byte that is no digit.
#[inline]
pub(super) fn decode(text: &[u8], out: &mut [u8; MAX_TAG]) -> Option<usize> {
    let (groups, rest) = text.as_chunks::<8>();
    let (slots, _) = out.as_chunks_mut::<4>();
    let (fitting, beyond) = groups.split_at_checked(slots.len()).unwrap_or((groups, &[]));
    let mut right = HIGH;
    for (slot, group) in slots.iter_mut().zip(fitting) {
        let bytes;
        (bytes, right) = decode_group(*group, right);
        *slot = bytes;
    }
    for group in beyond {
        (_, right) = decode_group(*group, right);
    }
    if !rest.is_empty() {
        let mut group = [b'0'; 8];
        swar::copy(&mut group, rest);
        let bytes;
        (bytes, right) = decode_group(group, right);
        if let Some(slot) = slots.get_mut(groups.len()) {
            *slot = bytes;
        }
    }
    (right == HIGH && text.len().is_multiple_of(2)).then_some(text.len() / 2)
}

/// Decodes eight digits to four bytes. The second value keeps the high bit of `right` for each that is a digit.
#[inline]
fn decode_group(group: [u8; 8], right: u64) -> ([u8; 4], u64) {
    let digits = u64::from_le_bytes(group);
    let numbers = swar::range(digits, b'0', b'9');
    let letters = swar::range(digits | each(0x20), b'a', b'f');
    // The low four bits of a letter count from 1, and 'a' stands for ten.
    let values = (digits & each(0x0f)).wrapping_add((letters >> 7).wrapping_mul(9));
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let [bytes @ .., _, _, _, _] = (quads | quads >> 16).to_le_bytes();
    (bytes, right & (numbers | letters) & !digits)
}
