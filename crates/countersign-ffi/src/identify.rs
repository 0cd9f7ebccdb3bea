//! What a verifier reports besides verdicts: the identity of a message, and whether the URL, or the body alone, is signed.

use crate::delivery::Delivery;
use crate::handle;
use crate::pointer;
use crate::status::{Status, boundary};
use crate::verifier::VerifierHandle;

/// The identity of a message: it differs from that of every other message of the same verifier. It can be compared,
/// stored and looked up.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Identity {
    /// The bytes; all zero if there is no identity.
    pub bytes: [u8; 32],
}

impl Identity {
    /// The identity for the Rust library.
    pub(crate) const fn core(&self) -> countersign::Identity {
        countersign::Identity::from_bytes(self.bytes)
    }

    /// Whether these are the zeros of a message without an identity.
    pub(crate) fn is_none(&self) -> bool {
        self.bytes == [0; 32]
    }
}

impl From<countersign::Identity> for Identity {
    fn from(identity: countersign::Identity) -> Self {
        Self { bytes: *identity.as_bytes() }
    }
}

/// Identifies the message of an authentic delivery, so that a repetition can be recognised. The identity is made from
/// the id if that is signed, otherwise from the whole signed text; it does not depend on the secret. Every delivery of
/// one message has the same identity, in every process, also after secrets have changed; no two messages of one
/// verifier have the same. Call it only for an authentic delivery: a forger can give a delivery any identity.
///
/// `delivery` holds the whole body that was verified. Without it, as after `countersign_stream_begin`, the identity is
/// that of a message with an empty body: if the sender signs no id, different messages then have one identity, and a
/// memory of identities loses all but the first. `countersign_stream_identity` identifies a body that arrives in pieces.
///
/// An unsigned id is ignored, since anyone who replays a message can change it. Identities reveal nothing usable about
/// a secret or signature.
///
/// Returns 0; 69 if the verifier checks a token or nothing, since messages then cannot be distinguished; 13 for a
/// delivery in which the signature or a signed part is absent or malformed; 64 for an argument that cannot be used. It
/// does not check whether the signature is right: verify first.
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
/// read during the call only. `identity` points to room for one, whose bytes are all zero if the status is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_identify(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    identity: *mut Identity,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for an identity. It is written at once, so that nothing old is mistaken for
        // one.
        let identity = unsafe { pointer::place(identity) }?.write(Identity { bytes: [0; 32] });
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: the caller promises that the delivery, and everything it points to, is valid.
        let delivery = unsafe { pointer::shared(delivery)?.read() }?;
        delivery.headers.check()?;
        if !verifier.0.signs() {
            return Err(Status::Unsupported);
        }
        let found = verifier.0.identify(&delivery).ok_or(Status::MissingPart)?;
        verifier.still()?;
        *identity = Identity::from(found);
        Ok(())
    })
}

/// Reports whether the sender signs the URL, so that a delivery needs it: writes 1 or 0 to `*answer`. A server seldom
/// knows the whole URL that the sender called. Build it from an origin that you configure and from the path and query
/// of the request. Never use the `Host` header: anyone who has a delivery for another service could name that service
/// there.
///
/// Refuse a query that you did not give the sender, or pass the URL that you gave it as a constant and do not read the
/// query of the request. If the URL touches the body in the signed text (PRESETS.md lists the
/// presets for which it does), the end of the query can be moved into the body, and back, and the signature still fits.
///
/// Returns 0, or 64 for an argument that cannot be used; `*answer` is then 1.
///
/// # Safety
/// `verifier` is alive. `answer` points to a number that nobody else uses during the call.
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

/// Reports whether the sender signs nothing but the body, or parts of it, apart from literal text and the secret: no
/// timestamp, no id in a header, no URL and no method. Writes 1 or 0 to `*answer`. If it is 1, two events with equal bodies
/// have one identity, and a memory of identities loses the second: remember the hash of the identity and of the id that
/// `countersign_delivery_id` finds in place of the identity alone. Do that for such senders only: for others, whoever has
/// recorded a delivery could have it handled again with another id.
///
/// It is 0 for a token, if the verifier checks nothing, and for the formats in which each message lists what it signs
/// (`jwt`, `rfc9421` and `draft-cavage`), since it can sign more than the body.
///
/// Returns 0, or 64 for an argument that cannot be used; `*answer` is then 0.
///
/// # Safety
/// `verifier` is alive. `answer` points to a number that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_signs_body_alone(
    verifier: *const VerifierHandle,
    answer: *mut u32,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a number.
        let answer = unsafe { pointer::place(answer) }?.write(0);
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        let signs_body_alone = verifier.0.signs_body_alone();
        verifier.still()?;
        *answer = u32::from(signs_body_alone);
        Ok(())
    })
}
