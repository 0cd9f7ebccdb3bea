//! Claim: every delivery gets the verdict, the algorithm and the secret that the plain verifier gives it.

use arbitrary::{Arbitrary, Unstructured};
use countersign_core::{ALGORITHM_HEADER, Algorithm, Delivery, Rejection, SIGNATURE_HEADER, Timestamp, Verified};

use crate::line::Line;
use crate::reference::judge;
use crate::setting::{Setting, verifier};

/// A verifier and what is sent to it.
#[derive(Arbitrary, Debug)]
struct Input<'a> {
    setting: Setting,
    line: Line<'a>,
    /// Further lines of the signature header: mostly none.
    further: Vec<Line<'a>>,
    /// The signature header is left out.
    missing: bool,
    companions: Vec<Line<'a>>,
    body: &'a [u8],
}

/// Judges the delivery that `data` describes in both ways.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let (setup, body) = (input.setting.setup(), input.body);
    let text = |line: &Line<'_>| line.text(&setup, body);
    let lines: Vec<_> = [&input.line].into_iter().filter(|_| !input.missing).chain(&input.further).map(text).collect();
    let companions: Vec<_> = input.companions.iter().map(text).collect();

    let named = |name| move |line: &Vec<u8>| (name, line.clone());
    let headers: Vec<_> =
        lines.iter().map(named(SIGNATURE_HEADER)).chain(companions.iter().map(named(ALGORITHM_HEADER))).collect();
    let companions: Vec<_> = companions.iter().map(Vec::as_slice).collect();
    let expected = match &lines[..] {
        // The plain verifier begins where there is one line.
        [] => Err(Rejection::MissingSignature.code()),
        [line] => judge(&setup, line, &companions, body),
        _ => Err(Rejection::RepeatedSignature.code()),
    };

    let verifier = verifier(&setup);
    let delivery = Delivery { method: "POST", url: "/", headers: headers.as_slice(), body };
    let verdict = plainly(verifier.verify(&delivery, Timestamp::from_seconds(0)));
    assert_eq!(verdict, expected, "verify, {input:?}, {headers:?}");
    if let [line] = &lines[..] {
        let verdict = plainly(verifier.verify_signature(line, body, Timestamp::from_seconds(0)));
        assert_eq!(verdict, judge(&setup, line, &[], body), "verify_signature, {input:?}, {headers:?}");
    }
    Some(expected.err().unwrap_or_default())
}

/// A verdict as the plain verifier says it.
fn plainly(verdict: Result<Verified, Rejection>) -> Result<(Algorithm, usize), u8> {
    let told =
        |verified: Verified| verified.algorithm.zip(verified.secret_index.map(usize::from)).expect("HMAC tells both");
    verdict.map(told).map_err(Rejection::code)
}
