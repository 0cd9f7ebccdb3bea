//! A vector of two vectors, for twice as many lanes.

use crate::arch::rows::Rows;
use crate::vector::Vector;

/// Twice the lanes of `V`, in two vectors. Each operation runs on one, then on the other. If each step of a function
/// depends on the step before, as in MD5, the processor runs the steps of both vectors at the same time.
#[derive(Clone, Copy)]
pub(super) struct Pair<V>(V, V);

impl<V: Vector<8>> Vector<16> for Pair<V> {
    type Word = V::Word;
    type Proof = V::Proof;

    #[inline(always)]
    fn splat(proof: V::Proof, word: V::Word) -> Self {
        let both = V::splat(proof, word);
        Self(both, both)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0.xor(other.0), self.1.xor(other.1))
    }

    #[inline(always)]
    fn rotate_right<const BY: i32, const REST: i32>(self) -> Self {
        Self(self.0.rotate_right::<BY, REST>(), self.1.rotate_right::<BY, REST>())
    }

    #[inline(always)]
    fn shift_right<const BY: i32>(self) -> Self {
        Self(self.0.shift_right::<BY>(), self.1.shift_right::<BY>())
    }

    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        Self(self.0.xor3(second.0, third.0), self.1.xor3(second.1, third.1))
    }

    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        Self(self.0.choose(yes.0, no.0), self.1.choose(yes.1, no.1))
    }

    #[inline(always)]
    fn optimization_barrier(self) -> Self {
        Self(self.0.optimization_barrier(), self.1.optimization_barrier())
    }

    #[inline(always)]
    fn add_choice(self, by: Self, yes: Self, no: Self) -> Self {
        Self(self.0.add_choice(by.0, yes.0, no.0), self.1.add_choice(by.1, yes.1, no.1))
    }

    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        Self(self.0.majority(second.0, third.0), self.1.majority(second.1, third.1))
    }

    #[inline(always)]
    fn xor_or_not(self, second: Self, third: Self) -> Self {
        Self(self.0.xor_or_not(second.0, third.0), self.1.xor_or_not(second.1, third.1))
    }

    #[inline(always)]
    fn convert_endian<const BIG_ENDIAN: bool>(self) -> Self {
        Self(self.0.convert_endian::<BIG_ENDIAN>(), self.1.convert_endian::<BIG_ENDIAN>())
    }
}

impl<V: Rows<8>> Rows<16> for Pair<V> {
    #[inline(always)]
    unsafe fn load(proof: V::Proof, from: *const V::Word) -> Self {
        // SAFETY: the caller guarantees that sixteen words can be read, which are twice eight.
        unsafe { Self(V::load(proof, from), V::load(proof, from.add(8))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut V::Word) {
        // SAFETY: the caller guarantees that sixteen words can be written, which are twice eight.
        unsafe {
            self.0.store(to);
            self.1.store(to.add(8));
        }
    }

    /// Transposes each quarter of the matrix separately.
    #[inline(always)]
    fn transpose(mut rows: [Self; 16]) -> [Self; 16] {
        let (upper, lower) = rows.split_at_mut(8);
        let (mut a, mut b) = ([upper[0].0; 8], [upper[0].1; 8]);
        let (mut c, mut d) = ([lower[0].0; 8], [lower[0].1; 8]);
        for lane in 0..8 {
            (Self(a[lane], b[lane]), Self(c[lane], d[lane])) = (upper[lane], lower[lane]);
        }
        (a, b, c, d) = (V::transpose(a), V::transpose(b), V::transpose(c), V::transpose(d));
        for lane in 0..8 {
            (upper[lane], lower[lane]) = (Self(a[lane], c[lane]), Self(b[lane], d[lane]));
        }
        rows
    }

    #[inline(always)]
    fn load_rows(proof: V::Proof, rows: &[[V::Word; 8]; 16]) -> [Self; 8] {
        let mut columns = [Self::splat(proof, rows[0][0]); 8];
        if let [upper, lower] = rows.as_chunks().0 {
            let (upper, lower) = (V::load_rows(proof, upper), V::load_rows(proof, lower));
            for lane in 0..8 {
                columns[lane] = Self(upper[lane], lower[lane]);
            }
        }
        columns
    }

    #[inline(always)]
    fn store_rows(columns: [Self; 8], rows: &mut [[V::Word; 8]; 16]) {
        let (mut upper, mut lower) = ([columns[0].0; 8], [columns[0].1; 8]);
        for lane in 0..8 {
            Self(upper[lane], lower[lane]) = columns[lane];
        }
        if let [upper_rows, lower_rows] = rows.as_chunks_mut().0 {
            V::store_rows(upper, upper_rows);
            V::store_rows(lower, lower_rows);
        }
    }
}
