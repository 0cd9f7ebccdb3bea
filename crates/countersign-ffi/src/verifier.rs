//! Making verifiers.

use std::ffi::c_char;

use countersign::{Scheme, Verifier};

use crate::handle::{self, Kind};
use crate::panic::boundary_or;
use crate::pointer;
use crate::report::{Fault, Named, Report, Text, construct};
use crate::secret::{self, Secret};
use crate::setting::{self, Tolerance, Wanted};
use crate::status::{Status, boundary};

/// Checks deliveries. Made once, by a `countersign_verifier_` function; never changes; any number of threads may use it
/// at the same time. It keeps no secret, only the keys made of them, which are wiped when it is freed.
#[derive(Debug)]
pub struct VerifierHandle(pub(crate) Verifier);

impl Kind for VerifierHandle {
    const MARK: u64 = 0xc0de_7e41_f1e4_0a11;
}

/// Makes a verifier for HMAC over the body, in the header `X-Fivetran-Hmac-Sign` unless
/// `countersign_verifier_in_header` names another. `algorithm` is a value of `countersign_algorithm`, with
/// `COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER` among them; `encoding` is a value of `countersign_encoding`. Give several
/// secrets, at most eight, for rotation.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or one without bytes, 67 for too
/// many.
///
/// # Safety
/// `secrets` leads to `secret_count` secrets, which are read during the call only. `*verifier` receives a verifier that
/// the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; else it
/// receives why not.
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
        // SAFETY: the caller promises that the secrets are there.
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

/// Makes a verifier for senders that repeat a secret in the header `Authorization` unless
/// `countersign_verifier_in_header` names another. Such a token says nothing about the body.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 if there is no token or one without bytes, 66 for a token
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
        // SAFETY: the caller promises that the secrets are there.
        let secrets = unsafe { secret::read(secrets, secret_count) }?;
        Ok(VerifierHandle(Verifier::token(secrets)?))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// Makes a verifier from a scheme of your own: the JSON that `countersign presets NAME` prints.
///
/// Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if there is no secret or one
/// without bytes, 66 for a secret that is not written as the scheme says, 67 for a scheme that does not fit.
///
/// # Safety
/// `json` leads to `json_length` bytes of UTF-8, and `secrets` to `secret_count` secrets; both are read during the call
/// only. `tolerance` may be NULL; else it replaces that of the scheme. `*verifier` receives a verifier that the caller
/// frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL; else it receives why
/// not.
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
        // SAFETY: the caller promises that the text is there.
        let json = unsafe { pointer::text(json, json_length) }.named("json")?;
        let scheme = Scheme::from_json(json)?;
        // SAFETY: the caller promises that secrets and tolerance are there.
        unsafe { join(scheme, secrets, secret_count, tolerance) }
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// Makes a verifier from the preset `name`, such as `github`.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 if there is no secret or one without bytes, 66 for a secret
/// that is not written as the sender writes them, 67 for too many or for a tolerance where no timestamp is signed, 68
/// if no preset has this name, 69 for a sender whose signature is not HMAC.
///
/// # Safety
/// As for `countersign_verifier_scheme`, with `name` and `name_length` in place of the JSON.
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
        // SAFETY: the caller promises that the text is there.
        let name = unsafe { pointer::text(name, name_length) }.named("name")?;
        let scheme = Scheme::preset(name)?;
        // SAFETY: the caller promises that secrets and tolerance are there.
        unsafe { join(scheme, secrets, secret_count, tolerance) }
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// # Safety
/// The secrets are as [`secret::read`] wants them; `tolerance` is NULL or leads to one.
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

/// Makes another verifier like `verifier`, which looks for the signature or token in the header `name` alone.
/// `verifier` stays as it is.
///
/// Returns 0; or 64 for an argument that cannot be used, 67 if no header can have this name.
///
/// # Safety
/// `verifier` is alive. `name` leads to `name_length` bytes of UTF-8. `*another` receives a verifier that the caller
/// frees with `countersign_verifier_free`, or NULL if the status is not 0; `verifier` must be freed too. `error` may be
/// NULL; else it receives why not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_in_header(
    verifier: *const VerifierHandle,
    name: *const c_char,
    name_length: usize,
    another: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the verifier is alive and that the text is there.
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

/// Tells the name of the header that holds the signature or token, whose value `countersign_verify_signature` wants;
/// the first, if there can be several. It is empty if the verifier looks for none.
///
/// Returns 0, or 64 for an argument that cannot be used. If the room is too small, `length` tells how much is needed.
///
/// # Safety
/// `verifier` is alive. `name` leads to a text that nobody else uses during the call; it stays the caller's.
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

/// Tells whether `countersign_stream_begin` can be used with this verifier: a scheme that signs something behind the
/// body, or a part of the body alone, needs the whole body. Ask while the service starts.
///
/// Returns 0 if it can; 69 if not; 64 for an argument that cannot be used.
///
/// # Safety
/// `verifier` is alive. `error` may be NULL; else it receives why not.
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

/// Frees a verifier and wipes its keys. NULL is passed over.
///
/// # Safety
/// `verifier` is NULL, or came from a `countersign_verifier_` function and was not freed yet. No thread uses it during
/// this call or later; to free it twice is undefined. Streams that were begun with it stay good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_free(verifier: *mut VerifierHandle) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back(verifier) });
}
