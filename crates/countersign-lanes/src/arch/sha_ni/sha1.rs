//! SHA-1 with the instructions of SHA-NI.

use core::arch::x86_64::*;

use crate::arch::sha_ni::{PerLane, REVERSE_ALL_BYTES, load_row, outer_words, shuffle_bytes, store_row, tag_words};
use crate::rounds::sha1::Sha1;
use crate::rounds::{Hash, repeat_16};
use crate::word::Row;

/// Chaining values of SHA-1 in the layout of the instructions: named by their words from the highest position to the
/// lowest. The fifth word is in the highest position of its vector.
#[derive(Clone, Copy)]
pub(super) struct State1<const LANES: usize> {
    abcd: PerLane<LANES>,
    e: PerLane<LANES>,
}

impl<const LANES: usize> State1<LANES> {
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn load(rows: &[Row<u32>; LANES]) -> Self {
        let (mut abcd, mut e) = ([_mm_setzero_si128(); LANES], [_mm_setzero_si128(); LANES]);
        for (lane, row) in rows.iter().enumerate() {
            let (dcba, back) = load_row(row);
            abcd[lane] = _mm_shuffle_epi32::<0x1b>(dcba);
            e[lane] = _mm_slli_si128::<12>(back);
        }
        Self { abcd, e }
    }

    /// The words in order, the first in the lowest position, with zeros after the fifth.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn to_row(self, lane: usize) -> (__m128i, __m128i) {
        (_mm_shuffle_epi32::<0x1b>(self.abcd[lane]), _mm_srli_si128::<12>(self.e[lane]))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
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

    /// The outer block. Here the first word of each vector is in the highest position.
    #[inline]
    #[target_feature(enable = "ssse3,sse4.1")]
    pub(super) fn outer_block<H: Hash<Compression = Sha1>>(self) -> [PerLane<LANES>; 4] {
        let [mut first, mut second, mut third, mut fourth] = [[_mm_setzero_si128(); LANES]; 4];
        for lane in 0..LANES {
            let (front, back) = self.to_row(lane);
            first[lane] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 0>(front));
            second[lane] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 1>(back));
            third[lane] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 2>(back));
            fourth[lane] = _mm_shuffle_epi32::<0x1b>(outer_words::<H, 3>(back));
        }
        [first, second, third, fourth]
    }

    /// Four schedule words from sixteen bytes of a message.
    #[inline]
    #[target_feature(enable = "ssse3")]
    pub(super) fn words(bytes: __m128i) -> __m128i {
        shuffle_bytes(bytes, REVERSE_ALL_BYTES)
    }

    #[inline]
    #[target_feature(enable = "sha,sse2")]
    pub(super) fn compress(self, mut w: [PerLane<LANES>; 4]) -> Self {
        let Self { mut abcd, mut e } = self;
        macro_rules! four_rounds {
            ($step:expr) => {
                for lane in 0..LANES {
                    if $step >= 4 {
                        let [a, b, c, d] = [
                            w[$step % 4][lane],
                            w[($step + 1) % 4][lane],
                            w[($step + 2) % 4][lane],
                            w[($step + 3) % 4][lane],
                        ];
                        w[$step % 4][lane] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(a, b), c), d);
                    }
                    let word = w[$step % 4][lane];
                    let input =
                        if $step == 0 { _mm_add_epi32(e[lane], word) } else { _mm_sha1nexte_epu32(e[lane], word) };
                    e[lane] = abcd[lane];
                    abcd[lane] = _mm_sha1rnds4_epu32::<{ $step / 5 }>(abcd[lane], input);
                }
            };
        }
        repeat_16!(four_rounds);
        four_rounds!(16);
        four_rounds!(17);
        four_rounds!(18);
        four_rounds!(19);
        for lane in 0..LANES {
            abcd[lane] = _mm_add_epi32(abcd[lane], self.abcd[lane]);
            e[lane] = _mm_sha1nexte_epu32(e[lane], self.e[lane]);
        }
        Self { abcd, e }
    }
}
