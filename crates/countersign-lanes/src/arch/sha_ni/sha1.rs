//! SHA-1 by its own instructions.

use core::arch::x86_64::*;

use crate::arch::sha_ni::{ALL, Each, load_row, outer_words, store_row, tag_words, turn};
use crate::rounds::sha1::Sha1;
use crate::rounds::{Hash, sixteen};
use crate::word::Row;

/// Chaining values of SHA-1, in the same manner. The fifth word stands in the highest place of its vector.
#[derive(Clone, Copy)]
pub(super) struct State1<const LANES: usize> {
    abcd: Each<LANES>,
    e: Each<LANES>,
}

impl<const LANES: usize> State1<LANES> {
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn load(rows: &[Row<u32>; LANES]) -> Self {
        let (mut abcd, mut e) = ([_mm_setzero_si128(); LANES], [_mm_setzero_si128(); LANES]);
        for (at, row) in rows.iter().enumerate() {
            let (dcba, back) = load_row(row);
            abcd[at] = _mm_shuffle_epi32::<0x1b>(dcba);
            e[at] = _mm_slli_si128::<12>(back);
        }
        Self { abcd, e }
    }

    /// The words in order, the first in the lowest place, and zeros behind the fifth.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn in_order(self, at: usize) -> (__m128i, __m128i) {
        (_mm_shuffle_epi32::<0x1b>(self.abcd[at]), _mm_srli_si128::<12>(self.e[at]))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn store(self, rows: &mut [Row<u32>; LANES]) {
        for (at, row) in rows.iter_mut().enumerate() {
            let (front, back) = self.in_order(at);
            store_row(row, front, back);
        }
    }

    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn store_tag<H: Hash>(self, rows: &mut [Row<u32>; LANES]) {
        for (at, row) in rows.iter_mut().enumerate() {
            let (front, back) = self.in_order(at);
            store_row(row, tag_words::<H, 0>(front), tag_words::<H, 1>(back));
        }
    }

    /// Here the first word stands in the highest place.
    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn outer_block<H: Hash<Compression = Sha1>>(self) -> [Each<LANES>; 4] {
        let [mut first, mut second, mut third, mut fourth] = [[_mm_setzero_si128(); LANES]; 4];
        for at in 0..LANES {
            let (front, back) = self.in_order(at);
            first[at] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 0>(front));
            second[at] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 1>(back));
            third[at] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 2>(back));
            fourth[at] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 3>(back));
        }
        [first, second, third, fourth]
    }

    /// Four words from the bytes of a message.
    #[inline]
    #[target_feature(enable = "ssse3")]
    pub(super) fn words(bytes: __m128i) -> __m128i {
        turn(bytes, ALL)
    }

    #[inline]
    #[target_feature(enable = "sha,sse2")]
    pub(super) fn compress(self, mut w: [Each<LANES>; 4]) -> Self {
        let Self { mut abcd, mut e } = self;
        macro_rules! four_rounds {
            ($at:expr) => {
                for at in 0..LANES {
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
        for at in 0..LANES {
            abcd[at] = _mm_add_epi32(abcd[at], self.abcd[at]);
            e[at] = _mm_sha1nexte_epu32(e[at], self.e[at]);
        }
        Self { abcd, e }
    }
}
