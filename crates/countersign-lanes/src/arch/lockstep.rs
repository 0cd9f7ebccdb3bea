//! The frame of a kernel, the same for all instruction sets: load, turn rows to columns, compress, turn back, store.

use crate::arch::rows::Rows;
use crate::rounds::{Compression, Hash};
use crate::word::{Row, Word};

/// [`Kernel::absorb`](crate::kernel::Kernel::absorb).
#[inline(always)]
pub(super) fn absorb<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(
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

/// [`Kernel::close`](crate::kernel::Kernel::close), in the same code for the long hash function and the short one.
#[inline(always)]
pub(super) fn close<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(
    proof: V::Proof,
    is_short: bool,
    states: &mut [Row<C::Word>; LANES],
    last: &[<C::Word as Word>::Block; LANES],
    outer: &[Row<C::Word>; LANES],
) {
    let is_tag = |at| at < C::Short::TAG_WORDS || (at < C::Long::TAG_WORDS && !is_short);
    let outer_block = if is_short { C::Short::OUTER_BLOCK } else { C::Long::OUTER_BLOCK };
    let mut from = [last.as_ptr(); LANES];
    for (from, block) in from.iter_mut().zip(last) {
        *from = block;
    }
    // SAFETY: each lane has one block.
    let words = unsafe { load_block::<C, V, LANES>(proof, &from, 0) };
    let hash = C::compress::<V, LANES>(proof, V::load_rows(proof, states), words);
    // The hash's words are the first ones of the outer block: they never become bytes in between.
    let mut words = [V::splat(proof, C::Word::ZERO); 16];
    for (at, to) in words.iter_mut().enumerate() {
        *to = if is_tag(at) { hash[at] } else { V::splat(proof, outer_block[at]) };
    }
    let mut tag = C::compress::<V, LANES>(proof, V::load_rows(proof, outer), words);
    for (at, tag) in tag.iter_mut().enumerate() {
        *tag = if is_tag(at) { in_order::<C, V, LANES>(*tag) } else { V::splat(proof, C::Word::ZERO) };
    }
    V::store_rows(tag, states);
}

/// From words as they lie in memory to those of a hash function, or back.
#[inline(always)]
fn in_order<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(words: V) -> V {
    if C::BIG_ENDIAN { words.ordered::<true>() } else { words.ordered::<false>() }
}

/// The words of the block `at` of each lane.
///
/// # Safety
/// There are more than `at` blocks in each lane.
#[inline(always)]
unsafe fn load_block<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::portable::{self, Portable};
    use crate::kernel::Kernel;
    use crate::suite;

    /// Closes as the kernels with wide vectors do, which not every processor has.
    #[derive(Clone, Copy)]
    struct Closing;

    macro_rules! closing {
        ($word:ty, $lanes:literal) => {
            impl<C: Compression<Word = $word>> Kernel<C, $lanes> for Closing {
                fn absorb(self, states: &mut [Row<$word>; $lanes], blocks: &[&[<$word as Word>::Block]; $lanes]) {
                    Kernel::<C, $lanes>::absorb(Portable, states, blocks);
                }

                fn close(
                    self,
                    is_short: bool,
                    states: &mut [Row<$word>; $lanes],
                    last: &[<$word as Word>::Block; $lanes],
                    outer: &[Row<$word>; $lanes],
                ) {
                    close::<C, portable::Lanes<$word, $lanes>, $lanes>(Portable, is_short, states, last, outer);
                }
            }
        };
    }

    closing!(u32, 4);
    closing!(u64, 2);

    #[test]
    fn agrees_with_one_message_at_a_time() {
        suite::words_32::<_, 4>(Closing);
        suite::words_64::<_, 2>(Closing);
    }
}
