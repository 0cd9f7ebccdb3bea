//! A simulated store: it fails, loses its answers and then what it was given, says that there is an object where there is none, and does late what
//! nobody waits for any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use countersign_inbox::bucket::stepped::Time;
use countersign_inbox::disk::sim::Random;
use countersignd::archive::store::{Listed, Put, Store, StoreError, StoreFuture};

/// How often something happens, of a thousand requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Nothing is done.
    pub(crate) fails: u32,
    /// The object is there, and the answer is an error. A power cut may take the object, until it was flushed.
    pub(crate) loses_answer: u32,
    /// The answer is that there is an object, and there is none.
    pub(crate) exists_wrongly: u32,
    /// The answer is an error, and the object is there after some other requests, or later still.
    pub(crate) comes_late: u32,
}

/// A simulated store. Its clones are the same store.
#[derive(Clone, Debug)]
pub(crate) struct SimStore(Arc<Mutex<State>>);

#[derive(Clone, Debug)]
struct State {
    random: Random,
    faults: Faults,
    objects: BTreeMap<String, Bytes>,
    /// By which it says when objects were put, and when they were.
    time: Option<Time>,
    modified: BTreeMap<String, i64>,
    /// Until when it answers nothing.
    down_until: i64,
    /// What was asked and answered, in short: the same seed, the same number.
    trace: u64,
    /// The keys of objects that a power cut may take.
    unflushed: BTreeSet<String>,
    /// Objects that are on their way.
    late: BTreeMap<String, Bytes>,
    /// How the keys begin that nothing is done for.
    dead: Option<&'static str>,
    /// How often each fault was drawn.
    pub(crate) drawn: [u64; 4],
}

impl SimStore {
    pub(crate) fn new(seed: u64) -> Self {
        let random = Random::new(seed);
        Self(Arc::new(Mutex::new(State {
            random,
            faults: Faults::default(),
            objects: BTreeMap::new(),
            time: None,
            modified: BTreeMap::new(),
            down_until: i64::MIN,
            trace: 0,
            unflushed: BTreeSet::new(),
            late: BTreeMap::new(),
            dead: None,
            drawn: [0; 4],
        })))
    }

    /// The same, with a clock: then its listings say when objects were put.
    pub(crate) fn with_time(self, time: Time) -> Self {
        self.state().time = Some(time);
        self
    }

    /// Another store with the same objects and without faults.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = self.state().clone();
        (copy.faults, copy.down_until) = (Faults::default(), i64::MIN);
        copy.late.clear();
        Self(Arc::new(Mutex::new(copy)))
    }

    /// Answers nothing until then.
    pub(crate) fn be_down_until(&self, micros: i64) {
        self.state().down_until = micros;
    }

    /// What was asked and answered so far, in short.
    pub(crate) fn trace(&self) -> u64 {
        self.state().trace
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Fails in all that concerns keys that begin so.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn set_dead(&self, prefix: Option<&'static str>) {
        self.state().dead = prefix;
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        self.state().objects.clone()
    }

    pub(crate) fn drawn(&self) -> [u64; 4] {
        self.state().drawn
    }

    /// Of the objects that were not flushed some are gone.
    pub(crate) fn cut_power(&self) {
        let mut state = self.state();
        for key in std::mem::take(&mut state.unflushed) {
            if state.random.happens(500) {
                state.objects.remove(&key);
            }
        }
    }

    /// What is on its way is there.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn let_arrive(&self) {
        self.state().arrive(1000);
    }

    pub(crate) fn remove_planted(&self, key: &str) {
        self.state().objects.remove(key);
    }

    /// Puts an object there that somebody else has written.
    pub(crate) fn plant(&self, key: &str, object: Bytes) {
        self.state().objects.insert(key.to_owned(), object);
    }
}

impl State {
    fn is_dead(&self, key: &str) -> bool {
        let is_down = self.time.as_ref().is_some_and(|time| time.now() < self.down_until);
        is_down || self.dead.is_some_and(|prefix| key.starts_with(prefix))
    }

    /// Some of what is on its way, so many of a thousand, is there now, unless there is another one: it was asked for once.
    fn arrive(&mut self, of_thousand: u32) {
        for (key, object) in std::mem::take(&mut self.late) {
            if !self.random.happens(of_thousand) {
                self.late.insert(key, object);
            } else if !self.objects.contains_key(&key) {
                self.unflushed.insert(key.clone());
                self.insert(key, object);
            }
        }
    }

    fn insert(&mut self, key: String, object: Bytes) {
        let now = self.time.as_ref().map_or(i64::MAX, Time::now);
        self.modified.insert(key.clone(), now);
        self.objects.insert(key, object);
    }

    /// Notes what was asked for, and what was answered.
    fn note(&mut self, what: &str, key: &str, answer: u64) {
        let bytes = what.bytes().chain(key.bytes()).map(u64::from).chain([answer]);
        self.trace = bytes.fold(self.trace, |trace, byte| (trace ^ byte).wrapping_mul(0x0000_0100_0000_01b3));
    }

    fn draw(&mut self, fault: usize, of_thousand: u32) -> bool {
        let happens = self.random.happens(of_thousand);
        self.drawn[fault] += u64::from(happens);
        happens
    }
}

fn failed<T>(what: &'static str, key: &str) -> Result<T, StoreError> {
    Err(StoreError::new(what, key, "the simulated store fails"))
}

impl Store for SimStore {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        let mut state = self.state();
        state.arrive(300);
        let Faults { fails, loses_answer, exists_wrongly, comes_late } = state.faults;
        let answer = if state.is_dead(key) || state.draw(0, fails) {
            failed("put", key)
        } else if state.objects.contains_key(key) || state.draw(2, exists_wrongly) {
            Ok(Put::Exists)
        } else if state.draw(3, comes_late) {
            state.late.insert(key.to_owned(), object);
            failed("put", key)
        } else {
            state.insert(key.to_owned(), object);
            if state.draw(1, loses_answer) {
                state.unflushed.insert(key.to_owned());
                failed("put", key)
            } else {
                Ok(Put::Written)
            }
        };
        state.note("put", key, u64::from(answer.is_ok()));
        Box::pin(async { answer })
    }

    fn flush<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        let mut state = self.state();
        let fails = state.faults.fails;
        let answer = if state.draw(0, fails) { failed("flush", key) } else { Ok(()) };
        if answer.is_ok() {
            state.unflushed.remove(key);
        }
        Box::pin(async { answer })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        let mut state = self.state();
        state.arrive(300);
        let fails = state.faults.fails;
        let answer = if state.is_dead(key) || state.draw(0, fails) {
            failed("get", key)
        } else {
            Ok(state.objects.get(key).cloned())
        };
        state.note("get", key, u64::from(answer.is_ok()));
        Box::pin(async { answer })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        let mut state = self.state();
        state.arrive(300);
        let fails = state.faults.fails;
        let answer = if state.is_dead(prefix) || state.draw(0, fails) {
            failed("list", prefix)
        } else {
            Ok(state.objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
        };
        state.note("list", prefix, u64::from(answer.is_ok()));
        Box::pin(async { answer })
    }

    fn list_details<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        Box::pin(async move {
            let keys = self.list(prefix).await?;
            let state = self.state();
            let listed = |key: String| {
                let object = state.objects.get(&key)?;
                Some(Listed {
                    bytes: object.len() as u64,
                    modified: state.modified.get(&key).copied().unwrap_or(i64::MAX),
                    key,
                })
            };
            Ok(keys.into_iter().filter_map(listed).collect())
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        let mut state = self.state();
        let fails = if state.time.is_some() { state.faults.fails } else { 0 };
        // Half of those that fail have happened.
        let has_failed = state.is_dead(key) || state.draw(0, fails);
        if !has_failed || (!state.is_dead(key) && state.random.happens(500)) {
            state.objects.remove(key);
        }
        state.note("remove", key, u64::from(has_failed));
        let answer = if has_failed { failed("remove", key) } else { Ok(()) };
        Box::pin(async { answer })
    }
}
