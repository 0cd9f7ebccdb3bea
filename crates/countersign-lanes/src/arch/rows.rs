//! Loads and stores of vectors, and the transposition from one row per message to one vector per word.

use crate::vector::Vector;
use crate::word::Word;

/// Vectors that can be loaded, stored and transposed.
pub(crate) trait Rows<const LANES: usize>: Vector<LANES> {
    /// Loads `LANES` consecutive words, in the byte order of memory.
    ///
    /// # Safety
    /// `LANES` words can be read at `from`; it need not be aligned.
    unsafe fn load(proof: Self::Proof, from: *const Self::Word) -> Self;

    /// Stores `LANES` consecutive words.
    ///
    /// # Safety
    /// `LANES` words can be written at `to`; it need not be aligned.
    unsafe fn store(self, to: *mut Self::Word);

    /// Transposes: word `j` of row `i` becomes word `i` of row `j`.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// Loads one row of eight words per lane as eight vectors.
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

    /// Stores eight vectors as one row of eight words per lane.
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
