//! BMI2: one message of MD5, SHA-384 or SHA-512 in general registers, with rotations that do not overwrite their
//! source.

mod sha512;

use core::arch::asm;

use crate::arch::lockstep;
use crate::arch::rows::Rows;
use crate::kernel::{Kernel, Task};
use crate::rounds::md5::Md5;
use crate::rounds::sha2::Sha512;
use crate::single::SingleMessage;
use crate::vector::Vector;
use crate::word::Row;

/// Proves that the processor has AVX2, BMI1 and BMI2, and that the operating system saves their registers.
#[derive(Clone, Copy)]
pub(crate) struct Bmi2(());

cpufeatures::new!(features, "avx2", "bmi1", "bmi2");

impl Bmi2 {
    pub(crate) fn detect() -> Option<Self> {
        features::get().then_some(Self(()))
    }
}

/// A word of MD5. Can be made only from a [`Bmi2`].
#[derive(Clone, Copy)]
pub(crate) struct Lane(u32);

impl Vector<1> for Lane {
    type Word = u32;
    type Proof = Bmi2;

    #[inline(always)]
    fn splat(_: Bmi2, word: u32) -> Self {
        Self(word)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    #[inline(always)]
    fn rotate_right<const BY: i32, const REST: i32>(self) -> Self {
        Self(self.0.rotate_right(const { BY.unsigned_abs() }))
    }

    #[inline(always)]
    fn shift_right<const BY: i32>(self) -> Self {
        Self(self.0 >> BY)
    }

    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        Self(self.0 ^ second.0 ^ third.0)
    }

    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        Self((self.0 & yes.0) | (!self.0 & no.0))
    }

    #[inline(always)]
    fn optimization_barrier(self) -> Self {
        let mut word = self.0;
        // SAFETY: the assembly contains no instruction.
        unsafe { asm!("/* {0:e} */", inout(reg) word, options(pure, nomem, nostack, preserves_flags)) };
        Self(word)
    }

    /// The two halves of a choice have no common bits, so they can be added separately.
    #[inline(always)]
    fn add_choice(self, by: Self, yes: Self, no: Self) -> Self {
        Self(self.0.wrapping_add(!by.0 & no.0).wrapping_add(by.0 & yes.0))
    }

    /// The next round uses `self ^ second` again.
    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        Self(second.0 ^ ((self.0 ^ second.0) & (second.0 ^ third.0)))
    }

    #[inline(always)]
    fn xor_or_not(self, second: Self, third: Self) -> Self {
        Self(self.0 ^ (second.0 | !third.0))
    }

    #[inline(always)]
    fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self {
        Self(if BIG_ENDIAN { u32::from_be(self.0) } else { u32::from_le(self.0) })
    }
}

impl Rows<1> for Lane {
    #[inline(always)]
    unsafe fn load(_: Bmi2, from: *const u32) -> Self {
        // SAFETY: the caller guarantees that a word can be read.
        Self(unsafe { from.read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u32) {
        // SAFETY: the caller guarantees that a word can be written.
        unsafe { to.write_unaligned(self.0) };
    }

    #[inline(always)]
    fn transpose(rows: [Self; 1]) -> [Self; 1] {
        rows
    }
}

impl Kernel<Md5, 1> for Bmi2 {
    #[inline]
    fn with_target_features(self, task: impl Task) {
        #[target_feature(enable = "avx2,bmi1,bmi2")]
        fn run(task: impl Task) {
            task.run();
        }
        // SAFETY: `self` is proof that the processor has these features.
        unsafe { run(task) }
    }

    #[inline]
    fn compress_blocks(self, states: &mut [Row<u32>; 1], blocks: &[&[[u8; 64]]; 1]) {
        #[target_feature(enable = "avx2,bmi1,bmi2")]
        fn run(proof: Bmi2, states: &mut [Row<u32>; 1], blocks: &[&[[u8; 64]]; 1]) {
            lockstep::compress_blocks::<Md5, Lane, 1>(proof, states, blocks);
        }
        // SAFETY: `self` is proof that the processor has these features.
        unsafe { run(self, states, blocks) }
    }
}

impl Kernel<Sha512, 1> for Bmi2 {
    #[inline]
    fn with_target_features(self, task: impl Task) {
        #[target_feature(enable = "avx2,bmi1,bmi2")]
        fn run(task: impl Task) {
            task.run();
        }
        // SAFETY: `self` is proof that the processor has these features.
        unsafe { run(task) }
    }

    #[inline]
    fn compress_blocks(self, [state]: &mut [Row<u64>; 1], [blocks]: &[&[[u8; 128]]; 1]) {
        // SAFETY: `self` is proof that the processor has these features.
        unsafe { sha512::compress_blocks(state, blocks) }
    }
}

impl SingleMessage<Md5> for Bmi2 {}
impl SingleMessage<Sha512> for Bmi2 {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Feature;
    use crate::{rounds, suite};

    #[test]
    fn agrees_with_one_message_at_a_time() {
        let Some(bmi2) = suite::detected(Feature::Bmi2, Bmi2::detect()) else { return };
        suite::test_hash::<rounds::Md5, _, 1>(bmi2);
        suite::test_64_bit_hashes::<_, 1>(bmi2);
    }
}
