//! The two word sizes of the hash functions, and blocks of sixteen words.

use zeroize::DefaultIsZeroes;

use crate::message::Mac;

/// A chaining value of one message: eight words, of which MD5 uses four and SHA-1 five.
pub(crate) type Row<W> = [W; 8];

pub(crate) trait Word: DefaultIsZeroes + PartialEq {
    /// Sixteen words, as bytes.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]>;

    const ZERO: Self;

    /// The length of a block in bytes.
    const BLOCK_LEN: usize;

    const ZERO_BLOCK: Self::Block;

    /// The whole blocks at the start of `bytes`, and the rest.
    fn split_blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]);

    /// A block from words in the byte order of memory.
    fn block_from_words(words: [Self; 16]) -> Self::Block;

    /// The words of a block, in the byte order of memory.
    #[cfg(test)]
    fn words(block: &Self::Block) -> [Self; 16];

    /// Loads the row that [`store_row`](Self::store_row) stored in a MAC.
    fn load_row(mac: &Mac, row: &mut Row<Self>);

    /// Stores a row in a MAC, in the byte order of memory, followed by zeros.
    fn store_row(row: &Row<Self>, mac: &mut Mac);
}

macro_rules! word {
    ($word:ty, $block:literal) => {
        impl Word for $word {
            type Block = [u8; $block];

            const ZERO: Self = 0;
            const BLOCK_LEN: usize = $block;
            const ZERO_BLOCK: Self::Block = [0; $block];

            #[inline(always)]
            fn split_blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]) {
                bytes.as_chunks()
            }

            #[inline(always)]
            fn block_from_words(words: [Self; 16]) -> Self::Block {
                let mut block = Self::ZERO_BLOCK;
                for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
                    *bytes = word.to_ne_bytes();
                }
                block
            }

            #[cfg(test)]
            fn words(block: &Self::Block) -> [Self; 16] {
                core::array::from_fn(|index| Self::from_ne_bytes(block.as_chunks().0[index]))
            }

            #[inline(always)]
            fn load_row(mac: &Mac, row: &mut Row<Self>) {
                for (word, bytes) in row.iter_mut().zip(mac.as_bytes().as_chunks().0) {
                    *word = Self::from_ne_bytes(*bytes);
                }
            }

            #[inline(always)]
            fn store_row(row: &Row<Self>, mac: &mut Mac) {
                let row = row.map(Self::to_ne_bytes);
                let (start, rest) = mac.as_mut_bytes().split_at_mut(size_of::<Row<Self>>());
                start.copy_from_slice(row.as_flattened());
                rest.fill(0);
            }
        }
    };
}

word!(u32, 64);
word!(u64, 128);
