//! Incremental hashing of one message with one or several chaining values.

use core::slice;

use zeroize::Zeroize;

use crate::hash::Hash;
use crate::tag::{MAX_TAG, Tag};

/// The hash of one message from `KEYS` chaining values, of which the first `used` are computed.
///
/// All share one buffer: several secrets cost several compressions, but the message is copied and padded once.
pub(crate) struct Digest<H: Hash<BLOCK>, const BLOCK: usize, const KEYS: usize> {
    states: [H::State; KEYS],
    used: usize,
    /// The incomplete block: `buffered` bytes of the message, then zeros.
    buffer: [u8; BLOCK],
    /// The number of message bytes in `buffer`, less than `BLOCK`.
    buffered: usize,
    /// The number of bytes hashed so far, including those before `resume`.
    length: u64,
}

impl<H: Hash<BLOCK>, const BLOCK: usize, const KEYS: usize> Digest<H, BLOCK, KEYS> {
    /// Resumes from chaining values after `length` bytes, a whole number of blocks.
    #[inline]
    pub(crate) fn resume(states: [H::State; KEYS], used: usize, length: u64) -> Self {
        Self { states, used, buffer: [0; BLOCK], buffered: 0, length }
    }

    /// Hashes more of the message.
    #[inline]
    pub(crate) fn update(&mut self, message: &[u8]) {
        // The parts of a signed text before the body are short; a function call for each would cost more than copying
        // it.
        match self.buffer.get_mut(self.buffered..) {
            Some(free) if message.len() < free.len() => {
                self.buffered = self.buffered.wrapping_add(copy(free, message));
                self.length = self.length.wrapping_add(message.len() as u64);
            }
            _ => self.update_blocks(message),
        }
    }

    /// Hashes more of the message: enough to complete a block.
    #[inline(never)]
    fn update_blocks(&mut self, message: &[u8]) {
        let mut rest = message;
        if self.buffered != 0 {
            let free = self.buffer.get_mut(self.buffered..).unwrap_or_default();
            let (head, tail) = rest.split_at_checked(free.len()).unwrap_or_default();
            copy(free, head);
            self.length = self.length.wrapping_add(head.len() as u64);
            self.compress_buffer();
            self.buffer = [0; BLOCK];
            rest = tail;
        }
        self.update_aligned(rest);
    }

    /// Hashes more of the message while `buffer` is empty, as at the start of a message.
    #[allow(clippy::inline_always, reason = "inlined, only the last block passes through memory")]
    #[inline(always)]
    pub(crate) fn update_aligned(&mut self, message: &[u8]) {
        self.length = self.length.wrapping_add(message.len() as u64);
        let (blocks, rest) = message.as_chunks();
        if !blocks.is_empty() {
            for state in self.states.iter_mut().take(self.used) {
                H::compress(state, blocks);
            }
        }
        self.buffered = copy(&mut self.buffer, rest);
    }

    /// Pads the message and returns the final chaining values, `used` of them.
    #[inline]
    pub(crate) fn finish(&mut self) -> &[H::State] {
        if let Some(padding_start) = self.buffer.get_mut(self.buffered) {
            *padding_start = 0x80;
        }
        // The length takes 8 bytes of a block of 64, and 16 of a block of 128.
        if self.buffered >= const { BLOCK - BLOCK / 8 } {
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

    /// Wipes the chaining values, from which tags could be forged, and the buffered part of the message.
    pub(crate) fn wipe(&mut self) {
        self.states.iter_mut().for_each(Zeroize::zeroize);
        self.buffer.zeroize();
    }
}

/// The hash of a message, without a key.
pub(crate) fn hash<H: Hash<BLOCK>, const BLOCK: usize>(message: &[u8]) -> Tag {
    let mut digest = Digest::<H, BLOCK, 1>::resume([H::INITIAL], 1, 0);
    digest.update(message);
    let mut bytes = [0; MAX_TAG];
    for state in digest.finish() {
        H::write_hash(state, &mut bytes);
    }
    // The message may have been a secret.
    digest.wipe();
    Tag::new(bytes)
}

/// Copies `from`, which is not longer than `to`, and returns its length.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) -> usize {
    let Some(to) = to.get_mut(..from.len()) else { return from.len() };
    match (to, from) {
        ([], []) => {}
        ([to], [from]) => *to = *from,
        (to, _) => match from.len() {
            2..=4 => copy_ends::<2>(to, from),
            5..=8 => copy_ends::<4>(to, from),
            9..=16 => copy_ends::<8>(to, from),
            17..=32 => copy_ends::<16>(to, from),
            33..=64 => copy_ends::<32>(to, from),
            _ => to.copy_from_slice(from),
        },
    }
    from.len()
}

/// Copies the first and the last `N` bytes. They cover everything if there are at most `2 * N`.
#[inline]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use sha2::Digest as _;

    use super::*;
    use crate::hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};

    #[allow(clippy::cast_possible_truncation, reason = "only the low byte is used")]
    fn message(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at.wrapping_mul(197) >> 1) as u8).collect()
    }

    /// All lengths up to four blocks and one byte, split at every position; beyond two blocks, only near block
    /// boundaries and the padding limit.
    #[allow(clippy::arithmetic_side_effects, reason = "small numbers")]
    fn matches_reference<H: Hash<BLOCK>, D: sha2::Digest, const BLOCK: usize>() {
        let max_len = 4 * BLOCK + 1;
        let message = message(max_len);
        for length in 0..=max_len {
            let message = message.get(..length).unwrap_or_default();
            let expected = D::digest(message);
            let check = |state: &H::State, cut: usize| {
                let mut actual = [0; MAX_TAG];
                H::write_hash(state, &mut actual);
                assert!(actual.starts_with(&expected), "{}, {length} bytes cut at {cut}", H::ALGORITHM);
                assert!(actual.iter().skip(expected.len()).all(|&byte| byte == 0), "bytes after the hash value");
            };
            let is_tested = |cut: &usize| length <= 2 * BLOCK || (cut + 1) % (BLOCK / 8) <= 2;
            for cut in (0..=length).filter(is_tested) {
                let (front, back) = message.split_at(cut);
                let mut digest = Digest::<H, BLOCK, 1>::resume([H::INITIAL], 1, 0);
                digest.update(front);
                digest.update(back);
                digest.finish().iter().for_each(|state| check(state, cut));
            }
        }
    }

    #[test]
    fn md5_in_two_pieces() {
        matches_reference::<Md5, md5::Md5, 64>();
    }

    #[test]
    fn sha_1_in_two_pieces() {
        matches_reference::<Sha1, sha1::Sha1, 64>();
    }

    #[test]
    fn sha_224_in_two_pieces() {
        matches_reference::<Sha224, sha2::Sha224, 64>();
    }

    #[test]
    fn sha_256_in_two_pieces() {
        matches_reference::<Sha256, sha2::Sha256, 64>();
    }

    #[test]
    fn sha_384_in_two_pieces() {
        matches_reference::<Sha384, sha2::Sha384, 128>();
    }

    #[test]
    fn sha_512_in_two_pieces() {
        matches_reference::<Sha512, sha2::Sha512, 128>();
    }

    /// Pieces of each length, with empty ones between them.
    #[test]
    fn many_pieces_of_one_length() {
        let message = message(1000);
        let expected = sha2::Sha256::digest(&message);
        for length in 1..=200 {
            let mut digest = Digest::<Sha256, 64, 1>::resume([Sha256::INITIAL], 1, 0);
            for piece in message.chunks(length) {
                digest.update(piece);
                digest.update(&[]);
            }
            let mut actual = [0; MAX_TAG];
            digest.finish().iter().for_each(|state| Sha256::write_hash(state, &mut actual));
            assert!(actual.starts_with(&expected), "pieces of {length}");
        }
    }

    /// Several chaining values give the same result together as each alone; unused ones are not computed.
    #[test]
    fn several_chaining_values_at_once() {
        let starts: [[u32; 8]; 3] = [Sha256::INITIAL, [7; 8], [9; 8]];
        for length in [0, 1, 55, 56, 63, 64, 65, 128, 200] {
            let message = message(length);
            for (used, piece_length) in (0..=3).flat_map(|used| [1, 23, 150, 200].map(|length| (used, length))) {
                let mut together = Digest::<Sha256, 64, 3>::resume(starts, used, 0);
                message.chunks(piece_length).for_each(|piece| together.update(piece));
                let alone = starts.iter().take(used).map(|start| {
                    let mut digest = Digest::<Sha256, 64, 1>::resume([*start], 1, 0);
                    digest.update(&message);
                    digest.finish().to_vec()
                });
                assert_eq!(
                    together.finish(),
                    alone.flatten().collect::<Vec<_>>(),
                    "{length} bytes by {piece_length}, {used} used"
                );
            }
        }
    }

    #[test]
    fn the_hash_of_a_message_is_that_of_sha2() {
        for length in [0, 1, 63, 64, 65, 1000] {
            let mut actual = [0; 32];
            hash::<Sha256, 64>(&message(length)).copy_to(&mut actual, 32);
            assert_eq!(actual[..], sha2::Sha256::digest(message(length))[..]);
        }
    }

    #[test]
    fn wiping_clears_keys_and_message() {
        let mut digest = Digest::<Sha512, 128, 2>::resume([[7; 8]; 2], 1, 0);
        digest.update(&message(100));
        digest.wipe();
        assert_eq!(digest.states, [[0; 8]; 2]);
        assert_eq!(digest.buffer, [0; 128]);
    }
}
