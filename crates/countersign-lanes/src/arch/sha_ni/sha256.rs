//! SHA-224 and SHA-256 by their own instructions.

use core::arch::x86_64::*;

use crate::arch::sha_ni::{Each, WORDS, four, load_row, outer_words, store_row, tag_words, turn};
use crate::rounds::sha2::Sha256;
use crate::rounds::{Hash, sixteen};
use crate::word::Row;

/// Chaining values of SHA-256 as its instructions want them, named by their words from the highest place to the lowest.
#[derive(Clone, Copy)]
pub(super) struct State256<const LANES: usize> {
    abef: Each<LANES>,
    cdgh: Each<LANES>,
}

impl<const LANES: usize> State256<LANES> {
    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn load(rows: &[Row<u32>; LANES]) -> Self {
        let (mut abef, mut cdgh) = ([_mm_setzero_si128(); LANES], [_mm_setzero_si128(); LANES]);
        for (at, row) in rows.iter().enumerate() {
            let (dcba, hgfe) = load_row(row);
            let (cdab, efgh) = (_mm_shuffle_epi32::<0xb1>(dcba), _mm_shuffle_epi32::<0x1b>(hgfe));
            abef[at] = _mm_alignr_epi8::<8>(cdab, efgh);
            cdgh[at] = _mm_blend_epi16::<0xf0>(efgh, cdab);
        }
        Self { abef, cdgh }
    }

    /// The words in order, the first in the lowest place.
    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    fn in_order(self, at: usize) -> (__m128i, __m128i) {
        let (feba, dchg) = (_mm_shuffle_epi32::<0x1b>(self.abef[at]), _mm_shuffle_epi32::<0xb1>(self.cdgh[at]));
        (_mm_blend_epi16::<0xf0>(feba, dchg), _mm_alignr_epi8::<8>(dchg, feba))
    }

    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
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

    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn outer_block<H: Hash<Compression = Sha256>>(self) -> [Each<LANES>; 4] {
        let [mut first, mut second, mut third, mut fourth] = [[_mm_setzero_si128(); LANES]; 4];
        for at in 0..LANES {
            let (front, back) = self.in_order(at);
            first[at] = outer_words::<H, 0>(front);
            second[at] = outer_words::<H, 1>(back);
            third[at] = outer_words::<H, 2>(back);
            fourth[at] = outer_words::<H, 3>(back);
        }
        [first, second, third, fourth]
    }

    /// Four words from the bytes of a message.
    #[inline]
    #[target_feature(enable = "ssse3")]
    pub(super) fn words(bytes: __m128i) -> __m128i {
        turn(bytes, WORDS)
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3")]
    pub(super) fn compress(self, mut w: [Each<LANES>; 4]) -> Self {
        let Self { mut abef, mut cdgh } = self;
        macro_rules! four_rounds {
            ($at:literal) => {
                for at in 0..LANES {
                    let constants = const { Sha256::TABLE.as_chunks::<4>().0[$at] };
                    let input = _mm_add_epi32(w[$at % 4][at], four(constants));
                    cdgh[at] = _mm_sha256rnds2_epu32(cdgh[at], abef[at], input);
                    abef[at] = _mm_sha256rnds2_epu32(abef[at], cdgh[at], _mm_shuffle_epi32::<0x0e>(input));
                }
                if $at < 12 {
                    for at in 0..LANES {
                        let [a, b, c, d] =
                            [w[$at % 4][at], w[($at + 1) % 4][at], w[($at + 2) % 4][at], w[($at + 3) % 4][at]];
                        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8::<4>(d, c));
                        w[$at % 4][at] = _mm_sha256msg2_epu32(sum, d);
                    }
                }
            };
        }
        sixteen!(four_rounds);
        for at in 0..LANES {
            abef[at] = _mm_add_epi32(abef[at], self.abef[at]);
            cdgh[at] = _mm_add_epi32(cdgh[at], self.cdgh[at]);
        }
        Self { abef, cdgh }
    }
}
