//! Messages with the same number of blocks, one in each lane: they begin and end together.

use core::slice;

use zeroize::Zeroize;

use crate::cursor::{Cursor, Run, write_last_block};
use crate::kernel::Kernel;
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// Room for one message a lane.
pub(crate) struct EqualLength<C: Compression, const LANES: usize> {
    /// Whether the hash function is the short one.
    is_short: bool,
    states: [Row<C::Word>; LANES],
    outer: [Row<C::Word>; LANES],
    /// Of each message the last block, and before that any other block that must be put together.
    blocks: [<C::Word as Word>::Block; LANES],
}

impl<C: Compression, const LANES: usize> EqualLength<C, LANES> {
    #[inline(always)]
    pub(crate) fn new(is_short: bool) -> Self {
        let rows = [[C::Word::ZERO; 8]; LANES];
        Self { is_short, states: rows, outer: rows, blocks: [C::Word::EMPTY; LANES] }
    }

    /// Makes the MACs of messages that have as many blocks.
    #[inline(always)]
    pub(crate) fn run<K: Kernel<C, LANES>>(
        &mut self,
        kernel: K,
        messages: &[Message<'_>],
        entries: &[Entry; LANES],
        macs: &mut [Mac],
    ) {
        let messages = entries.map(|entry| &messages[entry.index()]);
        for ((state, outer), message) in self.states.iter_mut().zip(&mut self.outer).zip(messages) {
            C::load(message.key, state, outer);
        }
        if !entries[0].is_short() {
            self.absorb(kernel, &messages);
        }
        for (block, message) in self.blocks.iter_mut().zip(messages) {
            write_last_block::<C>(message.parts, block);
        }
        self.finish(kernel, entries, macs);
    }

    /// All blocks but the last.
    #[inline(always)]
    fn absorb<K: Kernel<C, LANES>>(&mut self, kernel: K, messages: &[&Message<'_>; LANES]) {
        let mut cursors = messages.map(|message| Cursor::new::<C>(message.parts));
        let mut runs: [Run<'_, C>; LANES] = [Some(&[]); LANES];
        loop {
            let mut blocks: [&[_]; LANES] = [&[]; LANES];
            let mut fewest = usize::MAX;
            for ((cursor, run), scratch) in cursors.iter_mut().zip(&mut runs).zip(&mut self.blocks) {
                if run.is_some_and(<[_]>::is_empty) {
                    match cursor.next_run::<C>(scratch) {
                        Some(next) => *run = next,
                        // All have as many blocks.
                        None => return,
                    }
                }
                fewest = fewest.min(run.map_or(1, <[_]>::len));
            }
            for ((blocks, run), scratch) in blocks.iter_mut().zip(&mut runs).zip(&self.blocks) {
                (*blocks, *run) = match run.and_then(|run| run.split_at_checked(fewest)) {
                    Some((now, later)) => (now, Some(later)),
                    None => (slice::from_ref(scratch), Some(&[][..])),
                };
            }
            kernel.absorb(&mut self.states, &blocks);
        }
    }

    /// The last block and the outer hash of up to `LANES` messages, whose chaining values before that are in the place of
    /// their MACs, unless they have one block only.
    #[inline(always)]
    pub(crate) fn close<K: Kernel<C, LANES>>(
        &mut self,
        kernel: K,
        messages: &[Message<'_>],
        entries: &[Entry],
        macs: &mut [Mac],
    ) {
        for (((state, outer), block), entry) in
            self.states.iter_mut().zip(&mut self.outer).zip(&mut self.blocks).zip(entries)
        {
            let message = &messages[entry.index()];
            C::load(message.key, state, outer);
            if !entry.is_short() {
                C::Word::take(&macs[entry.index()], state);
            }
            write_last_block::<C>(message.parts, block);
        }
        self.finish(kernel, entries, macs);
    }

    #[inline(always)]
    fn finish<K: Kernel<C, LANES>>(&mut self, kernel: K, entries: &[Entry], macs: &mut [Mac]) {
        kernel.close(self.is_short, &mut self.states, &self.blocks, &self.outer);
        for (tag, entry) in self.states.iter().zip(entries) {
            C::Word::put(tag, &mut macs[entry.index()]);
        }
    }
}

impl<C: Compression, const LANES: usize> Drop for EqualLength<C, LANES> {
    fn drop(&mut self) {
        self.states.as_flattened_mut().zeroize();
        self.outer.as_flattened_mut().zeroize();
    }
}
