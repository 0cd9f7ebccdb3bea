//! SHA-NI: two messages of SHA-1, SHA-224 or SHA-256 side by side.
//!
//! These instructions work on one message, and each waits for the one before. Two messages fill that time.

use core::arch::x86_64::*;

use crate::kernel::Kernel;
use crate::rounds::sha1::Sha1;
use crate::rounds::sha2::Sha256;
use crate::rounds::sixteen;
use crate::word::Row;

/// How many messages go side by side. With more, the registers do not suffice.
pub(crate) const STREAMS: usize = 2;

/// Shows that the processor has SHA-NI, SSSE3 and SSE4.1.
#[derive(Clone, Copy)]
pub(crate) struct ShaNi(());

cpufeatures::new!(features, "sha", "ssse3", "sse4.1");

impl ShaNi {
    pub(crate) fn detect() -> Option<Self> {
        features::get().then_some(Self(()))
    }
}

/// Turns the bytes of each word of 32 bits around.
const WORDS: [i64; 2] = [0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b];

/// The same, and the words too: in SHA-1 the first stands in the highest place.
const ALL: [i64; 2] = [0x0809_0a0b_0c0d_0e0f, 0x0001_0203_0405_0607];

macro_rules! kernel {
    ($hash:ident, $absorb:ident) => {
        impl Kernel<$hash, STREAMS> for ShaNi {
            #[inline]
            fn absorb(self, states: &mut [Row<u32>; STREAMS], blocks: &[&[[u8; 64]]; STREAMS]) {
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { $absorb(states, blocks) }
            }
        }
    };
}

kernel!(Sha256, sha256);
kernel!(Sha1, sha1);

/// 16 bytes as four words, in the order of `shuffle`.
///
/// # Safety
/// 16 bytes can be read at `from`.
#[inline]
#[target_feature(enable = "sse2,ssse3")]
unsafe fn load(from: *const u8, [low, high]: [i64; 2]) -> __m128i {
    // SAFETY: the caller says that so much can be read.
    let bytes = unsafe { _mm_loadu_si128(from.cast()) };
    _mm_shuffle_epi8(bytes, _mm_set_epi64x(high, low))
}

#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn sha256(states: &mut [Row<u32>; STREAMS], blocks: &[&[[u8; 64]]; STREAMS]) {
    let mut abef = [_mm_setzero_si128(); STREAMS];
    let mut cdgh = abef;
    for (at, state) in states.iter().enumerate() {
        // SAFETY: a row has 32 bytes.
        let (dcba, hgfe) =
            unsafe { (_mm_loadu_si128(state.as_ptr().cast()), _mm_loadu_si128(state.as_ptr().add(4).cast())) };
        let (cdab, efgh) = (_mm_shuffle_epi32::<0xb1>(dcba), _mm_shuffle_epi32::<0x1b>(hgfe));
        abef[at] = _mm_alignr_epi8::<8>(cdab, efgh);
        cdgh[at] = _mm_blend_epi16::<0xf0>(efgh, cdab);
    }
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    for block in 0..count {
        let (abef_before, cdgh_before) = (abef, cdgh);
        let mut w = [[_mm_setzero_si128(); STREAMS]; 4];
        for (part, w) in w.iter_mut().enumerate() {
            for (w, blocks) in w.iter_mut().zip(blocks) {
                // SAFETY: each message has at least `count` blocks, and a block four parts of 16 bytes.
                *w = unsafe { load(blocks.as_ptr().add(block).cast::<u8>().add(16 * part), WORDS) };
            }
        }
        macro_rules! four_rounds {
            ($at:literal) => {
                for at in 0..STREAMS {
                    // SAFETY: there are 64 constants, of which these are four.
                    let constants = unsafe { _mm_loadu_si128(Sha256::TABLE.as_ptr().add(4 * $at).cast()) };
                    let input = _mm_add_epi32(w[$at % 4][at], constants);
                    cdgh[at] = _mm_sha256rnds2_epu32(cdgh[at], abef[at], input);
                    abef[at] = _mm_sha256rnds2_epu32(abef[at], cdgh[at], _mm_shuffle_epi32::<0x0e>(input));
                }
                if $at < 12 {
                    for at in 0..STREAMS {
                        let [a, b, c, d] =
                            [w[$at % 4][at], w[($at + 1) % 4][at], w[($at + 2) % 4][at], w[($at + 3) % 4][at]];
                        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8::<4>(d, c));
                        w[$at % 4][at] = _mm_sha256msg2_epu32(sum, d);
                    }
                }
            };
        }
        sixteen!(four_rounds);
        for at in 0..STREAMS {
            abef[at] = _mm_add_epi32(abef[at], abef_before[at]);
            cdgh[at] = _mm_add_epi32(cdgh[at], cdgh_before[at]);
        }
    }
    for (at, state) in states.iter_mut().enumerate() {
        let (feba, dchg) = (_mm_shuffle_epi32::<0x1b>(abef[at]), _mm_shuffle_epi32::<0xb1>(cdgh[at]));
        // SAFETY: a row has 32 bytes.
        unsafe {
            _mm_storeu_si128(state.as_mut_ptr().cast(), _mm_blend_epi16::<0xf0>(feba, dchg));
            _mm_storeu_si128(state.as_mut_ptr().add(4).cast(), _mm_alignr_epi8::<8>(dchg, feba));
        }
    }
}

#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn sha1(states: &mut [Row<u32>; STREAMS], blocks: &[&[[u8; 64]]; STREAMS]) {
    let mut abcd = [_mm_setzero_si128(); STREAMS];
    let mut e = abcd;
    for (at, state) in states.iter().enumerate() {
        // SAFETY: a row has 32 bytes.
        abcd[at] = _mm_shuffle_epi32::<0x1b>(unsafe { _mm_loadu_si128(state.as_ptr().cast()) });
        e[at] = _mm_set_epi32(state[4].cast_signed(), 0, 0, 0);
    }
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    for block in 0..count {
        let (abcd_before, e_before) = (abcd, e);
        let mut w = [[_mm_setzero_si128(); STREAMS]; 4];
        for (part, w) in w.iter_mut().enumerate() {
            for (w, blocks) in w.iter_mut().zip(blocks) {
                // SAFETY: each message has at least `count` blocks, and a block four parts of 16 bytes.
                *w = unsafe { load(blocks.as_ptr().add(block).cast::<u8>().add(16 * part), ALL) };
            }
        }
        macro_rules! four_rounds {
            ($at:expr) => {
                for at in 0..STREAMS {
                    if $at >= 4 {
                        let [a, b, c, d] =
                            [w[$at % 4][at], w[($at + 1) % 4][at], w[($at + 2) % 4][at], w[($at + 3) % 4][at]];
                        w[$at % 4][at] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(a, b), c), d);
                    }
                    let word = w[$at % 4][at];
                    let input = if $at == 0 { _mm_add_epi32(e[at], word) } else { _mm_sha1nexte_epu32(e[at], word) };
                    e[at] = abcd[at];
                    abcd[at] = _mm_sha1rnds4_epu32::<{ $at / 5 }>(abcd[at], input);
                }
            };
        }
        sixteen!(four_rounds);
        four_rounds!(16);
        four_rounds!(17);
        four_rounds!(18);
        four_rounds!(19);
        for at in 0..STREAMS {
            abcd[at] = _mm_add_epi32(abcd[at], abcd_before[at]);
            e[at] = _mm_sha1nexte_epu32(e[at], e_before[at]);
        }
    }
    for (at, state) in states.iter_mut().enumerate() {
        // SAFETY: a row has 32 bytes.
        unsafe { _mm_storeu_si128(state.as_mut_ptr().cast(), _mm_shuffle_epi32::<0x1b>(abcd[at])) };
        state[4] = _mm_extract_epi32::<3>(e[at]).cast_unsigned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rounds, suite};

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = ShaNi::detect() {
            suite::agrees::<rounds::Sha1, _, STREAMS>(kernel);
            suite::agrees::<rounds::Sha224, _, STREAMS>(kernel);
            suite::agrees::<rounds::Sha256, _, STREAMS>(kernel);
        }
    }
}
