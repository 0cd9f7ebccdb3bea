//! The digest by which the lines of an object are recognised.
//!
//! One SHA-256 of all bytes would cost more than anything else that is done when an object is read, for each block of it waits for the one
//! before. So the bytes are cut into pieces, of which a processor hashes several at once: the digest is the SHA-256 of the tags of the pieces
//! of 8 KiB (the last one may be shorter), in their order, and of the number of bytes (8 bytes, big-endian). A piece's tag is its HMAC-SHA-256
//! with a key that everyone knows. It keeps no secret: it is the hash that [`countersign::lanes`] computes of many messages together.

use std::fmt;
use std::mem;
use std::slice;
use std::sync::LazyLock;

use countersign::Algorithm;
use countersign::engine::Key;
use countersign::lanes::{Lanes, Mac, Message};
use sha2::{Digest as _, Sha256};

const PIECE_BYTES: usize = 8 << 10;
/// How many pieces are hashed together: as many as the widest instruction set takes.
const PIECES: usize = 16;

/// Bytes whose number is a multiple of this are hashed where they are; what is beyond is copied first.
pub const BLOCK_BYTES: usize = PIECES * PIECE_BYTES;

static KEY: LazyLock<Key> =
    LazyLock::new(|| Key::hmac(Algorithm::Sha256, b"countersignd archive").expect("a key that is not empty"));

/// Computes the digest of bytes as they come.
#[derive(Default)]
pub struct Digester {
    tags: Sha256,
    bytes: u64,
    /// What makes no whole block yet.
    waiting: Vec<u8>,
}

impl Digester {
    /// Appends bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if !self.waiting.is_empty() {
            let missing = BLOCK_BYTES - self.waiting.len();
            let (next, rest) = bytes.split_at(missing.min(bytes.len()));
            self.waiting.extend_from_slice(next);
            if next.len() < missing {
                return;
            }
            let mut block = mem::take(&mut self.waiting);
            self.add(&block);
            block.clear();
            (self.waiting, bytes) = (block, rest);
        }
        let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % BLOCK_BYTES);
        self.add(blocks);
        self.waiting.extend_from_slice(rest);
    }

    /// The digest.
    #[must_use]
    pub fn finish(mut self) -> [u8; 32] {
        let rest = mem::take(&mut self.waiting);
        self.add(&rest);
        self.tags.update(self.bytes.to_be_bytes());
        self.tags.finalize().into()
    }

    /// Adds whole blocks, or the last bytes of all.
    fn add(&mut self, bytes: &[u8]) {
        let mut tags = [const { Mac::empty() }; PIECES];
        for block in bytes.chunks(BLOCK_BYTES) {
            let pieces: Vec<_> = block.chunks(PIECE_BYTES).collect();
            let message = |piece| Message { key: &KEY, parts: slice::from_ref(piece) };
            let messages: Vec<_> = pieces.iter().map(message).collect();
            Lanes::detect().mac_batch(&messages, &mut tags);
            for tag in &tags[..pieces.len()] {
                self.tags.update(&tag.as_bytes()[..32]);
            }
        }
    }
}

impl fmt::Debug for Digester {
    /// Leaves out what senders have sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digester").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// The digest of bytes that are there as a whole.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut digester = Digester::default();
    digester.update(bytes);
    digester.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes in which no piece is like another.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|place| u8::try_from(place * place % 251).unwrap()).collect()
    }

    /// Computed by hmac and hashlib of Python.
    #[test]
    fn a_digest_is_what_others_compute() {
        for (count, expected) in [
            (0, "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"),
            (1, "91df7efcf7b860c2da3bc92896974dd4bd4c429b667f8f5516f83ca2bd991aa3"),
            (8192, "af59f124b054414e2626f00828bfb15cf53c1782529922d5c703da6a359b046f"),
            (8193, "e26974149662f83d59d9bb649958b636ae4368dc2ec0efb042ddff94aa3d2cdb"),
            (131_072, "e26b72ad00feb1cda0d0e93a444b6937d4bd5e5108129f3d10d434f418237e4e"),
            (300_000, "31c1fe6a481e555b4e6989304434437eb23b6fd901d6e6814cd92e6804c885d4"),
        ] {
            assert_eq!(crate::random::to_hex(&digest(&bytes(count))), expected, "{count}");
        }
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_come() {
        let bytes = bytes(5 * BLOCK_BYTES + 7);
        for step in [1000, PIECE_BYTES, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES] {
            let mut digester = Digester::default();
            for part in bytes.chunks(step) {
                digester.update(part);
            }
            assert_eq!(digester.finish(), digest(&bytes), "{step}");
        }
    }

    #[test]
    fn each_byte_and_the_place_of_each_piece_matter() {
        let bytes = bytes(BLOCK_BYTES + PIECE_BYTES);
        let whole = digest(&bytes);
        for place in (0..bytes.len()).step_by(PIECE_BYTES / 2) {
            let mut other = bytes.clone();
            other[place] ^= 1;
            assert_ne!(digest(&other), whole, "{place}");
        }
        let mut other = bytes.clone();
        other.rotate_left(PIECE_BYTES);
        assert_ne!(digest(&other), whole);
        assert_ne!(digest(&bytes[..BLOCK_BYTES]), whole);
    }
}
