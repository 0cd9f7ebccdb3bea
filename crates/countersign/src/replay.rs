//! Whether an authentic message was seen before.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use countersign_core::{Delivery, Headers, Identity, Rejection, Verified};

use crate::error::{ConfigError, ConfigErrorKind};
use crate::verifier::Verifier;

/// A verifier that takes each message once.
///
/// It remembers the messages that it has taken, by their signed id or else by all of their signed text, for as long as
/// they could be taken again at least: the whole tolerance of the scheme. It never remembers a rejected delivery, so
/// nobody without the secret can fill it. It holds at most as many messages as it was made for, about 100 bytes each; if
/// more arrive within the window the oldest is forgotten first, and [`forgotten`](Self::forgotten) counts those.
///
/// A sender sends a message again if it gets no answer. If a message was taken but could not be kept, say so with
/// [`forget`](Self::forget) before answering with an error; otherwise the next attempt would be rejected and the message
/// lost.
pub struct ReplayGuard {
    verifier: Verifier,
    window: Duration,
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// When each message was taken.
    messages: HashMap<Identity, SystemTime>,
    /// The same, in the order in which they were taken. What was forgotten since may still stand here.
    order: VecDeque<(SystemTime, Identity)>,
    forgotten: u64,
}

impl ReplayGuard {
    /// Guards `verifier`, for as long as the tolerance of its scheme, both ways together. `capacity` is the number of
    /// messages that are remembered at most.
    ///
    /// # Errors
    /// `invalid_config` for a scheme without a tolerance, whose messages never expire: choose a window with
    /// [`with_window`](Self::with_window). `unsupported` for one that signs nothing.
    pub fn new(verifier: Verifier, capacity: usize) -> Result<Self, ConfigError> {
        let window = verifier.window().ok_or_else(|| {
            ConfigError::invalid("this scheme has no tolerance, so its messages never expire; give a window of time")
        });
        match window {
            Err(_) if !verifier.signs() => Self::with_window(verifier, Duration::ZERO, capacity),
            window => Self::with_window(verifier, Duration::from_secs(window?), capacity),
        }
    }

    /// Guards `verifier` for `window`, or for as long as the tolerance of its scheme if that is longer. After that time
    /// a message whose scheme has no tolerance is taken again.
    ///
    /// # Errors
    /// `unsupported` for a scheme that signs nothing: its messages cannot be told from each other. `invalid_config` for
    /// a capacity of zero.
    pub fn with_window(verifier: Verifier, window: Duration, capacity: usize) -> Result<Self, ConfigError> {
        if !verifier.signs() {
            let message = "without a signature one message cannot be told from another, so replays cannot be known";
            return Err(ConfigError::new(ConfigErrorKind::Unsupported, message));
        }
        if capacity == 0 {
            return Err(ConfigError::invalid("a guard that remembers no message guards nothing"));
        }
        // A second more, since moments are cut to milliseconds when freshness is judged.
        let tolerance =
            verifier.window().map_or(Duration::ZERO, |seconds| Duration::from_secs(seconds.saturating_add(1)));
        let window = window.max(tolerance);
        Ok(Self { verifier, window, capacity, seen: Mutex::default() })
    }

    /// The verifier, which takes a message as often as it comes.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Decides whether a delivery is authentic and was not taken before. Of several that arrive at once, one is taken.
    ///
    /// # Errors
    /// As [`Verifier::verify`], and [`Rejection::Replayed`].
    pub fn verify<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let verified = self.verifier.verify(delivery, now)?;
        let identity = self.verifier.identify(delivery).ok_or(Rejection::MissingPart)?;
        self.take(identity, now)?;
        Ok(verified)
    }

    /// Remembers an authentic message, unless it is remembered already.
    pub(crate) fn take(&self, identity: Identity, now: SystemTime) -> Result<(), Rejection> {
        let mut seen = self.seen();
        if seen.messages.get(&identity).is_some_and(|moment| !is_over(*moment, now, self.window)) {
            return Err(Rejection::Replayed);
        }
        seen.make_room(self.capacity, now, self.window);
        seen.messages.insert(identity, now);
        seen.order.push_back((now, identity));
        Ok(())
    }

    /// Forgets a message that was taken, so that it is taken once more when it is sent again.
    pub fn forget<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) {
        if let Some(identity) = self.verifier.identify(delivery) {
            self.forget_identity(&identity);
        }
    }

    pub(crate) fn forget_identity(&self, identity: &Identity) {
        self.seen().messages.remove(identity);
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
    pub fn forgotten(&self) -> u64 {
        self.seen().forgotten
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing that is done under the lock leaves it half done.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Lets go of the oldest messages until there is room for one more. Room is made only when there is none, and not by
    /// the clock alone: one that jumps ahead and comes back must not make it forget what can still be replayed.
    fn make_room(&mut self, capacity: usize, now: SystemTime, window: Duration) {
        while (self.messages.len() >= capacity || self.order.len() >= capacity.saturating_mul(2))
            && let Some((moment, identity)) = self.order.pop_front()
        {
            // It may have been forgotten, or taken again, since it was put here.
            if self.messages.get(&identity) == Some(&moment) {
                self.messages.remove(&identity);
                self.forgotten += u64::from(!is_over(moment, now, window));
            }
        }
    }
}

/// Whether a message that was taken at `moment` can be taken again. A clock that was set back makes that later.
fn is_over(moment: SystemTime, now: SystemTime, window: Duration) -> bool {
    now.duration_since(moment).is_ok_and(|age| age > window)
}

impl fmt::Debug for ReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayGuard")
            .field("verifier", &self.verifier)
            .field("window", &self.window)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
