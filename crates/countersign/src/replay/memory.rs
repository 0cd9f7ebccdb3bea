//! A memory of accepted messages, in this process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use countersign_core::Identity;

use crate::error::ConfigError;

/// The number of the next ticket, for all memories: if one is removed and made again, its numbers must not start again,
/// or a late ticket of the old one would settle a message of the new one.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Remembers the accepted messages of one sender, in this process.
///
/// It is independent of the verifier and outlives it. Clones share their messages, so pass a clone to each new verifier
/// for the same sender, such as after a change of secrets. Other processes and machines do not share it, and it is
/// empty after a restart.
///
/// It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window, it forgets the oldest
/// first, and [`evicted`](Self::evicted) counts those.
#[derive(Clone)]
pub struct ReplayMemory(Arc<Shared>);

struct Shared {
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    messages: HashMap<Identity, Entry>,
    /// The same messages by their places, in the order in which they were accepted or, once handled, arrived again.
    order: BTreeMap<u64, Identity>,
    /// The number of the last place.
    last: u64,
    evicted: u64,
}

struct Entry {
    /// The number of the ticket.
    number: u64,
    /// Its place in the order.
    place: u64,
    taken: SystemTime,
    /// When it last arrived and was authentic, perhaps with a newer signature.
    latest: SystemTime,
    is_handled: bool,
}

/// The right to settle one message, given to the caller who accepted it. It has no effect if the message was forgotten
/// and accepted again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    identity: Identity,
    number: u64,
}

/// Why a message is not accepted: it was accepted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeated {
    /// It was handled.
    Handled,
    /// It was accepted, and nobody has reported yet what became of it.
    InProgress,
}

impl Ticket {
    /// A ticket for a message, with a number that differs each time that the message is accepted.
    #[must_use]
    pub const fn new(identity: Identity, number: u64) -> Self {
        Self { identity, number }
    }

    /// Which message was accepted.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// The number, different each time that a message is accepted. Never 0 from a [`ReplayMemory`].
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl ReplayMemory {
    /// Makes a memory for up to `capacity` messages.
    ///
    /// # Errors
    /// `invalid_config` for a capacity of zero.
    pub fn new(capacity: usize) -> Result<Self, ConfigError> {
        if capacity == 0 {
            return Err(ConfigError::invalid("a memory of no messages knows no replay; give a capacity of at least 1"));
        }
        Ok(Self::with_capacity(capacity))
    }

    /// For a capacity that was checked.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(Arc::new(Shared { capacity, seen: Mutex::default() }))
    }

    /// Accepts an authentic message that arrived at `now`, unless it was accepted within the last `window`. If several
    /// of one message arrive at once, one is accepted.
    ///
    /// The window of a handled message starts at the last time that it arrived: its sender may have signed it anew, and
    /// that signature is fresh for longer than the first. A message that nobody has settled is accepted again `window`
    /// after it was accepted, however often it arrived meanwhile.
    ///
    /// # Errors
    /// [`Repeated`] if it was accepted already; the variant says whether it is known to be handled.
    pub fn take(&self, identity: Identity, now: SystemTime, window: Duration) -> Result<Ticket, Repeated> {
        let mut seen = self.seen();
        if let Some(entry) = seen.messages.get_mut(&identity)
            && !is_over(entry.since(), now, window)
        {
            entry.latest = entry.latest.max(now);
            if !entry.is_handled {
                return Err(Repeated::InProgress);
            }
            seen.renew(&identity);
            return Err(Repeated::Handled);
        }
        seen.remove(&identity);
        seen.make_room(self.0.capacity, now, window);
        seen.last += 1;
        let place = seen.last;
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let entry = Entry { number, place, taken: now, latest: now, is_handled: false };
        seen.messages.insert(identity, entry);
        seen.order.insert(place, identity);
        Ok(Ticket { identity, number })
    }

    /// Reports that a message was handled. Returns `false` if it is no longer remembered.
    #[allow(clippy::must_use_candidate, reason = "what is not remembered any more needs no more")]
    pub fn finish(&self, ticket: &Ticket) -> bool {
        let mut seen = self.seen();
        let entry = seen.messages.get_mut(&ticket.identity).filter(|entry| entry.number == ticket.number);
        let Some(entry) = entry else { return false };
        entry.is_handled = true;
        if entry.latest > entry.taken {
            seen.renew(&ticket.identity);
        }
        true
    }

    /// Forgets a message that could not be handled, so that it is accepted when it is sent again. Returns `false` if it
    /// is no longer remembered, or was accepted again since and remains remembered.
    #[allow(clippy::must_use_candidate, reason = "what is not remembered any more needs no more")]
    pub fn forget(&self, ticket: &Ticket) -> bool {
        let mut seen = self.seen();
        let is_its = seen.messages.get(&ticket.identity).is_some_and(|entry| entry.number == ticket.number);
        is_its && seen.remove(&ticket.identity)
    }

    /// How many messages are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen().messages.len()
    }

    /// Whether no message is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages were forgotten before the end of their window because the memory was full. If this grows,
    /// replays may be accepted: make the capacity larger.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.seen().evicted
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // No code that holds the lock can leave the memory inconsistent.
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn remove(&mut self, identity: &Identity) -> bool {
        let Some(entry) = self.messages.remove(identity) else { return false };
        self.order.remove(&entry.place);
        true
    }

    /// Makes a message the newest.
    fn renew(&mut self, identity: &Identity) {
        let Some(entry) = self.messages.get_mut(identity) else { return };
        self.last += 1;
        self.order.remove(&entry.place);
        entry.place = self.last;
        self.order.insert(entry.place, *identity);
    }

    /// Drops the oldest messages until there is room for one more. It drops none before the memory is full, and none
    /// because of the clock alone: a clock that jumps ahead and back must not make it forget what can still be
    /// replayed.
    fn make_room(&mut self, capacity: usize, now: SystemTime, window: Duration) {
        while self.messages.len() >= capacity
            && let Some((_, identity)) = self.order.pop_first()
            && let Some(entry) = self.messages.remove(&identity)
        {
            self.evicted += u64::from(!is_over(entry.since(), now, window));
        }
    }
}

impl Entry {
    /// When the window starts.
    fn since(&self) -> SystemTime {
        if self.is_handled { self.latest } else { self.taken }
    }
}

/// Whether a message accepted at `moment` can be accepted again. A clock that was set back makes that later.
fn is_over(moment: SystemTime, now: SystemTime, window: Duration) -> bool {
    now.duration_since(moment).is_ok_and(|age| age > window)
}

impl fmt::Debug for ReplayMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.seen();
        f.debug_struct("ReplayMemory")
            .field("capacity", &self.0.capacity)
            .field("remembered", &seen.messages.len())
            .field("evicted", &seen.evicted)
            .finish()
    }
}
