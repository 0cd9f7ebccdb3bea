//! The last block of a message, made in registers. What is written to memory in small pieces, and soon read back in large
//! ones, keeps the processor from beginning with a message while it is busy with the one before.

use core::arch::x86_64::*;

use crate::arch::sha_ni::read;
use crate::cursor::{length, write_last_block};
use crate::rounds::sha2::Sha256;
use crate::word::Word;

/// What [`write_last_block`] writes, sixteen bytes in each vector.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn block(parts: &[&[u8]]) -> [__m128i; 4] {
    let length = length(parts);
    #[allow(clippy::cast_possible_truncation, reason = "less than a block")]
    let left = (length % <u32 as Word>::BLOCK as u64) as usize;
    let block = match parts {
        // All of it, and the mark, is in the block before.
        _ if left >= ROOM => [_mm_setzero_si128(); 4],
        [.., last] if last.len() >= left => end(last, &last[last.len() - left..]),
        parts => return gathered(parts),
    };
    with_length(block, length)
}

/// How much of a message the last block has room for: the mark takes a byte, and the length eight.
pub(super) const ROOM: usize = <u32 as Word>::BLOCK - 8;

/// Puts the length of a message, in bytes, to the end of its last block, together with that of the block of the key.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn with_length([first, second, third, fourth]: [__m128i; 4], length: u64) -> [__m128i; 4] {
    let bits = length.wrapping_add(<u32 as Word>::BLOCK as u64).wrapping_mul(8);
    let bits = _mm_set_epi64x(bits.swap_bytes().cast_signed(), 0);
    [first, second, third, _mm_or_si128(fourth, bits)]
}

/// The end of a message, the mark, and zeros behind it. `rest` is less than a block, and the end of `last`.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn end(last: &[u8], rest: &[u8]) -> [__m128i; 4] {
    let zero = _mm_setzero_si128();
    let (whole, rest) = rest.as_chunks();
    let marked = marked(last, rest);
    match whole {
        [] => [marked, zero, zero, zero],
        [first] => [read(first), marked, zero, zero],
        [first, second] => [read(first), read(second), marked, zero],
        [first, second, third, ..] => [read(first), read(second), read(third), marked],
    }
}

/// A block as it lies in memory.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn to_bytes(block: [__m128i; 4]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (to, vector) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(block) {
        // SAFETY: sixteen bytes are written to sixteen.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), vector) };
    }
    bytes
}

/// The same where the end of the message lies in several parts.
#[cold]
#[inline(never)]
#[target_feature(enable = "ssse3,sse4.1")]
fn gathered(parts: &[&[u8]]) -> [__m128i; 4] {
    let (mut block, mut vectors) = (<u32 as Word>::EMPTY, [_mm_setzero_si128(); 4]);
    write_last_block::<Sha256>(parts, &mut block);
    for (vector, bytes) in vectors.iter_mut().zip(block.as_chunks().0) {
        *vector = read(bytes);
    }
    vectors
}

/// The last bytes of a message, `rest`, and the mark behind them. They are fewer than sixteen, and the end of `last`.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
fn marked(last: &[u8], rest: &[u8]) -> __m128i {
    /// Moves bytes to the front, and zeros behind them: which ones, is for the place to say from where it is read.
    static TO_FRONT: [u8; 32] = {
        let mut table = [0x80; 32];
        let mut at = 0;
        while at < 16 {
            table[at as usize] = at;
            at += 1;
        }
        table
    };
    static MARK: [u8; 32] = {
        let mut table = [0; 32];
        table[16] = 0x80;
        table
    };
    let from = 16 - rest.len() % 16;
    let bytes = match last.last_chunk() {
        Some(last) => _mm_shuffle_epi8(read(last), part(&TO_FRONT, from)),
        None => short(rest),
    };
    _mm_or_si128(bytes, part(&MARK, from))
}

/// Sixteen bytes of a table. `from` is at most 16.
#[inline]
#[target_feature(enable = "sse2")]
fn part(table: &[u8; 32], from: usize) -> __m128i {
    table[from..].first_chunk().map_or(_mm_setzero_si128(), |bytes| read(bytes))
}

/// Fewer than sixteen bytes, and zeros behind them. Compiled apart, since few messages are that short.
#[inline(never)]
#[target_feature(enable = "sse2")]
fn short(bytes: &[u8]) -> __m128i {
    /// The first and the last `N` bytes, which meet or overlap, as numbers; the second moved up to where it belongs.
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
            // Two steps, since one of 64 is too far.
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

    /// As [`block`], as bytes.
    fn bytes(parts: &[&[u8]]) -> [u8; 64] {
        // SAFETY: only called where the processor has SHA-NI, and with it these features.
        unsafe { to_bytes(block(parts)) }
    }

    /// Every length of up to four blocks, whole and cut at every place.
    #[test]
    fn the_block_is_the_one_that_is_written() {
        if suite::found(Feature::ShaNi, ShaNi::detect()).is_none() {
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

    /// Nothing before the message is in its last block, and nothing behind it.
    #[test]
    fn what_lies_around_a_message_is_left_out() {
        if suite::found(Feature::ShaNi, ShaNi::detect()).is_none() {
            return;
        }
        let around = vec![0xff; 200];
        for (start, length) in (0..40).flat_map(|start| (0..100).map(move |length| (start, length))) {
            let mut there = around.clone();
            there[start..start + length].fill(0x5a);
            let mut expected = [0; 64];
            write_last_block::<Sha256>(&[&vec![0x5a; length]], &mut expected);
            assert_eq!(bytes(&[&there[start..start + length]]), expected, "{length} at {start}");
        }
    }
}
