//! A glob import brings nothing that stands in the way of the language's own crates.

use countersign::*;

#[test]
fn core_and_std_are_still_what_they_are() {
    let one: core::num::NonZero<u8> = core::num::NonZero::<u8>::MIN;
    let same: std::num::NonZero<u8> = one;
    assert_eq!(Rejection::ALL[usize::from(same.get()) - 1], Rejection::MissingSignature);
    assert_eq!(engine::Timestamp::from_seconds(1).as_milliseconds(), 1000);
}
