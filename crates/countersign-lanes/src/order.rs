//! Sorts messages for the lanes: by algorithm, long messages first.

use countersign_core::Algorithm;

use crate::cursor::count_blocks;
use crate::message::Message;

/// The sort key of a message: in the high bits its algorithm, then its inverted number of blocks, then its index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry(u64);

const INDEX_BITS: u32 = 16;
const ALGORITHM_BITS: u32 = 3;
const MAX_BLOCKS: u64 = (1 << (64 - INDEX_BITS - ALGORITHM_BITS)) - 1;

const _: () = assert!(Algorithm::ALL.len() < 1 << ALGORITHM_BITS);

impl Entry {
    const EMPTY: Self = Self(u64::MAX);

    #[inline]
    fn new(algorithm: Algorithm, index: usize, message: &Message<'_>) -> Self {
        let blocks = match algorithm {
            Algorithm::Sha384 | Algorithm::Sha512 => count_blocks::<u64>(message.parts),
            _ => count_blocks::<u32>(message.parts),
        };
        let inverted_blocks = MAX_BLOCKS - blocks.min(MAX_BLOCKS);
        Self((algorithm as u64) << (64 - ALGORITHM_BITS) | inverted_blocks << INDEX_BITS | index as u64)
    }

    /// The index of the message.
    #[inline]
    pub(crate) fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }

    /// Whether the message has only one block.
    #[inline]
    pub(crate) fn has_one_block(self) -> bool {
        self.0 >> INDEX_BITS & MAX_BLOCKS == MAX_BLOCKS - 1
    }

    /// Whether two messages have the same algorithm and the same number of blocks.
    #[inline]
    pub(crate) fn has_same_shape(self, other: Self) -> bool {
        self.0 >> INDEX_BITS == other.0 >> INDEX_BITS
    }

    #[inline]
    fn algorithm_bits(self) -> u64 {
        self.0 >> (64 - ALGORITHM_BITS)
    }
}

/// Up to `CAPACITY` messages, sorted.
pub(crate) struct Order<const CAPACITY: usize> {
    entries: [Entry; CAPACITY],
    count: usize,
}

impl<const CAPACITY: usize> Order<CAPACITY> {
    /// Sorts messages. Leaves out those whose key is a token.
    #[inline]
    pub(crate) fn sort(messages: &[Message<'_>]) -> Self {
        const { assert!(CAPACITY <= 1 << INDEX_BITS) }
        let mut entries = [Entry::EMPTY; CAPACITY];
        let (mut count, mut previous, mut is_sorted) = (0, Entry(0), true);
        for (index, message) in messages.iter().enumerate().take(CAPACITY) {
            let Some(algorithm) = message.key.algorithm() else { continue };
            let entry = Entry::new(algorithm, index, message);
            entries[count] = entry;
            count += 1;
            is_sorted &= previous <= entry;
            previous = entry;
        }
        // Messages of one algorithm and length are sorted already.
        if !is_sorted {
            entries[..count].sort_unstable();
        }
        Self { entries, count }
    }

    /// The messages of each algorithm, if there are any.
    pub(crate) fn groups(&mut self) -> impl Iterator<Item = (Algorithm, &mut [Entry])> {
        let mut rest = &mut self.entries[..self.count];
        Algorithm::ALL.into_iter().filter_map(move |algorithm| {
            let count = rest.partition_point(|entry| entry.algorithm_bits() <= algorithm as u64);
            let (group, after) = core::mem::take(&mut rest).split_at_mut(count);
            rest = after;
            (!group.is_empty()).then_some((algorithm, group))
        })
    }
}
