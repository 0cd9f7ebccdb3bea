//! Compares batches of many kinds, with every combination of instruction sets, with the `hmac` crate.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "batch/oracle.rs"]
mod oracle;

use countersign_core::{Algorithm, Key};
use countersign_lanes::{Feature, Lanes, Mac, Message};
use proptest::prelude::*;
use proptest::sample::Index;

use oracle::{check, combinations};

/// A generated message: algorithm, secret, position and length in the pool, and where to split it into parts.
#[derive(Clone, Debug)]
struct GeneratedMessage {
    algorithm: Algorithm,
    secret: Vec<u8>,
    start: usize,
    length: usize,
    cuts: Vec<Index>,
}

const POOL: usize = 24 * 128;

/// Lengths from 0 to 20 blocks, often near a block boundary or the padding limit.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => 0..=20 * 128_usize,
        2 => (0..=20_usize, prop_oneof![Just(64_usize), Just(128)], 0..24_usize)
            .prop_map(|(blocks, size, less)| (blocks * size).saturating_sub(less)),
        1 => 0..150_usize,
    ]
}

fn generated_message() -> impl Strategy<Value = GeneratedMessage> {
    let secret = prop_oneof![prop::collection::vec(any::<u8>(), 1..64), prop::collection::vec(any::<u8>(), 60..140)]
        .prop_filter("a secret of zeros is refused", |secret| secret.iter().any(|&byte| byte != 0));
    let cuts = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(any::<Index>(), 1..5),
    ];
    (prop::sample::select(&Algorithm::ALL[..]), secret, 0..128_usize, length(), cuts).prop_map(
        |(algorithm, secret, start, length, cuts)| GeneratedMessage { algorithm, secret, start, length, cuts },
    )
}

/// The parts of a message, some of which may be empty.
fn parts<'p>(plan: &GeneratedMessage, pool: &'p [u8]) -> Vec<&'p [u8]> {
    let message = &pool[plan.start..][..plan.length];
    let mut cuts: Vec<_> = plan.cuts.iter().map(|cut| cut.index(plan.length + 1)).collect();
    cuts.sort_unstable();
    let mut parts = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().chain([plan.length]) {
        parts.push(&message[from..cut]);
        from = cut;
    }
    parts
}

fn pool() -> Vec<u8> {
    (0..u32::try_from(POOL).unwrap()).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any mix of lengths, algorithms, keys and splits.
    #[test]
    fn mixed_messages_get_the_macs_of_hmac(generated in prop::collection::vec(generated_message(), 1..200)) {
        let pool = pool();
        let keys: Vec<_> = generated.iter().map(|plan| Key::hmac(plan.algorithm, &plan.secret).unwrap()).collect();
        let parts: Vec<_> = generated.iter().map(|plan| parts(plan, &pool)).collect();
        let messages: Vec<_> = keys.iter().zip(&parts).map(|(key, parts)| Message { key, parts }).collect();
        let secrets: Vec<_> = generated.iter().map(|plan| &plan.secret[..]).collect();
        for lanes in combinations() {
            check(lanes, &messages, &secrets);
        }
    }

    /// One algorithm and nearly equal lengths, so that all lanes are used.
    #[test]
    fn similar_messages_get_the_macs_of_hmac(
        algorithm in prop::sample::select(&Algorithm::ALL[..]),
        count in 1..70_usize,
        length in length(),
        exceptions in prop::collection::vec((any::<Index>(), length()), 0..4),
    ) {
        let pool = pool();
        let secret = [7_u8; 20];
        let key = Key::hmac(algorithm, &secret).unwrap();
        let mut lengths = vec![length; count];
        for (at, length) in exceptions {
            lengths[at.index(count)] = length;
        }
        let parts: Vec<_> = lengths.iter().enumerate().map(|(at, length)| [&pool[at..][..*length]]).collect();
        let messages: Vec<_> = parts.iter().map(|parts| Message { key: &key, parts }).collect();
        for lanes in combinations() {
            check(lanes, &messages, &vec![&secret[..]; count]);
        }
    }
}

/// Every length up to five blocks, for each algorithm, in batches of several sizes.
#[test]
fn messages_of_every_length_get_the_macs_of_hmac() {
    let pool = pool();
    for algorithm in Algorithm::ALL {
        let key = Key::hmac(algorithm, b"secret").unwrap();
        let max_len = 5 * 128 + 1;
        let parts: Vec<_> = (0..=max_len).map(|length| [&pool[..length]]).collect();
        let messages: Vec<_> = parts.iter().map(|parts| Message { key: &key, parts }).collect();
        for lanes in combinations() {
            check(lanes, &messages, &vec![&b"secret"[..]; messages.len()]);
            for count in [1, 2, 3, 8, 9, 15, 16, 17, 33] {
                check(lanes, &messages[..count], &vec![&b"secret"[..]; count]);
            }
        }
    }
}

/// More messages than are sorted at once, one of them much longer than all others.
#[test]
fn more_messages_than_are_sorted_at_once() {
    let long = vec![0x5a; 300_000];
    let short = pool();
    let secrets = [&b"one"[..], b"two", b"three"];
    let keys = secrets.map(|secret| Key::hmac(Algorithm::Sha256, secret).unwrap());
    let parts: Vec<_> = (0..1300).map(|at| if at == 777 { [&long[..]] } else { [&short[..at % 200]] }).collect();
    let messages: Vec<_> = parts.iter().enumerate().map(|(at, parts)| Message { key: &keys[at % 3], parts }).collect();
    let secrets: Vec<_> = (0..1300).map(|at| secrets[at % 3]).collect();
    for lanes in combinations() {
        check(lanes, &messages, &secrets);
    }
}

/// The MAC of a token is zeros, and the messages next to it are not affected.
#[test]
fn tokens_have_macs_of_zeros() {
    let (token, key) = (Key::token(b"token").unwrap(), Key::hmac(Algorithm::Sha1, b"secret").unwrap());
    let parts = [&b"message"[..]];
    let messages = [&token, &key, &token].map(|key| Message { key, parts: &parts });
    let mut macs = [const { Mac::empty() }; 3];
    Lanes::detect().mac_batch(&messages, &mut macs);
    assert_eq!(macs[0].as_bytes(), &[0; 64]);
    assert!(macs[1].as_bytes().starts_with(key.sign(&parts).unwrap().as_bytes()));
    assert_eq!(macs[2].as_bytes(), &[0; 64]);
}

/// Messages without a MAC to write to are ignored, and MACs without a message are not changed.
#[test]
fn messages_and_macs_may_differ_in_number() {
    let key = Key::hmac(Algorithm::Md5, b"secret").unwrap();
    let parts = [&b"message"[..]];
    let messages = [Message { key: &key, parts: &parts }; 40];
    let expected = key.sign(&parts).unwrap();
    for (count, room) in [(0, 0), (0, 3), (3, 0), (40, 7), (5, 9)] {
        let mut macs = vec![Mac::empty(); room];
        Lanes::detect().mac_batch(&messages[..count], &mut macs);
        for (at, mac) in macs.iter().enumerate() {
            assert_eq!(mac.as_bytes().starts_with(expected.as_bytes()), at < count, "{count} {room} {at}");
        }
    }
}

/// A message without parts is an empty message.
#[test]
fn a_message_without_parts_is_empty() {
    for algorithm in Algorithm::ALL {
        let key = Key::hmac(algorithm, b"secret").unwrap();
        for lanes in combinations() {
            check(lanes, &[Message { key: &key, parts: &[] }; 20], &[&b"secret"[..]; 20]);
        }
    }
}

/// `Debug` shows neither a MAC nor the bytes of a message.
#[test]
fn debug_hides_what_is_secret() {
    let key = Key::hmac(Algorithm::Sha256, b"secret").unwrap();
    let message = Message { key: &key, parts: &[b"message"] };
    assert_eq!(format!("{message:?}"), "Message { key: Key(SHA_256, …), parts: 1 }");
    assert_eq!(format!("{:?}", Mac::empty()), "Mac(…)");
    assert_eq!(format!("{:?}", Lanes::PORTABLE), "Lanes []");
}

/// `without` removes that feature and no other.
#[test]
fn a_feature_can_be_removed() {
    let all = Lanes::detect();
    for feature in Feature::ALL {
        let without = all.without(feature);
        for other in Feature::ALL {
            assert_eq!(without.has(other), all.has(other) && other != feature, "{feature:?} {other:?}");
        }
        assert!(!Lanes::PORTABLE.has(feature));
    }
}
