//! The interface between the scheduler and the code of each instruction set.

use core::slice;

use crate::rounds::{Compression, Hash};
use crate::word::{Row, Word};

/// Work that is done with a kernel.
pub(crate) trait Task {
    fn run(self);
}

/// Code that works on `LANES` messages at a time. Only detection makes one, so it may always be called.
pub(crate) trait Kernel<C: Compression, const LANES: usize>: Copy {
    /// Does work in a function that is compiled for this instruction set. Rows and blocks are then copied in one piece,
    /// which the kernel can read back at once.
    #[inline(always)]
    fn within(self, task: impl Task) {
        task.run();
    }

    /// Absorbs as many blocks in each lane as the lane with the fewest has.
    fn absorb(self, states: &mut [Row<C::Word>; LANES], blocks: &[&[<C::Word as Word>::Block]; LANES]);

    /// Absorbs the last block of each message into its inner hash, and makes the MAC, by the outer hash that goes on from
    /// `outer`: as words that lie in memory like the bytes of the tag, with zeros behind them. The hash function is the
    /// long one of the compression function, or the short one.
    #[inline(always)]
    fn close(
        self,
        is_short: bool,
        states: &mut [Row<C::Word>; LANES],
        last: &[<C::Word as Word>::Block; LANES],
        outer: &[Row<C::Word>; LANES],
    ) {
        if is_short {
            self.close_as::<C::Short>(states, last, outer);
        } else {
            self.close_as::<C::Long>(states, last, outer);
        }
    }

    /// The same for either of them.
    fn close_as<H: Hash<Compression = C>>(
        self,
        states: &mut [Row<C::Word>; LANES],
        last: &[<C::Word as Word>::Block; LANES],
        outer: &[Row<C::Word>; LANES],
    ) {
        self.absorb(states, &last.each_ref().map(slice::from_ref));
        let blocks = states.each_ref().map(|state| H::outer_block(state));
        *states = *outer;
        self.absorb(states, &blocks.each_ref().map(slice::from_ref));
        for state in states {
            *state = H::tag(state);
        }
    }
}
