//! AVX-512: sixteen lanes of 32 bits, and eight of 64 bits.

use core::arch::x86_64::*;

use crate::arch::lockstep;
use crate::arch::rows::Rows;
use crate::kernel::{Kernel, Task};
use crate::rounds::Compression;
use crate::vector::Vector;
use crate::word::{Row, Word};

/// Proves that the processor has AVX-512 F and BW, and that the operating system saves its registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

cpufeatures::new!(features, "avx512f", "avx512bw");

impl Avx512 {
    pub(crate) fn detect() -> Option<Self> {
        features::get().then_some(Self(()))
    }
}

/// Sixteen lanes of 32 bits. Can be made only from an [`Avx512`].
#[derive(Clone, Copy)]
pub(crate) struct Words32(__m512i);

/// Eight lanes of 64 bits. Can be made only from an [`Avx512`].
#[derive(Clone, Copy)]
pub(crate) struct Words64(__m512i);

/// Truth tables of `vpternlog`: the result for each of the eight combinations of three bits.
mod table {
    const A: i32 = 0b1111_0000;
    const B: i32 = 0b1100_1100;
    const C: i32 = 0b1010_1010;

    pub(super) const XOR3: i32 = A ^ B ^ C;
    pub(super) const CHOOSE: i32 = (A & B) | (!A & C);
    pub(super) const MAJORITY: i32 = (A & B) | (A & C) | (B & C);
    pub(super) const XOR_OR_NOT: i32 = A ^ (B | !C & 0xff);
}

macro_rules! vector {
    (
        $name:ident, $word:ty, $lanes:literal, $splat:ident, $add:ident, $ror:ident, $srl:ident, $swapped:expr,
        { $($rest:tt)* }
    ) => {
        impl Vector<$lanes> for $name {
            type Word = $word;
            type Proof = Avx512;

            #[inline(always)]
            fn splat(_: Avx512, word: $word) -> Self {
                // SAFETY: the proof guarantees that the processor has the instructions.
                Self(unsafe { $splat(word.cast_signed()) })
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $add(self.0, other.0) })
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm512_xor_si512(self.0, other.0) })
            }

            #[inline(always)]
            fn rotate_right<const BY: i32, const REST: i32>(self) -> Self {
                const { assert!(BY + REST == <$word>::BITS.cast_signed()) }
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $ror::<BY>(self.0) })
            }

            #[inline(always)]
            fn shift_right<const BY: i32>(self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $srl(self.0, _mm_cvtsi32_si128(BY)) })
            }

            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm512_ternarylogic_epi32::<{ table::XOR3 }>(self.0, second.0, third.0) })
            }

            #[inline(always)]
            fn choose(self, yes: Self, no: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm512_ternarylogic_epi32::<{ table::CHOOSE }>(self.0, yes.0, no.0) })
            }

            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm512_ternarylogic_epi32::<{ table::MAJORITY }>(self.0, second.0, third.0) })
            }

            #[inline(always)]
            fn xor_or_not(self, second: Self, third: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm512_ternarylogic_epi32::<{ table::XOR_OR_NOT }>(self.0, second.0, third.0) })
            }

            #[inline(always)]
            fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self {
                if !BIG_ENDIAN {
                    return self;
                }
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm512_shuffle_epi8(self.0, _mm512_broadcast_i32x4(_mm_set_epi64x($swapped[1], $swapped[0]))) })
            }
        }

        impl Rows<$lanes> for $name {
            #[inline(always)]
            unsafe fn load(_: Avx512, from: *const $word) -> Self {
                // SAFETY: the caller guarantees that so many words can be read.
                Self(unsafe { _mm512_loadu_si512(from.cast()) })
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $word) {
                // SAFETY: the caller guarantees that so many words can be written.
                unsafe { _mm512_storeu_si512(to.cast(), self.0) };
            }

            $($rest)*
        }
    };
}

vector!(
    Words32,
    u32,
    16,
    _mm512_set1_epi32,
    _mm512_add_epi32,
    _mm512_ror_epi32,
    _mm512_srl_epi32,
    [0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b],
    {
        #[inline(always)]
        fn transpose(rows: [Self; 16]) -> [Self; 16] {
            // SAFETY: a value of this type proves that the processor has the instructions.
            unsafe { transpose_16(rows.map(|row| row.0)) }.map(Self)
        }

        /// A row of eight words is half a vector, so each vector contains two rows here: `i`, and `i + 8` in its high
        /// half.
        #[inline(always)]
        fn load_rows(_: Avx512, rows: &[[u32; 8]; 16]) -> [Self; 8] {
            // SAFETY: the proof guarantees that the processor has the instructions, and a row has 32 bytes.
            unsafe {
                let mut pairs = [_mm512_setzero_si512(); 8];
                for (at, pair) in pairs.iter_mut().enumerate() {
                    let low = _mm256_loadu_si256(rows[at].as_ptr().cast());
                    let high = _mm256_loadu_si256(rows[at + 8].as_ptr().cast());
                    *pair = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
                }
                transpose_pairs(pairs).map(Self)
            }
        }

        #[inline(always)]
        fn store_rows(columns: [Self; 8], rows: &mut [[u32; 8]; 16]) {
            // SAFETY: a value of this type proves that the processor has the instructions, and a row has 32 bytes.
            unsafe {
                let pairs = transpose_back(columns.map(|column| column.0));
                for (at, pair) in pairs.into_iter().enumerate() {
                    _mm256_storeu_si256(rows[at].as_mut_ptr().cast(), _mm512_castsi512_si256(pair));
                    _mm256_storeu_si256(rows[at + 8].as_mut_ptr().cast(), _mm512_extracti64x4_epi64::<1>(pair));
                }
            }
        }
    }
);

vector!(
    Words64,
    u64,
    8,
    _mm512_set1_epi64,
    _mm512_add_epi64,
    _mm512_ror_epi64,
    _mm512_srl_epi64,
    [0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f],
    {
        #[inline(always)]
        fn transpose(rows: [Self; 8]) -> [Self; 8] {
            // SAFETY: a value of this type proves that the processor has the instructions.
            unsafe { transpose_8(rows.map(|row| row.0)) }.map(Self)
        }
    }
);

/// Transposes four rows of 32-bit words within each quarter of the vectors.
#[inline(always)]
unsafe fn transpose_quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        [
            _mm512_unpacklo_epi64(ab_low, cd_low),
            _mm512_unpackhi_epi64(ab_low, cd_low),
            _mm512_unpacklo_epi64(ab_high, cd_high),
            _mm512_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

/// Transposes four vectors as rows of four quarters.
#[inline(always)]
unsafe fn transpose_of_quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let (ab_low, ab_high) = (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xee>(a, b));
        let (cd_low, cd_high) = (_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xee>(c, d));
        [
            _mm512_shuffle_i32x4::<0x88>(ab_low, cd_low),
            _mm512_shuffle_i32x4::<0xdd>(ab_low, cd_low),
            _mm512_shuffle_i32x4::<0x88>(ab_high, cd_high),
            _mm512_shuffle_i32x4::<0xdd>(ab_high, cd_high),
        ]
    }
}

#[inline(always)]
unsafe fn transpose_16(rows: [__m512i; 16]) -> [__m512i; 16] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = rows;
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let [a0, a1, a2, a3] = transpose_quarters([a, b, c, d]);
        let [b0, b1, b2, b3] = transpose_quarters([e, f, g, h]);
        let [c0, c1, c2, c3] = transpose_quarters([i, j, k, l]);
        let [d0, d1, d2, d3] = transpose_quarters([m, n, o, p]);
        let [a0, b0, c0, d0] = transpose_of_quarters([a0, b0, c0, d0]);
        let [a1, b1, c1, d1] = transpose_of_quarters([a1, b1, c1, d1]);
        let [a2, b2, c2, d2] = transpose_of_quarters([a2, b2, c2, d2]);
        let [a3, b3, c3, d3] = transpose_of_quarters([a3, b3, c3, d3]);
        [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3]
    }
}

/// The indices of the 64-bit words of two vectors that form one with the even (or odd) 128-bit quarters of both
/// alternating.
static EVEN: [i64; 8] = [0, 1, 8, 9, 4, 5, 12, 13];
static ODD: [i64; 8] = [2, 3, 10, 11, 6, 7, 14, 15];

/// The even quarters of two rows of four vectors, alternating, and the odd ones.
#[inline(always)]
unsafe fn alternate([a, b, c, d]: [__m512i; 4], [e, f, g, h]: [__m512i; 4]) -> [[__m512i; 4]; 2] {
    // SAFETY: the caller guarantees that the processor has the instructions, and 64 bytes are read from 64.
    unsafe {
        let even = _mm512_loadu_si512(EVEN.as_ptr().cast());
        let odd = _mm512_loadu_si512(ODD.as_ptr().cast());
        [
            [
                _mm512_permutex2var_epi64(a, even, e),
                _mm512_permutex2var_epi64(b, even, f),
                _mm512_permutex2var_epi64(c, even, g),
                _mm512_permutex2var_epi64(d, even, h),
            ],
            [
                _mm512_permutex2var_epi64(a, odd, e),
                _mm512_permutex2var_epi64(b, odd, f),
                _mm512_permutex2var_epi64(c, odd, g),
                _mm512_permutex2var_epi64(d, odd, h),
            ],
        ]
    }
}

/// Transposes pairs of rows `i` and `i + 8` to eight columns of sixteen words.
#[inline(always)]
unsafe fn transpose_pairs([a, b, c, d, e, f, g, h]: [__m512i; 8]) -> [__m512i; 8] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let low = transpose_quarters([a, b, c, d]);
        let high = transpose_quarters([e, f, g, h]);
        let [[a, b, c, d], [e, f, g, h]] = alternate(low, high);
        [a, b, c, d, e, f, g, h]
    }
}

/// The inverse of [`transpose_pairs`].
#[inline(always)]
unsafe fn transpose_back([a, b, c, d, e, f, g, h]: [__m512i; 8]) -> [__m512i; 8] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let [low, high] = alternate([a, b, c, d], [e, f, g, h]);
        let [a, b, c, d] = transpose_quarters(low);
        let [e, f, g, h] = transpose_quarters(high);
        [a, b, c, d, e, f, g, h]
    }
}

#[inline(always)]
unsafe fn transpose_8([a, b, c, d, e, f, g, h]: [__m512i; 8]) -> [__m512i; 8] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let (a0, a1) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        let (b0, b1) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
        let (c0, c1) = (_mm512_unpacklo_epi64(e, f), _mm512_unpackhi_epi64(e, f));
        let (d0, d1) = (_mm512_unpacklo_epi64(g, h), _mm512_unpackhi_epi64(g, h));
        let [a0, b0, c0, d0] = transpose_of_quarters([a0, b0, c0, d0]);
        let [a1, b1, c1, d1] = transpose_of_quarters([a1, b1, c1, d1]);
        [a0, a1, b0, b1, c0, c1, d0, d1]
    }
}

macro_rules! kernel {
    ($vector:ident, $word:ty, $lanes:literal) => {
        impl<C: Compression<Word = $word>> Kernel<C, $lanes> for Avx512 {
            #[inline]
            fn with_target_features(self, task: impl Task) {
                #[target_feature(enable = "avx512f,avx512bw")]
                fn run(task: impl Task) {
                    task.run();
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run(task) }
            }

            #[inline]
            fn compress_blocks(self, states: &mut [Row<$word>; $lanes], blocks: &[&[<$word as Word>::Block]; $lanes]) {
                #[target_feature(enable = "avx512f,avx512bw")]
                fn run<C: Compression<Word = $word>>(
                    proof: Avx512,
                    states: &mut [Row<$word>; $lanes],
                    blocks: &[&[<$word as Word>::Block]; $lanes],
                ) {
                    lockstep::compress_blocks::<C, $vector, $lanes>(proof, states, blocks);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<C>(self, states, blocks) }
            }

            #[inline]
            fn finish(
                self,
                is_truncated: bool,
                states: &mut [Row<$word>; $lanes],
                last: &[<$word as Word>::Block; $lanes],
                outer: &[Row<$word>; $lanes],
            ) {
                #[target_feature(enable = "avx512f,avx512bw")]
                fn run<C: Compression<Word = $word>>(
                    proof: Avx512,
                    is_truncated: bool,
                    states: &mut [Row<$word>; $lanes],
                    last: &[<$word as Word>::Block; $lanes],
                    outer: &[Row<$word>; $lanes],
                ) {
                    lockstep::finish::<C, $vector, $lanes>(proof, is_truncated, states, last, outer);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<C>(self, is_truncated, states, last, outer) }
            }
        }
    };
}

kernel!(Words32, u32, 16);
kernel!(Words64, u64, 8);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Feature;
    use crate::suite;

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = suite::detected(Feature::Avx512, Avx512::detect()) {
            suite::test_32_bit_hashes::<_, 16>(kernel);
            suite::test_64_bit_hashes::<_, 8>(kernel);
        }
    }
}
