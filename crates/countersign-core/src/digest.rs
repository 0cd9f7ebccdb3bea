//! Hashing in pieces, of one message into one or several chaining values at once.

use core::slice;

use zeroize::Zeroize;

use crate::hash::Hash;
use crate::tag::{MAX_TAG, Tag};

/// `KEYS` chaining values that absorb the same message, of which the first `used` count.
///
/// They share one buffer: several secrets cost several compressions, but the message is copied and padded once.
pub(crate) struct Digest<H: Hash<BLOCK>, const BLOCK: usize, const KEYS: usize> {
    states: [H::State; KEYS],
    used: usize,
    /// The unfinished block: `filled` bytes of the message, then zeros.
    buffer: [u8; BLOCK],
    /// Bytes in `buffer`, less than `BLOCK`.
    filled: usize,
    /// Bytes absorbed in all.
    length: u64,
}

impl<H: Hash<BLOCK>, const BLOCK: usize, const KEYS: usize> Digest<H, BLOCK, KEYS> {
    /// Goes on from chaining values that stand for `length` bytes, a whole number of blocks.
    #[inline]
    pub(crate) fn resume(states: [H::State; KEYS], used: usize, length: u64) -> Self {
        Self { states, used, buffer: [0; BLOCK], filled: 0, length }
    }

    /// Absorbs more of the message.
    #[inline]
    pub(crate) fn update(&mut self, message: &[u8]) {
        self.length = self.length.wrapping_add(message.len() as u64);
        let mut rest = message;
        if self.filled != 0 {
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let Some((head, tail)) = rest.split_at_checked(free.len()) else {
                self.filled = self.filled.wrapping_add(copy(free, rest));
                return;
            };
            copy(free, head);
            self.compress_buffer();
            self.buffer = [0; BLOCK];
            rest = tail;
        }
        let (blocks, rest) = rest.as_chunks();
        if !blocks.is_empty() {
            for state in self.states.iter_mut().take(self.used) {
                H::compress(state, blocks);
            }
        }
        self.filled = copy(&mut self.buffer, rest);
    }

    /// Pads the message and gives the final chaining values, as many as are used.
    #[inline]
    pub(crate) fn finish(&mut self) -> &[H::State] {
        if let Some(end_mark) = self.buffer.get_mut(self.filled) {
            *end_mark = 0x80;
        }
        // The length takes 8 bytes of a block of 64, and 16 of a block of 128.
        if self.filled >= const { BLOCK - BLOCK / 8 } {
            self.compress_buffer();
            self.buffer = [0; BLOCK];
        }
        H::write_bit_length(self.length.wrapping_mul(8), &mut self.buffer);
        self.compress_buffer();
        self.states.get(..self.used).unwrap_or_default()
    }

    #[inline]
    fn compress_buffer(&mut self) {
        for state in self.states.iter_mut().take(self.used) {
            H::compress(state, slice::from_ref(&self.buffer));
        }
    }

    /// Wipes the chaining values, from which tags could be forged, and what is left of the message.
    pub(crate) fn wipe(&mut self) {
        self.states.iter_mut().for_each(Zeroize::zeroize);
        self.buffer.zeroize();
    }
}

/// The plain hash of a message.
pub(crate) fn hash<H: Hash<BLOCK>, const BLOCK: usize>(message: &[u8]) -> Tag {
    let mut digest = Digest::<H, BLOCK, 1>::resume([H::INITIAL], 1, 0);
    digest.update(message);
    let mut bytes = [0; MAX_TAG];
    for state in digest.finish() {
        H::write(state, &mut bytes);
    }
    Tag::new(bytes)
}

/// Copies `from`, which is not longer than `to`, and gives its length.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) -> usize {
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
    from.len()
}
