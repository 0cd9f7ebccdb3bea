//! Verifies many deliveries in one call.

use std::ffi::c_void;
use std::time::SystemTime;

use countersign::{Batch, Rejection, Verifier};

use crate::delivery::{Delivery, Lines, moment};
use crate::handle::{self, Alive};
use crate::pointer;
use crate::status::{Status, boundary};
use crate::verdict::Verdict;
use crate::verifier::VerifierHandle;

/// A signature, and the body to check it against. Everything remains the caller's and is only read, during the call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SignedBody {
    /// The verifier that checks it. All items may share one, or each may have its own.
    pub verifier: *const VerifierHandle,
    /// The value of the signature (or token) header.
    pub signature: *const c_void,
    /// The length of the signature in bytes.
    pub signature_length: usize,
    /// The raw body.
    pub body: *const c_void,
    /// The length of the body in bytes.
    pub body_length: usize,
}

/// A whole delivery, its verifier, and when it arrived. Everything remains the caller's and is only read, during the
/// call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ReceivedDelivery {
    /// The verifier that checks it. All items may share one, or each may have its own.
    pub verifier: *const VerifierHandle,
    /// The delivery.
    pub delivery: Delivery,
    /// When it arrived, in milliseconds since 1970.
    pub now_ms: i64,
}

/// How many items are processed at a time, which limits the memory that a batch needs.
const STRIDE: usize = 1024;

/// Decides for each of `count` signatures whether it belongs to its body. `verdicts[i]` is the verdict that
/// `countersign_verify_signature` would give for `items[i]`. An item that cannot be used gets 64 in its verdict; the
/// others are still verified.
///
/// Returns 0 if and only if all are authentic (or `count` is 0); otherwise the status of the first that is not. Returns
/// 64 if the arrays cannot be used; the verdicts, if there is room for them, are then all 127.
///
/// # Safety
/// `items` points to `count` items, which are read during the call only. Each `verifier` is alive; other threads may
/// use it at the same time. `verdicts` points to room for `count` verdicts, all of which are written, and does not
/// overlap anything that is read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verify_batch(
    items: *const SignedBody,
    count: usize,
    verdicts: *mut Verdict,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for the verdicts.
        let verdicts = pointer::fill(unsafe { pointer::places(verdicts, count) }?, Verdict::UNDECIDED);
        // SAFETY: the caller promises the items.
        let items = unsafe { pointer::array(items, count) }?;
        for (items, verdicts) in items.chunks(STRIDE).zip(verdicts.chunks_mut(STRIDE)) {
            // SAFETY: the caller promises that everything that an item points to is valid.
            let questions = items.iter().map(|item| unsafe { question(item) });
            let judged =
                judge(questions, verdicts, |questions, answers| Batch::new().verify_signatures(questions, answers));
            for (verdict, _, answer) in judged {
                *verdict = Verdict::of(answer);
            }
            doubt_the_freed(items.iter().map(|item| item.verifier), verdicts);
        }
        first_rejection(verdicts)
    })
}

/// Decides for each of `count` whole deliveries whether it is authentic. `verdicts[i]` is the verdict that
/// `countersign_verify` would give for `items[i]`. An item that cannot be used gets 64 in its verdict; the others are
/// still verified.
///
/// Returns 0 if and only if all are authentic (or `count` is 0); otherwise the status of the first that is not. Returns
/// 64 if the arrays cannot be used; the verdicts, if there is room for them, are then all 127.
///
/// # Safety
/// As for `countersign_verify_batch`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verify_delivery_batch(
    items: *const ReceivedDelivery,
    count: usize,
    verdicts: *mut Verdict,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for the verdicts.
        let verdicts = pointer::fill(unsafe { pointer::places(verdicts, count) }?, Verdict::UNDECIDED);
        // SAFETY: the caller promises the items.
        let items = unsafe { pointer::array(items, count) }?;
        for (items, verdicts) in items.chunks(STRIDE).zip(verdicts.chunks_mut(STRIDE)) {
            // SAFETY: the caller promises that everything that an item points to is valid.
            let questions = items.iter().map(|item| unsafe { received(item) });
            let judged = judge(questions, verdicts, |questions, answers| Batch::new().verify(questions, answers));
            for (verdict, (_, delivery, _), answer) in judged {
                *verdict = delivery.headers.answer(answer).unwrap_or_else(Verdict::rejected);
            }
            doubt_the_freed(items.iter().map(|item| item.verifier), verdicts);
        }
        first_rejection(verdicts)
    })
}

/// Answers all questions that could be read, and returns each with the place for its verdict. In the places of the
/// others it writes why they could not be read.
fn judge<Q>(
    questions: impl Iterator<Item = Result<Q, Status>>,
    verdicts: &mut [Verdict],
    answer: impl FnOnce(&[Q], &mut [countersign::Verdict]),
) -> impl Iterator<Item = (&mut Verdict, Q, countersign::Verdict)> {
    let (mut places, mut asked) = (Vec::with_capacity(verdicts.len()), Vec::with_capacity(verdicts.len()));
    for (question, verdict) in questions.zip(verdicts) {
        match question {
            Ok(question) => {
                places.push(verdict);
                asked.push(question);
            }
            Err(status) => *verdict = Verdict::rejected(status),
        }
    }
    let mut answers = vec![Err(Rejection::MissingSignature); asked.len()];
    answer(&asked, &mut answers);
    places.into_iter().zip(asked).zip(answers).map(|((place, question), answer)| (place, question, answer))
}

/// Revokes "authentic" from a verifier that was freed meanwhile, which breaks the contract.
fn doubt_the_freed(verifiers: impl Iterator<Item = *const VerifierHandle>, verdicts: &mut [Verdict]) {
    for (verifier, verdict) in verifiers.zip(verdicts).filter(|(_, verdict)| verdict.status == Status::Authentic) {
        // SAFETY: the caller promises that it is alive; its mark alone is looked at.
        if let Err(fault) = unsafe { handle::shared(verifier) }.and_then(Alive::still) {
            *verdict = Verdict::rejected(fault.into());
        }
    }
}

/// # Safety
/// The verifier is alive, and the bytes are valid.
unsafe fn question<'a>(item: &SignedBody) -> Result<(&'a Verifier, &'a [u8], &'a [u8]), Status> {
    // SAFETY: that is the caller's promise.
    unsafe {
        Ok((
            &handle::shared(item.verifier)?.get().0,
            pointer::bytes(item.signature, item.signature_length)?,
            pointer::bytes(item.body, item.body_length)?,
        ))
    }
}

/// # Safety
/// The verifier is alive, and everything that the delivery points to is valid.
unsafe fn received<'a>(
    item: &ReceivedDelivery,
) -> Result<(&'a Verifier, countersign::Delivery<'a, Lines>, SystemTime), Status> {
    // SAFETY: that is the caller's promise.
    let (verifier, delivery) = unsafe { (handle::shared(item.verifier)?, item.delivery.read()?) };
    Ok((&verifier.get().0, delivery, moment(item.now_ms)?))
}

fn first_rejection(verdicts: &[Verdict]) -> Result<(), Status> {
    verdicts.iter().try_for_each(|verdict| verdict.result())
}
