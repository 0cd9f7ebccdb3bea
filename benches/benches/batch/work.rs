//! What all contestants do.

use countersign_core::{Algorithm, Key};

/// How many keys the messages are signed with in turn, so that nobody gains from there being only one.
pub const KEYS: usize = 16;

/// Messages, the secrets to sign them with, and the tags that must come out.
pub struct Work {
    algorithm: Algorithm,
    secrets: Vec<[u8; 32]>,
    messages: Vec<Vec<u8>>,
    tags: Vec<Vec<u8>>,
}

impl Work {
    fn new(algorithm: Algorithm, lengths: impl Iterator<Item = usize>) -> Self {
        let secrets: Vec<_> = (b'A'..).take(KEYS).map(|byte| [byte; 32]).collect();
        let messages: Vec<Vec<u8>> = lengths
            .enumerate()
            .map(|(at, length)| (0..length).map(|byte| (at * 31 + byte * 7) as u8).collect())
            .collect();
        let keys: Vec<_> = secrets.iter().map(|secret| Key::hmac(algorithm, secret).unwrap()).collect();
        let tags = messages
            .iter()
            .enumerate()
            .map(|(at, message)| keys[at % KEYS].sign(&[message]).unwrap().as_bytes().to_vec());
        Self { algorithm, tags: tags.collect(), secrets, messages }
    }

    /// Messages of one length.
    pub fn equal(algorithm: Algorithm, size: usize, count: usize) -> Self {
        Self::new(algorithm, std::iter::repeat_n(size, count))
    }

    /// Messages of so many blocks each, filled as far as they can be.
    pub fn with_blocks(algorithm: Algorithm, count: usize, blocks: usize) -> Self {
        Self::equal(algorithm, blocks * block(algorithm) - block(algorithm) / 8 - 1, count)
    }

    /// Messages of up to 20 blocks, in no order.
    pub fn mixed(algorithm: Algorithm, count: usize) -> Self {
        let mut state = 1_u64;
        Self::new(
            algorithm,
            (0..count).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Not every rival can do without a message.
                1 + (state >> 33) as usize % (20 * block(algorithm))
            }),
        )
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn secrets(&self) -> &[[u8; 32]] {
        &self.secrets
    }

    pub fn messages(&self) -> &[Vec<u8>] {
        &self.messages
    }

    pub fn tags(&self) -> &[Vec<u8>] {
        &self.tags
    }

    /// How many blocks the inner hashes have, without those of the keys.
    pub fn blocks(&self) -> usize {
        let size = block(self.algorithm);
        self.messages.iter().map(|message| (message.len() + size / 8) / size + 1).sum()
    }
}

fn block(algorithm: Algorithm) -> usize {
    if matches!(algorithm, Algorithm::Sha384 | Algorithm::Sha512) { 128 } else { 64 }
}
