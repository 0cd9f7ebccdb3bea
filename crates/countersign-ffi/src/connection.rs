//! Makes verifiers and signers from the JSON of a connection.

use std::ffi::c_char;

use countersign::Connection;

use crate::pointer;
use crate::report::{Fault, Named, Text, construct};
use crate::secret::{self, Secret};
use crate::setting::Wanted;
use crate::signer::SignerHandle;
use crate::status::Status;
use crate::verifier::VerifierHandle;

/// Makes a verifier from the JSON of a connection, with the secrets that it contains. The JSON is the whole body of
/// `POST /v1/connections`, or its `config` alone.
///
/// Returns 0; or 64 for an argument that cannot be used (JSON that is not UTF-8 too), 65 if a secret is required and
/// there is none, 66 for a secret in the wrong form, 67 for an invalid field, 68 for an unknown preset, 69 for a scheme
/// that is not supported.
///
/// # Safety
/// `json` points to `json_length` bytes of UTF-8, which are read during the call only. `*verifier` receives a verifier
/// that the caller frees with `countersign_verifier_free`, or NULL if the status is not 0. `error` may be NULL;
/// otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_connection(
    json: *const c_char,
    json_length: usize,
    verifier: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    // SAFETY: the caller promises that the text is valid.
    let make = || Ok(VerifierHandle(unsafe { connection(json, json_length) }?.verifier()?));
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// As `countersign_verifier_connection`, with `secrets` instead of those in the JSON, for connections whose secrets are
/// kept elsewhere. If the connection requires a secret and you pass none, that is 65 and never "no authentication".
///
/// # Safety
/// As for `countersign_verifier_connection`, and `secrets` points to `secret_count` secrets, which are read during the
/// call only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_connection_with_secrets(
    json: *const c_char,
    json_length: usize,
    secrets: *const Secret,
    secret_count: usize,
    verifier: *mut *mut VerifierHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the text and the secrets are valid.
        let (connection, secrets) = unsafe { (connection(json, json_length)?, secret::read(secrets, secret_count)?) };
        Ok(VerifierHandle(connection.verifier_with(&secrets)?))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(verifier, error, make) }
}

/// Makes a signer for deliveries that a connection accepts, with the first secret in its JSON. `algorithm` is a value
/// of `countersign_algorithm`; `COUNTERSIGN_ALGORITHM_NONE` leaves the choice to the connection: SHA_256 if it accepts
/// several.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 without a secret, 67 for an invalid field or an algorithm
/// that the connection does not accept, 69 if it does not use HMAC.
///
/// # Safety
/// `json` points to `json_length` bytes of UTF-8, which are read during the call only. `*signer` receives a signer that
/// the caller frees with `countersign_signer_free`, or NULL if the status is not 0. `error` may be NULL; otherwise the
/// reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_signer_connection(
    json: *const c_char,
    json_length: usize,
    algorithm: u32,
    signer: *mut *mut SignerHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the text is valid.
        let connection = unsafe { connection(json, json_length) }?;
        Ok(SignerHandle(connection.signer(Wanted::to_sign(algorithm)?)?))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(signer, error, make) }
}

/// # Safety
/// As [`pointer::text`].
unsafe fn connection(json: *const c_char, length: usize) -> Result<Connection, Fault> {
    // SAFETY: that is the caller's promise.
    let json = unsafe { pointer::text(json, length) }.named("json")?;
    Ok(Connection::from_json(json)?)
}
