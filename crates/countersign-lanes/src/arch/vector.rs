//! What a kernel needs of an instruction set: words in lanes, and the operations that the rounds are made of.
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

    /// `LANES` words that follow each other, as they lie in memory.
    ///
    /// # Safety
    /// `LANES` words can be read at `from`; it need not be aligned.
    unsafe fn load(proof: Self::Proof, from: *const Self::Word) -> Self;

    /// The opposite of [`load`](Self::load).
    ///
    /// # Safety
    /// `LANES` words can be written at `to`; it need not be aligned.
    unsafe fn store(self, to: *mut Self::Word);

    /// From rows to columns, or back: word `j` of row `i` becomes word `i` of row `j`.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// From rows of eight words, one a lane, to eight vectors.
    #[inline(always)]
    fn load_rows(proof: Self::Proof, rows: &[[Self::Word; 8]; LANES]) -> [Self; 8] {
        const { assert!(8 % LANES == 0) }
        let mut columns = [Self::splat(proof, Self::Word::ZERO); 8];
        for (part, columns) in columns.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            for (column, row) in columns.iter_mut().zip(rows) {
                // SAFETY: a row has 8 words, which is a whole number of parts of `LANES` words, of which this is one.
                *column = unsafe { Self::load(proof, row.as_ptr().add(part * LANES)) };
            }
            *columns = Self::transpose(*columns);
        }
        columns
    }

    /// The opposite of [`load_rows`](Self::load_rows).
    #[inline(always)]
    fn store_rows(columns: [Self; 8], rows: &mut [[Self::Word; 8]; LANES]) {
        const { assert!(8 % LANES == 0) }
        for (part, columns) in columns.as_chunks::<LANES>().0.iter().enumerate() {
            for (row, vector) in rows.iter_mut().zip(Self::transpose(*columns)) {
                // SAFETY: as above.
                unsafe { vector.store(row.as_mut_ptr().add(part * LANES)) };
            }
        }
    }
}
