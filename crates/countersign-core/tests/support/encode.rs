//! Tags as senders write them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_core::Encoding;

/// Writes a tag in the usual way, base64 with padding and hex in small letters.
pub(crate) fn encode(encoding: Encoding, tag: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => STANDARD.encode(tag),
        Encoding::Base64Url => URL_SAFE.encode(tag),
        Encoding::HexaDecimal => hex::encode(tag),
    }
}
