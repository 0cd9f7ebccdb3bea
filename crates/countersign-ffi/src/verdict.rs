//! The verdict on a delivery, for C.

use std::mem::MaybeUninit;

use countersign::{Rejection, Verified};

use crate::setting::Algorithm;
use crate::status::Status;

/// The `secret_index` of a verdict if no secret matched.
pub const COUNTERSIGN_NO_SECRET: u32 = 0xFFFF_FFFF;

/// The result of a verification. The library always writes all of it, and never reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Verdict {
    /// The same that the function returns: 0 if the delivery is authentic.
    pub status: Status,
    /// The algorithm of the HMAC that made it authentic; otherwise `COUNTERSIGN_ALGORITHM_NONE`.
    pub algorithm: Algorithm,
    /// The index of the secret that matched, counted from 0 in the order in which they were passed, the first if
    /// several did; `COUNTERSIGN_NO_SECRET` if rejected, or if the verifier checks nothing.
    pub secret_index: u32,
    /// 1 if the MAC covers the whole body: its bytes, or a hash of them, or all of its fields. 0 if the sender signs some
    /// fields of the body or nothing of it, so that whoever holds one signed delivery can write the rest; for a token; if
    /// rejected; and if the verifier checks nothing.
    pub covers_body: u32,
}

impl Verdict {
    /// Written before the work begins, so that nothing old or half done is read as a verdict.
    pub(crate) const UNDECIDED: Self = Self::rejected(Status::Internal);

    pub(crate) const fn rejected(status: Status) -> Self {
        Self { status, algorithm: Algorithm::None, secret_index: COUNTERSIGN_NO_SECRET, covers_body: 0 }
    }

    #[inline]
    pub(crate) fn of(result: Result<Verified, Rejection>) -> Self {
        match result {
            Ok(verified) => Self {
                status: Status::Authentic,
                algorithm: verified.algorithm.map_or(Algorithm::None, Algorithm::from),
                secret_index: verified.secret_index.map_or(COUNTERSIGN_NO_SECRET, u32::from),
                covers_body: verified.covers_body.into(),
            },
            Err(rejection) => Self::rejected(rejection.into()),
        }
    }

    /// The status as the result of an exported function.
    #[inline]
    pub(crate) fn result(self) -> Result<(), Status> {
        if self.status == Status::Authentic { Ok(()) } else { Err(self.status) }
    }
}

/// Calls `judge`, and writes the verdict where the caller wants it, if anywhere.
#[inline]
pub(crate) fn put(
    place: Option<&mut MaybeUninit<Verdict>>,
    judge: impl FnOnce() -> Result<Verdict, Status>,
) -> Result<(), Status> {
    // One call of `judge` and not two, so that it is inlined.
    let mut nowhere = MaybeUninit::uninit();
    let verdict = place.unwrap_or(&mut nowhere).write(Verdict::UNDECIDED);
    *verdict = judge().unwrap_or_else(Verdict::rejected);
    verdict.result()
}
