//! The messages that were taken, in the memory of this process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use countersign_core::Identity;

use crate::error::ConfigError;

/// The number of the next ticket, for all memories: one that is removed and made anew must not number from the start, or a late
/// ticket of the old one would settle a message of the new one.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Remembers the messages of one sender that were taken, in the memory of this process.
///
/// It is made apart from the verifier and outlives it: clones share what they remember, so give a clone to each verifier that is
/// built anew for the same sender, such as after a change of secrets. Other processes and machines know nothing of it, and it
/// is empty after a restart.
///
/// It holds at most as many messages as it was made for, about 200 bytes each. If more arrive within the window the oldest is
/// forgotten first, and [`evicted`](Self::evicted) counts those.
#[derive(Clone)]
pub struct ReplayMemory(Arc<Shared>);

struct Shared {
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    messages: HashMap<Identity, Entry>,
    /// The same messages by their places, in the order in which they were taken or, once handled, came again.
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
    /// When it came last, authentic, which may be under a newer signature.
    latest: SystemTime,
    is_handled: bool,
}

/// The right to settle one message: whoever took it got it. It does nothing to the same message taken again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    identity: Identity,
    number: u64,
}

/// Why a message is not taken: it was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeated {
    /// It was handled.
    Handled,
    /// It was taken, and nobody has said yet what became of it.
    InProgress,
}

impl Ticket {
    /// A ticket for a message, with a number that no other taking of it got.
    #[must_use]
    pub const fn new(identity: Identity, number: u64) -> Self {
        Self { identity, number }
    }

    /// Which message was taken.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Which taking of it this is. Never 0 from a [`ReplayMemory`].
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl ReplayMemory {
    /// Remembers up to `capacity` messages.
    ///
    /// # Errors
    /// `invalid_config` for a capacity of zero.
    pub fn new(capacity: usize) -> Result<Self, ConfigError> {
        if capacity == 0 {
            return Err(ConfigError::invalid("a memory of no messages knows no replay; give a capacity of at least 1"));
        }
        Ok(Self::with_capacity(capacity))
    }

    /// For a capacity that was looked at.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(Arc::new(Shared { capacity, seen: Mutex::default() }))
    }

    /// Takes an authentic message at the moment `now`, unless it was taken within `window` before. Of several that arrive at
    /// once, one is taken.
    ///
    /// Once a message was handled, the window runs from the last time that it came: its sender may have signed it anew, and
    /// that signature is fresh for longer than the first. One that nobody has settled is taken again `window` after it was
    /// taken, however often it came.
    ///
    /// # Errors
    /// [`Repeated`] if it was taken already, and what is known of it.
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

    /// Says that a message was handled. `false` if it is not remembered any more.
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

    /// Forgets a message that could not be handled, so that it is taken once more when it is sent again. `false` if it is not
    /// remembered any more; if it was taken again since, that taking stays.
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

    /// How many messages were forgotten before their time, for want of room. If this grows, replays may pass: make the
    /// capacity larger.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.seen().evicted
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing that is done under the lock leaves it half done.
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn remove(&mut self, identity: &Identity) -> bool {
        let Some(entry) = self.messages.remove(identity) else { return false };
        self.order.remove(&entry.place);
        true
    }

    /// Makes a message the youngest.
    fn renew(&mut self, identity: &Identity) {
        let Some(entry) = self.messages.get_mut(identity) else { return };
        self.last += 1;
        self.order.remove(&entry.place);
        entry.place = self.last;
        self.order.insert(entry.place, *identity);
    }

    /// Lets go of the oldest messages until there is room for one more. Room is made only when there is none, and not by
    /// the clock alone: one that jumps ahead and comes back must not make it forget what can still be replayed.
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
    /// From when on the window runs.
    fn since(&self) -> SystemTime {
        if self.is_handled { self.latest } else { self.taken }
    }
}

/// Whether a message that was taken at `moment` can be taken again. A clock that was set back makes that later.
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
