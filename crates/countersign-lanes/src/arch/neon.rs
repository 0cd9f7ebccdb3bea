//! NEON: four lanes of 32 bits, and two of 64 bits.

use core::arch::aarch64::*;

use crate::arch::lockstep;
use crate::arch::rows::Rows;
use crate::kernel::Kernel;
use crate::rounds::Compression;
use crate::vector::Vector;
use crate::word::{Row, Word};

/// Proves that the processor has NEON.
#[derive(Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    /// Nearly every 64-bit Arm processor has NEON, and compilers assume it by default.
    pub(crate) fn detect() -> Option<Self> {
        cfg!(target_feature = "neon").then_some(Self(()))
    }
}

/// Four lanes of 32 bits. Can be made only from a [`Neon`].
#[derive(Clone, Copy)]
pub(crate) struct Words32(uint32x4_t);

/// Two lanes of 64 bits. Can be made only from a [`Neon`].
#[derive(Clone, Copy)]
pub(crate) struct Words64(uint64x2_t);

macro_rules! vector {
    (
        $name:ident, $word:ty, $lanes:literal, $dup:ident, $add:ident, $xor:ident, $or:ident, $select:ident,
        $shr:ident, $shl:ident, $insert:ident, $to_bytes:ident, $swap:ident, $from_bytes:ident, $load:ident,
        $store:ident, $transpose:ident
    ) => {
        impl Vector<$lanes> for $name {
            type Word = $word;
            type Proof = Neon;

            #[inline(always)]
            fn splat(_: Neon, word: $word) -> Self {
                // SAFETY: the proof guarantees that the processor has the instructions.
                Self(unsafe { $dup(word) })
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $add(self.0, other.0) })
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $xor(self.0, other.0) })
            }

            #[inline(always)]
            fn rotate_right<const BY: i32, const REST: i32>(self) -> Self {
                const { assert!(BY + REST == <$word>::BITS.cast_signed()) }
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $insert::<BY>($shl::<REST>(self.0), self.0) })
            }

            #[inline(always)]
            fn shift_right<const BY: i32>(self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $shr::<BY>(self.0) })
            }

            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                self.xor(second).xor(third)
            }

            #[inline(always)]
            fn choose(self, yes: Self, no: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $select(self.0, yes.0, no.0) })
            }

            /// The value of the first two where they agree, else the third.
            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                self.xor(second).choose(third, second)
            }

            #[inline(always)]
            fn xor_or_not(self, second: Self, third: Self) -> Self {
                // SAFETY: a value of this type proves that the processor has the instructions.
                self.xor(Self(unsafe { $or(second.0, $xor(third.0, $dup(<$word>::MAX))) }))
            }

            #[inline(always)]
            fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self {
                if BIG_ENDIAN == cfg!(target_endian = "big") {
                    return self;
                }
                // SAFETY: a value of this type proves that the processor has the instructions.
                Self(unsafe { $from_bytes($swap($to_bytes(self.0))) })
            }
        }

        impl Rows<$lanes> for $name {
            #[inline(always)]
            unsafe fn load(_: Neon, from: *const $word) -> Self {
                // SAFETY: the caller guarantees that so many words can be read.
                Self(unsafe { $load(from) })
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $word) {
                // SAFETY: the caller guarantees that so many words can be written.
                unsafe { $store(to, self.0) };
            }

            #[inline(always)]
            fn transpose(rows: [Self; $lanes]) -> [Self; $lanes] {
                // SAFETY: a value of this type proves that the processor has the instructions.
                unsafe { $transpose(rows) }
            }
        }

        impl<C: Compression<Word = $word>> Kernel<C, $lanes> for Neon {
            fn compress_blocks(self, states: &mut [Row<$word>; $lanes], blocks: &[&[<$word as Word>::Block]; $lanes]) {
                lockstep::compress_blocks::<C, $name, $lanes>(self, states, blocks);
            }

            fn finish(
                self,
                is_truncated: bool,
                states: &mut [Row<$word>; $lanes],
                last: &[<$word as Word>::Block; $lanes],
                outer: &[Row<$word>; $lanes],
            ) {
                lockstep::finish::<C, $name, $lanes>(self, is_truncated, states, last, outer);
            }
        }
    };
}

vector!(
    Words32,
    u32,
    4,
    vdupq_n_u32,
    vaddq_u32,
    veorq_u32,
    vorrq_u32,
    vbslq_u32,
    vshrq_n_u32,
    vshlq_n_u32,
    vsriq_n_u32,
    vreinterpretq_u8_u32,
    vrev32q_u8,
    vreinterpretq_u32_u8,
    vld1q_u32,
    vst1q_u32,
    transpose_4
);

vector!(
    Words64,
    u64,
    2,
    vdupq_n_u64,
    vaddq_u64,
    veorq_u64,
    vorrq_u64,
    vbslq_u64,
    vshrq_n_u64,
    vshlq_n_u64,
    vsriq_n_u64,
    vreinterpretq_u8_u64,
    vrev64q_u8,
    vreinterpretq_u64_u8,
    vld1q_u64,
    vst1q_u64,
    transpose_2
);

#[inline(always)]
unsafe fn transpose_4([a, b, c, d]: [Words32; 4]) -> [Words32; 4] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe {
        let (ab_even, ab_odd) = (vtrn1q_u32(a.0, b.0), vtrn2q_u32(a.0, b.0));
        let (cd_even, cd_odd) = (vtrn1q_u32(c.0, d.0), vtrn2q_u32(c.0, d.0));
        let pair = |x, y| (vreinterpretq_u64_u32(x), vreinterpretq_u64_u32(y));
        let ((ab_even, cd_even), (ab_odd, cd_odd)) = (pair(ab_even, cd_even), pair(ab_odd, cd_odd));
        [
            Words32(vreinterpretq_u32_u64(vtrn1q_u64(ab_even, cd_even))),
            Words32(vreinterpretq_u32_u64(vtrn1q_u64(ab_odd, cd_odd))),
            Words32(vreinterpretq_u32_u64(vtrn2q_u64(ab_even, cd_even))),
            Words32(vreinterpretq_u32_u64(vtrn2q_u64(ab_odd, cd_odd))),
        ]
    }
}

#[inline(always)]
unsafe fn transpose_2([a, b]: [Words64; 2]) -> [Words64; 2] {
    // SAFETY: the caller guarantees that the processor has the instructions.
    unsafe { [Words64(vtrn1q_u64(a.0, b.0)), Words64(vtrn2q_u64(a.0, b.0))] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Feature;
    use crate::suite;

    #[test]
    fn agrees_with_one_message_at_a_time() {
        if let Some(kernel) = suite::detected(Feature::Neon, Neon::detect()) {
            suite::test_32_bit_hashes::<_, 4>(kernel);
            suite::test_64_bit_hashes::<_, 2>(kernel);
        }
    }
}
