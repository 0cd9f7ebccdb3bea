//! What `Verifier::new` accepts and refuses, verification with several secrets, and the sizes of types.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Head, Key, MAX_SECRETS, MAX_VALUE, Rejection, Scheme, SetupError,
    Stream, Timestamp, Verified, Verifier,
};

const BODY: &[u8] = b"{\"order\":1001}";

fn fixed(algorithm: Algorithm) -> Scheme {
    Scheme::hmac("X-Sign", AlgorithmRule::Fixed(algorithm), Encoding::HexaDecimal)
}

fn inferred() -> Scheme {
    Scheme::hmac("X-Sign", AlgorithmRule::Infer { header: "X-Algorithm" }, Encoding::HexaDecimal)
}

fn key(algorithm: Algorithm, secret: &str) -> Key {
    Key::hmac(algorithm, secret.as_bytes()).unwrap()
}

fn token(token: &str) -> Key {
    Key::token(token.as_bytes()).unwrap()
}

fn signature(algorithm: Algorithm, secret: &str) -> String {
    hex::encode(key(algorithm, secret).sign(&[BODY]).unwrap().as_bytes())
}

fn refusal(scheme: Scheme, keys: Vec<Key>) -> Option<SetupError> {
    Verifier::new(scheme, keys).err()
}

fn algorithm_and_index(verdict: Result<Verified, Rejection>) -> Result<(Option<Algorithm>, Option<u8>), Rejection> {
    verdict.map(|verified| (verified.algorithm, verified.secret_index))
}

#[test]
fn a_verifier_without_a_key_is_refused() {
    for algorithm in Algorithm::ALL {
        assert_eq!(refusal(fixed(algorithm), vec![]), Some(SetupError::EmptySecret));
        assert_eq!(Key::hmac(algorithm, b"").err(), Some(SetupError::EmptySecret));
    }
    assert_eq!(refusal(inferred(), vec![]), Some(SetupError::EmptySecret));
    assert_eq!(refusal(Scheme::token("Authorization"), vec![]), Some(SetupError::EmptySecret));
    assert_eq!(Key::token(b"").err(), Some(SetupError::EmptySecret));
}

#[test]
fn a_key_that_could_never_be_used_is_refused() {
    let unsuitable = Some(SetupError::UnsuitableKey);
    for algorithm in Algorithm::ALL {
        for other in Algorithm::ALL {
            let expected = if algorithm == other { None } else { unsuitable };
            assert_eq!(refusal(fixed(algorithm), vec![key(other, "a")]), expected);
            assert_eq!(refusal(fixed(algorithm), vec![key(algorithm, "a"), key(other, "b")]), expected);
        }
        assert_eq!(refusal(fixed(algorithm), vec![token("a")]), unsuitable);
        assert_eq!(refusal(Scheme::token("X-Token"), vec![key(algorithm, "a")]), unsuitable);
        assert_eq!(refusal(Scheme::<&str>::None, vec![key(algorithm, "a")]), unsuitable);
    }
    assert_eq!(refusal(inferred(), vec![token("a")]), unsuitable);
    assert_eq!(refusal(Scheme::<&str>::None, vec![token("a")]), unsuitable);
}

#[test]
fn eight_secrets_are_accepted_and_nine_are_refused() {
    let texts: Vec<String> = (0..=MAX_SECRETS).map(|number| format!("secret {number}")).collect();
    for algorithm in Algorithm::ALL {
        let keys: Vec<Key> = texts.iter().map(|text| key(algorithm, text)).collect();
        assert_eq!(refusal(fixed(algorithm), keys[..MAX_SECRETS].to_vec()), None);
        assert_eq!(refusal(fixed(algorithm), keys.clone()), Some(SetupError::TooManySecrets));
        assert_eq!(refusal(inferred(), keys), Some(SetupError::TooManySecrets));
    }
    let tokens: Vec<Key> = texts.iter().map(|text| token(text)).collect();
    assert_eq!(refusal(Scheme::token("X-Token"), tokens[..MAX_SECRETS].to_vec()), None);
    assert_eq!(refusal(Scheme::token("X-Token"), tokens), Some(SetupError::TooManySecrets));
    // The limit is for each algorithm.
    let all =
        Algorithm::ALL.iter().flat_map(|&algorithm| texts[..MAX_SECRETS].iter().map(move |text| key(algorithm, text)));
    assert_eq!(refusal(inferred(), all.collect()), None);
    // Equal ones count too.
    assert_eq!(refusal(fixed(Algorithm::Md5), vec![key(Algorithm::Md5, "a"); 9]), Some(SetupError::TooManySecrets));
}

#[test]
fn the_index_of_the_first_matching_secret_is_returned() {
    let texts = ["a", "b", "c", "b", "d", "e", "f", "g"];
    for algorithm in Algorithm::ALL {
        let verifier = Verifier::new(fixed(algorithm), texts.map(|text| key(algorithm, text))).unwrap();
        let all = Algorithm::ALL.iter().flat_map(|&algorithm| texts.map(|text| key(algorithm, text)));
        let inferring = Verifier::new(inferred(), all.collect::<Vec<_>>()).unwrap();
        for text in texts {
            let signature = signature(algorithm, text);
            let first = (0..).zip(texts).find(|(_, other)| *other == text).map(|(index, _)| index);
            let expected = Ok((Some(algorithm), first));
            assert_eq!(
                algorithm_and_index(verifier.verify_signature(signature.as_bytes(), BODY, Timestamp::from_seconds(0))),
                expected
            );
            assert_eq!(
                algorithm_and_index(inferring.verify_signature(signature.as_bytes(), BODY, Timestamp::from_seconds(0))),
                expected
            );
            let mut stream = verifier
                .streaming()
                .unwrap()
                .begin_signature(signature.as_bytes(), Timestamp::from_seconds(0))
                .unwrap();
            BODY.chunks(3).for_each(|chunk| stream.update(chunk));
            assert_eq!(algorithm_and_index(stream.finish_in_place()), expected);
            stream.update(BODY);
            assert_eq!(stream.finish_in_place(), Err(Rejection::Mismatch), "a second time");
            assert_eq!(stream.finish(), Err(Rejection::Mismatch), "a third time");
        }
        let unknown = signature(algorithm, "h");
        assert_eq!(
            verifier.verify_signature(unknown.as_bytes(), BODY, Timestamp::from_seconds(0)),
            Err(Rejection::Mismatch)
        );
    }
    let verifier = Verifier::new(Scheme::token("X-Token"), texts.map(token)).unwrap();
    for text in texts {
        let first = (0..).zip(texts).find(|(_, other)| *other == text).map(|(index, _)| index);
        assert_eq!(
            algorithm_and_index(verifier.verify_signature(text.as_bytes(), BODY, Timestamp::from_seconds(0))),
            Ok((None, first))
        );
    }
}

/// An algorithm is accepted if there is a key for it, in any order and number of keys.
#[test]
fn inference_accepts_the_algorithms_that_have_keys() {
    let keys = vec![key(Algorithm::Sha512, "a"), key(Algorithm::Sha1, "b"), key(Algorithm::Sha512, "c")];
    let verifier = Verifier::new(inferred(), keys).unwrap();
    let verdict = |algorithm, secret| {
        algorithm_and_index(verifier.verify_signature(
            signature(algorithm, secret).as_bytes(),
            BODY,
            Timestamp::from_seconds(0),
        ))
    };
    assert_eq!(verdict(Algorithm::Sha512, "a"), Ok((Some(Algorithm::Sha512), Some(0))));
    assert_eq!(verdict(Algorithm::Sha512, "c"), Ok((Some(Algorithm::Sha512), Some(1))));
    assert_eq!(verdict(Algorithm::Sha1, "b"), Ok((Some(Algorithm::Sha1), Some(0))));
    assert_eq!(verdict(Algorithm::Sha1, "a"), Err(Rejection::Mismatch));
    assert_eq!(verdict(Algorithm::Sha256, "a"), Err(Rejection::AlgorithmNotAccepted));
}

/// With several faults, the first one in the data flow is reported, as test-vectors/README.md documents.
#[test]
fn the_first_fault_in_the_data_flow_is_reported() {
    let verifier = Verifier::new(inferred(), [key(Algorithm::Sha256, "a")]).unwrap();
    let verdict = |signature: &str, companion: &str| {
        let headers = [("X-Sign", signature), ("X-Algorithm", companion)];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers, body: BODY };
        verifier.verify(&delivery, Timestamp::from_seconds(0)).unwrap_err()
    };
    assert_eq!(verdict("", ""), Rejection::MalformedSignature);
    assert_eq!(verdict("v1=00", ""), Rejection::UnknownAlgorithm);
    assert_eq!(verdict("sha1-base64=zz", ""), Rejection::MalformedSignature);
    assert_eq!(verdict("sha1-base64=zz", "sha3"), Rejection::UnknownAlgorithm);
    // A separator far after where a known label can end.
    let long = format!("{}:", "0".repeat(40));
    assert_eq!(verdict(&long, ""), Rejection::UnknownAlgorithm);
    assert_eq!(verdict(&long, "sha3"), Rejection::UnknownAlgorithm);
    assert_eq!(verdict(&long, "sha1"), Rejection::UnknownAlgorithm);
    assert_eq!(verdict(&long, "sha256-base64"), Rejection::UnknownAlgorithm);
    // Names that contradict each other, or that are not accepted, before encodings and lengths.
    assert_eq!(verdict("sha256-base64=zz", "sha1"), Rejection::AlgorithmNotAccepted);
    assert_eq!(verdict("sha1-base64=zz", "sha1"), Rejection::AlgorithmNotAccepted);
    assert_eq!(verdict("sha1=00", "sha1"), Rejection::AlgorithmNotAccepted);
    assert_eq!(verdict("sha256-base64=00", "sha256"), Rejection::MalformedEncoding);
    assert_eq!(verdict("sha256=0", "sha256-hex"), Rejection::MalformedEncoding);
    assert_eq!(verdict("sha256=00", "sha256-hex"), Rejection::WrongLength);
    // The tag length of an algorithm other than the named one.
    assert_eq!(verdict(&"00".repeat(20), "sha256"), Rejection::WrongLength);
    assert_eq!(verdict(&"00".repeat(32), "sha256"), Rejection::Mismatch);
}

#[test]
fn without_authentication_everything_is_accepted() {
    let verifier = Verifier::new(Scheme::<&str>::None, []).unwrap();
    let expected = Ok((None, None));
    for value in [&b""[..], b"anything", &[0xff; 5000]] {
        let headers = [("", value), ("", value), ("X-Fivetran-Hmac-Sign", value)];
        for headers in [&headers[..], &[]] {
            let delivery = Delivery { method: "POST", url: "/", headers, body: BODY };
            assert_eq!(algorithm_and_index(verifier.verify(&delivery, Timestamp::from_seconds(0))), expected);
            let mut stream = verifier
                .streaming()
                .unwrap()
                .begin(&Head { method: "", url: "", headers }, Timestamp::from_seconds(0))
                .unwrap();
            stream.update(BODY);
            assert_eq!(algorithm_and_index(stream.finish()), expected);
        }
        assert_eq!(algorithm_and_index(verifier.verify_signature(value, BODY, Timestamp::from_seconds(0))), expected);
        assert_eq!(
            algorithm_and_index(
                verifier.streaming().unwrap().begin_signature(value, Timestamp::from_seconds(0)).unwrap().finish()
            ),
            expected
        );
    }
}

/// A malformed header or a wrong token is reported before the body is read.
#[test]
fn a_stream_begins_only_with_well_formed_headers() {
    let verifier = Verifier::new(fixed(Algorithm::Sha256), [key(Algorithm::Sha256, "a")]).unwrap();
    let begin =
        |value: &str| verifier.streaming().unwrap().begin_signature(value.as_bytes(), Timestamp::from_seconds(0)).err();
    assert_eq!(begin(""), Some(Rejection::MalformedSignature));
    assert_eq!(begin("00"), Some(Rejection::WrongLength));
    assert_eq!(begin(&"0".repeat(MAX_VALUE + 2)), Some(Rejection::MalformedSignature));
    assert_eq!(begin(&"0".repeat(MAX_VALUE)), Some(Rejection::WrongLength));
    assert_eq!(begin(&"0".repeat(64)), None);
    let verifier = Verifier::new(Scheme::token("X-Token"), [token("a")]).unwrap();
    assert_eq!(
        verifier.streaming().unwrap().begin_signature(b"b", Timestamp::from_seconds(0)).err(),
        Some(Rejection::Mismatch)
    );
    assert_eq!(verifier.streaming().unwrap().begin_signature(b"a", Timestamp::from_seconds(0)).err(), None);
}

/// A verifier needs at most 1 KiB, and a stream about 2.2 KiB, as its documentation says.
#[test]
fn verifiers_and_streams_are_small() {
    println!(
        "bytes: Key {}, Verifier<[Key; 1]> {}, Verifier<[Key; 6]> {}, Stream {}",
        size_of::<Key>(),
        size_of::<Verifier<[Key; 1]>>(),
        size_of::<Verifier<[Key; 6]>>(),
        size_of::<Stream>(),
    );
    assert!(size_of::<Verifier<[Key; 1]>>() <= 1024);
    assert!(size_of::<Verifier<[Key; 6]>>() <= 1024);
    assert!((2100..=2300).contains(&size_of::<Stream>()));
}

/// A verifier can be shared between threads, and a stream can move to another thread.
#[test]
fn verifiers_are_shared_and_streams_move_between_threads() {
    fn is_shared<T: Send + Sync + Clone>() {}
    fn can_move<T: Send>() {}
    is_shared::<Verifier<[Key; 1]>>();
    is_shared::<Verifier<Vec<Key>, String>>();
    can_move::<Stream>();
}

/// With this, a service that answers without verifying can take as long as with verification.
#[test]
fn the_cost_of_a_wrong_signature_is_known() {
    use Algorithm::{Md5, Sha1, Sha256};
    let cost = |scheme, algorithms: &[Algorithm]| {
        let keys: Vec<_> = algorithms.iter().map(|&algorithm| key(algorithm, "a")).collect();
        Verifier::new(scheme, keys).unwrap().cost()
    };
    assert_eq!(cost(fixed(Sha1), &[Sha1, Sha1]), Some((Sha1, 2)));
    assert_eq!(cost(inferred(), &[Md5, Md5, Sha256]), Some((Sha256, 1)));
    assert_eq!(cost(inferred(), &[Md5, Sha1, Md5]), Some((Md5, 2)));
    assert_eq!(Verifier::new(Scheme::token("X-Token"), [token("a")]).unwrap().cost(), None);
    assert_eq!(Verifier::new(Scheme::<&str>::None, []).unwrap().cost(), None);
}
