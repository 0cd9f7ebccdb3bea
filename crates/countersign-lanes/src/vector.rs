//! Words in lanes, and the operations that the rounds are made of. Each instruction set in `arch` implements them.
//!
//! There are loops where closures would be shorter, because a closure need not be inlined, and then lacks the instructions.

use crate::word::Word;

/// `LANES` words, one of each message.
///
/// A value can only be made from a [`Proof`](Self::Proof), so that whoever holds one may use the instructions.
pub(crate) trait Vector<const LANES: usize>: Copy {
    /// What is in a lane.
    type Word: Word;

    /// Shows that the processor has the instructions: only detection makes one.
    type Proof: Copy;

    /// The same word in all lanes.
    fn splat(proof: Self::Proof, word: Self::Word) -> Self;

    /// The sum in each lane, modulo 2 to the size of a word.
    fn add(self, other: Self) -> Self;

    fn xor(self, other: Self) -> Self;

    /// `BY` and `REST` add up to the size of a word. (A constant cannot be computed from another one here.)
    fn rotate_right<const BY: i32, const REST: i32>(self) -> Self;

    fn shift_right<const BY: i32>(self) -> Self;

    fn xor3(self, second: Self, third: Self) -> Self;

    /// Bit by bit: `yes` where the bit is set, else `no`.
    fn choose(self, yes: Self, no: Self) -> Self;

    /// The same. Where a compiler would add what is known early after what is known late, it is kept from that.
    #[inline(always)]
    fn as_is(self) -> Self {
        self
    }

    /// The sum with a [choice](Self::choose) by `by`, of which `yes` is known last.
    #[inline(always)]
    fn add_choice(self, by: Self, yes: Self, no: Self) -> Self {
        self.add(by.choose(yes, no))
    }

    /// Bit by bit: what two or three of them say.
    fn majority(self, second: Self, third: Self) -> Self;

    /// `self ^ (second | !third)`, the fourth function of MD5.
    fn xor_or_not(self, second: Self, third: Self) -> Self;

    /// From words as they lie in memory, with the highest byte first or last, to those that they mean, or back.
    fn ordered<const BIG_ENDIAN: bool>(self) -> Self;
}
