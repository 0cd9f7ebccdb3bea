//! SHA-NI: one or two messages of SHA-1, SHA-224 or SHA-256 at a time.
//!
//! Each of these instructions works on one message and depends on the one before. With two messages, the processor runs
//! one while the other waits.

mod last_block;
mod sha1;
mod sha256;

use core::arch::x86_64::*;
use core::slice;

use crate::cursor::Cursor;
use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::rounds::sha1::Sha1;
use crate::rounds::sha2::Sha256;
use crate::rounds::{Compression, Hash};
use crate::single::SingleMessage;
use crate::word::{Row, Word};
use sha1::State1;
use sha256::State256;

/// Proves that the processor has SHA-NI, SSSE3 and SSE4.1.
#[derive(Clone, Copy)]
pub(crate) struct ShaNi(());

cpufeatures::new!(features, "sha", "ssse3", "sse4.1");

impl ShaNi {
    pub(crate) fn detect() -> Option<Self> {
        features::get().then_some(Self(()))
    }
}

/// One vector per message.
type PerLane<const LANES: usize> = [__m128i; LANES];

macro_rules! kernel {
    ($compression:ident, $state:ident) => {
        impl<const LANES: usize> Kernel<$compression, LANES> for ShaNi {
            #[inline]
            fn with_target_features(self, task: impl Task) {
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run(task: impl Task) {
                    task.run();
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run(task) }
            }

            #[inline]
            fn compress_blocks(self, states: &mut [Row<u32>; LANES], blocks: &[&[[u8; 64]]; LANES]) {
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run<const LANES: usize>(states: &mut [Row<u32>; LANES], blocks: &[&[[u8; 64]]; LANES]) {
                    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
                    let mut state = $state::load(states);
                    for index in 0..count {
                        let mut words = [[_mm_setzero_si128(); LANES]; 4];
                        for (lane, blocks) in blocks.iter().enumerate() {
                            // SAFETY: each message has at least `count` blocks.
                            let block = unsafe { blocks.get_unchecked(index) };
                            for (words, part) in words.iter_mut().zip(block.as_chunks().0) {
                                words[lane] = $state::<LANES>::words(load_bytes(part));
                            }
                        }
                        state = state.compress(words);
                    }
                    state.store(states);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run(states, blocks) }
            }

            #[inline]
            fn finish_as<H: Hash<Compression = $compression>>(
                self,
                states: &mut [Row<u32>; LANES],
                last: &[[u8; 64]; LANES],
                outer: &[Row<u32>; LANES],
            ) {
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run<H: Hash<Compression = $compression>, const LANES: usize>(
                    states: &mut [Row<u32>; LANES],
                    last: &[[u8; 64]; LANES],
                    outer: &[Row<u32>; LANES],
                ) {
                    let mut words = [[_mm_setzero_si128(); LANES]; 4];
                    for (lane, block) in last.iter().enumerate() {
                        for (words, part) in words.iter_mut().zip(block.as_chunks().0) {
                            words[lane] = $state::<LANES>::words(load_bytes(part));
                        }
                    }
                    $state::load(states).finish::<H>(words, outer, states);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<H, LANES>(states, last, outer) }
            }
        }

        impl SingleMessage<$compression> for ShaNi {
            #[inline]
            fn mac<H: Hash<Compression = $compression>>(self, message: &Message<'_>) -> Mac {
                /// Makes the last block in registers: through memory, the processor could not start the next message
                /// before this one ends.
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run<H: Hash<Compression = $compression>>(&Message { key, parts }: &Message<'_>) -> Mac {
                    let (mut state, mut outer) = ([[0; 8]], [[0; 8]]);
                    $compression::load(key, &mut state[0], &mut outer[0]);
                    let mut state = $state::load(&state);
                    let last = if let [only] = parts {
                        let (blocks, rest) = only.as_chunks();
                        if !blocks.is_empty() {
                            state = state.compress_blocks(blocks);
                        }
                        let mut last = last_block::padded_end(only, rest);
                        if rest.len() >= last_block::MAX_REST {
                            state = state.compress_blocks(&[last_block::to_bytes(last)]);
                            last = [_mm_setzero_si128(); 4];
                        }
                        last_block::with_length(last, only.len() as u64)
                    } else {
                        state = state.compress_parts(Cursor::new::<$compression>(parts));
                        last_block::last_block(parts)
                    };
                    let last = last.map(|bytes| [$state::<1>::words(bytes)]);
                    let mut tag = [[0; 8]];
                    state.finish::<H>(last, &outer, &mut tag);
                    let mut mac = Mac::empty();
                    <u32 as Word>::store_row(&tag[0], &mut mac);
                    mac
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<H>(message) }
            }
        }

        impl $state<1> {
            /// Processes consecutive blocks. Not inlined, since short messages have none.
            #[inline(never)]
            #[target_feature(enable = "sha,ssse3,sse4.1")]
            fn compress_blocks(mut self, blocks: &[[u8; 64]]) -> Self {
                for block in blocks {
                    let mut words = [[_mm_setzero_si128()]; 4];
                    for (words, part) in words.iter_mut().zip(block.as_chunks().0) {
                        *words = [Self::words(load_bytes(part))];
                    }
                    self = self.compress(words);
                }
                self
            }

            /// Processes all blocks except the last of a message in several parts. Not inlined, since most messages
            /// have one part.
            #[inline(never)]
            #[target_feature(enable = "sha,ssse3,sse4.1")]
            fn compress_parts(mut self, mut cursor: Cursor<'_>) -> Self {
                let mut gathered = [0; 64];
                while let Some(run) = cursor.next_run::<$compression>(&mut gathered) {
                    self = self.compress_blocks(run.unwrap_or(slice::from_ref(&gathered)));
                }
                self
            }
        }

        impl<const LANES: usize> $state<LANES> {
            /// Processes the last blocks, then the outer hashes, and stores the tags.
            #[inline]
            #[target_feature(enable = "sha,ssse3,sse4.1")]
            fn finish<H: Hash<Compression = $compression>>(
                self,
                last: [PerLane<LANES>; 4],
                outer: &[Row<u32>; LANES],
                tags: &mut [Row<u32>; LANES],
            ) {
                let hash = self.compress(last);
                let tag = Self::load(outer).compress(hash.outer_block::<H>());
                tag.store_tag::<H>(tags);
            }
        }
    };
}

kernel!(Sha256, State256);
kernel!(Sha1, State1);

/// A vector of four words, the first in the lowest position.
#[inline(always)]
fn vector_of(words: [u32; 4]) -> __m128i {
    let [a, b, c, d] = words.map(u32::cast_signed);
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { _mm_set_epi32(d, c, b, a) }
}

/// The four words of an outer block from `4 * PART` on: those of the inner hash, then the constant ones.
#[inline]
#[target_feature(enable = "sse4.1")]
fn outer_words<H: Hash<Compression: Compression<Word = u32>>, const PART: usize>(hash: __m128i) -> __m128i {
    let constant = vector_of([
        H::OUTER_BLOCK[4 * PART],
        H::OUTER_BLOCK[4 * PART + 1],
        H::OUTER_BLOCK[4 * PART + 2],
        H::OUTER_BLOCK[4 * PART + 3],
    ]);
    match H::TAG_WORDS.saturating_sub(4 * PART) {
        0 => constant,
        1 => _mm_blend_epi16::<0b0000_0011>(constant, hash),
        2 => _mm_blend_epi16::<0b0000_1111>(constant, hash),
        3 => _mm_blend_epi16::<0b0011_1111>(constant, hash),
        _ => hash,
    }
}

/// The four words of a tag from `4 * PART` on, in the byte order of memory, followed by zeros.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
fn tag_words<H: Hash, const PART: usize>(words: __m128i) -> __m128i {
    let zero = _mm_setzero_si128();
    let bytes = shuffle_bytes(words, REVERSE_WORD_BYTES);
    match H::TAG_WORDS.saturating_sub(4 * PART) {
        0 => zero,
        1 => _mm_blend_epi16::<0b0000_0011>(zero, bytes),
        2 => _mm_blend_epi16::<0b0000_1111>(zero, bytes),
        3 => _mm_blend_epi16::<0b0011_1111>(zero, bytes),
        _ => bytes,
    }
}

/// Reverses the bytes of each 32-bit word.
const REVERSE_WORD_BYTES: [i64; 2] = [0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b];

/// Reverses all sixteen bytes.
const REVERSE_ALL_BYTES: [i64; 2] = [0x0809_0a0b_0c0d_0e0f, 0x0001_0203_0405_0607];

/// Loads sixteen bytes.
#[inline]
#[target_feature(enable = "sse2")]
fn load_bytes(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read from an array of 16.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Reorders bytes, with one of the two orders above.
#[inline]
#[target_feature(enable = "ssse3")]
fn shuffle_bytes(bytes: __m128i, [low, high]: [i64; 2]) -> __m128i {
    _mm_shuffle_epi8(bytes, _mm_set_epi64x(high, low))
}

/// Loads a row as its first and second half, the first word in the lowest position.
#[inline(always)]
fn load_row(row: &Row<u32>) -> (__m128i, __m128i) {
    // SAFETY: every x86-64 processor has SSE2; a row has 32 bytes.
    unsafe { (_mm_loadu_si128(row.as_ptr().cast()), _mm_loadu_si128(row.as_ptr().add(4).cast())) }
}

/// Stores a row from its first and second half.
#[inline(always)]
fn store_row(row: &mut Row<u32>, front: __m128i, back: __m128i) {
    // SAFETY: every x86-64 processor has SSE2; a row has 32 bytes.
    unsafe {
        _mm_storeu_si128(row.as_mut_ptr().cast(), front);
        _mm_storeu_si128(row.as_mut_ptr().add(4).cast(), back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Feature;
    use crate::{rounds, suite};

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = suite::detected(Feature::ShaNi, ShaNi::detect()) {
            suite::test_hash::<rounds::Sha1, _, 1>(kernel);
            suite::test_hash::<rounds::Sha1, _, 2>(kernel);
            suite::test_hash::<rounds::Sha224, _, 1>(kernel);
            suite::test_hash::<rounds::Sha224, _, 2>(kernel);
            suite::test_hash::<rounds::Sha256, _, 1>(kernel);
            suite::test_hash::<rounds::Sha256, _, 2>(kernel);
        }
    }
}
