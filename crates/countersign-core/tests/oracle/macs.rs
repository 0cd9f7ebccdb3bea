//! Random keys, bodies and splits, compared with `hmac` for all six algorithms and with `ring` for the four that it
//! supports.

use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, Key, Rejection, Scheme, SetupError, Timestamp, Verified, Verifier,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The tag that `ring` computes, if it supports the algorithm.
fn ring_tag(algorithm: Algorithm, secret: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match algorithm {
        Algorithm::Sha1 => ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => ring::hmac::HMAC_SHA256,
        Algorithm::Sha384 => ring::hmac::HMAC_SHA384,
        Algorithm::Sha512 => ring::hmac::HMAC_SHA512,
        Algorithm::Md5 | Algorithm::Sha224 => return None,
    };
    Some(ring::hmac::sign(&ring::hmac::Key::new(algorithm, secret), body).as_ref().to_vec())
}

fn block_len(algorithm: Algorithm) -> usize {
    if matches!(algorithm, Algorithm::Sha384 | Algorithm::Sha512) { 128 } else { 64 }
}

/// A length up to `max`; half of them are near a multiple of `step`, where faults in the padding are likely.
fn length(step: usize, max: usize) -> impl Strategy<Value = usize> {
    let near = (0..=max / step, 0..=2 * step / 8 + 2)
        .prop_map(move |(steps, off)| (steps * step + off).saturating_sub(step / 8 + 1).min(max));
    prop_oneof![0..=max, near]
}

fn bytes(step: usize, max: usize) -> impl Strategy<Value = Vec<u8>> {
    length(step, max).prop_flat_map(|length| vec(any::<u8>(), length))
}

/// An algorithm, one to eight secrets of up to three blocks, a body of up to four blocks and one byte.
fn message() -> impl Strategy<Value = (Algorithm, Vec<Vec<u8>>, Vec<u8>)> {
    select(&Algorithm::ALL[..]).prop_flat_map(|algorithm| {
        let block = block_len(algorithm);
        (Just(algorithm), vec(bytes(block, 3 * block), 1..=8), bytes(block, 4 * block + 1))
    })
}

/// The body in pieces, cut where `cuts` say.
fn split<'a>(body: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    cuts.sort_unstable();
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([body.len()]);
    starts.zip(ends).map(|(start, end)| &body[start..end]).collect()
}

/// Whether a secret is accepted: it is neither empty nor all zeros.
fn is_accepted(secret: &[u8]) -> bool {
    secret.iter().any(|&byte| byte != 0)
}

proptest! {
    #![proptest_config(super::cases(2))]

    #[test]
    fn tags_are_those_of_hmac_and_ring((algorithm, secrets, body) in message(), cuts in vec(any::<Index>(), 0..6)) {
        for secret in &secrets {
            let key = match Key::hmac(algorithm, secret) {
                Ok(key) => key,
                Err(error) => {
                    prop_assert!(!is_accepted(secret));
                    let expected = if secret.is_empty() { SetupError::EmptySecret } else { SetupError::ZeroSecret };
                    prop_assert_eq!(error, expected);
                    continue;
                }
            };
            prop_assert!(is_accepted(secret));
            let expected = super::tag(algorithm, secret, &body);
            if let Some(theirs) = ring_tag(algorithm, secret, &body) {
                prop_assert_eq!(&expected, &theirs);
            }
            let signed = key.sign(&split(&body, &cuts)).unwrap();
            prop_assert_eq!(signed.as_bytes(), &expected[..]);
        }
    }

    #[test]
    fn the_index_of_the_first_matching_secret_is_returned(
        (algorithm, mut secrets, body) in message(),
        encoding in select(&Encoding::ALL[..]),
        infer in any::<bool>(),
        signer in any::<Index>(),
        cuts in vec(any::<Index>(), 0..6),
    ) {
        secrets.retain(|secret| is_accepted(secret));
        prop_assume!(!secrets.is_empty());
        let signer = signer.get(&secrets);
        let text = super::encode::encode(encoding, &super::tag(algorithm, signer, &body));
        // HMAC pads short secrets with zeros, so two secrets may be the same key.
        let first = secrets.iter().position(|secret| super::tag(algorithm, secret, &body) == super::tag(algorithm, signer, &body));
        let verifier = verifier(algorithm, infer, encoding, &secrets);

        let verified = verifier.verify_signature(text.as_bytes(), &body, Timestamp::from_seconds(0));
        prop_assert_eq!(verified.map(algorithm_and_index), Ok((Some(algorithm), first)));
        let mut stream = verifier.streaming().unwrap().begin_signature(text.as_bytes(), Timestamp::from_seconds(0)).unwrap();
        for part in split(&body, &cuts) {
            stream.update(part);
        }
        prop_assert_eq!(stream.finish(), verified);
    }

    #[test]
    fn another_secret_is_a_mismatch(
        (algorithm, mut secrets, body) in message(),
        encoding in select(&Encoding::ALL[..]),
        infer in any::<bool>(),
        cuts in vec(any::<Index>(), 0..6),
    ) {
        secrets.retain(|secret| is_accepted(secret));
        prop_assume!(!secrets.is_empty());
        let text = super::encode::encode(encoding, &super::tag(algorithm, b"a secret that no one has", &body));
        let verifier = verifier(algorithm, infer, encoding, &secrets);

        prop_assert_eq!(verifier.verify_signature(text.as_bytes(), &body, Timestamp::from_seconds(0)), Err(Rejection::Mismatch));
        let mut stream = verifier.streaming().unwrap().begin_signature(text.as_bytes(), Timestamp::from_seconds(0)).unwrap();
        for part in split(&body, &cuts) {
            stream.update(part);
        }
        prop_assert_eq!(stream.finish(), Err(Rejection::Mismatch));
    }
}

/// A verifier with the fixed algorithm, or one that infers any of the six and has keys for all of them.
fn verifier(algorithm: Algorithm, infer: bool, encoding: Encoding, secrets: &[Vec<u8>]) -> Verifier<Vec<Key>> {
    let fixed = [algorithm];
    let (rule, algorithms) = if infer {
        (AlgorithmRule::Infer { header: "X-Algorithm" }, &Algorithm::ALL[..])
    } else {
        (AlgorithmRule::Fixed(algorithm), &fixed[..])
    };
    let pairs = algorithms.iter().flat_map(|&algorithm| secrets.iter().map(move |secret| (algorithm, secret)));
    let keys = pairs.map(|(algorithm, secret)| Key::hmac(algorithm, secret).unwrap()).collect();
    Verifier::new(Scheme::hmac("X-Sign", rule, encoding), keys).unwrap()
}

fn algorithm_and_index(verified: Verified) -> (Option<Algorithm>, Option<usize>) {
    (verified.algorithm, verified.secret_index.map(usize::from))
}
