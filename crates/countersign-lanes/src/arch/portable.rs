//! Portable vectors: arrays of four 32-bit words or two 64-bit words.

use core::array::from_fn;

use crate::arch::lockstep;
use crate::arch::rows::Rows;
use crate::kernel::Kernel;
use crate::rounds::Compression;
use crate::vector::Vector;
use crate::word::{Row, Word};

/// The kernel, and the proof, for every processor.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// One word per lane.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<W, const LANES: usize>([W; LANES]);

macro_rules! vector {
    ($word:ty, $lanes:literal) => {
        impl Vector<$lanes> for Lanes<$word, $lanes> {
            type Word = $word;
            type Proof = Portable;

            #[inline(always)]
            fn splat(_: Portable, word: $word) -> Self {
                Self([word; $lanes])
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(from_fn(|lane| self.0[lane].wrapping_add(other.0[lane])))
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                Self(from_fn(|lane| self.0[lane] ^ other.0[lane]))
            }

            #[inline(always)]
            fn rotate_right<const BY: i32, const REST: i32>(self) -> Self {
                Self(self.0.map(|word| word.rotate_right(const { BY.unsigned_abs() })))
            }

            #[inline(always)]
            fn shift_right<const BY: i32>(self) -> Self {
                Self(self.0.map(|word| word >> BY))
            }

            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                self.xor(second).xor(third)
            }

            #[inline(always)]
            fn choose(self, yes: Self, no: Self) -> Self {
                Self(from_fn(|lane| no.0[lane] ^ (self.0[lane] & (yes.0[lane] ^ no.0[lane]))))
            }

            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                Self(from_fn(|lane| {
                    (self.0[lane] & second.0[lane]) | (third.0[lane] & (self.0[lane] | second.0[lane]))
                }))
            }

            #[inline(always)]
            fn xor_or_not(self, second: Self, third: Self) -> Self {
                Self(from_fn(|lane| self.0[lane] ^ (second.0[lane] | !third.0[lane])))
            }

            #[inline(always)]
            fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self {
                Self(self.0.map(if BIG_ENDIAN { <$word>::from_be } else { <$word>::from_le }))
            }
        }

        impl Rows<$lanes> for Lanes<$word, $lanes> {
            #[inline(always)]
            unsafe fn load(_: Portable, from: *const $word) -> Self {
                // SAFETY: the caller guarantees that so many words can be read.
                Self(unsafe { from.cast::<[$word; $lanes]>().read_unaligned() })
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $word) {
                // SAFETY: the caller guarantees that so many words can be written.
                unsafe { to.cast::<[$word; $lanes]>().write_unaligned(self.0) };
            }

            #[inline(always)]
            fn transpose(rows: [Self; $lanes]) -> [Self; $lanes] {
                from_fn(|column| Self(from_fn(|row| rows[row].0[column])))
            }
        }

        impl<C: Compression<Word = $word>> Kernel<C, $lanes> for Portable {
            fn compress_blocks(self, states: &mut [Row<$word>; $lanes], blocks: &[&[<$word as Word>::Block]; $lanes]) {
                lockstep::compress_blocks::<C, Lanes<$word, $lanes>, $lanes>(self, states, blocks);
            }
        }
    };
}

vector!(u32, 4);
vector!(u64, 2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;

    #[test]
    fn agrees_with_one_message_at_a_time() {
        suite::test_32_bit_hashes::<_, 4>(Portable);
        suite::test_64_bit_hashes::<_, 2>(Portable);
    }
}
