//! The two sizes of words that hash functions work with, and the blocks that sixteen of them make.

use zeroize::DefaultIsZeroes;

use crate::message::Mac;

/// A chaining value: eight words, of which MD5 uses four and SHA-1 five.
pub(crate) type Row<W> = [W; 8];

pub(crate) trait Word: DefaultIsZeroes + PartialEq {
    /// Sixteen words, as bytes.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]>;

    const ZERO: Self;

    /// The bytes of a block.
    const BLOCK: usize;

    const EMPTY: Self::Block;

    /// The whole blocks of a text, and what is left over.
    fn blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]);

    /// A block of words as they lie in memory.
    fn block(words: [Self; 16]) -> Self::Block;

    /// The words of a block as they lie in memory.
    #[cfg(test)]
    fn words(block: &Self::Block) -> [Self; 16];

    /// Gives the row that was put into the place of a MAC.
    fn take(mac: &Mac, row: &mut Row<Self>);

    /// Puts a row as it lies in memory into the place of a MAC, and zeros behind it.
    fn put(row: &Row<Self>, mac: &mut Mac);
}

macro_rules! word {
    ($word:ty, $block:literal) => {
        impl Word for $word {
            type Block = [u8; $block];

            const ZERO: Self = 0;
            const BLOCK: usize = $block;
            const EMPTY: Self::Block = [0; $block];

            #[inline(always)]
            fn blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]) {
                bytes.as_chunks()
            }

            #[inline(always)]
            fn block(words: [Self; 16]) -> Self::Block {
                let mut block = Self::EMPTY;
                for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
                    *bytes = word.to_ne_bytes();
                }
                block
            }

            #[cfg(test)]
            fn words(block: &Self::Block) -> [Self; 16] {
                core::array::from_fn(|at| Self::from_ne_bytes(block.as_chunks().0[at]))
            }

            #[inline(always)]
            fn take(mac: &Mac, row: &mut Row<Self>) {
                for (word, bytes) in row.iter_mut().zip(mac.as_bytes().as_chunks().0) {
                    *word = Self::from_ne_bytes(*bytes);
                }
            }

            #[inline(always)]
            fn put(row: &Row<Self>, mac: &mut Mac) {
                let row = row.map(Self::to_ne_bytes);
                let (front, behind) = mac.as_mut_bytes().split_at_mut(size_of::<Row<Self>>());
                front.copy_from_slice(row.as_flattened());
                behind.fill(0);
            }
        }
    };
}

word!(u32, 64);
word!(u64, 128);
