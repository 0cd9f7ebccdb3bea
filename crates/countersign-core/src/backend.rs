//! The interface to the code that decodes signatures and computes MACs: the core itself, or faster code for one
//! processor.

use crate::decode::decode;
use crate::encoding::Encoding;
use crate::key::Key;
use crate::mac::mac;
use crate::tag::{MAX_TAG, Tag};

/// Decodes signatures and computes MACs for [`Verifier::verify_with`](crate::Verifier::verify_with).
///
/// A backend must return the same results as [`Portable`]; one with a mistake accepts forgeries.
pub trait Backend {
    /// A MAC, followed by zeros up to 64 bytes.
    type Mac: AsRef<[u8; MAX_TAG]>;

    /// Decodes `text` as [`decode`](crate::hazmat::decode) does.
    fn decode(&self, text: &[u8], encoding: Encoding, tag: &mut [u8; MAX_TAG]) -> Option<usize>;

    /// Computes the MAC of a message, which is the concatenation of `parts`. Zeros if `key` is a token.
    fn mac(&self, key: &Key, parts: &[&[u8]]) -> Self::Mac;
}

/// The code of this crate, which runs on every processor.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Backend for Portable {
    type Mac = Tag;

    #[allow(clippy::inline_always, reason = "a call costs as much as decoding a short signature")]
    #[inline(always)]
    fn decode(&self, text: &[u8], encoding: Encoding, tag: &mut [u8; MAX_TAG]) -> Option<usize> {
        decode(text, encoding, tag)
    }

    #[inline]
    fn mac(&self, key: &Key, parts: &[&[u8]]) -> Tag {
        mac::<false>(key, parts)
    }
}
