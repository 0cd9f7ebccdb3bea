//! Who decodes signatures and makes MACs: the core itself, or faster code for the processor at hand.

use crate::decode::decode;
use crate::encoding::Encoding;
use crate::key::Key;
use crate::mac::mac;
use crate::tag::{MAX_TAG, Tag};

/// Decodes signatures and makes MACs for [`Verifier::verify_with`](crate::Verifier::verify_with).
///
/// A backend that is wrong accepts forgeries. It gives the same results as [`Portable`], faster.
pub trait Backend {
    /// A MAC, with zeros after it up to 64 bytes.
    type Mac: AsRef<[u8; MAX_TAG]>;

    /// Decodes `text` as [`decode`](crate::hazmat::decode) does.
    fn decode(&self, text: &[u8], encoding: Encoding, tag: &mut [u8; MAX_TAG]) -> Option<usize>;

    /// The MAC of a message under `key`; zeros for a token. `parts` follow each other without a gap.
    fn mac(&self, key: &Key, parts: &[&[u8]]) -> Self::Mac;
}

/// The code of this crate, which needs nothing of the processor.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Backend for Portable {
    type Mac = Tag;

    #[allow(clippy::inline_always, reason = "a call costs as much as the rest of a short signature's decoding")]
    #[inline(always)]
    fn decode(&self, text: &[u8], encoding: Encoding, tag: &mut [u8; MAX_TAG]) -> Option<usize> {
        decode(text, encoding, tag)
    }

    #[inline]
    fn mac(&self, key: &Key, parts: &[&[u8]]) -> Tag {
        mac::<false>(key, parts)
    }
}
