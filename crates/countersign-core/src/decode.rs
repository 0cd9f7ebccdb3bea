//! Stage 2, decode: from text to the bytes of a tag, canonical forms only.

mod base64;
mod hex;

use crate::encoding::Encoding;
use crate::tag::Tag;

/// Decodes `text`, all of it, in one way only, to the front of `tag`. Gives the number of bytes that it stands for,
/// which may be that of no algorithm and more than there is room for; `None` if the text is not well-formed.
#[inline]
pub(crate) fn decode(text: &[u8], encoding: Encoding, tag: &mut Tag) -> Option<usize> {
    let out = tag.as_mut_bytes();
    match encoding {
        Encoding::HexaDecimal => hex::decode(text, out),
        Encoding::Base64 => base64::decode(text, &base64::STANDARD, out),
        Encoding::Base64Url => base64::decode(text, &base64::URL, out),
    }
}
