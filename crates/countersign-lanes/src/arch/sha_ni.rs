//! SHA-NI: messages of SHA-1, SHA-224 or SHA-256, one or two side by side.
//!
//! These instructions work on one message, and each waits for the one before. A second message fills that time.

mod sha1;
mod sha256;

use core::arch::x86_64::*;

use crate::kernel::{Kernel, Task};
use crate::rounds::sha1::Sha1;
use crate::rounds::sha2::Sha256;
use crate::rounds::{Compression, Hash};
use crate::word::Row;
use sha1::State1;
use sha256::State256;

/// Shows that the processor has SHA-NI, SSSE3 and SSE4.1.
#[derive(Clone, Copy)]
pub(crate) struct ShaNi(());

cpufeatures::new!(features, "sha", "ssse3", "sse4.1");

impl ShaNi {
    pub(crate) fn detect() -> Option<Self> {
        features::get().then_some(Self(()))
    }
}

/// A vector for each message.
type Each<const LANES: usize> = [__m128i; LANES];

macro_rules! kernel {
    ($compression:ident, $state:ident) => {
        impl<const LANES: usize> Kernel<$compression, LANES> for ShaNi {
            #[inline]
            fn within(self, task: impl Task) {
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run(task: impl Task) {
                    task.run();
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run(task) }
            }

            #[inline]
            fn absorb(self, states: &mut [Row<u32>; LANES], blocks: &[&[[u8; 64]]; LANES]) {
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run<const LANES: usize>(states: &mut [Row<u32>; LANES], blocks: &[&[[u8; 64]]; LANES]) {
                    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
                    let mut state = $state::load(states);
                    for at in 0..count {
                        let mut words = [[_mm_setzero_si128(); LANES]; 4];
                        for (lane, blocks) in blocks.iter().enumerate() {
                            // SAFETY: each message has at least `count` blocks.
                            let block = unsafe { blocks.get_unchecked(at) };
                            for (words, part) in words.iter_mut().zip(block.as_chunks::<16>().0) {
                                words[lane] = $state::<LANES>::word(part);
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
            fn close_as<H: Hash<Compression = $compression>>(
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
                        for (words, part) in words.iter_mut().zip(block.as_chunks::<16>().0) {
                            words[lane] = $state::<LANES>::fresh_word(part);
                        }
                    }
                    let hash = $state::load(states).compress(words);
                    let tag = $state::load(outer).compress(hash.outer_block::<H>());
                    tag.store_tag::<H>(states);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<H, LANES>(states, last, outer) }
            }
        }
    };
}

kernel!(Sha256, State256);
kernel!(Sha1, State1);

/// Four words, the first in the lowest place.
#[inline(always)]
fn four(words: [u32; 4]) -> __m128i {
    let [a, b, c, d] = words.map(u32::cast_signed);
    // SAFETY: part of x86-64.
    unsafe { _mm_set_epi32(d, c, b, a) }
}

/// The words `4 * PART` and following of an outer block: those of the hash, and behind them what is always there.
#[inline]
#[target_feature(enable = "sse4.1")]
fn outer_words<H: Hash<Compression: Compression<Word = u32>>, const PART: usize>(hash: __m128i) -> __m128i {
    let fixed = four([
        H::OUTER_BLOCK[4 * PART],
        H::OUTER_BLOCK[4 * PART + 1],
        H::OUTER_BLOCK[4 * PART + 2],
        H::OUTER_BLOCK[4 * PART + 3],
    ]);
    match H::TAG_WORDS.saturating_sub(4 * PART) {
        0 => fixed,
        1 => _mm_blend_epi16::<0b0000_0011>(fixed, hash),
        2 => _mm_blend_epi16::<0b0000_1111>(fixed, hash),
        3 => _mm_blend_epi16::<0b0011_1111>(fixed, hash),
        _ => hash,
    }
}

/// The words `4 * PART` and following of a tag, as bytes that lie in memory, and zeros behind them.
#[inline]
#[target_feature(enable = "ssse3,sse4.1")]
fn tag_words<H: Hash, const PART: usize>(words: __m128i) -> __m128i {
    let zero = _mm_setzero_si128();
    let bytes = _mm_shuffle_epi8(words, _mm_set_epi64x(WORDS[1], WORDS[0]));
    match H::TAG_WORDS.saturating_sub(4 * PART) {
        0 => zero,
        1 => _mm_blend_epi16::<0b0000_0011>(zero, bytes),
        2 => _mm_blend_epi16::<0b0000_1111>(zero, bytes),
        3 => _mm_blend_epi16::<0b0011_1111>(zero, bytes),
        _ => bytes,
    }
}

/// Turns the bytes of each word of 32 bits around.
const WORDS: [i64; 2] = [0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b];

/// The same, and the words too.
const ALL: [i64; 2] = [0x0809_0a0b_0c0d_0e0f, 0x0001_0203_0405_0607];

/// The words of 16 bytes that were written just now, eight at a time: to read them in one piece would have to wait.
#[inline]
#[target_feature(enable = "ssse3")]
fn read_fresh(bytes: &[u8; 16], [low, high]: [i64; 2]) -> __m128i {
    let [first, second] = [bytes.as_chunks().0[0], bytes.as_chunks().0[1]].map(i64::from_le_bytes);
    _mm_shuffle_epi8(_mm_set_epi64x(second, first), _mm_set_epi64x(high, low))
}

/// The words of 16 bytes.
#[inline]
#[target_feature(enable = "ssse3")]
fn read(bytes: &[u8; 16], [low, high]: [i64; 2]) -> __m128i {
    // SAFETY: 16 bytes are read from 16.
    let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    _mm_shuffle_epi8(bytes, _mm_set_epi64x(high, low))
}

/// The front and the back of a row, the first word in the lowest place.
#[inline(always)]
fn load_row(row: &Row<u32>) -> (__m128i, __m128i) {
    // SAFETY: part of x86-64; a row has 32 bytes.
    unsafe { (_mm_loadu_si128(row.as_ptr().cast()), _mm_loadu_si128(row.as_ptr().add(4).cast())) }
}

/// The opposite of [`load_row`].
#[inline(always)]
fn store_row(row: &mut Row<u32>, front: __m128i, back: __m128i) {
    // SAFETY: part of x86-64; a row has 32 bytes.
    unsafe {
        _mm_storeu_si128(row.as_mut_ptr().cast(), front);
        _mm_storeu_si128(row.as_mut_ptr().add(4).cast(), back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rounds, suite};

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = ShaNi::detect() {
            suite::agrees::<rounds::Sha1, _, 1>(kernel);
            suite::agrees::<rounds::Sha1, _, 2>(kernel);
            suite::agrees::<rounds::Sha224, _, 1>(kernel);
            suite::agrees::<rounds::Sha224, _, 2>(kernel);
            suite::agrees::<rounds::Sha256, _, 1>(kernel);
            suite::agrees::<rounds::Sha256, _, 2>(kernel);
        }
    }
}
