//! MACs of single messages are those of the core, of any length, whole and in parts, with and without each instruction
//! set.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use countersign_core::{Algorithm, Key};
use countersign_lanes::{Feature, Lanes, Message};

#[track_caller]
fn check(lanes: Lanes, key: &Key, parts: &[&[u8]], tag: &[u8]) {
    let mac = lanes.mac_one(Message { key, parts });
    let (front, rest) = mac.as_bytes().split_at(tag.len());
    assert_eq!(front, tag, "{:?} {:?}", key.algorithm(), parts.iter().map(|part| part.len()).collect::<Vec<_>>());
    assert!(rest.iter().all(|byte| *byte == 0), "the tag is not followed by zeros");
}

#[test]
fn macs_are_those_of_the_core() {
    let message: Vec<u8> = (0..=255).cycle().take(400).collect();
    let without_each = Feature::ALL.map(|feature| Lanes::detect().without(feature));
    for algorithm in Algorithm::ALL {
        let key = Key::hmac(algorithm, b"secret").unwrap();
        for length in 0..message.len() {
            let message = &message[..length];
            let signed = key.sign(&[message]).unwrap();
            let tag = signed.as_bytes();
            for lanes in without_each.into_iter().chain([Lanes::detect(), Lanes::PORTABLE]) {
                check(lanes, &key, &[message], tag);
            }
            for cut in [0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 128, length / 2, length] {
                let (front, back) = message.split_at(cut.min(length));
                check(Lanes::detect(), &key, &[front, back], tag);
                check(Lanes::detect(), &key, &[&[], front, &[], back, &[]], tag);
            }
        }
        check(Lanes::detect(), &key, &[], key.sign(&[]).unwrap().as_bytes());
    }
}

#[test]
fn a_token_makes_no_mac() {
    check(Lanes::detect(), &Key::token(b"token").unwrap(), &[b"message"], &[]);
}
