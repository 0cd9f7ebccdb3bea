//! The floor: what an HMAC cannot do without.

use std::hint::black_box;
use std::slice;

use countersign_core::Algorithm;

/// What is done with a piece of work.
pub trait Measure {
    /// Runs it as often as is wanted.
    fn measure<T>(&mut self, run: impl Fn() -> T);
}

/// RustCrypto's compression function alone, on as many blocks as an HMAC of `size` bytes needs with a prepared key: those
/// of the message, then one more that holds what came of those.
pub fn floor(algorithm: Algorithm, size: usize, to: &mut impl Measure) {
    macro_rules! floor {
        ($word:ty, $words:literal, $block:literal, $compress:path) => {{
            // The mark and the length go behind the message.
            let blocks = vec![[0x5a; $block]; (size + 1 + $block / 8).div_ceil($block)];
            to.measure(|| {
                let mut inner = black_box([0; $words]);
                $compress(&mut inner, black_box(&blocks));
                let mut block = [0; $block];
                for (to, word) in block.as_chunks_mut::<{ size_of::<$word>() }>().0.iter_mut().zip(inner) {
                    *to = <$word>::to_ne_bytes(word);
                }
                let mut outer = black_box([0; $words]);
                $compress(&mut outer, slice::from_ref(&block));
                outer
            });
        }};
    }
    match algorithm {
        Algorithm::Md5 => floor!(u32, 4, 64, md5::block_api::compress),
        Algorithm::Sha1 => floor!(u32, 5, 64, sha1::block_api::compress),
        Algorithm::Sha224 | Algorithm::Sha256 => floor!(u32, 8, 64, sha2::block_api::compress256),
        Algorithm::Sha384 | Algorithm::Sha512 => floor!(u64, 8, 128, sha2::block_api::compress512),
    }
}
