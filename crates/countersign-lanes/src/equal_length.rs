//! Messages with the same number of blocks, one in each lane: they start and end together.

use core::slice;

use zeroize::Zeroize;

use crate::cursor::{Cursor, Run, write_last_block};
use crate::kernel::Kernel;
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// The state of one message per lane.
pub(crate) struct EqualLength<C: Compression, const LANES: usize> {
    /// Whether the hash function is the truncated one of the compression function.
    is_truncated: bool,
    states: [Row<C::Word>; LANES],
    outer: [Row<C::Word>; LANES],
    /// For each message the last block, and before that any other block that spans several parts.
    blocks: [<C::Word as Word>::Block; LANES],
}

impl<C: Compression, const LANES: usize> EqualLength<C, LANES> {
    #[inline(always)]
    pub(crate) fn new(is_truncated: bool) -> Self {
        let rows = [[C::Word::ZERO; 8]; LANES];
        Self { is_truncated, states: rows, outer: rows, blocks: [C::Word::ZERO_BLOCK; LANES] }
    }

    /// Computes the MACs of messages with the same number of blocks.
    #[inline(always)]
    pub(crate) fn make_macs<K: Kernel<C, LANES>>(
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
        if !entries[0].has_one_block() {
            self.compress_all_but_last(kernel, &messages);
        }
        for (block, message) in self.blocks.iter_mut().zip(messages) {
            write_last_block::<C>(message.parts, block);
        }
        self.finish_loaded(kernel, entries, macs);
    }

    /// Processes all blocks except the last.
    #[inline(always)]
    fn compress_all_but_last<K: Kernel<C, LANES>>(&mut self, kernel: K, messages: &[&Message<'_>; LANES]) {
        let mut cursors = messages.map(|message| Cursor::new::<C>(message.parts));
        let mut runs: [Run<'_, C>; LANES] = [Some(&[]); LANES];
        loop {
            let mut blocks: [&[_]; LANES] = [&[]; LANES];
            let mut min_blocks = usize::MAX;
            for ((cursor, run), scratch) in cursors.iter_mut().zip(&mut runs).zip(&mut self.blocks) {
                if run.is_some_and(<[_]>::is_empty) {
                    match cursor.next_run::<C>(scratch) {
                        Some(next) => *run = next,
                        // All messages have the same number of blocks.
                        None => return,
                    }
                }
                min_blocks = min_blocks.min(run.map_or(1, <[_]>::len));
            }
            for ((blocks, run), scratch) in blocks.iter_mut().zip(&mut runs).zip(&self.blocks) {
                (*blocks, *run) = match run.and_then(|run| run.split_at_checked(min_blocks)) {
                    Some((now, later)) => (now, Some(later)),
                    None => (slice::from_ref(scratch), Some(&[][..])),
                };
            }
            kernel.compress_blocks(&mut self.states, &blocks);
        }
    }

    /// Processes the last block and the outer hash of up to `LANES` messages. Their chaining values are in their MACs,
    /// except for messages with only one block.
    #[inline(always)]
    pub(crate) fn finish_all<K: Kernel<C, LANES>>(
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
            if !entry.has_one_block() {
                C::Word::load_row(&macs[entry.index()], state);
            }
            write_last_block::<C>(message.parts, block);
        }
        self.finish_loaded(kernel, entries, macs);
    }

    /// Processes the last block and the outer hash of the messages in `self`, and stores the MACs.
    #[inline(always)]
    fn finish_loaded<K: Kernel<C, LANES>>(&mut self, kernel: K, entries: &[Entry], macs: &mut [Mac]) {
        kernel.finish(self.is_truncated, &mut self.states, &self.blocks, &self.outer);
        for (tag, entry) in self.states.iter().zip(entries) {
            C::Word::store_row(tag, &mut macs[entry.index()]);
        }
    }
}

impl<C: Compression, const LANES: usize> Drop for EqualLength<C, LANES> {
    fn drop(&mut self) {
        self.states.as_flattened_mut().zeroize();
        self.outer.as_flattened_mut().zeroize();
    }
}
