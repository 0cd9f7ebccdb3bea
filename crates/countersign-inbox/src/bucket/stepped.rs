//! An inbox in a bucket without threads: the caller says when an object is made, when its put reaches the store and when the answer is
//! back. For simulations, in which everything is to happen in an order and at times that a seed decides.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::core::Core;
use super::current::{AT_ONCE, CurrentLog, Object};
use super::put::{Attempt, attempt};
use super::surroundings::Surroundings;
use super::writer::{FIRST_WAIT, LONGEST_WAIT, has_ended, next_object_now, settle};
use super::{Bucket, BucketInbox, BucketSettings, takeover};
use crate::error::OpenError;
use crate::queue::lock;
use crate::random::Random;
use crate::recovery::RecoveryReport;

/// The time of a simulation, in microseconds since 1970. Its clones are the same. Who waits lets it pass.
#[derive(Clone, Debug)]
pub struct Time(pub Arc<AtomicI64>);

impl Time {
    /// The time.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }
}

/// An inbox, and the steps that its threads would do.
#[expect(missing_debug_implementations, reason = "its parts are in the middle of a step")]
pub struct SteppedBucket<B: Bucket> {
    core: Arc<Core<B>>,
    time: Time,
    puts: [Option<Put>; AT_ONCE],
}

/// An object that is being put.
struct Put {
    log: Arc<CurrentLog>,
    object: Object,
    /// When the first attempt began.
    began: i64,
    /// How long is waited before the next attempt, if there must be one.
    wait: Duration,
    /// What the store has answered, if the answer is on its way.
    answer: Option<Attempt>,
}

/// What is to be done for a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its request is on the way to the store: [`SteppedBucket::reach`].
    Request,
    /// The answer of the store is on its way back: [`SteppedBucket::answer`].
    Answer,
}

impl<B: Bucket> SteppedBucket<B> {
    /// Opens an inbox. `seed` replaces what [`BucketInbox::open`] draws at random, `time` its clock.
    ///
    /// # Errors
    /// As [`BucketInbox::open`].
    pub fn open(
        bucket: B,
        settings: BucketSettings,
        time: Time,
        seed: u64,
    ) -> Result<(BucketInbox<B>, Self, RecoveryReport), OpenError> {
        let simulated = Simulated { time: time.clone(), random: Mutex::new(Random::new(seed)) };
        let (inbox, core) = BucketInbox::open_stepped(bucket, settings, Box::new(simulated))?;
        let report = inbox.report();
        Ok((inbox, Self { core, time, puts: Default::default() }, report))
    }

    /// Makes an object of what waits, unless there is no room for it, or as many as may be are being put. Returns the place of its put.
    pub fn begin(&mut self) -> Option<usize> {
        let (at, put) = self.puts.iter_mut().enumerate().find(|(_, put)| put.is_none())?;
        let (log, object) = next_object_now(&self.core)?;
        *put = Some(Put { log, object, began: self.time.now(), wait: FIRST_WAIT, answer: None });
        Some(at)
    }

    /// The puts that are under way, by their places, and what is to be done for each.
    pub fn under_way(&self) -> impl Iterator<Item = (usize, Due)> {
        let puts = self.puts.iter().enumerate();
        puts.filter_map(|(at, put)| Some((at, if put.as_ref()?.answer.is_some() { Due::Answer } else { Due::Request })))
    }

    /// The request of a put reaches the store, which does what it does.
    pub fn reach(&mut self, at: usize) {
        if let Some(put) = self.puts.get_mut(at).and_then(Option::as_mut) {
            put.answer = Some(attempt(&self.core.bucket, &put.object.place.key(), &put.object.bytes));
        }
    }

    /// The answer of the store is back. Returns how long it is waited until the next attempt; none if there is none.
    pub fn answer(&mut self, at: usize) -> Option<Duration> {
        let Put { log, object, began, wait, answer } = self.puts.get_mut(at)?.take()?;
        let bytes = object.bytes.len() as u64;
        let elapsed = Duration::from_micros(u64::try_from(self.time.now() - began).unwrap_or(0));
        let Some(object) = settle(&self.core, &log, object, answer.unwrap_or(Attempt::Unknown), elapsed) else {
            has_ended(&self.core, bytes);
            return None;
        };
        self.puts[at] = Some(Put { log, object, began, wait: (wait * 2).min(LONGEST_WAIT), answer: None });
        Some(wait)
    }

    /// Removes what was released, as the thread does each second.
    pub fn remove_released(&self) {
        self.core.remove_released(false);
    }

    /// Looks for logs whose owners have ended, as the thread does each minute.
    ///
    /// # Errors
    /// Of the store. What failed is tried again the next time.
    pub fn look(&self) -> io::Result<()> {
        if self.core.is_superseded() {
            return Ok(());
        }
        takeover::run(&self.core, self.time.now(), false)
    }

    /// Closes the log, as dropping an inbox with threads does. Nothing may be under way, or wait.
    pub fn close(self) {
        self.core.queue.close();
        self.core.remove_released(true);
    }
}

/// The machine of a simulation.
struct Simulated {
    time: Time,
    random: Mutex<Random>,
}

impl Surroundings for Simulated {
    fn now(&self) -> i64 {
        self.time.now()
    }

    fn wait(&self, time: Duration) {
        self.time.pass(time);
    }

    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut random = lock(&self.random);
        bytes.fill_with(|| random.number().to_le_bytes()[0]);
        Ok(())
    }

    /// One after the other: of several nobody would know which comes first.
    fn requests_at_once(&self) -> usize {
        1
    }
}
