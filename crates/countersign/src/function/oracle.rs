//! HMAC for the tests of this folder, computed by the `hmac` crate and not by countersign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::KeyInit as _;
use hmac::{Hmac, Mac as _};

/// Computes HMAC-SHA-1, in base64.
pub(crate) fn sha1(secret: &[u8], signed: &[u8]) -> String {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret).expect("any length is allowed");
    mac.update(signed);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Computes HMAC-SHA-256.
pub(crate) fn sha256(secret: &[u8], signed: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).expect("any length is allowed");
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

/// Computes HMAC-SHA-256, in base64.
pub(crate) fn sha256_base64(secret: &[u8], signed: &[u8]) -> String {
    STANDARD.encode(sha256(secret, signed))
}
