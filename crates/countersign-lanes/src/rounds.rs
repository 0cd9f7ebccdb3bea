//! The compression functions and hash functions, each written once for all instruction sets.

pub(crate) mod md5;
pub(crate) mod sha1;
pub(crate) mod sha2;

use countersign_core::{Algorithm, Key};

use crate::vector::Vector;
use crate::word::{Row, Word};

/// A compression function: computes the next chaining value from a chaining value and a block.
pub(crate) trait Compression: Sized + 'static {
    type Word: Word;

    /// The hash function whose hash is the whole chaining value.
    type Full: Hash<Compression = Self>;

    /// The hash function whose hash is truncated; the same as `Full`, if there is none.
    type Truncated: Hash<Compression = Self>;

    /// The number of words of a row that it uses.
    const STATE_WORDS: usize;

    /// Whether words are big-endian in messages and hashes.
    const BIG_ENDIAN: bool;

    /// Processes one block in each lane.
    fn compress<V: Vector<LANES, Word = Self::Word>, const LANES: usize>(
        proof: V::Proof,
        state: [V; 8],
        block: [V; 16],
    ) -> [V; 8];

    /// Processes blocks of a single message.
    fn compress_one(state: &mut Row<Self::Word>, blocks: &[<Self::Word as Word>::Block]);

    /// Loads the chaining values of a key, after the inner and after the outer pad, into two rows. Does not change them
    /// if the key is for another function.
    fn load(key: &Key, inner: &mut Row<Self::Word>, outer: &mut Row<Self::Word>);

    /// Converts a word to the byte order of this function in memory.
    fn to_bytes(word: Self::Word) -> Self::Word;

    /// Writes the length of a message in bits to the end of its last block.
    #[inline(always)]
    fn write_length(bytes: u64, block: &mut [u8]) {
        let bits = bytes.wrapping_mul(8);
        if let Some(to) = block.last_chunk_mut() {
            *to = if Self::BIG_ENDIAN { bits.to_be_bytes() } else { bits.to_le_bytes() };
        }
    }
}

/// A hash function: a compression function, and the number of words of the chaining value that are the hash.
pub(crate) trait Hash {
    type Compression: Compression;

    const TAG_WORDS: usize;

    /// The only block of HMAC's outer hash, with zeros in place of the inner hash: then the padding and the length in
    /// bits, including the block of the key.
    const OUTER_BLOCK: [WordOf<Self>; 16];

    /// The block of the outer hash, with `hash` as the inner hash.
    fn outer_block(hash: &Row<WordOf<Self>>) -> <WordOf<Self> as Word>::Block {
        let mut words = Self::OUTER_BLOCK;
        words[..Self::TAG_WORDS].copy_from_slice(&hash[..Self::TAG_WORDS]);
        <WordOf<Self>>::block_from_words(words.map(Self::Compression::to_bytes))
    }

    /// The tag in the byte order of memory, followed by zeros.
    fn tag(state: &Row<WordOf<Self>>) -> Row<WordOf<Self>> {
        let mut tag = [<WordOf<Self>>::ZERO; 8];
        for (tag, word) in tag.iter_mut().zip(state).take(Self::TAG_WORDS) {
            *tag = Self::Compression::to_bytes(*word);
        }
        tag
    }
}

/// The word type of a hash function.
pub(crate) type WordOf<H> = <<H as Hash>::Compression as Compression>::Word;

macro_rules! hash {
    ($name:ident, $compression:path, $word:ty, $algorithm:ident, $padding_start:expr, $length_at:literal) => {
        pub(crate) struct $name;

        impl Hash for $name {
            type Compression = $compression;

            const TAG_WORDS: usize = Algorithm::$algorithm.tag_len() / size_of::<$word>();

            #[allow(clippy::cast_possible_truncation, reason = "less than two blocks")]
            const OUTER_BLOCK: [$word; 16] = {
                let mut block = [0; 16];
                block[Self::TAG_WORDS] = $padding_start;
                block[$length_at] = (16 * size_of::<$word>() + Algorithm::$algorithm.tag_len()) as $word * 8;
                block
            };
        }
    };
}

hash!(Md5, md5::Md5, u32, Md5, 0x80, 14);
hash!(Sha1, sha1::Sha1, u32, Sha1, 0x8000_0000, 15);
hash!(Sha224, sha2::Sha256, u32, Sha224, 0x8000_0000, 15);
hash!(Sha256, sha2::Sha256, u32, Sha256, 0x8000_0000, 15);
hash!(Sha384, sha2::Sha512, u64, Sha384, 0x8000_0000_0000_0000, 15);
hash!(Sha512, sha2::Sha512, u64, Sha512, 0x8000_0000_0000_0000, 15);

/// Calls a macro sixteen times with different indices: `step!(0)` to `step!(15)`.
macro_rules! repeat_16 {
    ($step:ident) => {
        $step!(0);
        $step!(1);
        $step!(2);
        $step!(3);
        $step!(4);
        $step!(5);
        $step!(6);
        $step!(7);
        $step!(8);
        $step!(9);
        $step!(10);
        $step!(11);
        $step!(12);
        $step!(13);
        $step!(14);
        $step!(15);
    };
}
pub(crate) use repeat_16;
