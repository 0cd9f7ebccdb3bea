//! What a single verification works on.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_core::{Algorithm, Encoding};
use hmac::{EagerHash, Hmac, KeyInit, Mac};

/// A secret of usual length.
pub const SECRET: &[u8] = b"a secret of usual length, 32 by.";

/// All encodings, with the names that figures have.
pub const ENCODINGS: [(Encoding, &str); 3] =
    [(Encoding::HexaDecimal, "hex"), (Encoding::Base64, "base64"), (Encoding::Base64Url, "base64url")];

/// A body, and the tag that belongs to it under [`SECRET`]: made by the crate `hmac`, and not by what is measured.
#[derive(Debug)]
pub struct Task {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The body, which is text.
    pub body: Vec<u8>,
    /// The tag.
    pub tag: Vec<u8>,
}

impl Task {
    /// With a body of `size` bytes.
    #[must_use]
    pub fn new(algorithm: Algorithm, size: usize) -> Self {
        let body: Vec<u8> = (b' '..=b'~').cycle().take(size).collect();
        let tag = match algorithm {
            Algorithm::Md5 => tag::<md5::Md5>(&body),
            Algorithm::Sha1 => tag::<sha1::Sha1>(&body),
            Algorithm::Sha224 => tag::<sha2::Sha224>(&body),
            Algorithm::Sha256 => tag::<sha2::Sha256>(&body),
            Algorithm::Sha384 => tag::<sha2::Sha384>(&body),
            Algorithm::Sha512 => tag::<sha2::Sha512>(&body),
        };
        Self { algorithm, body, tag }
    }

    /// The tag as a sender writes it.
    #[must_use]
    pub fn signature(&self, encoding: Encoding) -> String {
        match encoding {
            Encoding::HexaDecimal => hex::encode(&self.tag),
            Encoding::Base64 => STANDARD.encode(&self.tag),
            Encoding::Base64Url => URL_SAFE.encode(&self.tag),
        }
    }

    /// A signature of the same length that belongs to another body.
    #[must_use]
    pub fn forged(&self, encoding: Encoding) -> String {
        let tag = self.tag.iter().map(|byte| byte ^ 1).collect();
        Self { algorithm: self.algorithm, body: Vec::new(), tag }.signature(encoding)
    }
}

fn tag<H: EagerHash>(body: &[u8]) -> Vec<u8>
where
    Hmac<H>: KeyInit + Mac,
{
    let mut mac = <Hmac<H> as KeyInit>::new_from_slice(SECRET).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}
