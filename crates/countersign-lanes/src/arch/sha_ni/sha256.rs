//! SHA-224 and SHA-256 with the instructions of SHA-NI.

use core::arch::x86_64::*;

use crate::arch::sha_ni::{
    PerLane, REVERSE_WORD_BYTES, load_row, outer_words, shuffle_bytes, store_row, tag_words, vector_of,
};
use crate::rounds::sha2::Sha256;
use crate::rounds::{Hash, repeat_16};
use crate::word::Row;

/// Chaining values of SHA-256 in the layout of the instructions: named by their words from the highest position to the
/// lowest.
#[derive(Clone, Copy)]
pub(super) struct State256<const LANES: usize> {
    abef: PerLane<LANES>,
    cdgh: PerLane<LANES>,
}

impl<const LANES: usize> State256<LANES> {
    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn load(rows: &[Row<u32>; LANES]) -> Self {
        let (mut abef, mut cdgh) = ([_mm_setzero_si128(); LANES], [_mm_setzero_si128(); LANES]);
        for (lane, row) in rows.iter().enumerate() {
            let (dcba, hgfe) = load_row(row);
            let (cdab, efgh) = (_mm_shuffle_epi32::<0xb1>(dcba), _mm_shuffle_epi32::<0x1b>(hgfe));
            abef[lane] = _mm_alignr_epi8::<8>(cdab, efgh);
            cdgh[lane] = _mm_blend_epi16::<0xf0>(efgh, cdab);
        }
        Self { abef, cdgh }
    }

    /// The words in order, the first in the lowest position.
    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    fn to_row(self, lane: usize) -> (__m128i, __m128i) {
        let (feba, dchg) = (_mm_shuffle_epi32::<0x1b>(self.abef[lane]), _mm_shuffle_epi32::<0xb1>(self.cdgh[lane]));
        (_mm_blend_epi16::<0xf0>(feba, dchg), _mm_alignr_epi8::<8>(dchg, feba))
    }

    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn store(self, rows: &mut [Row<u32>; LANES]) {
        for (lane, row) in rows.iter_mut().enumerate() {
            let (front, back) = self.to_row(lane);
            store_row(row, front, back);
        }
    }

    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn store_tag<H: Hash>(self, rows: &mut [Row<u32>; LANES]) {
        for (lane, row) in rows.iter_mut().enumerate() {
            let (front, back) = self.to_row(lane);
            store_row(row, tag_words::<H, 0>(front), tag_words::<H, 1>(back));
        }
    }

    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn outer_block<H: Hash<Compression = Sha256>>(self) -> [PerLane<LANES>; 4] {
        let [mut first, mut second, mut third, mut fourth] = [[_mm_setzero_si128(); LANES]; 4];
        for lane in 0..LANES {
            let (front, back) = self.to_row(lane);
            first[lane] = outer_words::<H, 0>(front);
            second[lane] = outer_words::<H, 1>(back);
            third[lane] = outer_words::<H, 2>(back);
            fourth[lane] = outer_words::<H, 3>(back);
        }
        [first, second, third, fourth]
    }

    /// Four schedule words from sixteen bytes of a message.
    #[inline]
    #[target_feature(enable = "ssse3")]
    pub(super) fn words(bytes: __m128i) -> __m128i {
        shuffle_bytes(bytes, REVERSE_WORD_BYTES)
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3")]
    pub(super) fn compress(self, mut w: [PerLane<LANES>; 4]) -> Self {
        let Self { mut abef, mut cdgh } = self;
        macro_rules! four_rounds {
            ($step:literal) => {
                for lane in 0..LANES {
                    let constants = const { Sha256::TABLE.as_chunks::<4>().0[$step] };
                    let input = _mm_add_epi32(w[$step % 4][lane], vector_of(constants));
                    cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], input);
                    abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32::<0x0e>(input));
                }
                if $step < 12 {
                    for lane in 0..LANES {
                        let [a, b, c, d] = [
                            w[$step % 4][lane],
                            w[($step + 1) % 4][lane],
                            w[($step + 2) % 4][lane],
                            w[($step + 3) % 4][lane],
                        ];
                        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8::<4>(d, c));
                        w[$step % 4][lane] = _mm_sha256msg2_epu32(sum, d);
                    }
                }
            };
        }
        repeat_16!(four_rounds);
        for lane in 0..LANES {
            abef[lane] = _mm_add_epi32(abef[lane], self.abef[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], self.cdgh[lane]);
        }
        Self { abef, cdgh }
    }
}
