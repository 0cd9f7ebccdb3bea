//! Reads the secrets that a caller passes.

use std::ffi::c_void;

use countersign::MAX_SECRETS;

use crate::delivery::moment;
use crate::pointer;
use crate::report::{Fault, Named};

/// Which bounds of a `countersign_secret` apply; combine them with `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Bound {
    /// The secret may be used at any time.
    None = 0,
    /// It may not be used before `not_before_ms`.
    NotBefore = 1,
    /// It may not be used after `not_after_ms`.
    NotAfter = 2,
}

/// A secret as the operator typed it: nothing is trimmed. It is copied, and the copy is wiped once the key is made.
/// Fill it with zeros, then set `data` and `length`: such a secret may be used at any time.
#[derive(Debug)]
#[repr(C)]
pub struct Secret {
    /// The bytes, which remain the caller's. You may wipe them as soon as the call has returned.
    pub data: *const c_void,
    /// How many bytes. A secret that has no bytes, only zero bytes, only white space (spaces, tabs, line breaks) or only `*` is
    /// refused: with `malformed_secret` if it is not of the required form, otherwise with `empty_secret`.
    pub length: usize,
    /// From when on the secret may be used, in milliseconds since 1970; must be 0 unless `bounds` has
    /// `COUNTERSIGN_BOUND_NOT_BEFORE`.
    pub not_before_ms: i64,
    /// Until when it may be used, in milliseconds since 1970, inclusive; must be 0 unless `bounds` has
    /// `COUNTERSIGN_BOUND_NOT_AFTER`.
    pub not_after_ms: i64,
    /// Which of the two bounds apply: 0, or values of `countersign_bound`.
    pub bounds: u32,
}

/// Copies the caller's secrets. More than [`MAX_SECRETS`] are refused before any of them is read: such a count may be a
/// mistake, and fewer lie there.
///
/// # Safety
/// If `count` is from 1 to [`MAX_SECRETS`] and `secrets` neither NULL nor misaligned, `count` secrets lie there, each with as many bytes as
/// it says, and nobody changes them during the call.
pub(crate) unsafe fn read(secrets: *const Secret, count: usize) -> Result<Vec<countersign::Secret>, Fault> {
    if count > MAX_SECRETS {
        pointer::check(secrets, count).named("secrets")?;
        return Err(Fault::config(format!(
            "secret_count is {count}: more than {MAX_SECRETS} secrets; leave out those with which no sender signs any more"
        )));
    }
    // SAFETY: the caller's promise is that of `array`.
    let secrets = unsafe { pointer::array(secrets, count) }.named("secrets")?;
    let mut read = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        // SAFETY: the caller's promise is that of `read_one`.
        let bytes = unsafe { read_one(secret.data, secret.length) }.map_err(|fault| fault.of(index))?;
        read.push(bounded(bytes, secret).map_err(|fault| fault.of(index))?);
    }
    Ok(read)
}

/// Copies one secret that may be used at any time.
///
/// # Safety
/// If `length` is not 0 and `data` not NULL, `length` bytes lie there, and nobody changes them during the call.
pub(crate) unsafe fn read_one(data: *const c_void, length: usize) -> Result<countersign::Secret, Fault> {
    // SAFETY: the caller's promise is that of `bytes`.
    let bytes = unsafe { pointer::bytes(data, length) }.named("the secret's data")?;
    Ok(countersign::Secret::new(bytes))
}

fn bounded(mut read: countersign::Secret, secret: &Secret) -> Result<countersign::Secret, Fault> {
    let (before, after) = (Bound::NotBefore as u32, Bound::NotAfter as u32);
    if secret.bounds & !(before | after) != 0 {
        return Err(Fault::argument(format!("bounds {} are none; see countersign_bound", secret.bounds)));
    }
    for (bound, field, milliseconds) in
        [(before, "not_before_ms", secret.not_before_ms), (after, "not_after_ms", secret.not_after_ms)]
    {
        if secret.bounds & bound == 0 {
            // The caller believes that it has an effect.
            if milliseconds != 0 {
                return Err(Fault::argument(format!("{field} is set, but bounds does not say that it counts")));
            }
            continue;
        }
        let moment = moment(milliseconds).named(field)?;
        read = if bound == before { read.not_before(moment) } else { read.not_after(moment) };
    }
    Ok(read)
}
