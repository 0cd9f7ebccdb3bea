//! Stage 2, decode: turns the text of a signature into the bytes of a tag. Accepts canonical forms only.

mod base64;
mod hex;

use crate::encoding::Encoding;
use crate::tag::MAX_TAG;

/// Decodes all of `text` to the start of `tag`. Returns the number of decoded bytes, which may be the tag length of no
/// algorithm and may exceed the length of `tag`; `None` if the text is not well-formed.
///
/// Padding is complete or absent. Bytes that do not fit into `tag` are checked and dropped. If the text is not
/// well-formed, `tag` may contain part of what was decoded.
#[inline]
#[must_use]
pub fn decode(text: &[u8], encoding: Encoding, tag: &mut [u8; MAX_TAG]) -> Option<usize> {
    match encoding {
        Encoding::HexaDecimal => hex::decode(text, tag),
        Encoding::Base64 => base64::decode(text, &base64::STANDARD, tag),
        Encoding::Base64Url => base64::decode(text, &base64::URL, tag),
    }
}
