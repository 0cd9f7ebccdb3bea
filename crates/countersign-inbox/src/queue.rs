//! Events that wait for the disk, and those who wait for them.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::error::AppendError;
use crate::event::{Event, LogId, Seq};
use crate::record;

/// Where an event became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The log.
    pub log: LogId,
    /// The place of the event in it.
    pub seq: Seq,
}

/// The outcome of an append, which is known once the event is durable, or is known not to become so.
///
/// A future for any runtime. The event is appended whether or not somebody waits for it.
#[derive(Debug)]
#[must_use = "an event is not durable before this says so"]
pub struct Append(Arc<Slot>);

impl Append {
    /// Blocks the thread until the outcome is known.
    ///
    /// # Errors
    /// As [`Inbox::append`](crate::Inbox::append).
    pub fn wait(self) -> Result<Appended, AppendError> {
        struct Unpark(Thread);
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(thread::current())).into();
        loop {
            if let Poll::Ready(outcome) = self.0.poll(&waker) {
                return outcome;
            }
            thread::park();
        }
    }

    /// The outcome, if it is known.
    #[must_use]
    pub fn outcome(&self) -> Option<Result<Appended, AppendError>> {
        lock(&self.0.state).outcome
    }

    /// An append whose outcome is known at once.
    pub(crate) fn known(outcome: Result<Appended, AppendError>) -> Self {
        let slot = Slot::default();
        lock(&slot.state).outcome = Some(outcome);
        Self(Arc::new(slot))
    }
}

impl Future for Append {
    type Output = Result<Appended, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context.waker())
    }
}

/// What the appender and the log share of one event.
#[derive(Debug, Default)]
struct Slot {
    state: Mutex<SlotState>,
}

#[derive(Debug, Default)]
struct SlotState {
    outcome: Option<Result<Appended, AppendError>>,
    waker: Option<Waker>,
}

impl Slot {
    /// Tells the outcome to whoever waits. Only the first counts.
    fn settle(&self, outcome: Result<Appended, AppendError>) {
        let waker = {
            let mut state = lock(&self.state);
            state.outcome.get_or_insert(outcome);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, waker: &Waker) -> Poll<Result<Appended, AppendError>> {
        let mut state = lock(&self.state);
        if let Some(outcome) = state.outcome {
            return Poll::Ready(outcome);
        }
        match &mut state.waker {
            Some(old) if old.will_wake(waker) => {}
            other => *other = Some(waker.clone()),
        }
        Poll::Pending
    }
}

/// An event that waits.
pub(crate) struct Pending {
    pub(crate) payload: Vec<u8>,
    pub(crate) payload_crc: u32,
    /// None once the outcome was told.
    slot: Option<Arc<Slot>>,
    /// What the appender wants to be held until the outcome is known.
    _permit: Option<Box<dyn Send>>,
}

impl Pending {
    pub(crate) fn new(payload: Vec<u8>, permit: Option<Box<dyn Send>>) -> (Self, Append) {
        let slot = Arc::new(Slot::default());
        let append = Append(Arc::clone(&slot));
        let payload_crc = crc32c::crc32c(&payload);
        (Self { payload, payload_crc, slot: Some(slot), _permit: permit }, append)
    }

    /// Tells an outcome to whoever waits, and lets the event wait on.
    #[cfg_attr(not(countersign_planted_bugs), allow(dead_code, reason = "only a planted bug does so"))]
    pub(crate) fn tell(&self, outcome: Result<Appended, AppendError>) {
        if let Some(slot) = &self.slot {
            slot.settle(outcome);
        }
    }

    /// Tells the outcome to whoever waits.
    pub(crate) fn settle(mut self, outcome: Result<Appended, AppendError>) {
        // Taken, so that the drop does not lock it again, which whoever was woken wants to do.
        if let Some(slot) = self.slot.take() {
            slot.settle(outcome);
        }
    }
}

impl Drop for Pending {
    /// Nobody waits for ever: what is dropped before it was settled, because a thread has panicked, is not known to be durable.
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.settle(Err(AppendError::Failed));
        }
    }
}

/// The queue between those who append and the thread that writes. It is bounded in bytes.
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    bytes_max: usize,
    /// The bytes of the state, for those who ask before every event and are not to wait for the lock.
    bytes: AtomicUsize,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Pending>,
    /// The bytes of what waits, and of what was taken last: the thread asks for more when it is done with that.
    bytes: usize,
    taken_bytes: usize,
    is_closed: bool,
}

/// What a thread does next that writes the queue to disk.
pub(crate) enum Next {
    /// These events wait.
    Write(VecDeque<Pending>),
    /// Nothing waits.
    Idle,
    /// Nothing waits, and nothing will.
    End,
}

impl Queue {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), bytes_max, bytes: AtomicUsize::new(0) }
    }

    /// Appends an event whose payload has at most `payload_bytes_max` bytes. `permit` is held until the outcome is known.
    pub(crate) fn append(&self, event: &Event<'_>, permit: Option<Box<dyn Send>>, payload_bytes_max: u64) -> Append {
        let fits = record::payload_bytes(event).is_some_and(|bytes| bytes as u64 <= payload_bytes_max);
        let Some(payload) = fits.then(|| record::encode(event)).flatten() else {
            return Append::known(Err(AppendError::TooLarge));
        };
        let (pending, append) = Pending::new(payload, permit);
        match self.push(pending) {
            Ok(()) => append,
            Err(error) => Append::known(Err(error)),
        }
    }

    fn push(&self, pending: Pending) -> Result<(), AppendError> {
        let mut state = lock(&self.state);
        if state.is_closed {
            // It is dropped here, and its outcome does not matter: the caller gets this one.
            return Err(AppendError::Closed);
        }
        // One event always fits, however large.
        let bytes = state.bytes + pending.payload.len();
        if bytes > self.bytes_max && state.bytes > 0 {
            return Err(AppendError::Full);
        }
        state.bytes = bytes;
        self.bytes.store(bytes, Ordering::Relaxed);
        state.pending.push_back(pending);
        // The thread looks at the queue before it waits, so only the first event must wake it.
        if state.pending.len() == 1 {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// All that waits.
    pub(crate) fn take(&self) -> Next {
        self.next(&mut lock(&self.state))
    }

    /// Waits until something waits, or nothing will.
    pub(crate) fn wait(&self) -> Next {
        let mut state = lock(&self.state);
        loop {
            match self.next(&mut state) {
                Next::Idle => state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                next => return next,
            }
        }
    }

    fn next(&self, state: &mut State) -> Next {
        state.bytes -= std::mem::take(&mut state.taken_bytes);
        self.bytes.store(state.bytes, Ordering::Relaxed);
        if !state.pending.is_empty() {
            state.taken_bytes = state.bytes;
            // With room for as many again: to grow would keep those waiting who append.
            let next = VecDeque::with_capacity(state.pending.len());
            return Next::Write(std::mem::replace(&mut state.pending, next));
        }
        if state.is_closed { Next::End } else { Next::Idle }
    }

    /// Refuses further events.
    pub(crate) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.arrived.notify_all();
    }

    /// Refuses further events, and tells all who wait that theirs failed.
    pub(crate) fn close_and_drop(&self) {
        self.close();
        // Dropped outside of the lock: it wakes.
        let pending = std::mem::take(&mut lock(&self.state).pending);
        drop(pending);
    }

    /// Whether less waits than may, and less than `bytes_max`.
    pub(crate) fn has_room(&self, bytes_max: usize) -> bool {
        self.bytes() < self.bytes_max.min(bytes_max)
    }

    /// Whether further events are refused.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).is_closed
    }

    /// The bytes that wait or are being written.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Locks. No code of ours panics while it holds one of these locks, and what they guard is valid at every step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
