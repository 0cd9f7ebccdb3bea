//! The trait of SIMD vectors, with the operations that the rounds need. Each instruction set in `arch` implements it.
//!
//! The implementations use loops where closures would be shorter: a closure may not be inlined, and then cannot use the
//! instructions.

use crate::word::Word;

/// `LANES` words, one of each message.
///
/// A value can be made only from a [`Proof`](Self::Proof), so code that has a value may use the instructions.
pub(crate) trait Vector<const LANES: usize>: Copy {
    /// The type of one lane.
    type Word: Word;

    /// Proves that the processor has the instructions: only detection makes one.
    type Proof: Copy;

    /// A vector with the same word in all lanes.
    fn splat(proof: Self::Proof, word: Self::Word) -> Self;

    /// The wrapping sum in each lane.
    fn add(self, other: Self) -> Self;

    fn xor(self, other: Self) -> Self;

    /// `REST` is the word size in bits minus `BY`. (Rust cannot compute one const argument from another here.)
    fn rotate_right<const BY: i32, const REST: i32>(self) -> Self;

    fn shift_right<const BY: i32>(self) -> Self;

    fn xor3(self, second: Self, third: Self) -> Self;

    /// For each bit: `yes` if the bit of `self` is set, else `no`.
    fn choose(self, yes: Self, no: Self) -> Self;

    /// The same value. Stops the compiler from reordering additions across it, which would lengthen the chain of
    /// dependent instructions.
    #[inline(always)]
    fn optimization_barrier(self) -> Self {
        self
    }

    /// The sum of `self` and `by.choose(yes, no)`. `yes` is the operand that is computed last.
    #[inline(always)]
    fn add_choice(self, by: Self, yes: Self, no: Self) -> Self {
        self.add(by.choose(yes, no))
    }

    /// For each bit: the value that at least two of the three have.
    fn majority(self, second: Self, third: Self) -> Self;

    /// `self ^ (second | !third)`, the fourth function of MD5.
    fn xor_or_not(self, second: Self, third: Self) -> Self;

    /// Converts words between the byte order of memory, big- or little-endian, and that of the processor.
    fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self;
}
