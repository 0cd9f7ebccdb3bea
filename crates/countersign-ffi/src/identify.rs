//! What a verifier tells beside verdicts: how one message is told from another, and whether the URL matters.

use crate::delivery::Delivery;
use crate::handle;
use crate::pointer;
use crate::status::{Status, boundary};
use crate::verifier::VerifierHandle;

/// What tells a message from every other one of the same verifier. It can be compared, stored and looked up.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Identity {
    /// The bytes; all zero if there is no identity.
    pub bytes: [u8; 32],
}

impl Identity {
    /// The identity as Rust has it.
    pub(crate) const fn core(&self) -> countersign::Identity {
        countersign::Identity::from_bytes(self.bytes)
    }
}

/// Tells which message an authentic delivery is, so that a repetition of it can be known: by its id if that is signed,
/// else by all that is signed, whichever secret has signed it. Every delivery of one message has the same identity, in
/// every process, also after secrets have changed; no two messages of one verifier have the same. Call it only after the
/// delivery was found to be authentic: what a forger sends can be given any identity.
///
/// An id that is not signed is not looked at, since whoever replays a message can change it. Identities hold nothing of
/// a secret or signature that could be used.
///
/// Returns 0; 69 if the verifier checks no signature but a token, or nothing, so that messages cannot be told apart; 13
/// for a delivery that this verifier would not take; 64 for an argument that cannot be used.
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `delivery`, and all that it leads to, is
/// read during the call only. `identity` leads to room for one, whose bytes are all zero if the status is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_identify(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    identity: *mut Identity,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for an identity. It is written at once, so that nothing old is taken for one.
        let identity = unsafe { pointer::place(identity) }?.write(Identity { bytes: [0; 32] });
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: the caller promises that the delivery, and all that it leads to, is there.
        let delivery = unsafe { pointer::shared(delivery)?.read() }?;
        delivery.headers.check()?;
        if !verifier.0.signs() {
            return Err(Status::Unsupported);
        }
        let found = verifier.0.identify(&delivery).ok_or(Status::MissingPart)?;
        verifier.still()?;
        identity.bytes = *found.as_bytes();
        Ok(())
    })
}

/// Tells whether the URL is signed, so that a delivery needs it: 1 or 0 in `*answer`. A server seldom knows the URL that
/// the sender called. Make it of an origin that you configure and of the path and query of the request, never of the
/// `Host` header: whoever has a delivery that was meant for another service could name that one there.
///
/// Returns 0, or 64 for an argument that cannot be used; `*answer` is then 1.
///
/// # Safety
/// `verifier` is alive. `answer` leads to a number that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_signs_url(verifier: *const VerifierHandle, answer: *mut u32) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a number.
        let answer = unsafe { pointer::place(answer) }?.write(1);
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        let reads_url = verifier.0.reads_url();
        verifier.still()?;
        *answer = u32::from(reads_url);
        Ok(())
    })
}
