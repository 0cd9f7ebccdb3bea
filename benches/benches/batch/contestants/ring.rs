//! The crate `ring`, for the algorithms that it has.

use countersign_core::Algorithm;
use ring::hmac::{self, Key};

use super::{Contestant, OneByOne};
use crate::work::Work;

pub fn new(work: &Work) -> Option<Box<dyn Contestant + '_>> {
    let algorithm = match work.algorithm() {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha384 => hmac::HMAC_SHA384,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
        Algorithm::Md5 | Algorithm::Sha224 => return None,
    };
    Some(Box::new(OneByOne::new("ring", work, |secret| Key::new(algorithm, secret), hmac::sign)))
}
