//! Messages of different lengths in lanes: where one ends, the next one begins, so that no lane waits for another.

use core::array::from_fn;
use core::slice;

use zeroize::Zeroize;

use crate::cursor::{Cursor, Run};
use crate::kernel::Kernel;
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// Messages of which all blocks but the last are being absorbed, and those that wait for a lane. The chaining value that
/// comes out is kept in the place of the MAC.
///
/// In a lane, a chaining value is a row of its own, so a message can go on in any lane of any kernel.
pub(crate) struct InFlight<'m, C: Compression, const LANES: usize> {
    messages: &'m [Message<'m>],
    waiting: slice::Iter<'m, Entry>,
    /// The first so many lanes hold a message.
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
    /// Begins with the first of `order`, all of which have more than one block.
    #[inline(always)]
    pub(crate) fn new(messages: &'m [Message<'m>], order: &'m [Entry]) -> Self {
        let mut new = Self {
            messages,
            waiting: order.iter(),
            count: 0,
            lanes: from_fn(|_| Lane { index: 0, cursor: Cursor::DONE, run: None }),
            states: [[C::Word::ZERO; 8]; LANES],
            scratch: [C::Word::EMPTY; LANES],
        };
        while new.count < LANES && new.start(new.count) {
            new.count += 1;
        }
        new
    }

    /// How many messages are in lanes. If others wait, it is as many as there are lanes.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Puts the next message that waits into lane `at`; tells whether there was one.
    #[inline(always)]
    fn start(&mut self, at: usize) -> bool {
        let Some(index) = self.waiting.next().map(|entry| entry.index()) else { return false };
        let Some(message) = self.messages.get(index) else { return false };
        let mut cursor = Cursor::new::<C>(message.parts);
        let Some(run) = cursor.next_run::<C>(&mut self.scratch[at]) else { return false };
        C::load(message.key, &mut self.states[at], &mut [C::Word::ZERO; 8]);
        self.lanes[at] = Lane { index, cursor, run };
        true
    }

    /// Absorbs as many blocks as all of the first `FIRST` messages have in one run.
    #[inline(always)]
    pub(crate) fn step<K: Kernel<C, FIRST>, const FIRST: usize>(&mut self, kernel: K, macs: &mut [Mac]) {
        let used = self.count.min(FIRST);
        let mut blocks: [&[_]; FIRST] = [&[]; FIRST];
        let (mut fewest, mut most) = (usize::MAX, &[][..]);
        for ((blocks, lane), scratch) in blocks.iter_mut().zip(&self.lanes).zip(&self.scratch).take(used) {
            *blocks = lane.run.unwrap_or(slice::from_ref(scratch));
            fewest = fewest.min(blocks.len());
            if blocks.len() > most.len() {
                most = blocks;
            }
        }
        // An idle lane goes through the blocks of another one, and what comes out is nobody's.
        blocks[used..].fill(most);
        let Some(states) = self.states.first_chunk_mut() else { return };
        kernel.absorb(states, &blocks);
        for at in (0..used).rev() {
            self.advance(at, fewest, macs);
        }
    }

    /// Goes on in lane `at`, of whose run `count` blocks were absorbed: with the rest, with the next run, with another
    /// message, or with the message of the last lane that has one.
    #[inline(always)]
    fn advance(&mut self, at: usize, count: usize, macs: &mut [Mac]) {
        let lane = &mut self.lanes[at];
        let left = lane.run.and_then(|blocks| blocks.get(count..)).unwrap_or_default();
        if !left.is_empty() {
            lane.run = Some(left);
        } else if let Some(run) = lane.cursor.next_run::<C>(&mut self.scratch[at]) {
            lane.run = run;
        } else {
            if let Some(mac) = macs.get_mut(lane.index) {
                C::Word::put(&self.states[at], mac);
            }
            if !self.start(at) {
                self.count -= 1;
                self.lanes.swap(at, self.count);
                self.states.swap(at, self.count);
                self.scratch.swap(at, self.count);
            }
        }
    }
}

impl<C: Compression, const LANES: usize> Drop for InFlight<'_, C, LANES> {
    fn drop(&mut self) {
        self.states.as_flattened_mut().zeroize();
    }
}
