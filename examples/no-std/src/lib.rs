//! Verification on a machine without an operating system: nothing here needs `std` or a heap.
//!
//! `main.c` calls [`verify`] with a published example; `scripts/test-core` builds, inspects and runs the two.
#![no_std]

use core::panic::PanicInfo;
use core::slice;

use countersign_core::{Algorithm, AlgorithmRule, Encoding, Key, Scheme, Timestamp, Verifier};

/// The number of the verdict: 0 authentic, 1 to 15 a rejection, 65 and more a fault of the set-up.
///
/// # Safety
/// `signature` and `body` must be readable for as many bytes as their lengths say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn verify(signature: *const u8, signature_len: usize, body: *const u8, body_len: usize) -> u8 {
    // SAFETY: the caller says that both are readable for these lengths.
    let (signature, body) =
        unsafe { (slice::from_raw_parts(signature, signature_len), slice::from_raw_parts(body, body_len)) };
    let key = match Key::hmac(Algorithm::Sha256, b"It's a Secret to Everybody") {
        Ok(key) => key,
        Err(error) => return error.code(),
    };
    let scheme = Scheme::hmac("X-Hub-Signature-256", AlgorithmRule::Fixed(Algorithm::Sha256), Encoding::HexaDecimal);
    match Verifier::new(scheme, [key]) {
        Ok(verifier) => verifier
            .verify_signature(signature, body, Timestamp::from_seconds(0))
            .map_or_else(|rejection| rejection.code(), |_| 0),
        Err(error) => error.code(),
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
