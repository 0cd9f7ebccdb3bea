//! The frame of a kernel, the same for all instruction sets: load, turn rows to columns, compress, turn back, store.

use crate::arch::vector::Vector;
use crate::rounds::{Compression, Hash, WordOf};
use crate::word::{Row, Word};

/// [`Kernel::absorb`](crate::kernel::Kernel::absorb).
#[inline(always)]
pub(super) fn absorb<C: Compression, V: Vector<LANES, Word = C::Word>, const LANES: usize>(
    proof: V::Proof,
    states: &mut [Row<C::Word>; LANES],
    blocks: &[&[<C::Word as Word>::Block]; LANES],
) {
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    let from = blocks.map(<[_]>::as_ptr);
    let mut state = V::load_rows(proof, states);
    for at in 0..count {
        // SAFETY: each lane has at least `count` blocks, and this is one before that.
        let words = unsafe { load_block::<C, V, LANES>(proof, &from, at) };
        state = C::compress::<V, LANES>(proof, state, words);
    }
    V::store_rows(state, states);
}

/// [`Kernel::close_as`](crate::kernel::Kernel::close_as).
#[inline(always)]
pub(super) fn close<H: Hash, V: Vector<LANES, Word = WordOf<H>>, const LANES: usize>(
    proof: V::Proof,
    states: &mut [Row<WordOf<H>>; LANES],
    last: &[<WordOf<H> as Word>::Block; LANES],
    outer: &[Row<WordOf<H>>; LANES],
) {
    let mut from = [last.as_ptr(); LANES];
    for (from, block) in from.iter_mut().zip(last) {
        *from = block;
    }
    // SAFETY: each lane has one block.
    let words = unsafe { load_block::<H::Compression, V, LANES>(proof, &from, 0) };
    let hash = H::Compression::compress::<V, LANES>(proof, V::load_rows(proof, states), words);
    // The hash's words are the first ones of the outer block: they never become bytes in between.
    let mut words = [V::splat(proof, WordOf::<H>::ZERO); 16];
    for (at, to) in words.iter_mut().enumerate() {
        *to = if at < H::TAG_WORDS { hash[at] } else { V::splat(proof, H::OUTER_BLOCK[at]) };
    }
    let mut tag = H::Compression::compress::<V, LANES>(proof, V::load_rows(proof, outer), words);
    for (at, tag) in tag.iter_mut().enumerate() {
        *tag = if at < H::TAG_WORDS {
            in_order::<H::Compression, V, LANES>(*tag)
        } else {
            V::splat(proof, WordOf::<H>::ZERO)
        };
    }
    V::store_rows(tag, states);
}

/// From words as they lie in memory to those of a hash function, or back.
#[inline(always)]
fn in_order<C: Compression, V: Vector<LANES, Word = C::Word>, const LANES: usize>(words: V) -> V {
    if C::BIG_ENDIAN { words.ordered::<true>() } else { words.ordered::<false>() }
}

/// The words of the block `at` of each lane.
///
/// # Safety
/// There are more than `at` blocks in each lane.
#[inline(always)]
unsafe fn load_block<C: Compression, V: Vector<LANES, Word = C::Word>, const LANES: usize>(
    proof: V::Proof,
    from: &[*const <C::Word as Word>::Block; LANES],
    at: usize,
) -> [V; 16] {
    const { assert!(16 % LANES == 0 && size_of::<<C::Word as Word>::Block>() == 16 * size_of::<C::Word>()) }
    let mut words = [V::splat(proof, C::Word::ZERO); 16];
    for (part, columns) in words.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        for (column, from) in columns.iter_mut().zip(from) {
            // SAFETY: the caller says that the block is there. It has 16 words, which is a whole number of parts of
            // `LANES` words, of which this is one.
            let row = unsafe { V::load(proof, from.add(at).cast::<C::Word>().add(part * LANES)) };
            *column = in_order::<C, V, LANES>(row);
        }
        *columns = V::transpose(*columns);
    }
    words
}
