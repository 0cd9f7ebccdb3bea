//! Makes verifiers.

use std::ffi::c_char;

use countersign::{Scheme, Verifier};

use crate::handle::{self, Kind};
use crate::panic::boundary_or;
use crate::pointer;
use crate::report::{Fault, Named, Report, Text, construct};
use crate::secret::{self, Secret};
use crate::setting::{self, Tolerance, Wanted};
use crate::status::{Status, boundary};

/// Verifies deliveries. Make it once, with a `countersign_verifier_` function. It never changes; any number of threads
/// may use it at the same time. It keeps no secrets, only keys made from them, which are wiped when it is freed.
#[derive(Debug)]
pub struct VerifierHandle(pub(crate) Verifier);

impl Kind for VerifierHandle {
    const MARK: u64 = 0xc0de_7e41_f1e4_0a11;
}

/// Makes a verifier for HMAC over the body, in the header `X-Fivetran-Hmac-Sign` unless
/// `countersign_verifier_in_header` names another. `algorithm` is a value of `countersign_algorithm`, including
/// `COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER`; `encoding` is a value of `countersign_encoding`. Pass several secrets, at
/// most eight, for rotation.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or an empty one, 67 for too
/// many.
///
/// # Safety
/// `secrets` points to `secret_count` secrets, which are read during the call only. `*verifier` receives a verifier
/// that the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL;
/// otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_hmac(
    algorithm: u32,
    encoding: u32,
    secrets: *const Secret,
    secret_count: usize,
    verifier: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        let (wanted, encoding) = (Wanted::of(algorithm)?, setting::encoding(encoding)?);
        // SAFETY: the caller promises that the secrets are valid.
        let secrets = unsafe { secret::read(secrets, secret_count) }?;
        Ok(VerifierHandle(match wanted {
            Wanted::Fixed(algorithm) => Verifier::hmac(algorithm, encoding, secrets)?,
            Wanted::Infer => Verifier::infer(encoding, secrets)?,
            Wanted::Nothing => return Err(Fault::argument("algorithm is 0 (NONE); HMAC needs one")),
        }))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// Makes a verifier for senders that send the secret itself as a token, in the header `Authorization` unless
/// `countersign_verifier_in_header` names another. Such a token says nothing about the body.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 if there is no token or an empty one, 66 for a token
/// that no header can carry, 67 for too many.
///
/// # Safety
/// As for `countersign_verifier_hmac`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_token(
    secrets: *const Secret,
    secret_count: usize,
    verifier: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the secrets are valid.
        let secrets = unsafe { secret::read(secrets, secret_count) }?;
        Ok(VerifierHandle(Verifier::token(secrets)?))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// Makes a verifier from a scheme of your own: the JSON that `countersign presets NAME` prints.
///
/// Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if there is no secret or an
/// empty one, 66 for a secret that is not written as the scheme says, 67 for an invalid scheme.
///
/// # Safety
/// `json` points to `json_length` bytes of UTF-8, and `secrets` to `secret_count` secrets; both are read during the
/// call only. `tolerance` may be NULL; otherwise it replaces that of the scheme. `*verifier` receives a verifier that
/// the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; otherwise
/// the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_scheme(
    json: *const c_char,
    json_length: usize,
    secrets: *const Secret,
    secret_count: usize,
    tolerance: *const Tolerance,
    verifier: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the text is valid.
        let json = unsafe { pointer::text(json, json_length) }.named("json")?;
        let scheme = Scheme::from_json(json)?;
        // SAFETY: the caller promises that secrets and tolerance are valid.
        unsafe { join(scheme, secrets, secret_count, tolerance) }
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// Makes a verifier from the preset `name`, such as `github`, or by another of its names, such as `whatsapp` for `meta`.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or an empty one, 66 for a secret
/// that is not in the sender's form, 67 for too many or for a tolerance if no timestamp is signed, 68 if no preset has
/// this name, 69 for a sender whose signature is not HMAC.
///
/// # Safety
/// As for `countersign_verifier_scheme`, with `name` and `name_length` instead of the JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_preset(
    name: *const c_char,
    name_length: usize,
    secrets: *const Secret,
    secret_count: usize,
    tolerance: *const Tolerance,
    verifier: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the text is valid.
        let name = unsafe { pointer::text(name, name_length) }.named("name")?;
        let scheme = Scheme::preset(name)?;
        // SAFETY: the caller promises that secrets and tolerance are valid.
        unsafe { join(scheme, secrets, secret_count, tolerance) }
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// # Safety
/// The secrets are as [`secret::read`] requires; `tolerance` is NULL or points to one.
unsafe fn join(
    scheme: Scheme,
    secrets: *const Secret,
    secret_count: usize,
    tolerance: *const Tolerance,
) -> Result<VerifierHandle, Fault> {
    // SAFETY: that is the caller's promise.
    let (secrets, tolerance) =
        unsafe { (secret::read(secrets, secret_count)?, pointer::optional(tolerance).named("tolerance")?) };
    let scheme = match tolerance {
        Some(tolerance) => scheme.with_tolerance((*tolerance).into())?,
        None => scheme,
    };
    Ok(VerifierHandle(scheme.verifier(secrets)?))
}

/// Makes a copy of `verifier` that looks for the signature or token only in the header `name`. `verifier` does not
/// change.
///
/// Returns 0; or 64 for an argument that cannot be used, 67 if `name` is not a valid header name.
///
/// # Safety
/// `verifier` is alive. `name` points to `name_length` bytes of UTF-8. `*another` receives a verifier that the caller
/// frees with `countersign_verifier_free`, or NULL if the status is not 0; `verifier` must be freed too. `error` may be
/// NULL; otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_in_header(
    verifier: *const VerifierHandle,
    name: *const c_char,
    name_length: usize,
    another: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the verifier is alive and that the text is valid.
        let (verifier, name) =
            unsafe { (handle::shared(verifier).named("verifier")?, pointer::text(name, name_length).named("name")?) };
        let made = verifier.0.clone().in_header(name)?;
        // The keys were copied: they must not be those of a handle that was wiped meanwhile.
        verifier.still().named("verifier")?;
        Ok(VerifierHandle(made))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(another, error, make) }
}

/// Writes the name of the header that has the signature or token, whose value `countersign_verify_signature` needs; the
/// first, if there can be several. It is empty if the verifier uses none.
///
/// Returns 0, or 64 for an argument that cannot be used. If the room is too small, `length` says how much is needed.
///
/// # Safety
/// `verifier` is alive. `name` points to a text that nobody else uses during the call; it remains the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_header(verifier: *const VerifierHandle, name: *mut Text) -> Status {
    boundary(|| {
        if name.is_null() {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: the caller promises that the verifier is alive and that there is room for the text.
        let (mut report, verifier) = unsafe { (Report::to(name)?, handle::shared(verifier)?) };
        report.write(verifier.0.header());
        Ok(())
    })
}

/// Says whether `countersign_stream_begin` can be used with this verifier. A scheme that signs something after the
/// body, or only a part of the body, needs the whole body. Call it at startup.
///
/// Returns 0 if it can; 69 if not; 64 for an argument that cannot be used.
///
/// # Safety
/// `verifier` is alive. `error` may be NULL; otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_can_stream(verifier: *const VerifierHandle, error: *mut Text) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for the text, or NULL.
        let mut report = unsafe { Report::to(error) }?;
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }.named("verifier");
        report.tell(verifier.and_then(|verifier| Ok(verifier.0.streaming().map(|_| ())?)))
    })
}

/// Frees a verifier and wipes its keys. Ignores NULL.
///
/// # Safety
/// `verifier` is NULL, or came from a `countersign_verifier_` function and was not freed yet. No thread uses it during
/// this call or later; freeing it twice is undefined behaviour. Streams that were begun with it remain valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_free(verifier: *mut VerifierHandle) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back(verifier) });
}
