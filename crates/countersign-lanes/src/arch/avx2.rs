//! AVX2: eight or sixteen lanes of 32 bits, and four of 64 bits.

mod decode;

use core::arch::x86_64::*;

use crate::arch::lockstep;
use crate::arch::pair::Pair;
use crate::arch::rows::Rows;
use crate::kernel::{Kernel, Task};
use crate::rounds::Compression;
use crate::vector::Vector;
use crate::word::{Row, Word};

/// Proves that the processor has AVX2, and that the operating system saves its registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

cpufeatures::new!(features, "avx2");

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        features::get().then_some(Self(()))
    }
}

/// Eight lanes of 32 bits. Can be made only from an [`Avx2`].
#[derive(Clone, Copy)]
pub(crate) struct Words32(__m256i);

/// Four lanes of 64 bits. Can be made only from an [`Avx2`].
#[derive(Clone, Copy)]
pub(crate) struct Words64(__m256i);

macro_rules! vector {
    (
        $name:ident, $word:ty, $lanes:literal, $splat:ident, $add:ident, $srl:ident, $sll:ident, $swapped:expr,
        $transpose:ident
    ) => {
        impl Vector<$lanes> for $name {
            type Word = $word;
            type Proof = Avx2;

            #[inline(always)]
            fn splat(_: Avx2, word: $word) -> Self {
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
                Self(unsafe { _mm256_xor_si256(self.0, other.0) })
            }

            #[inline(always)]
            fn rotate_right<const BY: i32, const REST: i32>(self) -> Self {
                const { assert!(BY + REST == <$word>::BITS.cast_signed()) }
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm256_or_si256($srl::<BY>(self.0), $sll::<REST>(self.0)) })
            }

            #[inline(always)]
            fn shift_right<const BY: i32>(self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $srl::<BY>(self.0) })
            }

            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                self.xor(second).xor(third)
            }

            #[inline(always)]
            fn choose(self, yes: Self, no: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                no.xor(Self(unsafe { _mm256_and_si256(self.0, yes.xor(no).0) }))
            }

            /// The value of the first two where they agree, else the third. In SHA-2, `second ^ third` is `self ^
            /// second` of the previous round, so the compiler computes it only once.
            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                second.xor(Self(unsafe { _mm256_and_si256(self.xor(second).0, second.xor(third).0) }))
            }

            #[inline(always)]
            fn xor_or_not(self, second: Self, third: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                let not = unsafe { _mm256_xor_si256(third.0, _mm256_set1_epi64x(-1)) };
                // SAFETY: the same.
                self.xor(Self(unsafe { _mm256_or_si256(second.0, not) }))
            }

            #[inline(always)]
            fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self {
                if !BIG_ENDIAN {
                    return self;
                }
                let [low, high]: [i64; 2] = $swapped;
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { _mm256_shuffle_epi8(self.0, _mm256_set_epi64x(high, low, high, low)) })
            }
        }

        impl Rows<$lanes> for $name {
            #[inline(always)]
            unsafe fn load(_: Avx2, from: *const $word) -> Self {
                // SAFETY: the caller guarantees that so many words can be read.
                Self(unsafe { _mm256_loadu_si256(from.cast()) })
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $word) {
                // SAFETY: the caller guarantees that so many words can be written.
                unsafe { _mm256_storeu_si256(to.cast(), self.0) };
            }

            #[inline(always)]
            fn transpose(mut rows: [Self; $lanes]) -> [Self; $lanes] {
                let mut plain = [rows[0].0; $lanes];
                for (plain, row) in plain.iter_mut().zip(rows) {
                    *plain = row.0;
                }
                // SAFETY: a value of this type proves that the processor has the instructions.
                let columns = unsafe { $transpose(plain) };
                for (row, column) in rows.iter_mut().zip(columns) {
                    row.0 = column;
                }
                rows
            }
        }
    };
}

vector!(
    Words32,
    u32,
    8,
    _mm256_set1_epi32,
    _mm256_add_epi32,
    _mm256_srli_epi32,
    _mm256_slli_epi32,
    [0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b],
    transpose_8
);

vector!(
    Words64,
    u64,
    4,
    _mm256_set1_epi64x,
    _mm256_add_epi64,
    _mm256_srli_epi64,
    _mm256_slli_epi64,
    [0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f],
    transpose_4
);

/// Transposes four rows of 32-bit words within each half of the vectors.
#[inline(always)]
unsafe fn transpose_halves([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

/// The low halves of two vectors as one vector, and the high halves as another.
#[inline(always)]
unsafe fn exchange_halves(a: __m256i, b: __m256i) -> (__m256i, __m256i) {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe { (_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b)) }
}

#[inline(always)]
unsafe fn transpose_8([a, b, c, d, e, f, g, h]: [__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let [a0, a1, a2, a3] = transpose_halves([a, b, c, d]);
        let [b0, b1, b2, b3] = transpose_halves([e, f, g, h]);
        let ((a, e), (b, f)) = (exchange_halves(a0, b0), exchange_halves(a1, b1));
        let ((c, g), (d, h)) = (exchange_halves(a2, b2), exchange_halves(a3, b3));
        [a, b, c, d, e, f, g, h]
    }
}

#[inline(always)]
unsafe fn transpose_4([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let (a0, a1) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let (b0, b1) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
        let ((a, c), (b, d)) = (exchange_halves(a0, b0), exchange_halves(a1, b1));
        [a, b, c, d]
    }
}

macro_rules! kernel {
    ($vector:ty, $word:ty, $lanes:literal) => {
        impl<C: Compression<Word = $word>> Kernel<C, $lanes> for Avx2 {
            #[inline]
            fn with_target_features(self, task: impl Task) {
                #[target_feature(enable = "avx2")]
                fn run(task: impl Task) {
                    task.run();
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run(task) }
            }

            #[inline]
            fn compress_blocks(self, states: &mut [Row<$word>; $lanes], blocks: &[&[<$word as Word>::Block]; $lanes]) {
                #[target_feature(enable = "avx2")]
                fn run<C: Compression<Word = $word>>(
                    proof: Avx2,
                    states: &mut [Row<$word>; $lanes],
                    blocks: &[&[<$word as Word>::Block]; $lanes],
                ) {
                    lockstep::compress_blocks::<C, $vector, $lanes>(proof, states, blocks);
                }
                // SAFETY: `self` is proof that the processor has these features.
                unsafe { run::<C>(self, states, blocks) }
            }
        }
    };
}

kernel!(Words32, u32, 8);
kernel!(Pair<Words32>, u32, 16);
kernel!(Words64, u64, 4);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Feature;
    use crate::suite;

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = suite::detected(Feature::Avx2, Avx2::detect()) {
            suite::test_32_bit_hashes::<_, 8>(kernel);
            suite::test_32_bit_hashes::<_, 16>(kernel);
            suite::test_64_bit_hashes::<_, 4>(kernel);
        }
    }
}
