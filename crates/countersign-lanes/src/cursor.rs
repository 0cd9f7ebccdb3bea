//! A message as runs of whole blocks: in place where it can be, gathered where parts meet, padded at its end.

use crate::rounds::Compression;
use crate::word::Word;

/// The bytes of a message.
#[inline(always)]
pub(crate) fn length(parts: &[&[u8]]) -> u64 {
    match parts {
        [only] => only.len() as u64,
        parts => parts.iter().fold(0, |length, part| length.saturating_add(part.len() as u64)),
    }
}

/// How many blocks the inner hash of a message has, without that of the key.
#[inline(always)]
pub(crate) fn count_blocks<W: Word>(parts: &[&[u8]]) -> u64 {
    // The mark takes a byte, and the length an eighth of a block.
    length(parts).saturating_add(W::BLOCK as u64 / 8) / W::BLOCK as u64 + 1
}

/// What is left of a message of all blocks but the last one, which is [`write_last_block`]'s.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'m> {
    current: &'m [u8],
    rest: &'m [&'m [u8]],
    blocks: u64,
}

/// Blocks that follow each other: where they lie, or `None` for the one block of the lane's scratch.
pub(crate) type Run<'m, C> = Option<&'m [<<C as Compression>::Word as Word>::Block]>;

impl<'m> Cursor<'m> {
    /// A message that was taken.
    pub(crate) const DONE: Self = Self { current: &[], rest: &[], blocks: 0 };

    #[inline(always)]
    pub(crate) fn new<C: Compression>(parts: &'m [&'m [u8]]) -> Self {
        let (current, rest) = parts.split_first().map_or((&[][..], parts), |(first, rest)| (*first, rest));
        Self { current, rest, blocks: count_blocks::<C::Word>(parts) - 1 }
    }

    /// The next blocks. `None` once all but the last block of the message were taken.
    #[inline(always)]
    pub(crate) fn next_run<C: Compression>(&mut self, scratch: &mut <C::Word as Word>::Block) -> Option<Run<'m, C>> {
        if self.blocks == 0 {
            return None;
        }
        let (blocks, rest) = C::Word::blocks(self.current);
        if blocks.is_empty() {
            self.gather::<C>(scratch);
            return Some(None);
        }
        self.current = rest;
        self.blocks = self.blocks.saturating_sub(blocks.len() as u64);
        Some(Some(blocks))
    }

    /// A block of what is left of one part and of what follows it, or of the end and the mark behind it.
    fn gather<C: Compression>(&mut self, scratch: &mut <C::Word as Word>::Block) {
        *scratch = C::Word::EMPTY;
        self.blocks = self.blocks.saturating_sub(1);
        let mut free = scratch.as_mut();
        loop {
            let (taken, left) = self.current.split_at(self.current.len().min(free.len()));
            let (to, behind) = free.split_at_mut(taken.len());
            to.copy_from_slice(taken);
            (self.current, free) = (left, behind);
            if free.is_empty() {
                return;
            }
            let Some((next, rest)) = self.rest.split_first() else { break };
            (self.current, self.rest) = (next, rest);
        }
        // No room for the length, which will be all of the last block.
        if let [mark, ..] = free {
            *mark = 0x80;
        }
    }
}

/// The last block of a message: what is left of it, the mark, and the length of it and of the block of the key, in bits.
#[inline(always)]
pub(crate) fn write_last_block<C: Compression>(parts: &[&[u8]], block: &mut <C::Word as Word>::Block) {
    let size = C::Word::BLOCK;
    let length = length(parts);
    #[allow(clippy::cast_possible_truncation, reason = "less than a block")]
    let left = (length % size as u64) as usize;
    *block = C::Word::EMPTY;
    let bytes = block.as_mut();
    // Else all of it, and the mark, is in the block before.
    if left < size - size / 8 {
        match parts {
            [.., last] if last.len() >= left => {
                let end = &last[last.len() - left..];
                copy_short(bytes, end);
                write_mark(bytes, end);
            }
            _ => {
                copy_end(&mut bytes[..left], parts);
                bytes[left] = 0x80;
            }
        }
    }
    C::write_length(length.wrapping_add(size as u64), bytes);
}

/// Writes the mark behind the end of a message, together with the bytes of the same eight: a processor that reads eight
/// bytes soon after waits if they were written one by one.
#[inline(always)]
fn write_mark(block: &mut [u8], end: &[u8]) {
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

/// Fills `to` with the end of a message that lies in several parts.
#[cold]
fn copy_end(mut to: &mut [u8], parts: &[&[u8]]) {
    for part in parts.iter().rev() {
        let count = part.len().min(to.len());
        let (before, end) = to.split_at_mut(to.len() - count);
        end.copy_from_slice(&part[part.len() - count..]);
        to = before;
    }
}

/// Copies less than a block to the front of one. A call for each would cost more than most of them do.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    /// The first and the last `N` bytes, which meet or overlap where there are no more than twice as many.
    #[inline(always)]
    fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
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
        2..=4 => ends::<2>(to, from),
        5..=8 => ends::<4>(to, from),
        9..=16 => ends::<8>(to, from),
        17..=32 => ends::<16>(to, from),
        33..=64 => ends::<32>(to, from),
        _ => ends::<64>(to, from),
    }
}
