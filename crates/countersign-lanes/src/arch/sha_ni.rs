//! SHA-NI: messages of SHA-1, SHA-224 or SHA-256, one or two side by side.
//!
//! These instructions work on one message, and each waits for the one before. A second message fills that time.

mod last;
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
                            for (words, part) in words.iter_mut().zip(block.as_chunks().0) {
                                words[lane] = $state::<LANES>::words(read(part));
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
                        for (words, part) in words.iter_mut().zip(block.as_chunks().0) {
                            words[lane] = $state::<LANES>::words(read(part));
                        }
                    }
                    $state::load(states).close::<H>(words, outer, states);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<H, LANES>(states, last, outer) }
            }
        }

        impl SingleMessage<$compression> for ShaNi {
            #[inline]
            fn mac<H: Hash<Compression = $compression>>(self, message: &Message<'_>) -> Mac {
                /// All of it in registers: from memory, the next message could not begin before this one has ended.
                #[target_feature(enable = "sha,ssse3,sse4.1")]
                fn run<H: Hash<Compression = $compression>>(&Message { key, parts }: &Message<'_>) -> Mac {
                    let (mut state, mut outer) = ([[0; 8]], [[0; 8]]);
                    $compression::load(key, &mut state[0], &mut outer[0]);
                    let mut state = $state::load(&state);
                    let last = if let [only] = parts {
                        let (blocks, rest) = only.as_chunks();
                        if !blocks.is_empty() {
                            state = state.absorb(blocks);
                        }
                        let mut last = last::end(only, rest);
                        if rest.len() >= last::ROOM {
                            state = state.absorb(&[last::to_bytes(last)]);
                            last = [_mm_setzero_si128(); 4];
                        }
                        last::with_length(last, only.len() as u64)
                    } else {
                        state = state.absorb_all(Cursor::new::<$compression>(parts));
                        last::block(parts)
                    };
                    let last = last.map(|bytes| [$state::<1>::words(bytes)]);
                    let mut tag = [[0; 8]];
                    state.close::<H>(last, &outer, &mut tag);
                    let mut mac = Mac::empty();
                    <u32 as Word>::put(&tag[0], &mut mac);
                    mac
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<H>(message) }
            }
        }

        impl $state<1> {
            /// Absorbs blocks that follow each other. Compiled apart, since short messages have none.
            #[inline(never)]
            #[target_feature(enable = "sha,ssse3,sse4.1")]
            fn absorb(mut self, blocks: &[[u8; 64]]) -> Self {
                for block in blocks {
                    let mut words = [[_mm_setzero_si128()]; 4];
                    for (words, part) in words.iter_mut().zip(block.as_chunks().0) {
                        *words = [Self::words(read(part))];
                    }
                    self = self.compress(words);
                }
                self
            }

            /// Absorbs all blocks but the last one of a message in parts. Compiled apart, since most are in one.
            #[inline(never)]
            #[target_feature(enable = "sha,ssse3,sse4.1")]
            fn absorb_all(mut self, mut cursor: Cursor<'_>) -> Self {
                let mut gathered = [0; 64];
                while let Some(run) = cursor.next_run::<$compression>(&mut gathered) {
                    self = self.absorb(run.unwrap_or(slice::from_ref(&gathered)));
                }
                self
            }
        }

        impl<const LANES: usize> $state<LANES> {
            /// Absorbs the last blocks, and makes the MACs by the outer hash.
            #[inline]
            #[target_feature(enable = "sha,ssse3,sse4.1")]
            fn close<H: Hash<Compression = $compression>>(
                self,
                last: [Each<LANES>; 4],
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
    let bytes = turn(words, WORDS);
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

/// Sixteen bytes.
#[inline]
#[target_feature(enable = "sse2")]
fn read(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read from 16.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Turns the bytes around.
#[inline]
#[target_feature(enable = "ssse3")]
fn turn(bytes: __m128i, [low, high]: [i64; 2]) -> __m128i {
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
    use crate::lanes::Feature;
    use crate::{rounds, suite};

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = suite::found(Feature::ShaNi, ShaNi::detect()) {
            suite::agrees::<rounds::Sha1, _, 1>(kernel);
            suite::agrees::<rounds::Sha1, _, 2>(kernel);
            suite::agrees::<rounds::Sha224, _, 1>(kernel);
            suite::agrees::<rounds::Sha224, _, 2>(kernel);
            suite::agrees::<rounds::Sha256, _, 1>(kernel);
            suite::agrees::<rounds::Sha256, _, 2>(kernel);
        }
    }
}
