//! The crate `ring`, for the algorithms that it has.

use countersign_core::Algorithm;
use ring::hmac::{self, Key};

use super::Contest;

pub(super) fn enter(algorithm: Algorithm, contest: &mut impl Contest) {
    let algorithm = match algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha384 => hmac::HMAC_SHA384,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
        Algorithm::Md5 | Algorithm::Sha224 => return,
    };
    contest.enter(
        "ring",
        move |secret| Key::new(algorithm, secret),
        hmac::sign,
        move |secret, message| hmac::sign(&Key::new(algorithm, secret), message),
    );
}
