//! Makes the last block of a message in registers. Through memory, with narrow stores and wide loads, the processor
//! could not start a message while it works on the one before.

use core::arch::x86_64::*;

use crate::arch::sha_ni::load_bytes;
use crate::cursor::{message_len, write_last_block};
use crate::rounds::sha2::Sha256;
use crate::word::Word;

/// The same block as [`write_last_block`] writes, sixteen bytes in each vector.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn last_block(parts: &[&[u8]]) -> [__m128i; 4] {
    let length = message_len(parts);
    #[allow(clippy::cast_possible_truncation, reason = "less than a block")]
    let left = (length % <u32 as Word>::BLOCK_LEN as u64) as usize;
    let block = match parts {
        // The previous block contains all bytes and the start of the padding.
        _ if left >= MAX_REST => [_mm_setzero_si128(); 4],
        [.., last] if last.len() >= left => padded_end(last, &last[last.len() - left..]),
        parts => return last_block_of_parts(parts),
    };
    with_length(block, length)
}

/// The number of message bytes for which the last block has no room: one byte is for padding, and eight for the length.
pub(super) const MAX_REST: usize = <u32 as Word>::BLOCK_LEN - 8;

/// Adds the length of the message, which is `length` bytes, to its last block, in bits and including the block of the
/// key.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn with_length([first, second, third, fourth]: [__m128i; 4], length: u64) -> [__m128i; 4] {
    let bits = length.wrapping_add(<u32 as Word>::BLOCK_LEN as u64).wrapping_mul(8);
    let bits = _mm_set_epi64x(bits.swap_bytes().cast_signed(), 0);
    [first, second, third, _mm_or_si128(fourth, bits)]
}

/// The end of a message, followed by padding. `rest` is less than a block, and the end of `last`.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn padded_end(last: &[u8], rest: &[u8]) -> [__m128i; 4] {
    let zero = _mm_setzero_si128();
    let (whole, rest) = rest.as_chunks();
    let padded = padded_rest(last, rest);
    match whole {
        [] => [padded, zero, zero, zero],
        [first] => [load_bytes(first), padded, zero, zero],
        [first, second] => [load_bytes(first), load_bytes(second), padded, zero],
        [first, second, third, ..] => [load_bytes(first), load_bytes(second), load_bytes(third), padded],
    }
}

/// A block as bytes.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn to_bytes(block: [__m128i; 4]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (to, vector) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(block) {
        // SAFETY: 16 bytes are written to an array of 16.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), vector) };
    }
    bytes
}

/// The last block if the end of the message spans several parts.
#[cold]
#[inline(never)]
#[target_feature(enable = "ssse3,sse4.1")]
fn last_block_of_parts(parts: &[&[u8]]) -> [__m128i; 4] {
    let (mut block, mut vectors) = (<u32 as Word>::ZERO_BLOCK, [_mm_setzero_si128(); 4]);
    write_last_block::<Sha256>(parts, &mut block);
    for (vector, bytes) in vectors.iter_mut().zip(block.as_chunks().0) {
        *vector = load_bytes(bytes);
    }
    vectors
}

/// The last bytes of a message, `rest`, followed by padding. They are fewer than sixteen, and the end of `last`.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
fn padded_rest(last: &[u8], rest: &[u8]) -> __m128i {
    /// Orders of bytes that move the last ones to the start, followed by zeros. The index at which the table is read
    /// determines how many.
    static MOVE_TO_START: [u8; 32] = {
        let mut table = [0x80; 32];
        let mut index = 0;
        while index < 16 {
            table[index as usize] = index;
            index += 1;
        }
        table
    };
    static PADDING_START: [u8; 32] = {
        let mut table = [0; 32];
        table[16] = 0x80;
        table
    };
    let from = 16 - rest.len() % 16;
    let bytes = match last.last_chunk() {
        Some(last) => _mm_shuffle_epi8(load_bytes(last), table_window(&MOVE_TO_START, from)),
        None => load_short(rest),
    };
    _mm_or_si128(bytes, table_window(&PADDING_START, from))
}

/// Sixteen bytes of a table from the index `from` on, which is at most 16.
#[inline]
#[target_feature(enable = "sse2")]
fn table_window(table: &[u8; 32], from: usize) -> __m128i {
    table[from..].first_chunk().map_or(_mm_setzero_si128(), |bytes| load_bytes(bytes))
}

/// Loads fewer than sixteen bytes, followed by zeros. Not inlined, since few messages are that short.
#[inline(never)]
#[target_feature(enable = "sse2")]
fn load_short(bytes: &[u8]) -> __m128i {
    /// The first and the last bytes as one number. They meet or overlap; the last are shifted to their position.
    macro_rules! ends {
        ($word:ty) => {{
            let [first, last] = [bytes.first_chunk(), bytes.last_chunk()]
                .map(|end| end.map_or(0, |end| u64::from(<$word>::from_le_bytes(*end))));
            first | last << (8 * (bytes.len() - size_of::<$word>()))
        }};
    }
    let (low, high) = match bytes.len() {
        0 => (0, 0),
        1 => (u64::from(bytes[0]), 0),
        2..4 => (ends!(u16), 0),
        4..8 => (ends!(u32), 0),
        length => {
            let [low, high] =
                [bytes.first_chunk(), bytes.last_chunk()].map(|end| end.map_or(0, |end| u64::from_le_bytes(*end)));
            // Two shifts, since a single one could be by 64 bits, which is not allowed.
            (low, high >> 8 >> (8 * (15 - length)))
        }
    };
    _mm_set_epi64x(high.cast_signed(), low.cast_signed())
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::arch::sha_ni::ShaNi;
    use crate::lanes::Feature;
    use crate::suite;

    /// As [`last_block`], as bytes.
    fn bytes(parts: &[&[u8]]) -> [u8; 64] {
        // SAFETY: only called where the processor has SHA-NI, and with it these features.
        unsafe { to_bytes(last_block(parts)) }
    }

    /// Every length of up to four blocks, in one part and split at every position.
    #[test]
    fn the_block_is_the_one_that_write_last_block_writes() {
        if suite::detected(Feature::ShaNi, ShaNi::detect()).is_none() {
            return;
        }
        let message: Vec<u8> = (1..=255).collect();
        for length in 0..message.len() {
            let message = &message[..length];
            let mut expected = [0; 64];
            write_last_block::<Sha256>(&[message], &mut expected);
            assert_eq!(bytes(&[message]), expected, "{length}");
            for cut in 0..=length {
                let (front, back) = message.split_at(cut);
                assert_eq!(bytes(&[front, back]), expected, "{length} cut at {cut}");
                assert_eq!(bytes(&[front, &[], back, &[]]), expected, "{length} cut at {cut}");
            }
        }
        assert_eq!(bytes(&[]), bytes(&[&[]]));
    }

    /// The last block contains no byte from before or after the message.
    #[test]
    fn bytes_around_a_message_are_not_read() {
        if suite::detected(Feature::ShaNi, ShaNi::detect()).is_none() {
            return;
        }
        let surroundings = vec![0xff; 200];
        for (start, length) in (0..40).flat_map(|start| (0..100).map(move |length| (start, length))) {
            let mut memory = surroundings.clone();
            memory[start..start + length].fill(0x5a);
            let mut expected = [0; 64];
            write_last_block::<Sha256>(&[&vec![0x5a; length]], &mut expected);
            assert_eq!(bytes(&[&memory[start..start + length]]), expected, "{length} at {start}");
        }
    }
}
