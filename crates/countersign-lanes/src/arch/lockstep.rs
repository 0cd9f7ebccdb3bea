//! The structure that most kernels share: load and transpose rows, run the rounds in all lanes, transpose and store.

use crate::arch::rows::Rows;
use crate::rounds::{Compression, Hash};
use crate::word::{Row, Word};

/// Implements [`Kernel::compress_blocks`](crate::kernel::Kernel::compress_blocks).
#[inline(always)]
pub(super) fn compress_blocks<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(
    proof: V::Proof,
    states: &mut [Row<C::Word>; LANES],
    blocks: &[&[<C::Word as Word>::Block]; LANES],
) {
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    let from = blocks.map(<[_]>::as_ptr);
    let mut state = V::load_rows(proof, states);
    for index in 0..count {
        // SAFETY: each lane has at least `count` blocks, and `index` is less than `count`.
        let words = unsafe { load_block::<C, V, LANES>(proof, &from, index) };
        state = C::compress::<V, LANES>(proof, state, words);
    }
    V::store_rows(state, states);
}

/// Implements [`Kernel::finish`](crate::kernel::Kernel::finish), with the same code for the full and the truncated hash
/// function.
#[inline(always)]
pub(super) fn finish<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(
    proof: V::Proof,
    is_truncated: bool,
    states: &mut [Row<C::Word>; LANES],
    last: &[<C::Word as Word>::Block; LANES],
    outer: &[Row<C::Word>; LANES],
) {
    let is_tag = |index| index < C::Truncated::TAG_WORDS || (index < C::Full::TAG_WORDS && !is_truncated);
    let outer_block = if is_truncated { C::Truncated::OUTER_BLOCK } else { C::Full::OUTER_BLOCK };
    let mut from = [last.as_ptr(); LANES];
    for (from, block) in from.iter_mut().zip(last) {
        *from = block;
    }
    // SAFETY: each lane has one block.
    let words = unsafe { load_block::<C, V, LANES>(proof, &from, 0) };
    let hash = C::compress::<V, LANES>(proof, V::load_rows(proof, states), words);
    // The words of the inner hash are the first words of the outer block: they need not be converted to bytes in
    // between.
    let mut words = [V::splat(proof, C::Word::ZERO); 16];
    for (index, to) in words.iter_mut().enumerate() {
        *to = if is_tag(index) { hash[index] } else { V::splat(proof, outer_block[index]) };
    }
    let mut tag = C::compress::<V, LANES>(proof, V::load_rows(proof, outer), words);
    for (index, tag) in tag.iter_mut().enumerate() {
        *tag = if is_tag(index) { convert_endian::<C, V, LANES>(*tag) } else { V::splat(proof, C::Word::ZERO) };
    }
    V::store_rows(tag, states);
}

/// Converts words between the byte order of memory and that of the processor.
#[inline(always)]
fn convert_endian<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(words: V) -> V {
    if C::BIG_ENDIAN { words.convert_endian::<true>() } else { words.convert_endian::<false>() }
}

/// Loads the words of the block `index` of each lane.
///
/// # Safety
/// There are more than `index` blocks in each lane.
#[inline(always)]
unsafe fn load_block<C: Compression, V: Rows<LANES, Word = C::Word>, const LANES: usize>(
    proof: V::Proof,
    from: &[*const <C::Word as Word>::Block; LANES],
    index: usize,
) -> [V; 16] {
    const { assert!(16 % LANES == 0 && size_of::<<C::Word as Word>::Block>() == 16 * size_of::<C::Word>()) }
    let mut words = [V::splat(proof, C::Word::ZERO); 16];
    for (part, columns) in words.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        for (column, from) in columns.iter_mut().zip(from) {
            // SAFETY: the caller guarantees that the block exists. It has 16 words, which is a whole number of parts of
            // `LANES` words, of which this is one.
            let row = unsafe { V::load(proof, from.add(index).cast::<C::Word>().add(part * LANES)) };
            *column = convert_endian::<C, V, LANES>(row);
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

    /// Finishes with the code of the kernels with wide vectors, which not every processor has.
    #[derive(Clone, Copy)]
    struct LockstepFinish;

    macro_rules! finish_in_lockstep {
        ($word:ty, $lanes:literal) => {
            impl<C: Compression<Word = $word>> Kernel<C, $lanes> for LockstepFinish {
                fn compress_blocks(
                    self,
                    states: &mut [Row<$word>; $lanes],
                    blocks: &[&[<$word as Word>::Block]; $lanes],
                ) {
                    Kernel::<C, $lanes>::compress_blocks(Portable, states, blocks);
                }

                fn finish(
                    self,
                    is_truncated: bool,
                    states: &mut [Row<$word>; $lanes],
                    last: &[<$word as Word>::Block; $lanes],
                    outer: &[Row<$word>; $lanes],
                ) {
                    finish::<C, portable::Lanes<$word, $lanes>, $lanes>(Portable, is_truncated, states, last, outer);
                }
            }
        };
    }

    finish_in_lockstep!(u32, 4);
    finish_in_lockstep!(u64, 2);

    #[test]
    fn agrees_with_one_message_at_a_time() {
        suite::test_32_bit_hashes::<_, 4>(LockstepFinish);
        suite::test_64_bit_hashes::<_, 2>(LockstepFinish);
    }
}
