//! The interface between the scheduler and the code of each instruction set.

use core::slice;

use crate::rounds::{Compression, Hash};
use crate::word::{Row, Word};

/// Work that uses a kernel.
pub(crate) trait Task {
    fn run(self);
}

/// The code for one instruction set, which processes `LANES` messages at a time. Only detection makes a kernel, so its
/// methods are safe to call.
pub(crate) trait Kernel<C: Compression, const LANES: usize>: Copy {
    /// Runs a task in a function that is compiled for this instruction set. It copies rows and blocks with wide stores,
    /// from which the kernel's loads can be forwarded.
    #[inline(always)]
    fn with_target_features(self, task: impl Task) {
        task.run();
    }

    /// Processes the same number of blocks in each lane: as many as the lane with the fewest has.
    fn compress_blocks(self, states: &mut [Row<C::Word>; LANES], blocks: &[&[<C::Word as Word>::Block]; LANES]);

    /// Processes the last block of each message, then the outer hash, which starts from `outer`. Replaces `states` by
    /// the tags, in the byte order of memory, followed by zeros. The hash function is the truncated or the full one of
    /// the compression function.
    #[inline(always)]
    fn finish(
        self,
        is_truncated: bool,
        states: &mut [Row<C::Word>; LANES],
        last: &[<C::Word as Word>::Block; LANES],
        outer: &[Row<C::Word>; LANES],
    ) {
        if is_truncated {
            self.finish_as::<C::Truncated>(states, last, outer);
        } else {
            self.finish_as::<C::Full>(states, last, outer);
        }
    }

    /// As [`finish`](Self::finish), for one hash function.
    fn finish_as<H: Hash<Compression = C>>(
        self,
        states: &mut [Row<C::Word>; LANES],
        last: &[<C::Word as Word>::Block; LANES],
        outer: &[Row<C::Word>; LANES],
    ) {
        self.compress_blocks(states, &last.each_ref().map(slice::from_ref));
        let blocks = states.each_ref().map(|state| H::outer_block(state));
        *states = *outer;
        self.compress_blocks(states, &blocks.each_ref().map(slice::from_ref));
        for state in states {
            *state = H::tag(state);
        }
    }
}
