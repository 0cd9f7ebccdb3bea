//! Stage 2, decode: from text to the bytes of a tag, canonical forms only.

mod base64;
mod hex;

use crate::encoding::Encoding;
use crate::tag::MAX_TAG;

/// Decodes `text`, all of it, in one way only, to the front of `tag`. Gives the number of bytes that it stands for,
/// which may be that of no algorithm and more than there is room for; `None` if the text is not well-formed.
///
/// Padding is whole or absent. What does not fit is checked and dropped; if the text is not well-formed, what was decoded of
/// it may be left in `tag`.
#[inline]
#[must_use]
pub fn decode(text: &[u8], encoding: Encoding, tag: &mut [u8; MAX_TAG]) -> Option<usize> {
    match encoding {
        Encoding::HexaDecimal => hex::decode(text, tag),
        Encoding::Base64 => base64::decode(text, &base64::STANDARD, tag),
        Encoding::Base64Url => base64::decode(text, &base64::URL, tag),
    }
}
