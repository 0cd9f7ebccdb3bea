//! In which order messages go into the lanes: each algorithm for itself, long messages first.

use countersign_core::Algorithm;

use crate::cursor::count_blocks;
use crate::message::Message;

/// A message as the sort sees it: in the high bits its algorithm, then how few blocks it has, then its index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry(u64);

const INDEX_BITS: u32 = 16;
const KIND_BITS: u32 = 3;
const MOST_BLOCKS: u64 = (1 << (64 - INDEX_BITS - KIND_BITS)) - 1;

const _: () = assert!(Algorithm::ALL.len() < 1 << KIND_BITS);

impl Entry {
    const EMPTY: Self = Self(u64::MAX);

    #[inline]
    fn new(algorithm: Algorithm, index: usize, message: &Message<'_>) -> Self {
        let blocks = match algorithm {
            Algorithm::Sha384 | Algorithm::Sha512 => count_blocks::<u64>(message.parts),
            _ => count_blocks::<u32>(message.parts),
        };
        let few = MOST_BLOCKS - blocks.min(MOST_BLOCKS);
        Self((algorithm as u64) << (64 - KIND_BITS) | few << INDEX_BITS | index as u64)
    }

    /// The message's index.
    #[inline]
    pub(crate) fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }

    /// Whether the message has one block only.
    #[inline]
    pub(crate) fn is_short(self) -> bool {
        self.0 >> INDEX_BITS & MOST_BLOCKS == MOST_BLOCKS - 1
    }

    /// Whether two messages are of one algorithm and have as many blocks.
    #[inline]
    pub(crate) fn is_like(self, other: Self) -> bool {
        self.0 >> INDEX_BITS == other.0 >> INDEX_BITS
    }

    #[inline]
    fn kind(self) -> u64 {
        self.0 >> (64 - KIND_BITS)
    }
}

/// Up to `ROOM` messages, in order.
pub(crate) struct Order<const ROOM: usize> {
    entries: [Entry; ROOM],
    count: usize,
}

impl<const ROOM: usize> Order<ROOM> {
    /// Messages whose key is a token are left out.
    #[inline]
    pub(crate) fn of(messages: &[Message<'_>]) -> Self {
        const { assert!(ROOM <= 1 << INDEX_BITS) }
        let mut entries = [Entry::EMPTY; ROOM];
        let (mut count, mut before, mut is_sorted) = (0, Entry(0), true);
        for (index, message) in messages.iter().enumerate().take(ROOM) {
            let Some(algorithm) = message.key.algorithm() else { continue };
            let entry = Entry::new(algorithm, index, message);
            entries[count] = entry;
            count += 1;
            is_sorted &= before <= entry;
            before = entry;
        }
        // Messages of one algorithm and length are in order as they are.
        if !is_sorted {
            entries[..count].sort_unstable();
        }
        Self { entries, count }
    }

    /// The messages of each algorithm.
    pub(crate) fn groups(&mut self) -> impl Iterator<Item = (Algorithm, &mut [Entry])> {
        let mut rest = &mut self.entries[..self.count];
        Algorithm::ALL.into_iter().filter_map(move |algorithm| {
            let own = rest.partition_point(|entry| entry.kind() <= algorithm as u64);
            let (group, behind) = core::mem::take(&mut rest).split_at_mut(own);
            rest = behind;
            (!group.is_empty()).then_some((algorithm, group))
        })
    }
}
