//! The core and the lanes with nothing around them, so that Memcheck watches the making of keys too. The body is secret here.

use countersign::lanes::{Lanes, Mac, Message};
use countersign_core::hazmat::chaining;
use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, Key, Rejection, SIGNATURE_HEADER, Scheme, SignedTag, Timestamp, Verifier,
};

use crate::outcomes::expect_secret;
use crate::valgrind;

/// Around the lengths at which a block of 64 or 128 bytes is full.
const LENGTHS: [usize; 17] = [0, 1, 31, 54, 55, 56, 63, 64, 65, 110, 111, 112, 127, 128, 129, 300, 1000];

const NOW: Timestamp = Timestamp::from_seconds(0);

/// Bytes that are not all alike.
fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 151 + seed * 89 + 7).to_le_bytes()[0]).collect()
}

/// The same, secret.
fn hidden(length: usize, seed: usize) -> Vec<u8> {
    let mut bytes = bytes(length, seed);
    valgrind::hide(&mut bytes);
    bytes
}

fn key(algorithm: Algorithm, secret: &[u8]) -> Key {
    Key::hmac(algorithm, secret).expect("it is not empty")
}

/// What a sender would send: made of bytes that are not secret.
fn tag(algorithm: Algorithm, secret: usize, body: usize) -> SignedTag {
    key(algorithm, &bytes(secret, 1)).sign(&[&bytes(body, 2)]).expect("it is a key for HMAC")
}

/// Tags of which nothing, the first bit, the last bit and every bit is wrong.
fn tampered(tag: &[u8]) -> [Vec<u8>; 4] {
    let (mut first, mut last) = (tag.to_vec(), tag.to_vec());
    first[0] ^= 0x80;
    *last.last_mut().expect("tags have bytes") ^= 1;
    [tag.to_vec(), first, last, tag.iter().map(|byte| !byte).collect()]
}

pub(crate) fn core() -> usize {
    let mut verdicts = 0;
    for algorithm in Algorithm::ALL {
        for length in LENGTHS {
            for (secret, body) in [(length.max(1), 40), (20, length)] {
                let own = key(algorithm, &hidden(secret, 1));
                let (text, right) = (hidden(body, 2), tag(algorithm, secret, body));
                assert!(valgrind::is_secret(own.sign(&[&text]).expect("a key for HMAC").as_bytes()));
                let scheme = Scheme::hmac(SIGNATURE_HEADER, AlgorithmRule::Fixed(algorithm), Encoding::HexaDecimal);
                // The right secret alone, and behind another one.
                let other = key(algorithm, &hidden(secret, 3));
                for keys in [vec![own.clone()], vec![other, own]] {
                    let last = u8::try_from(keys.len() - 1).expect("there are two at most");
                    let verifier = Verifier::new(scheme, keys).expect("the keys suit the scheme");
                    for (at, tag) in tampered(right.as_bytes()).iter().enumerate() {
                        let signature = hex::encode(tag);
                        let expected = if at == 0 { Ok(last) } else { Err(Rejection::Mismatch) };
                        let whole = || verifier.verify_signature(signature.as_bytes(), &text, NOW);
                        let verdict = expect_secret("verify_signature", whole);
                        assert_eq!(verdict.map(|verified| verified.secret_index.unwrap_or(9)), expected);
                        let in_pieces = || {
                            let streaming = verifier.streaming().expect("the body is last");
                            let mut stream = streaming.begin_signature(signature.as_bytes(), NOW)?;
                            text.chunks(29).for_each(|chunk| stream.update(chunk));
                            stream.finish()
                        };
                        let verdict = expect_secret("a stream", in_pieces);
                        assert_eq!(verdict.map(|verified| verified.secret_index.unwrap_or(9)), expected);
                        verdicts += 2;
                    }
                }
            }
        }
    }
    verdicts + tokens()
}

/// What is typed as a token is looked at once, when it is configured: blanks and control characters are refused.
fn tokens() -> usize {
    let mut verdicts = 0;
    for length in LENGTHS.into_iter().filter(|length| *length > 0) {
        let token: String = bytes(length, 4).iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        let mut hidden = token.clone().into_bytes();
        valgrind::hide(&mut hidden);
        let key = valgrind::unwatched(|| Key::token(&hidden)).expect("any header can carry it");
        let verifier = Verifier::new(Scheme::token("Authorization"), [key]).expect("the key suits the scheme");
        let other = format!("{}~", &token[1..]);
        for (value, expected) in [
            (token.clone(), Ok(0)),
            (format!("Bearer {token}"), Ok(0)),
            (format!("{token}a"), Err(Rejection::Mismatch)),
            (format!("Bearer {other}"), Err(Rejection::Mismatch)),
            (other, Err(Rejection::Mismatch)),
        ] {
            let verdict = expect_secret("a token", || verifier.verify_signature(value.as_bytes(), b"", NOW));
            assert_eq!(verdict.map(|verified| verified.secret_index.unwrap_or(9)), expected, "{value}");
            verdicts += 1;
        }
    }
    verdicts
}

pub(crate) fn lanes() -> usize {
    let mut macs_made = 0;
    let detected = Lanes::detect();
    println!("instruction sets: {detected:?}");
    for lanes in [Lanes::PORTABLE, detected] {
        // Equal lengths go together, others take turns: both in every algorithm, and all of them mixed.
        for same in [true, false] {
            let texts: Vec<_> = (0..70).map(|at| if same { 100 } else { LENGTHS[at % 17] }).collect();
            let texts: Vec<_> = texts.iter().map(|length| hidden(*length, 2)).collect();
            let parts: Vec<_> = texts.iter().map(|text| [&text[..text.len() / 3], &text[text.len() / 3..]]).collect();
            let keys = Algorithm::ALL.map(|algorithm| key(algorithm, &hidden(40, 1)));
            let mixed: Vec<_> =
                parts.iter().enumerate().map(|(at, parts)| Message { key: &keys[at / 2 % 6], parts }).collect();
            let alike = |key| parts.iter().map(move |parts| Message { key, parts }).collect::<Vec<_>>();
            for messages in keys.iter().map(alike).chain([mixed]) {
                let mut macs = vec![Mac::empty(); messages.len()];
                lanes.mac_batch(&messages, &mut macs);
                for (at, (message, mac)) in messages.iter().zip(&macs).enumerate() {
                    assert!(chaining(message.key).is_some() && valgrind::is_secret(mac.as_bytes()));
                    let algorithm = message.key.algorithm().expect("a key for HMAC");
                    let right = tag(algorithm, 40, texts[at].len());
                    valgrind::publish(mac.as_bytes());
                    assert_eq!(&mac.as_bytes()[..algorithm.tag_len()], right.as_bytes(), "{algorithm} {at}");
                    macs_made += 1;
                }
            }
        }
    }
    macs_made
}
