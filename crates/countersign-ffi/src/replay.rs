//! A memory of accepted messages, of limited size, in this process.

use std::time::Duration;

use countersign::{Repeated, ReplayMemory, Ticket};

use crate::delivery::moment;
use crate::handle::{self, Kind};
use crate::identify::Identity;
use crate::panic::boundary_or;
use crate::pointer;
use crate::report::construct;
use crate::status::{Status, boundary};
use crate::verifier::VerifierHandle;

/// Remembers the accepted messages of one sender, in this process. Any number of threads may use it at the same time.
/// Two senders may use the same ids, so make one memory for each. It is independent of the verifier: when secrets
/// change, keep the memory. Other processes do not share it, and it is empty after a restart.
///
/// It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window, it forgets the oldest
/// first, and `countersign_replay_memory_evicted` counts those.
#[derive(Debug)]
pub struct ReplayMemoryHandle(ReplayMemory);

impl Kind for ReplayMemoryHandle {
    const MARK: u64 = 0xc0de_7e91_a7ed_0a77;
}

/// Makes a memory for up to `capacity` messages.
///
/// Returns 0; or 64 for an argument that cannot be used, 67 for a capacity of 0.
///
/// # Safety
/// `*memory` receives a memory that the caller frees with `countersign_replay_memory_free`, or NULL if the status is not
/// 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_new(
    capacity: usize,
    memory: *mut *mut ReplayMemoryHandle,
) -> Status {
    let make = || Ok(ReplayMemoryHandle(ReplayMemory::new(capacity)?));
    // SAFETY: the caller promises room for the handle; no text is asked for.
    unsafe { construct(memory, pointer::nothing(), make) }
}

/// Accepts the message of an authentic delivery, unless it was accepted within the last `window_seconds`. If several of
/// one message arrive at once, one is accepted. `identity` comes from `countersign_identify`, `window_seconds` from
/// `countersign_verifier_replay_window`; `now_ms` is when the delivery arrived, in milliseconds since 1970.
///
/// `*ticket` is the right to report what became of the message, with `countersign_replay_memory_finish` or
/// `countersign_replay_memory_forget`. It is 0 if the message was not accepted, and never 0 otherwise. The window of a
/// handled message starts at the last time that it arrived. A message whose outcome nobody reports is accepted again
/// `window_seconds` after it was accepted.
///
/// Returns 0 if the message was accepted now; 14 (`replayed`) if it was accepted before, and then `*is_handled` is 1 if
/// it was handled, 0 if nobody has reported that yet; 64 for an argument that cannot be used, such as a window of 0
/// or an identity of zeros, which `countersign_identify` leaves if it fails.
///
/// # Safety
/// `memory` is alive; any number of threads may use it at the same time. `identity` is read during the call only.
/// `ticket` points to a number that nobody else uses during the call, and so does `is_handled`, unless it is NULL.
/// `*is_handled` is 0 if the status is not 14.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_take(
    memory: *mut ReplayMemoryHandle,
    identity: *const Identity,
    now_ms: i64,
    window_seconds: u64,
    ticket: *mut u64,
    is_handled: *mut u32,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for both, or NULL for the second. They are written at once, so that no old
        // ticket is taken for one.
        let (ticket, is_handled) = unsafe { (pointer::place(ticket), pointer::optional_place(is_handled)) };
        let ticket = ticket.map(|place| place.write(0));
        let is_handled = is_handled.map(|place| place.map(|place| place.write(0)));
        let (ticket, is_handled) = (ticket?, is_handled?);
        // SAFETY: the caller promises that the memory is alive and that the identity is valid.
        let (memory, identity) = unsafe { (handle::shared(memory)?, pointer::shared(identity)?) };
        let (now, window) = (moment(now_ms)?, Duration::from_secs(window_seconds));
        // `countersign_identify` leaves zeros where there is no identity. As one they would make all such messages the same.
        if window.is_zero() || identity.is_none() {
            return Err(Status::InvalidArgument);
        }
        let taken = memory.0.take(identity.core(), now, window);
        memory.still()?;
        match taken {
            Ok(taken) => {
                *ticket = taken.number();
                Ok(())
            }
            Err(repeated) => {
                if let Some(is_handled) = is_handled {
                    *is_handled = u32::from(repeated == Repeated::Handled);
                }
                Err(Status::Replayed)
            }
        }
    })
}

/// Reports that a message was handled: from now on it counts as repeated, and no longer as in progress.
///
/// Returns 0, also if the message is no longer remembered or was accepted again since, with another ticket; then
/// nothing changes, and `*is_remembered` is 0, otherwise 1. Returns 64 for an argument that cannot be used.
///
/// # Safety
/// `memory` is alive; any number of threads may use it at the same time. `identity` is read during the call only.
/// `is_remembered` may be NULL; otherwise it points to a number that nobody else uses during the call, which is 0 if
/// the status is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_finish(
    memory: *mut ReplayMemoryHandle,
    identity: *const Identity,
    ticket: u64,
    is_remembered: *mut u32,
) -> Status {
    // SAFETY: the caller's promise is that of `settle`.
    boundary(|| unsafe { settle(memory, identity, ticket, is_remembered, ReplayMemory::finish) })
}

/// Forgets a message that could not be handled, so that it is accepted when its sender sends it again. Call it before
/// you answer the sender with an error.
///
/// Returns 0, also if the message is no longer remembered or was accepted again since, with another ticket; then
/// nothing changes, and `*is_remembered` is 0, otherwise 1. Returns 64 for an argument that cannot be used.
///
/// # Safety
/// As for `countersign_replay_memory_finish`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_forget(
    memory: *mut ReplayMemoryHandle,
    identity: *const Identity,
    ticket: u64,
    is_remembered: *mut u32,
) -> Status {
    // SAFETY: the caller's promise is that of `settle`.
    boundary(|| unsafe { settle(memory, identity, ticket, is_remembered, ReplayMemory::forget) })
}

/// # Safety
/// As for [`countersign_replay_memory_finish`].
unsafe fn settle(
    memory: *mut ReplayMemoryHandle,
    identity: *const Identity,
    ticket: u64,
    is_remembered: *mut u32,
    settle: impl FnOnce(&ReplayMemory, &Ticket) -> bool,
) -> Result<(), Status> {
    // SAFETY: the caller promises room for a number, or NULL. It is written at once.
    let is_remembered = unsafe { pointer::optional_place(is_remembered) }?.map(|place| place.write(0));
    // SAFETY: the caller promises that the memory is alive and that the identity is valid.
    let (memory, identity) = unsafe { (handle::shared(memory)?, pointer::shared(identity)?) };
    let was_remembered = settle(&memory.0, &Ticket::new(identity.core(), ticket));
    memory.still()?;
    if let Some(is_remembered) = is_remembered {
        *is_remembered = u32::from(was_remembered);
    }
    Ok(())
}

/// How many messages are remembered; 0 for NULL.
///
/// # Safety
/// `memory` is NULL or alive; any number of threads may use it at the same time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_len(memory: *const ReplayMemoryHandle) -> usize {
    // SAFETY: the caller promises that it is alive.
    boundary_or(0, || unsafe { handle::shared(memory) }.map_or(0, |memory| memory.0.len()))
}

/// How many messages were forgotten before the end of their window because the memory was full; 0 for NULL. If this
/// grows, replays may be accepted: make the capacity larger.
///
/// # Safety
/// `memory` is NULL or alive; any number of threads may use it at the same time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_evicted(memory: *const ReplayMemoryHandle) -> u64 {
    // SAFETY: the caller promises that it is alive.
    boundary_or(0, || unsafe { handle::shared(memory) }.map_or(0, |memory| memory.0.evicted()))
}

/// Frees a memory and everything it remembers. Ignores NULL.
///
/// # Safety
/// `memory` is NULL, or came from `countersign_replay_memory_new` and was not freed yet. No thread uses it during this
/// call or later; freeing it twice is undefined behaviour.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_replay_memory_free(memory: *mut ReplayMemoryHandle) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back(memory) });
}

/// Says for how long messages must be remembered so that none is accepted twice, in seconds: `window_seconds`, or the
/// sum of the scheme's two tolerances plus one second, whichever is longer. Call it at startup, and pass the answer to
/// each `countersign_replay_memory_take`.
///
/// Returns 0; 67 if `window_seconds` is 0 and the scheme has no tolerance, so that its messages never expire; 69 if the
/// verifier checks a token or nothing, since messages then cannot be distinguished; 64 for an argument that cannot be
/// used.
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `needed_seconds` points to a number that
/// nobody else uses during the call, which is 0 if the status is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_replay_window(
    verifier: *const VerifierHandle,
    window_seconds: u64,
    needed_seconds: *mut u64,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a number.
        let needed_seconds = unsafe { pointer::place(needed_seconds) }?.write(0);
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        let window = verifier.0.replay_window(Duration::from_secs(window_seconds));
        verifier.still()?;
        *needed_seconds = window.map_err(|error| Status::from(error.kind()))?.as_secs();
        Ok(())
    })
}
