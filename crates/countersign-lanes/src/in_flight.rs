//! Messages of different lengths in lanes: when a message ends, the next one starts in its lane, so no lane is idle.

use core::array::from_fn;
use core::slice;

use zeroize::Zeroize;

use crate::cursor::{Cursor, Run};
use crate::kernel::Kernel;
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// The messages in lanes and those that wait for one. Processes all blocks of a message except the last, and stores the
/// resulting chaining value in the message's MAC.
///
/// Between steps, each lane's chaining value is a row in memory, so a message can continue in any lane of any kernel.
pub(crate) struct InFlight<'m, C: Compression, const LANES: usize> {
    messages: &'m [Message<'m>],
    waiting: slice::Iter<'m, Entry>,
    /// The number of lanes that have a message: the first ones.
    count: usize,
    lanes: [Lane<'m, C>; LANES],
    states: [Row<C::Word>; LANES],
    scratch: [<C::Word as Word>::Block; LANES],
}

struct Lane<'m, C: Compression> {
    index: usize,
    cursor: Cursor<'m>,
    run: Run<'m, C>,
}

impl<'m, C: Compression, const LANES: usize> InFlight<'m, C, LANES> {
    /// Starts the first messages of `order`. All must have more than one block.
    #[inline(always)]
    pub(crate) fn new(messages: &'m [Message<'m>], order: &'m [Entry]) -> Self {
        let mut new = Self {
            messages,
            waiting: order.iter(),
            count: 0,
            lanes: from_fn(|_| Lane { index: 0, cursor: Cursor::DONE, run: None }),
            states: [[C::Word::ZERO; 8]; LANES],
            scratch: [C::Word::ZERO_BLOCK; LANES],
        };
        while new.count < LANES && new.start_next(new.count) {
            new.count += 1;
        }
        new
    }

    /// The number of messages in lanes. While others wait, it equals the number of lanes.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Puts the next waiting message into a lane. Returns whether there was one.
    #[inline(always)]
    fn start_next(&mut self, lane_index: usize) -> bool {
        let Some(index) = self.waiting.next().map(|entry| entry.index()) else { return false };
        let Some(message) = self.messages.get(index) else { return false };
        let mut cursor = Cursor::new::<C>(message.parts);
        let Some(run) = cursor.next_run::<C>(&mut self.scratch[lane_index]) else { return false };
        C::load(message.key, &mut self.states[lane_index], &mut [C::Word::ZERO; 8]);
        self.lanes[lane_index] = Lane { index, cursor, run };
        true
    }

    /// Processes as many blocks as every one of the first `FIRST` messages has in its current run.
    #[inline(always)]
    pub(crate) fn step<K: Kernel<C, FIRST>, const FIRST: usize>(&mut self, kernel: K, macs: &mut [Mac]) {
        let used = self.count.min(FIRST);
        let mut blocks: [&[_]; FIRST] = [&[]; FIRST];
        let (mut min_blocks, mut longest) = (usize::MAX, &[][..]);
        for ((blocks, lane), scratch) in blocks.iter_mut().zip(&self.lanes).zip(&self.scratch).take(used) {
            *blocks = lane.run.unwrap_or(slice::from_ref(scratch));
            min_blocks = min_blocks.min(blocks.len());
            if blocks.len() > longest.len() {
                longest = blocks;
            }
        }
        // An idle lane processes the blocks of another one; its result is ignored.
        blocks[used..].fill(longest);
        let Some(states) = self.states.first_chunk_mut() else { return };
        kernel.compress_blocks(states, &blocks);
        for lane_index in (0..used).rev() {
            self.advance(lane_index, min_blocks, macs);
        }
    }

    /// Advances a lane after `count` blocks of its run: to the rest of the run, to the next run, to a waiting message,
    /// or to the message of the last used lane.
    #[inline(always)]
    fn advance(&mut self, lane_index: usize, count: usize, macs: &mut [Mac]) {
        let lane = &mut self.lanes[lane_index];
        let remaining = lane.run.and_then(|blocks| blocks.get(count..)).unwrap_or_default();
        if !remaining.is_empty() {
            lane.run = Some(remaining);
        } else if let Some(run) = lane.cursor.next_run::<C>(&mut self.scratch[lane_index]) {
            lane.run = run;
        } else {
            if let Some(mac) = macs.get_mut(lane.index) {
                C::Word::store_row(&self.states[lane_index], mac);
            }
            if !self.start_next(lane_index) {
                self.count -= 1;
                self.lanes.swap(lane_index, self.count);
                self.states.swap(lane_index, self.count);
                self.scratch.swap(lane_index, self.count);
            }
        }
    }
}

impl<C: Compression, const LANES: usize> Drop for InFlight<'_, C, LANES> {
    fn drop(&mut self) {
        self.states.as_flattened_mut().zeroize();
    }
}
