//! Random header texts, against the plain verifier.

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

/// Random texts would be worth little if nearly all of them got the same verdict: of so many cases, at least one on
/// average must get each verdict. The rarest comes up five times as often.
const LEAST_ONE_IN: u32 = 1000;

fn verifier(setup: &Setup) -> Verifier<Vec<Key>> {
    let (rule, algorithms) = match setup.fixed {
        Some(fixed) => (AlgorithmRule::Fixed(fixed), vec![fixed]),
        None => (AlgorithmRule::Infer { header: COMPANION }, setup.accept.clone()),
    };
    let pairs = algorithms.iter().flat_map(|&algorithm| setup.secrets.iter().map(move |secret| (algorithm, secret)));
    let keys = pairs.map(|(algorithm, secret)| Key::hmac(algorithm, secret).unwrap()).collect();
    Verifier::new(Scheme::hmac(SIGNATURE_HEADER, rule, setup.encoding), keys).unwrap()
}

/// A verdict as the plain verifier says it.
fn plainly(verdict: Result<Verified, Rejection>) -> Result<(Algorithm, usize), u8> {
    verdict
        .map(|verified| (verified.algorithm.unwrap(), verified.secret_index.unwrap().into()))
        .map_err(Rejection::code)
}

/// Runs random cases; then each verdict of `numbers` (0 is authentic) must have come up often enough.
fn run(numbers: &[u8], case: impl Fn(Case) -> Result<u8, TestCaseError>) {
    let seen: RefCell<BTreeMap<u8, u32>> = RefCell::default();
    let config = super::cases(24);
    let least = config.cases / LEAST_ONE_IN;
    let outcome = TestRunner::new(config).run(&grammar::case(), |value| {
        *seen.borrow_mut().entry(case(value)?).or_default() += 1;
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    println!("verdicts by number: {seen:?}");
    for number in numbers {
        let times = seen.get(number).copied().unwrap_or_default();
        assert!(times >= least, "verdict {number} came up {times} times only: {seen:?}");
    }
}

#[test]
fn the_bare_value_is_judged_as_the_plain_verifier_judges_it() {
    run(&[0, 3, 4, 5, 6, 7, 8], |Case { setup, line, .. }| {
        let (verifier, expected) = (verifier(&setup), judge(&setup, &line, &[], BODY));
        prop_assert_eq!(
            plainly(verifier.verify_signature(&line, BODY, Timestamp::from_seconds(0))),
            expected,
            "{}",
            line.escape_ascii()
        );
        let streamed =
            verifier.streaming().unwrap().begin_signature(&line, Timestamp::from_seconds(0)).and_then(|mut stream| {
                BODY.chunks(7).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
        prop_assert_eq!(plainly(streamed), expected, "{}, streamed", line.escape_ascii());
        Ok(expected.err().unwrap_or_default())
    });
}

#[test]
fn headers_with_a_companion_are_judged_as_the_plain_verifier_judges_them() {
    run(&[0, 2, 3, 4, 5, 6, 7, 8], |Case { setup, line, companions }| {
        let companions: Vec<&[u8]> = companions.iter().map(Vec::as_slice).collect();
        let expected = judge(&setup, &line, &companions, BODY);
        let mut headers = vec![(SIGNATURE_HEADER, line.as_slice())];
        headers.extend(companions.iter().map(|&companion| (COMPANION, companion)));
        let delivery = Delivery { method: "POST", url: "/", headers: headers.as_slice(), body: BODY };
        let verdict = verifier(&setup).verify(&delivery, Timestamp::from_seconds(0));
        let texts: Vec<_> = headers.iter().map(|(_, text)| text.escape_ascii().to_string()).collect();
        prop_assert_eq!(plainly(verdict), expected, "{:?}", texts);
        Ok(expected.err().unwrap_or_default())
    });
}

proptest! {
    #![proptest_config(super::cases(4))]

    /// Bytes without any grammar: no panic, and the plain verifier's verdict.
    #[test]
    fn noise_is_judged_as_the_plain_verifier_judges_it(
        Case { setup, .. } in grammar::case(),
        line in vec(any::<u8>(), 0..150),
    ) {
        prop_assert_eq!(plainly(verifier(&setup).verify_signature(&line, BODY, Timestamp::from_seconds(0))), judge(&setup, &line, &[], BODY));
    }
}
