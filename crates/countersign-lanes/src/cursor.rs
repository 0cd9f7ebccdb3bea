//! Splits a message into whole blocks: in place where possible, copied where a block spans several parts, padded at the
//! end.

use crate::rounds::Compression;
use crate::word::Word;

/// The length of a message in bytes.
#[inline(always)]
pub(crate) fn message_len(parts: &[&[u8]]) -> u64 {
    match parts {
        [only] => only.len() as u64,
        parts => parts.iter().fold(0, |length, part| length.saturating_add(part.len() as u64)),
    }
}

/// The number of blocks of the inner hash, without that of the key.
#[inline(always)]
pub(crate) fn count_blocks<W: Word>(parts: &[&[u8]]) -> u64 {
    // The padding needs at least one byte, and the length an eighth of a block.
    message_len(parts).saturating_add(W::BLOCK_LEN as u64 / 8) / W::BLOCK_LEN as u64 + 1
}

/// The position in a message: the blocks that remain, except the last, which [`write_last_block`] makes.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'m> {
    current: &'m [u8],
    rest: &'m [&'m [u8]],
    blocks: u64,
}

/// Consecutive blocks: in place, or `None` for the one block in the lane's scratch.
pub(crate) type Run<'m, C> = Option<&'m [<<C as Compression>::Word as Word>::Block]>;

impl<'m> Cursor<'m> {
    /// The end of a message.
    pub(crate) const DONE: Self = Self { current: &[], rest: &[], blocks: 0 };

    #[inline(always)]
    pub(crate) fn new<C: Compression>(parts: &'m [&'m [u8]]) -> Self {
        let (current, rest) = parts.split_first().map_or((&[][..], parts), |(first, rest)| (*first, rest));
        Self { current, rest, blocks: count_blocks::<C::Word>(parts) - 1 }
    }

    /// The next blocks. `None` at the last block of the message.
    #[inline(always)]
    pub(crate) fn next_run<C: Compression>(&mut self, scratch: &mut <C::Word as Word>::Block) -> Option<Run<'m, C>> {
        if self.blocks == 0 {
            return None;
        }
        let (blocks, rest) = C::Word::split_blocks(self.current);
        if blocks.is_empty() {
            self.fill_scratch::<C>(scratch);
            return Some(None);
        }
        self.current = rest;
        self.blocks = self.blocks.saturating_sub(blocks.len() as u64);
        Some(Some(blocks))
    }

    /// Copies one block from the rest of a part and the parts after it, or from the end of the message and the padding.
    fn fill_scratch<C: Compression>(&mut self, scratch: &mut <C::Word as Word>::Block) {
        *scratch = C::Word::ZERO_BLOCK;
        self.blocks = self.blocks.saturating_sub(1);
        let mut free = scratch.as_mut();
        loop {
            let (copied, left) = self.current.split_at(self.current.len().min(free.len()));
            let (to, after) = free.split_at_mut(copied.len());
            to.copy_from_slice(copied);
            (self.current, free) = (left, after);
            if free.is_empty() {
                return;
            }
            let Some((next, rest)) = self.rest.split_first() else { break };
            (self.current, self.rest) = (next, rest);
        }
        // The length does not fit: it goes into the last block, which contains nothing else.
        if let [padding_start, ..] = free {
            *padding_start = 0x80;
        }
    }
}

/// Writes the last block of a message: its remaining bytes, the padding, and its length in bits, including the block of
/// the key.
#[inline(always)]
pub(crate) fn write_last_block<C: Compression>(parts: &[&[u8]], block: &mut <C::Word as Word>::Block) {
    let size = C::Word::BLOCK_LEN;
    let length = message_len(parts);
    #[allow(clippy::cast_possible_truncation, reason = "less than a block")]
    let left = (length % size as u64) as usize;
    *block = C::Word::ZERO_BLOCK;
    let bytes = block.as_mut();
    // Otherwise the previous block contains all bytes and the start of the padding.
    if left < size - size / 8 {
        match parts {
            [.., last] if last.len() >= left => {
                let end = &last[last.len() - left..];
                copy_short(bytes, end);
                write_padding_start(bytes, end);
            }
            _ => {
                copy_tail(&mut bytes[..left], parts);
                bytes[left] = 0x80;
            }
        }
    }
    C::write_length(length.wrapping_add(size as u64), bytes);
}

/// Writes the byte 0x80 after the end of a message, together with the other bytes of the same eight: an eight-byte load
/// soon after could not be forwarded from single-byte stores.
#[inline(always)]
fn write_padding_start(block: &mut [u8], end: &[u8]) {
    let odd = end.len() % 8;
    let before = match end.last_chunk() {
        _ if odd == 0 => 0,
        Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * odd),
        None => end.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    if let Some(word) = block.get_mut(end.len() - odd..).and_then(<[_]>::first_chunk_mut) {
        *word = (before | 0x80 << (8 * odd)).to_le_bytes();
    }
}

/// Fills `to` with the end of a message that spans several parts.
#[cold]
fn copy_tail(mut to: &mut [u8], parts: &[&[u8]]) {
    for part in parts.iter().rev() {
        let count = part.len().min(to.len());
        let (before, end) = to.split_at_mut(to.len() - count);
        end.copy_from_slice(&part[part.len() - count..]);
        to = before;
    }
}

/// Copies less than a block to the start of one. Inlined, because a call would cost more than most copies.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    /// Copies the first and the last `N` bytes. They cover everything if there are at most `2 * N`.
    #[inline(always)]
    fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
        let to = &mut to[..from.len()];
        if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk()) {
            *to = *from;
        }
        if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk()) {
            *to = *from;
        }
    }
    match from.len() {
        0 => {}
        1 => to[0] = from[0],
        2..=4 => copy_ends::<2>(to, from),
        5..=8 => copy_ends::<4>(to, from),
        9..=16 => copy_ends::<8>(to, from),
        17..=32 => copy_ends::<16>(to, from),
        33..=64 => copy_ends::<32>(to, from),
        _ => copy_ends::<64>(to, from),
    }
}
