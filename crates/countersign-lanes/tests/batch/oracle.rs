//! The MACs of the `hmac` crate, and the combinations of instruction sets to test.

use std::collections::BTreeSet;

use countersign_core::Algorithm;
use countersign_lanes::{Feature, Lanes, Mac, Message};
use hmac::{Hmac, KeyInit, Mac as _};

/// Lanes with each subset of the instruction sets of this processor.
pub(super) fn combinations() -> impl Iterator<Item = Lanes> {
    let mut seen = BTreeSet::new();
    (0..1_u32 << Feature::ALL.len()).filter_map(move |without| {
        let removed = Feature::ALL.into_iter().enumerate().filter(|(at, _)| without >> at & 1 == 1);
        let lanes = removed.fold(Lanes::detect(), |lanes, (_, feature)| lanes.without(feature));
        seen.insert(format!("{lanes:?}")).then_some(lanes)
    })
}

/// Checks the MACs of a batch against the `hmac` crate.
#[track_caller]
pub(super) fn check(lanes: Lanes, messages: &[Message<'_>], secrets: &[&[u8]]) {
    let mut macs = vec![Mac::empty(); messages.len()];
    lanes.mac_batch(messages, &mut macs);
    for ((message, secret), mac) in messages.iter().zip(secrets).zip(&macs) {
        let algorithm = message.key.algorithm().unwrap();
        let mut expected = oracle(algorithm, secret, message.parts);
        assert_eq!(expected.len(), algorithm.tag_len());
        expected.resize(64, 0);
        let lengths: Vec<_> = message.parts.iter().map(|part| part.len()).collect();
        assert_eq!(mac.as_bytes()[..], expected, "{lanes:?}: {algorithm} of {lengths:?} among {}", messages.len());
    }
}

fn oracle(algorithm: Algorithm, secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    macro_rules! hmac {
        ($hash:ty) => {{
            let mut mac: Hmac<$hash> = KeyInit::new_from_slice(secret).unwrap();
            for part in parts {
                mac.update(part);
            }
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match algorithm {
        Algorithm::Md5 => hmac!(md5::Md5),
        Algorithm::Sha1 => hmac!(sha1::Sha1),
        Algorithm::Sha224 => hmac!(sha2::Sha224),
        Algorithm::Sha256 => hmac!(sha2::Sha256),
        Algorithm::Sha384 => hmac!(sha2::Sha384),
        Algorithm::Sha512 => hmac!(sha2::Sha512),
    }
}
