//! Claim: in a batch, every delivery gets the verdict that the plain verifier gives it alone, whatever stands beside it and
//! whichever instruction sets there are.

use arbitrary::{Arbitrary, Unstructured};
use countersign::lanes::{Feature, Lanes};
use countersign::{Batch, Rejection, Secret, Verdict, Verifier};
use countersign_core::{ALGORITHM_HEADER, Algorithm};

use crate::line::Line;
use crate::reference::{Setup, judge};
use crate::setting::Setting;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    settings: Vec<Setting>,
    items: Vec<Item<'a>>,
    /// Items are repeated so that lanes fill up.
    times: u8,
    /// How many places for verdicts are too few or too many.
    places: i8,
    without: u8,
}

#[derive(Arbitrary, Debug)]
struct Item<'a> {
    /// Counted on from the first when they end.
    setting: u8,
    line: Line<'a>,
    /// How often the text is repeated in the body.
    repeated: u8,
    text: &'a [u8],
}

/// Verifies the batch that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let setups: Vec<Setup> = input.settings.iter().take(8).map(Setting::setup).collect();
    if setups.is_empty() {
        return None;
    }
    let verifiers: Vec<_> = setups.iter().map(verifier).collect();
    let made = |item: &Item<'_>| {
        let at = usize::from(item.setting) % setups.len();
        let body = item.text.repeat(1 + usize::from(item.repeated) % 8);
        let line = item.line.text(&setups[at], &body);
        let expected = judge(&setups[at], &line, &[], &body);
        (at, line, body, expected)
    };
    let made: Vec<_> = input.items.iter().take(40).map(made).collect();
    let count = made.len() * (1 + usize::from(input.times) % 10);
    let batch: Vec<_> =
        made.iter().cycle().take(count).map(|(at, line, body, _)| (&verifiers[*at], &line[..], &body[..])).collect();

    let left_out = Feature::ALL.into_iter().enumerate().filter(|(at, _)| input.without >> at & 1 == 1);
    let lanes = left_out.fold(Lanes::detect(), |lanes, (_, feature)| lanes.without(feature));
    let mut verdicts = vec![Err(Rejection::BodyTooLarge); count.saturating_add_signed(input.places.into())];
    Batch::new().lanes(lanes).verify_signatures(&batch, &mut verdicts);
    let mut worst = 0;
    for (at, verdict) in verdicts.iter().enumerate() {
        match made.iter().cycle().take(count).nth(at) {
            Some((_, line, _, expected)) => {
                assert_eq!(
                    plainly(verdict),
                    *expected,
                    "{at} of {count}, {lanes:?}: {}, {input:?}",
                    line.escape_ascii()
                );
                worst = expected.err().unwrap_or(0).max(worst);
            }
            None => assert!(verdict.is_err(), "{at}: a place without a delivery is authentic"),
        }
    }
    Some(worst)
}

/// The verifier of a service, in the way the plain one is set up.
fn verifier(setup: &Setup) -> Verifier {
    let names: Vec<_> = setup.accept.iter().map(|algorithm| format!("\"{}\"", algorithm.name())).collect();
    let secrets: Vec<_> = setup.secrets.iter().map(|secret| Secret::new(&secret[..])).collect();
    match setup.fixed {
        Some(algorithm) => Verifier::hmac(algorithm, setup.encoding, secrets).expect("no secret is empty"),
        None => {
            // Only a connection can say what is accepted.
            let json = format!(
                r#"{{"auth_method": "HMAC", "algorithm": "INFER_FROM_HEADER", "signature_encoding": "{}", "accept": [{}],
                    "algorithm_header_key": "{ALGORITHM_HEADER}"}}"#,
                setup.encoding.name(),
                names.join(",")
            );
            let connection = countersign::Connection::from_json(&json).expect("it is well-formed");
            connection.verifier_with(&secrets).expect("no secret is empty")
        }
    }
}

/// A verdict as the plain verifier says it.
fn plainly(verdict: &Verdict) -> Result<(Algorithm, usize), u8> {
    let told = |verified: &countersign::Verified| {
        verified.algorithm.zip(verified.secret_index.map(usize::from)).expect("HMAC tells both")
    };
    verdict.as_ref().map(told).map_err(|rejection| rejection.code())
}
