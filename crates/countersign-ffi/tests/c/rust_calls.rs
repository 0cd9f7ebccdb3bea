//! The Rust side of `bench.c`: calls of `Verifier`, as a Rust program makes them, in a loop that C can time. A static library of its own, so that nothing for measuring is in libcountersign.

use std::hint::black_box;
use std::slice;
use std::time::UNIX_EPOCH;

use countersign::{Algorithm, Delivery, Encoding, Secret, Verifier};

/// As `countersign_header`. The type of that name is not used, since libcountersign itself would be linked in with it.
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    name: *const u8,
    name_length: usize,
    value: *const u8,
    value_length: usize,
}

/// A verifier for HMAC-SHA-256 in hex; NULL without a secret.
///
/// # Safety
/// `secret` leads to `secret_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_verifier(secret: *const u8, secret_length: usize) -> *mut Verifier {
    // SAFETY: that is the caller's promise.
    let secret = unsafe { slice::from_raw_parts(secret, secret_length) };
    let verifier = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(secret));
    verifier.map_or(std::ptr::null_mut(), |verifier| Box::into_raw(Box::new(verifier)))
}

/// Calls `verify_signature` `count` times, and tells how many of them said that it is authentic.
///
/// # Safety
/// `verifier` came from [`rust_verifier`], and the bytes are there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_calls(
    verifier: *const Verifier,
    signature: *const u8,
    signature_length: usize,
    body: *const u8,
    body_length: usize,
    count: u64,
) -> u64 {
    // SAFETY: that is the caller's promise.
    let (verifier, signature, body) = unsafe {
        (&*verifier, slice::from_raw_parts(signature, signature_length), slice::from_raw_parts(body, body_length))
    };
    // The loop does not know what it calls, so nothing can be moved out of it.
    let call: fn(&Verifier, &[u8], &[u8]) -> bool = black_box(is_authentic);
    (0..count).map(|_| u64::from(call(verifier, signature, body))).sum()
}

#[inline(never)]
fn is_authentic(verifier: &Verifier, signature: &[u8], body: &[u8]) -> bool {
    verifier.verify_signature(signature, body).is_ok()
}

/// As [`rust_calls`], of `verify` with whole deliveries.
///
/// # Safety
/// As [`rust_calls`]; `headers` leads to `header_count` header lines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_deliveries(
    verifier: *const Verifier,
    headers: *const Header,
    header_count: usize,
    body: *const u8,
    body_length: usize,
    count: u64,
) -> u64 {
    // SAFETY: that is the caller's promise.
    let (verifier, headers, body) =
        unsafe { (&*verifier, slice::from_raw_parts(headers, header_count), slice::from_raw_parts(body, body_length)) };
    let line = |header: &Header| {
        // SAFETY: that too.
        unsafe {
            (
                slice::from_raw_parts(header.name, header.name_length),
                slice::from_raw_parts(header.value, header.value_length),
            )
        }
    };
    let headers: Vec<(&[u8], &[u8])> = headers.iter().map(line).collect();
    let call: fn(&Verifier, &Delivery<'_, Lines<'_>>) -> bool = black_box(is_authentic_delivery);
    let delivery = Delivery { method: "POST", url: "/orders", headers: &headers[..], body };
    (0..count).map(|_| u64::from(call(verifier, &delivery))).sum()
}

type Lines<'a> = [(&'a [u8], &'a [u8])];

#[inline(never)]
fn is_authentic_delivery(verifier: &Verifier, delivery: &Delivery<'_, Lines<'_>>) -> bool {
    verifier.verify(delivery, UNIX_EPOCH).is_ok()
}

/// Frees it.
///
/// # Safety
/// `verifier` came from [`rust_verifier`] and was not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_verifier_free(verifier: *mut Verifier) {
    if !verifier.is_null() {
        // SAFETY: that is the caller's promise.
        drop(unsafe { Box::from_raw(verifier) });
    }
}
