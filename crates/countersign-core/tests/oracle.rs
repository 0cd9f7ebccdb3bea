//! Compares the core with the `hmac` and `ring` crates, and with a simple reference verifier.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/encode.rs"]
mod encode;
#[path = "oracle/grammar.rs"]
mod grammar;
#[path = "oracle/headers.rs"]
mod headers;
#[path = "oracle/macs.rs"]
mod macs;
#[path = "oracle/reference.rs"]
mod reference;

use countersign_core::Algorithm;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::ProptestConfig;

/// `times` the default number of cases, which `PROPTEST_CASES` sets. Failures are printed and not stored in a file.
fn cases(times: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.saturating_mul(times), failure_persistence: None, ..default }
}

/// The tag that the `hmac` crate computes.
fn tag(algorithm: Algorithm, secret: &[u8], body: &[u8]) -> Vec<u8> {
    fn with<M: Mac + KeyInit>(secret: &[u8], body: &[u8]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).unwrap();
        mac.update(body);
        mac.finalize().into_bytes().to_vec()
    }
    match algorithm {
        Algorithm::Md5 => with::<Hmac<md5::Md5>>(secret, body),
        Algorithm::Sha1 => with::<Hmac<sha1::Sha1>>(secret, body),
        Algorithm::Sha224 => with::<Hmac<sha2::Sha224>>(secret, body),
        Algorithm::Sha256 => with::<Hmac<sha2::Sha256>>(secret, body),
        Algorithm::Sha384 => with::<Hmac<sha2::Sha384>>(secret, body),
        Algorithm::Sha512 => with::<Hmac<sha2::Sha512>>(secret, body),
    }
}
