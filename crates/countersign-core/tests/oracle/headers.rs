//! Compares verdicts on random header texts with those of the reference verifier.

use std::cell::RefCell;
use std::collections::BTreeMap;

use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Key, Rejection, SIGNATURE_HEADER, Scheme, Timestamp, Verified, Verifier,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::grammar::{self, BODY, Case};
use super::reference::{Setup, judge};

const COMPANION: &str = "X-Algorithm";

/// Random texts would test little if nearly all of them got the same verdict. At min_count one in this many cases must
/// get each verdict; the rarest occurs about five times as often.
const MIN_ONE_IN: u32 = 1000;

fn verifier(setup: &Setup) -> Verifier<Vec<Key>> {
    let (rule, algorithms) = match setup.fixed {
        Some(fixed) => (AlgorithmRule::Fixed(fixed), vec![fixed]),
        None => (AlgorithmRule::Infer { header: COMPANION }, setup.accept.clone()),
    };
    let pairs = algorithms.iter().flat_map(|&algorithm| setup.secrets.iter().map(move |secret| (algorithm, secret)));
    let keys = pairs.map(|(algorithm, secret)| Key::hmac(algorithm, secret).unwrap()).collect();
    Verifier::new(Scheme::hmac(SIGNATURE_HEADER, rule, setup.encoding), keys).unwrap()
}

/// A verdict in the form of the reference verifier.
fn as_reference(verdict: Result<Verified, Rejection>) -> Result<(Algorithm, usize), u8> {
    verdict
        .map(|verified| (verified.algorithm.unwrap(), verified.secret_index.unwrap().into()))
        .map_err(Rejection::code)
}

/// Runs random cases. Each verdict of `numbers` (0 is authentic) must occur often enough.
fn run(numbers: &[u8], case: impl Fn(Case) -> Result<u8, TestCaseError>) {
    let seen: RefCell<BTreeMap<u8, u32>> = RefCell::default();
    let config = super::cases(24);
    let min_count = config.cases / MIN_ONE_IN;
    let outcome = TestRunner::new(config).run(&grammar::case(), |value| {
        *seen.borrow_mut().entry(case(value)?).or_default() += 1;
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    println!("verdicts by number: {seen:?}");
    for number in numbers {
        let times = seen.get(number).copied().unwrap_or_default();
        assert!(times >= min_count, "verdict {number} occurred only {times} times: {seen:?}");
    }
}

#[test]
fn verdicts_on_values_are_those_of_the_reference() {
    run(&[0, 3, 4, 5, 6, 7, 8], |Case { setup, line, .. }| {
        let (verifier, expected) = (verifier(&setup), judge(&setup, &line, &[], BODY));
        prop_assert_eq!(
            as_reference(verifier.verify_signature(&line, BODY, Timestamp::from_seconds(0))),
            expected,
            "{}",
            line.escape_ascii()
        );
        let streamed =
            verifier.streaming().unwrap().begin_signature(&line, Timestamp::from_seconds(0)).and_then(|mut stream| {
                BODY.chunks(7).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
        prop_assert_eq!(as_reference(streamed), expected, "{}, streamed", line.escape_ascii());
        Ok(expected.err().unwrap_or_default())
    });
}

#[test]
fn verdicts_on_headers_with_a_companion_are_those_of_the_reference() {
    run(&[0, 2, 3, 4, 5, 6, 7, 8], |Case { setup, line, companions }| {
        let companions: Vec<&[u8]> = companions.iter().map(Vec::as_slice).collect();
        let expected = judge(&setup, &line, &companions, BODY);
        let mut headers = vec![(SIGNATURE_HEADER, line.as_slice())];
        headers.extend(companions.iter().map(|&companion| (COMPANION, companion)));
        let delivery = Delivery { method: "POST", url: "/", headers: headers.as_slice(), body: BODY };
        let verdict = verifier(&setup).verify(&delivery, Timestamp::from_seconds(0));
        let texts: Vec<_> = headers.iter().map(|(_, text)| text.escape_ascii().to_string()).collect();
        prop_assert_eq!(as_reference(verdict), expected, "{:?}", texts);
        Ok(expected.err().unwrap_or_default())
    });
}

proptest! {
    #![proptest_config(super::cases(4))]

    /// Random bytes cause no panic, and get the verdict of the reference verifier.
    #[test]
    fn verdicts_on_random_bytes_are_those_of_the_reference(
        Case { setup, .. } in grammar::case(),
        line in vec(any::<u8>(), 0..150),
    ) {
        prop_assert_eq!(as_reference(verifier(&setup).verify_signature(&line, BODY, Timestamp::from_seconds(0))), judge(&setup, &line, &[], BODY));
    }
}
