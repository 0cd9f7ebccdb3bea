//! The six hash functions, reduced to what HMAC needs: a state, a compression function, and the byte order of words.
//!
//! The compression functions are RustCrypto's, which choose the fastest code for the processor at run time.

use zeroize::Zeroize;

use crate::algorithm::Algorithm;

/// A Merkle–Damgård hash function with blocks of `BLOCK` bytes.
pub(crate) trait Hash<const BLOCK: usize> {
    /// The chaining value between blocks.
    type State: Copy + Zeroize;

    const ALGORITHM: Algorithm;

    /// The chaining value before the first block.
    const INITIAL: Self::State;

    /// The only block of HMAC's outer hash, with zeros in place of the inner hash: then padding and the length.
    const OUTER_BLOCK: [u8; BLOCK];

    /// Updates `state` with whole blocks.
    fn compress(state: &mut Self::State, blocks: &[[u8; BLOCK]]);

    /// Writes the hash value of the final `state` to the start of `out`. The rest of `out` is not changed.
    fn write_hash(state: &Self::State, out: &mut [u8]);

    /// Writes a message length in bits to the end of the last block.
    fn write_bit_length(bits: u64, block: &mut [u8; BLOCK]);
}

macro_rules! hash {
    ($name:ident, $word:ty, $words:literal, $block:literal, $compress:path, $to_bytes:ident, $initial:expr) => {
        pub(crate) struct $name;

        impl Hash<$block> for $name {
            type State = [$word; $words];

            const ALGORITHM: Algorithm = Algorithm::$name;

            const INITIAL: Self::State = $initial;

            #[expect(
                clippy::arithmetic_side_effects,
                clippy::indexing_slicing,
                reason = "evaluated at compile time only"
            )]
            const OUTER_BLOCK: [u8; $block] = {
                let tag_len = Algorithm::$name.tag_len();
                let mut block = [0; $block];
                block[tag_len] = 0x80;
                let bits = ($block + tag_len as u64) * 8;
                let length: Option<&mut [u8; 8]> = block.last_chunk_mut();
                *length.unwrap() = bits.$to_bytes();
                block
            };

            #[inline]
            fn compress(state: &mut Self::State, blocks: &[[u8; $block]]) {
                $compress(state, blocks);
            }

            #[inline]
            fn write_hash(state: &Self::State, out: &mut [u8]) {
                let (slots, _) = out.as_chunks_mut::<{ size_of::<$word>() }>();
                let words = const { Algorithm::$name.tag_len() / size_of::<$word>() };
                for (slot, word) in slots.iter_mut().zip(state).take(words) {
                    *slot = word.$to_bytes();
                }
            }

            #[inline]
            fn write_bit_length(bits: u64, block: &mut [u8; $block]) {
                if let Some(slot) = block.last_chunk_mut() {
                    *slot = bits.$to_bytes();
                }
            }
        }
    };
}

// RFC 1321 section 3.3
hash!(Md5, u32, 4, 64, md5::block_api::compress, to_le_bytes, [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]);

// FIPS 180-4 sections 5.3.1 to 5.3.5
hash!(
    Sha1,
    u32,
    5,
    64,
    sha1::block_api::compress,
    to_be_bytes,
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
);
hash!(
    Sha224,
    u32,
    8,
    64,
    sha2::block_api::compress256,
    to_be_bytes,
    [0xc105_9ed8, 0x367c_d507, 0x3070_dd17, 0xf70e_5939, 0xffc0_0b31, 0x6858_1511, 0x64f9_8fa7, 0xbefa_4fa4,]
);
hash!(
    Sha256,
    u32,
    8,
    64,
    sha2::block_api::compress256,
    to_be_bytes,
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,]
);
hash!(
    Sha384,
    u64,
    8,
    128,
    sha2::block_api::compress512,
    to_be_bytes,
    [
        0xcbbb_9d5d_c105_9ed8,
        0x629a_292a_367c_d507,
        0x9159_015a_3070_dd17,
        0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31,
        0x8eb4_4a87_6858_1511,
        0xdb0c_2e0d_64f9_8fa7,
        0x47b5_481d_befa_4fa4,
    ]
);
hash!(
    Sha512,
    u64,
    8,
    128,
    sha2::block_api::compress512,
    to_be_bytes,
    [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ]
);
