//! A glob import of countersign shadows neither `core` nor `std`.

use countersign::*;

#[test]
fn core_and_std_are_not_shadowed() {
    let from_core: core::num::NonZero<u8> = core::num::NonZero::<u8>::MIN;
    let from_std: std::num::NonZero<u8> = from_core;
    assert_eq!(Rejection::ALL[usize::from(from_std.get()) - 1], Rejection::MissingSignature);
    assert_eq!(engine::Timestamp::from_seconds(1).as_milliseconds(), 1000);
}
