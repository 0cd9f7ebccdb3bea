//! The compression functions, each written once for all instruction sets.

pub(crate) mod md5;
pub(crate) mod sha1;
pub(crate) mod sha2;

use countersign_core::{Algorithm, Key};

use crate::vector::Vector;
use crate::word::{Row, Word};

/// A compression function: a chaining value and a block become the next chaining value.
pub(crate) trait Compression: Sized + 'static {
    type Word: Word;

    /// The hash function that gives all words of the chaining value that it can.
    type Long: Hash<Compression = Self>;

    /// The one that gives fewer; the same, if there is none.
    type Short: Hash<Compression = Self>;

    /// How many words of a row it uses.
    const STATE_WORDS: usize;

    /// Whether the bytes of a word come with the highest first.
    const BIG_ENDIAN: bool;

    /// Absorbs a block in each lane.
    fn compress<V: Vector<LANES, Word = Self::Word>, const LANES: usize>(
        proof: V::Proof,
        state: [V; 8],
        block: [V; 16],
    ) -> [V; 8];

    /// Absorbs blocks of a single message.
    fn compress_one(state: &mut Row<Self::Word>, blocks: &[<Self::Word as Word>::Block]);

    /// Puts the chaining values of a key, after the inner and after the outer pad, to the fronts of two rows. Leaves those
    /// as they are if the key is of another function.
    fn load(key: &Key, inner: &mut Row<Self::Word>, outer: &mut Row<Self::Word>);

    /// A word as it lies in memory when its bytes stand in the order of this function.
    fn to_bytes(word: Self::Word) -> Self::Word;

    /// Writes the length of a message to the end of its last block, in bits.
    #[inline(always)]
    fn write_length(bytes: u64, block: &mut [u8]) {
        let bits = bytes.wrapping_mul(8);
        if let Some(to) = block.last_chunk_mut() {
            *to = if Self::BIG_ENDIAN { bits.to_be_bytes() } else { bits.to_le_bytes() };
        }
    }
}

/// A hash function: a compression function, and how many words of the chaining value are the hash.
pub(crate) trait Hash {
    type Compression: Compression;

    const TAG_WORDS: usize;

    /// The one block of HMAC's outer hash: the inner hash, for which zeros stand here, the mark behind it, and the length
    /// of both and of the block of the key, in bits.
    const OUTER_BLOCK: [WordOf<Self>; 16];

    /// The block with a hash in it.
    fn outer_block(hash: &Row<WordOf<Self>>) -> <WordOf<Self> as Word>::Block {
        let mut words = Self::OUTER_BLOCK;
        words[..Self::TAG_WORDS].copy_from_slice(&hash[..Self::TAG_WORDS]);
        <WordOf<Self>>::block(words.map(Self::Compression::to_bytes))
    }

    /// The tag, as it lies in memory, and zeros behind it.
    fn tag(state: &Row<WordOf<Self>>) -> Row<WordOf<Self>> {
        let mut tag = [<WordOf<Self>>::ZERO; 8];
        for (tag, word) in tag.iter_mut().zip(state).take(Self::TAG_WORDS) {
            *tag = Self::Compression::to_bytes(*word);
        }
        tag
    }
}

/// The word of a hash function.
pub(crate) type WordOf<H> = <<H as Hash>::Compression as Compression>::Word;

macro_rules! hash {
    ($name:ident, $compression:path, $word:ty, $algorithm:ident, $mark:expr, $length_at:literal) => {
        pub(crate) struct $name;

        impl Hash for $name {
            type Compression = $compression;

            const TAG_WORDS: usize = Algorithm::$algorithm.tag_len() / size_of::<$word>();

            #[allow(clippy::cast_possible_truncation, reason = "less than two blocks")]
            const OUTER_BLOCK: [$word; 16] = {
                let mut block = [0; 16];
                block[Self::TAG_WORDS] = $mark;
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

/// The same rounds with other indices, sixteen times: `step!(0)` to `step!(15)`.
macro_rules! sixteen {
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
pub(crate) use sixteen;
