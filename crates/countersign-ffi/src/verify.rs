//! Verifies one delivery.

use std::ffi::c_void;

use crate::delivery::{Delivery, moment};
use crate::handle;
use crate::pointer;
use crate::status::{Status, boundary};
use crate::verdict::{Verdict, put};
use crate::verifier::VerifierHandle;

/// Decides whether `signature`, the value of the signature (or token) header, belongs to `body`.
///
/// For schemes that sign only the body and values in that one header; other schemes give `missing_part` or
/// `missing_timestamp`. Schemes with a tolerance, and secrets with bounds, use the system's clock.
///
/// Returns 0 if and only if the delivery is authentic, otherwise the reason: 1 to 15, or 64 for an argument that cannot
/// be used. Allocates nothing, except for presets that rewrite the request (such as `adyen`).
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `signature` and `body` point to
/// `signature_length` and `body_length` bytes, which are read during the call only (NULL if the length is 0). `verdict`
/// may be NULL; otherwise the verdict is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verify_signature(
    verifier: *const VerifierHandle,
    signature: *const c_void,
    signature_length: usize,
    body: *const c_void,
    body_length: usize,
    verdict: *mut Verdict,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a verdict, or NULL.
        let place = unsafe { pointer::optional_place(verdict) }?;
        put(place, || {
            // SAFETY: the caller promises that the verifier is alive and that the bytes are valid.
            let (verifier, signature, body) = unsafe {
                (
                    handle::shared(verifier)?,
                    pointer::bytes(signature, signature_length)?,
                    pointer::bytes(body, body_length)?,
                )
            };
            let verdict = Verdict::of(verifier.0.verify_signature(signature, body));
            verifier.still()?;
            Ok(verdict)
        })
    })
}

/// Decides whether a whole delivery is authentic. `now_ms` is when it arrived, in milliseconds since 1970, usually
/// `countersign_now_ms()`. It matters for schemes with a tolerance and for secrets with bounds.
///
/// Returns 0 if and only if the delivery is authentic, otherwise the reason: 1 to 15, or 64 for an argument that cannot
/// be used. Allocates nothing, except for presets that rewrite the request (such as `adyen`).
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
/// read during the call only. `verdict` may be NULL; otherwise the verdict is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verify(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    now_ms: i64,
    verdict: *mut Verdict,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a verdict, or NULL.
        let place = unsafe { pointer::optional_place(verdict) }?;
        put(place, || {
            // SAFETY: the caller promises that the verifier is alive.
            let verifier = unsafe { handle::shared(verifier) }?;
            // SAFETY: the caller promises that the delivery, and everything it points to, is valid.
            let delivery = unsafe { pointer::shared(delivery)?.read() }?;
            let verdict = delivery.headers.answer(verifier.0.verify(&delivery, moment(now_ms)?));
            verifier.still()?;
            verdict
        })
    })
}
