//! Verifies a body that arrives in pieces.

use std::ffi::c_void;

use countersign::{Head, IdentifyingStream, Rejection, Stream, Streaming, Verified};

use crate::delivery::{Delivery, Lines, moment};
use crate::handle::{self, Kind};
use crate::identify::Identity;
use crate::panic::boundary_or;
use crate::pointer;
use crate::slot::Slot;
use crate::status::{Status, boundary};
use crate::verdict::{Verdict, put};
use crate::verifier::VerifierHandle;

/// A verification in progress. It keeps what it needs from the verifier, and an unfinished block of the body: about 2.4
/// KiB in total. Only one thread at a time may use it.
#[derive(Debug)]
pub struct StreamHandle {
    /// Empty once it is finished.
    stream: Slot<Either>,
    /// If it was asked for, and the delivery is authentic; otherwise zeros, which nobody's message has. No `Option`, since `None`
    /// leaves bytes unwritten too.
    identity: Identity,
}

#[derive(Debug)]
enum Either {
    Verifying(Stream),
    Identifying(IdentifyingStream),
}

const NO_IDENTITY: Identity = Identity { bytes: [0; 32] };

impl StreamHandle {
    fn new(stream: Either) -> Self {
        Self { stream: Slot::new(stream), identity: NO_IDENTITY }
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Status> {
        match self.stream.get_mut().ok_or(Status::InvalidArgument)? {
            Either::Verifying(stream) => stream.update(chunk),
            Either::Identifying(stream) => stream.update(chunk),
        }
        Ok(())
    }

    /// Finishes; the outer result is about the call, the inner one about the delivery.
    fn finish(&mut self) -> Result<Result<Verified, Rejection>, Status> {
        let finished = match self.stream.get_mut().ok_or(Status::InvalidArgument)? {
            Either::Verifying(stream) => stream.finish_in_place().map(|verified| (verified, None)),
            Either::Identifying(stream) => stream.finish_in_place(),
        };
        self.stream.clear();
        if let Ok((_, Some(identity))) = finished {
            self.identity = identity.into();
        }
        Ok(finished.map(|(verified, _)| verified))
    }
}

impl Kind for StreamHandle {
    const MARK: u64 = 0xc0de_7e57_4ea3_0a44;
}

/// Begins the verification of a body that arrives in pieces: `delivery` is everything except the body, whose pointer
/// and length are ignored. `now_ms` is when it began to arrive, in milliseconds since 1970.
///
/// Do not pass the same delivery without its body to `countersign_identify` afterwards: the identity would be that of a
/// message with an empty body, and if the sender signs no id, other messages would count as repetitions. Begin with
/// `countersign_stream_begin_identified` to recognise repetitions.
///
/// Returns 0 if the headers are well-formed, which does not yet mean that the delivery is authentic: only
/// `countersign_stream_finish` decides that. Otherwise what is wrong with them (1 to 15), 69 if the scheme needs the
/// whole body (see `countersign_verifier_can_stream`), or 64.
///
/// # Safety
/// `verifier` is alive; it may be freed while the stream is in use. `delivery`, and everything it points to, is read
/// during the call only. `*stream` receives a stream that the caller frees with `countersign_stream_free`, whether it
/// is finished or not; or NULL if the status is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_begin(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    now_ms: i64,
    stream: *mut *mut StreamHandle,
) -> Status {
    let make = || {
        let begin = |streaming: Streaming<'_>, head: &Head<'_, Lines>| {
            Ok(streaming.begin(head, moment(now_ms)?).map(Either::Verifying))
        };
        // SAFETY: the caller promises that the verifier and the delivery are valid.
        unsafe { with_head(verifier, delivery, begin) }
    };
    // SAFETY: the caller promises room for the handle.
    unsafe { begin(stream, make) }
}

/// As `countersign_stream_begin`, for a stream that also identifies the message: `countersign_stream_identity` returns
/// what `countersign_identify` would return for the whole delivery. The body is hashed a second time, unless the sender
/// signs an id.
///
/// Returns as `countersign_stream_begin`, and 69 also if the verifier checks a token or nothing, since messages then
/// cannot be distinguished.
///
/// # Safety
/// As for `countersign_stream_begin`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_begin_identified(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    now_ms: i64,
    stream: *mut *mut StreamHandle,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the verifier is alive.
        if !unsafe { handle::shared(verifier) }?.0.signs() {
            return Err(Status::Unsupported);
        }
        let begin = |streaming: Streaming<'_>, head: &Head<'_, Lines>| {
            Ok(streaming.begin_identified(head, moment(now_ms)?).map(Either::Identifying))
        };
        // SAFETY: the caller promises that the verifier and the delivery are valid.
        unsafe { with_head(verifier, delivery, begin) }
    };
    // SAFETY: the caller promises room for the handle.
    unsafe { begin(stream, make) }
}

/// As `countersign_stream_begin`, with only the value of the signature (or token) header. Schemes with a tolerance, and
/// secrets with bounds, use the system's clock.
///
/// # Safety
/// As for `countersign_stream_begin`; `signature` points to `signature_length` bytes, which are read during the call
/// only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_begin_signature(
    verifier: *const VerifierHandle,
    signature: *const c_void,
    signature_length: usize,
    stream: *mut *mut StreamHandle,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the verifier is alive and that the bytes are valid.
        let (verifier, signature) =
            unsafe { (handle::shared(verifier)?, pointer::bytes(signature, signature_length)?) };
        let streaming = verifier.0.streaming().map_err(|error| Status::from(error.kind()))?;
        let stream = streaming.begin_signature(signature).map(Either::Verifying);
        verifier.still()?;
        Ok(stream)
    };
    // SAFETY: the caller promises room for the handle.
    unsafe { begin(stream, make) }
}

/// The outer result is about the call, the inner one about the delivery.
type Begun = Result<Result<Either, Rejection>, Status>;

/// # Safety
/// `verifier` is alive, and `delivery` is valid apart from its body.
unsafe fn with_head(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    begin: impl FnOnce(Streaming<'_>, &Head<'_, Lines>) -> Begun,
) -> Begun {
    // SAFETY: that is the caller's promise.
    let verifier = unsafe { handle::shared(verifier) }?;
    // SAFETY: as above.
    let head = Delivery { body: std::ptr::null(), body_length: 0, ..*unsafe { pointer::shared(delivery) }? };
    // SAFETY: as above; the body, which may not be valid, was taken out.
    let delivery = unsafe { head.read() }?;
    delivery.headers.check()?;
    let streaming = verifier.0.streaming().map_err(|error| Status::from(error.kind()))?;
    let made = begin(streaming, &delivery.head());
    verifier.still()?;
    made
}

/// # Safety
/// If `stream` is neither NULL nor misaligned, there is room for a pointer, which nobody else uses during the call.
unsafe fn begin(stream: *mut *mut StreamHandle, make: impl FnOnce() -> Begun) -> Status {
    boundary(|| {
        // SAFETY: that is the caller's promise.
        let place = unsafe { pointer::place(stream) }?.write(pointer::nothing());
        *place = handle::hand_out(StreamHandle::new(make()??));
        Ok(())
    })
}

/// Hashes the next piece of the body, of any length.
///
/// Returns 0; or 64 for an argument that cannot be used or a finished stream. After 64 the stream has not changed.
///
/// # Safety
/// `stream` is alive, and no other thread uses it during the call. `chunk` points to `chunk_length` bytes, which are
/// read during the call only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_update(
    stream: *mut StreamHandle,
    chunk: *const c_void,
    chunk_length: usize,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises that the stream is alive and used by nobody else, and that the bytes are valid.
        let (stream, chunk) = unsafe { (handle::exclusive(stream)?, pointer::bytes(chunk, chunk_length)?) };
        stream.update(chunk)
    })
}

/// Decides, once the body is complete. The stream is then finished and its keys are wiped; only
/// `countersign_stream_identity` and `countersign_stream_free` may follow.
///
/// Returns 0 if and only if the delivery is authentic, otherwise the reason; 64 for a stream that is already finished.
///
/// # Safety
/// `stream` is alive, and no other thread uses it during the call, which does not free it. `verdict` may be NULL;
/// otherwise the verdict is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_finish(stream: *mut StreamHandle, verdict: *mut Verdict) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a verdict, or NULL.
        let place = unsafe { pointer::optional_place(verdict) }?;
        put(place, || {
            // SAFETY: the caller promises that the stream is alive and used by nobody else.
            let stream = unsafe { handle::exclusive(stream) }?;
            Ok(Verdict::of(stream.finish()?))
        })
    })
}

/// Writes the identity of the message to `*identity`, after `countersign_stream_finish` has returned 0 for a stream of
/// `countersign_stream_begin_identified`: the same that `countersign_identify` makes of the whole delivery.
///
/// Returns 0; 64 for an argument that cannot be used, a stream that is not finished, one whose delivery is not authentic,
/// and one that was begun with another function.
///
/// # Safety
/// `stream` is alive, and no other thread uses it during the call. `identity` points to room for one, whose bytes are all
/// zero if the status is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_identity(stream: *const StreamHandle, identity: *mut Identity) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for an identity.
        let place = unsafe { pointer::place(identity) }?.write(NO_IDENTITY);
        // SAFETY: the caller promises that the stream is alive and changed by nobody else.
        let stream = unsafe { handle::shared(stream) }?;
        if stream.identity.bytes == NO_IDENTITY.bytes {
            return Err(Status::InvalidArgument);
        }
        *place = stream.identity;
        Ok(())
    })
}

/// Frees a stream, finished or abandoned, and wipes it. Ignores NULL.
///
/// # Safety
/// `stream` is NULL, or came from a `countersign_stream_begin` function and was not freed yet. No thread uses it during
/// this call or later; freeing it twice is undefined behaviour.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_stream_free(stream: *mut StreamHandle) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back(stream) });
}
