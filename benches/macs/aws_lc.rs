//! The crate `aws-lc-rs`, for the algorithms that it has.

use aws_lc_rs::hmac::{self, Key};
use countersign_core::Algorithm;

use super::Contest;

pub(super) fn enter(algorithm: Algorithm, contest: &mut impl Contest) {
    let algorithm = match algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha224 => hmac::HMAC_SHA224,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha384 => hmac::HMAC_SHA384,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
        Algorithm::Md5 => return,
    };
    contest.enter(
        "aws-lc-rs",
        move |secret| Key::new(algorithm, secret),
        hmac::sign,
        move |secret, message| hmac::sign(&Key::new(algorithm, secret), message),
    );
}
