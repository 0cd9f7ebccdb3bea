//! Two vectors side by side.

use crate::arch::rows::Rows;
use crate::vector::Vector;

/// Twice the lanes of `V`, in two vectors that do the same one after the other. Where each step of a function waits for the one
/// before, as in MD5, the second vector's fills the time.
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
    fn as_is(self) -> Self {
        Self(self.0.as_is(), self.1.as_is())
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
    fn ordered<const BIG_ENDIAN: bool>(self) -> Self {
        Self(self.0.ordered::<BIG_ENDIAN>(), self.1.ordered::<BIG_ENDIAN>())
    }
}

impl<V: Rows<8>> Rows<16> for Pair<V> {
    #[inline(always)]
    unsafe fn load(proof: V::Proof, from: *const V::Word) -> Self {
        // SAFETY: the caller says that sixteen words can be read, which are twice eight.
        unsafe { Self(V::load(proof, from), V::load(proof, from.add(8))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut V::Word) {
        // SAFETY: the caller says that sixteen words can be written, which are twice eight.
        unsafe {
            self.0.store(to);
            self.1.store(to.add(8));
        }
    }

    /// By quarters, each of which is turned by itself.
    #[inline(always)]
    fn transpose(mut rows: [Self; 16]) -> [Self; 16] {
        let (upper, lower) = rows.split_at_mut(8);
        let (mut a, mut b) = ([upper[0].0; 8], [upper[0].1; 8]);
        let (mut c, mut d) = ([lower[0].0; 8], [lower[0].1; 8]);
        for at in 0..8 {
            (Self(a[at], b[at]), Self(c[at], d[at])) = (upper[at], lower[at]);
        }
        (a, b, c, d) = (V::transpose(a), V::transpose(b), V::transpose(c), V::transpose(d));
        for at in 0..8 {
            (upper[at], lower[at]) = (Self(a[at], c[at]), Self(b[at], d[at]));
        }
        rows
    }

    #[inline(always)]
    fn load_rows(proof: V::Proof, rows: &[[V::Word; 8]; 16]) -> [Self; 8] {
        let mut columns = [Self::splat(proof, rows[0][0]); 8];
        if let [upper, lower] = rows.as_chunks().0 {
            let (upper, lower) = (V::load_rows(proof, upper), V::load_rows(proof, lower));
            for at in 0..8 {
                columns[at] = Self(upper[at], lower[at]);
            }
        }
        columns
    }

    #[inline(always)]
    fn store_rows(columns: [Self; 8], rows: &mut [[V::Word; 8]; 16]) {
        let (mut upper, mut lower) = ([columns[0].0; 8], [columns[0].1; 8]);
        for at in 0..8 {
            Self(upper[at], lower[at]) = columns[at];
        }
        if let [upper_rows, lower_rows] = rows.as_chunks_mut().0 {
            V::store_rows(upper, upper_rows);
            V::store_rows(lower, lower_rows);
        }
    }
}
