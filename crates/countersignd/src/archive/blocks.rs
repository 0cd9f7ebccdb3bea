//! Blocks of memory that bodies are copied to, and that are used again.
//!
//! A block that goes back to the system is cleared, page by page and with a fault for each, when it is had again: measured, half of all page
//! faults of archive and sync. So those that are not needed any more are kept for the next sync, as long as syncs follow each other.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many bytes are allocated at once for bodies. Each body for itself would cost more than it takes to read it.
pub const BLOCK_BYTES: usize = 256 << 10;

/// How many blocks are kept: 64 MiB, as much as the events of one sync may take ([`PutEvents`](super::events::PutEvents)).
const SPARE_MAX: usize = 256;

static SPARE: Mutex<Spare> = Mutex::new(Spare { blocks: Vec::new(), unused: 0 });

/// Blocks that nobody needs now.
struct Spare {
    blocks: Vec<Vec<u8>>,
    /// The fewest that there were since the last look.
    unused: usize,
}

impl Spare {
    fn take(&mut self) -> Option<Vec<u8>> {
        let block = self.blocks.pop();
        self.unused = self.unused.min(self.blocks.len());
        block
    }

    fn give(&mut self, mut block: Vec<u8>) {
        if block.capacity() == BLOCK_BYTES && self.blocks.len() < SPARE_MAX {
            block.clear();
            self.blocks.push(block);
        }
    }

    /// Takes out those that were not needed since the last look.
    fn unneeded(&mut self) -> Vec<Vec<u8>> {
        let unneeded = self.blocks.split_off(self.blocks.len() - self.unused.min(self.blocks.len()));
        self.unused = self.blocks.len();
        unneeded
    }
}

fn spare() -> MutexGuard<'static, Spare> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty block of so many bytes at least.
#[must_use]
pub fn take(bytes: usize) -> Vec<u8> {
    let block = if bytes <= BLOCK_BYTES { spare().take() } else { None };
    block.unwrap_or_else(|| Vec::with_capacity(bytes.max(BLOCK_BYTES)))
}

/// Keeps blocks for whoever takes one next, as far as there is room.
pub fn give(blocks: impl IntoIterator<Item = Vec<u8>>) {
    let mut spare = spare();
    for block in blocks {
        spare.give(block);
    }
}

/// Gives those back to the system that nobody has needed since this was called last.
pub fn release_unneeded() {
    let unneeded = spare().unneeded();
    drop(unneeded);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Vec<u8> {
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        block.extend_from_slice(b"a body");
        block
    }

    #[test]
    fn what_is_given_is_taken_empty_and_no_more_is_kept_than_may_be() {
        let mut spare = Spare { blocks: Vec::new(), unused: 0 };
        assert!(spare.take().is_none());
        spare.give(block());
        spare.give(Vec::with_capacity(BLOCK_BYTES * 2));
        spare.give(Vec::with_capacity(1));
        let taken = spare.take().unwrap();
        assert!(taken.is_empty() && taken.capacity() == BLOCK_BYTES);
        assert!(spare.take().is_none());
        for _ in 0..=SPARE_MAX {
            spare.give(block());
        }
        assert_eq!(spare.blocks.len(), SPARE_MAX);
    }

    #[test]
    fn blocks_go_that_are_not_needed_from_one_look_to_the_next() {
        let mut spare = Spare { blocks: Vec::new(), unused: 0 };
        for _ in 0..5 {
            spare.give(block());
        }
        assert!(spare.unneeded().is_empty(), "they were given a moment ago");
        // Three are needed at once, twice.
        for _ in 0..2 {
            let taken = [spare.take(), spare.take(), spare.take()];
            taken.into_iter().flatten().for_each(|block| spare.give(block));
        }
        assert_eq!(spare.unneeded().len(), 2);
        assert_eq!(spare.unneeded().len(), 3);
        assert!(spare.unneeded().is_empty() && spare.blocks.is_empty());
    }
}
