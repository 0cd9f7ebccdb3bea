//! Encodes tags as senders do.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_core::Encoding;

/// Encodes a tag: base64 with padding, hex in lower case.
pub(crate) fn encode(encoding: Encoding, tag: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => STANDARD.encode(tag),
        Encoding::Base64Url => URL_SAFE.encode(tag),
        Encoding::HexaDecimal => hex::encode(tag),
    }
}
