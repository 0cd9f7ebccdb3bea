//! Claim: a signed text can be cut in one way only. Whatever scheme may be had, and in every preset whose sender leaves the
//! choice, no other parts than the genuine ones have the same signed text: they are neither signed nor taken.

use crate::recut;

/// Looks for a second cut. Tells what there was: 0 a scheme that is refused, 1 a delivery that cannot be signed, 2 one whose
/// text has no other cut, 3 one with other cuts, all of them refused.
pub fn run(data: &[u8]) -> Option<u8> {
    let outcome = recut::run(data);
    Some(match (outcome.accepted, outcome.signed, outcome.cuts) {
        (false, ..) => 0,
        (true, false, _) => 1,
        (true, true, 0) => 2,
        (true, true, _) => 3,
    })
}
