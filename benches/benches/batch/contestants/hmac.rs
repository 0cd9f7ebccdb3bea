//! The crates `hmac`, `md-5`, `sha1` and `sha2`.

use countersign_core::Algorithm;
use hmac::{Hmac, KeyInit, Mac};

use super::{Contestant, OneByOne};
use crate::work::Work;

pub fn new(work: &Work) -> Box<dyn Contestant + '_> {
    macro_rules! hmac {
        ($hash:ty) => {
            Box::new(OneByOne::new(
                "hmac, md-5, sha1, sha2",
                work,
                |secret| <Hmac<$hash> as KeyInit>::new_from_slice(secret).unwrap(),
                |key, message| {
                    let mut mac = key.clone();
                    mac.update(message);
                    mac.finalize().into_bytes()
                },
            ))
        };
    }
    match work.algorithm() {
        Algorithm::Md5 => hmac!(md5::Md5),
        Algorithm::Sha1 => hmac!(sha1::Sha1),
        Algorithm::Sha224 => hmac!(sha2::Sha224),
        Algorithm::Sha256 => hmac!(sha2::Sha256),
        Algorithm::Sha384 => hmac!(sha2::Sha384),
        Algorithm::Sha512 => hmac!(sha2::Sha512),
    }
}
