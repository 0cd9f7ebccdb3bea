//! Where the inbox of a history is: on a simulated disk, or in a simulated bucket, whose requests are under way while other things happen, and
//! in which a process may go on that was taken for ended.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use countersign_inbox::bucket::stepped::{Due, SteppedBucket, Time};
use countersign_inbox::bucket::{Bucket, BucketSettings, Listed, Put};
use countersign_inbox::disk::sim::{Faults as DiskFaults, Random, SimDisk};
use countersign_inbox::{EventLog, Inbox, LogId, RecoveryReport, Seq, Settings};
use countersignd::archive::error::ArchiveError;
use countersignd::archive::store::{self, Store as _, StoreFuture};
use futures_util::FutureExt as _;

use crate::store::{Faults, SimStore};

/// How long nothing was put into a log of another owner until it is taken for ended.
const TAKE_OVER_AFTER: Duration = Duration::from_secs(600);

/// How often a process looks for such logs, and removes what was released.
const LOOKS_EVERY: Duration = Duration::from_secs(60);
const REMOVES_EVERY: Duration = Duration::from_secs(1);

/// How long it answers nothing when it is down.
const DOWN: Duration = Duration::from_secs(120);

/// Longer than empty objects are kept.
const MONTH: Duration = Duration::from_secs(31 * 24 * 3600);

/// The inbox of a history, of whatever process. Its clones are the same.
#[derive(Clone)]
pub(crate) enum Inboxes {
    OnDisk(SimDisk),
    InBucket(Arc<Mutex<InBucket>>),
}

/// An inbox in a bucket.
pub(crate) struct InBucket {
    random: Random,
    time: Time,
    store: SimStore,
    owner: u8,
    /// Those that run, by their numbers. All but the last were taken for ended.
    processes: BTreeMap<usize, Process>,
    started: usize,
    /// After how many further steps the last one crashes.
    crash_in: Option<u32>,
    /// How many of a thousand requests are slow.
    slow: u32,
}

/// A process that has opened the inbox.
struct Process {
    stepped: SteppedBucket<Objects>,
    /// Until when nothing of it reaches the store.
    is_cut_off_until: Arc<AtomicI64>,
    /// When the next step of each put is due.
    due: [i64; 8],
    removes_at: i64,
    looks_at: i64,
}

/// What an inbox holds: connection and body, by log and seq.
pub(crate) type Kept = BTreeMap<(LogId, Seq), (String, String)>;

impl Inboxes {
    pub(crate) fn on_disk(seed: u64) -> Self {
        Self::OnDisk(SimDisk::new(seed, DiskFaults::default()))
    }

    pub(crate) fn in_bucket(seed: u64, time: &Arc<AtomicI64>) -> Self {
        let time = Time(Arc::clone(time));
        Self::InBucket(Arc::new(Mutex::new(InBucket {
            random: Random::new(seed ^ 0x0062_7563_6b65_7400),
            store: SimStore::new(seed + 100).with_time(time.clone()),
            time,
            owner: 1,
            processes: BTreeMap::new(),
            started: 0,
            crash_in: None,
            slow: 0,
        })))
    }

    pub(crate) fn is_in_bucket(&self) -> bool {
        matches!(self, Self::InBucket(_))
    }

    /// The bucket, if the inbox is in one.
    pub(crate) fn bucket(&self) -> Option<MutexGuard<'_, InBucket>> {
        match self {
            Self::OnDisk(_) => None,
            Self::InBucket(bucket) => Some(bucket.lock().unwrap()),
        }
    }

    /// Opens it, as a process does that starts. Where the store fails, it is started again and again.
    pub(crate) fn open(&self, segment_bytes: u64) -> (Arc<dyn EventLog>, RecoveryReport) {
        match self {
            Self::OnDisk(disk) => {
                let mut settings = Settings::default();
                settings.segment_bytes = segment_bytes;
                let (inbox, report) = Inbox::open(disk.clone(), &settings).unwrap();
                (Arc::new(inbox), report)
            }
            Self::InBucket(bucket) => (bucket.lock().unwrap().open(), RecoveryReport::default()),
        }
    }

    /// Opens what reads the inbox. Where the store of that fails, it is tried again and again.
    pub(crate) fn open_reader<T>(&self, open: impl Fn() -> Result<T, ArchiveError>) -> T {
        for _ in 0..1000 {
            match (open(), self.bucket()) {
                (Ok(opened), _) => return opened,
                (Err(ArchiveError::Read(_)), Some(bucket)) => bucket.time.pass(Duration::from_secs(1)),
                (Err(error), _) => panic!("{error:?}"),
            }
        }
        panic!("the inbox cannot be read");
    }

    /// The bucket fails, is slow, answers nothing for two minutes, or is not reached for a while.
    pub(crate) fn make_trouble(&self, random: &mut Random) {
        let Some(mut bucket) = self.bucket() else { return };
        match random.below(65) {
            0..40 => {
                let mut chance = || [0, 100, 250][usize::try_from(random.below(3)).unwrap()];
                let (fails, loses_answer, exists_wrongly) = (chance(), chance(), chance());
                let faults = Faults { fails, loses_answer, exists_wrongly, comes_late: chance() };
                bucket.set_faults(faults, chance());
            }
            40..55 => bucket.store.be_down_until(bucket.time.now() + micros(DOWN)),
            _ => {
                let until = bucket.time.now() + micros(Duration::from_secs(random.below(300)));
                bucket.processes[&bucket.started].is_cut_off_until.store(until, Ordering::Relaxed);
            }
        }
    }

    /// The process is gone, and with it what it had begun.
    pub(crate) fn end_process(&self) {
        match self {
            Self::OnDisk(disk) => disk.end_process(),
            Self::InBucket(bucket) => bucket.lock().unwrap().end_process(),
        }
    }

    /// As [`Self::end_process`], and with it what is not flushed.
    pub(crate) fn cut_power(&self) {
        match self {
            Self::OnDisk(disk) => disk.cut_power(),
            Self::InBucket(bucket) => bucket.lock().unwrap().end_process(),
        }
    }

    /// Does a step of one process, if nothing else can go on and there is one to do.
    pub(crate) fn step(&self, is_idle: bool) -> bool {
        self.bucket().is_some_and(|mut bucket| bucket.step(is_idle))
    }

    /// Does so many steps, as far as there are some to do.
    pub(crate) fn steps(&self, count: u64) {
        for _ in 0..count {
            if !self.step(true) {
                break;
            }
        }
    }

    /// Does something, which a crash may end: then there is no result.
    pub(crate) async fn until_crash<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let done = poll_fn(|context| {
            if self.bucket().is_some_and(|bucket| bucket.crash_in == Some(0)) {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await;
        if let Some(mut bucket) = self.bucket() {
            bucket.crash_in = None;
        }
        done
    }
}

impl InBucket {
    fn open(&mut self) -> Arc<dyn EventLog> {
        self.started += 1;
        let (number, now) = (self.started, self.time.now());
        let is_cut_off_until = Arc::new(AtomicI64::new(0));
        for _ in 0..1000 {
            let (store, time, until) = (self.store.clone(), self.time.clone(), Arc::clone(&is_cut_off_until));
            let objects = Objects { store, time, until };
            let seed = self.random.number();
            match SteppedBucket::open(objects, settings(self.owner, TAKE_OVER_AFTER), self.time.clone(), seed) {
                Ok((inbox, stepped, report)) => {
                    assert!(report.losses.is_empty(), "{report:?}");
                    let process = Process { stepped, is_cut_off_until, due: [0; 8], removes_at: now, looks_at: now };
                    self.processes.insert(number, process);
                    return Arc::new(inbox);
                }
                Err(_) => self.time.pass(Duration::from_secs(5)),
            }
        }
        panic!("the inbox cannot be opened");
    }

    fn end_process(&mut self) {
        self.processes.remove(&self.started);
        self.crash_in = None;
    }

    /// The process that was started last.
    pub(crate) fn current(&self) -> usize {
        self.started
    }

    /// A process ends that was taken for ended before.
    pub(crate) fn end_older(&mut self, number: usize) {
        assert_ne!(number, self.started);
        self.processes.remove(&number);
    }

    /// The data folder was lost, and with it who the owner was.
    pub(crate) fn change_owner(&mut self) {
        self.owner += 1;
    }

    fn set_faults(&mut self, faults: Faults, slow: u32) {
        self.store.set_faults(faults);
        self.slow = slow;
    }

    pub(crate) fn store(&self) -> &SimStore {
        &self.store
    }

    /// The process that was started last crashes after so many further steps of the history.
    pub(crate) fn crash_soon(&mut self, steps: u32) {
        self.crash_in = Some(steps);
    }

    fn step(&mut self, is_idle: bool) -> bool {
        if let Some(crash_in) = &mut self.crash_in {
            *crash_in = crash_in.saturating_sub(1);
            if *crash_in == 0 {
                return true;
            }
        }
        if !is_idle || self.processes.is_empty() {
            return false;
        }
        let Self { random, time, processes, slow, .. } = self;
        let now = time.now();
        let mut order: Vec<&mut Process> = processes.values_mut().collect();
        let first = usize::try_from(random.below(order.len() as u64)).unwrap();
        order.rotate_left(first);
        if order.iter_mut().any(|process| process.step(random, now, *slow)) {
            return true;
        }
        // Nothing is due: time passes until something is.
        let next = order.iter().flat_map(|process| process.stepped.under_way().map(|(at, _)| process.due[at])).min();
        match next {
            Some(next) => time.pass(Duration::from_micros(u64::try_from(next - now).unwrap_or(0))),
            None => return false,
        }
        true
    }

    /// What another process would find, of whatever owner, if all others had ended.
    pub(crate) fn kept(&self) -> Kept {
        let time = Time(Arc::new(AtomicI64::new(self.time.now())));
        let store = self.store.copy();
        let objects = Objects { store, time: time.clone(), until: Arc::default() };
        let (inbox, _, report) = SteppedBucket::open(objects, settings(0xff, Duration::ZERO), time, 1).unwrap();
        assert!(report.losses.is_empty(), "{report:?}");
        kept(&inbox)
    }

    /// Ends all others, and lets what is to be done be done, without faults.
    pub(crate) fn calm_down(&mut self) {
        self.set_faults(Faults::default(), 0);
        self.store.be_down_until(0);
        self.store.let_arrive();
        self.crash_in = None;
        for process in self.processes.values() {
            process.is_cut_off_until.store(0, Ordering::Relaxed);
        }
        self.settle();
    }

    /// Does all steps that are to be done.
    fn settle(&mut self) {
        for _ in 0..20_000 {
            if !self.step(true) {
                return;
            }
        }
        panic!("the inbox does not come to rest");
    }

    /// Lets so much time pass that logs of others are taken for ended.
    pub(crate) fn take_over(&mut self) {
        self.time.pass(TAKE_OVER_AFTER + LOOKS_EVERY);
        for process in self.processes.values_mut() {
            process.stepped.look().unwrap();
        }
        self.settle();
    }

    /// Ends the last process in order, and lets another one look after a month: nothing is left then.
    pub(crate) fn check_empty(&mut self) {
        for (_, process) in std::mem::take(&mut self.processes) {
            process.stepped.close();
        }
        for _ in 0..2 {
            self.time.pass(MONTH);
            let inbox = self.open();
            assert!(inbox.connections().is_empty(), "{:?}", inbox.connections());
            let process = self.processes.remove(&self.started).unwrap();
            process.stepped.look().unwrap();
            process.stepped.close();
        }
        let left: Vec<String> = self.store.objects().into_keys().collect();
        assert!(left.is_empty(), "objects are never removed: {left:?}");
    }
}

impl Process {
    /// Does one step that is due, if there is one.
    fn step(&mut self, random: &mut Random, now: i64, slow: u32) -> bool {
        if now >= self.removes_at {
            self.removes_at = now + micros(REMOVES_EVERY);
            self.stepped.remove_released();
        }
        if now >= self.looks_at {
            self.looks_at = now + micros(LOOKS_EVERY);
            // What fails is tried again.
            let _ = self.stepped.look();
        }
        let begins = random.happens(500);
        if begins && self.begin(random, now, slow) {
            return true;
        }
        let due: Vec<_> = self.stepped.under_way().filter(|(at, _)| self.due[*at] <= now).collect();
        let Some((at, what)) = due.get(usize::try_from(random.below(due.len() as u64)).unwrap()).copied() else {
            return !begins && self.begin(random, now, slow);
        };
        let wait = match what {
            Due::Request => {
                self.stepped.reach(at);
                Duration::ZERO
            }
            Due::Answer => self.stepped.answer(at).unwrap_or_default(),
        };
        self.due[at] = now + micros(wait + takes(random, slow));
        true
    }

    fn begin(&mut self, random: &mut Random, now: i64, slow: u32) -> bool {
        let Some(at) = self.stepped.begin() else { return false };
        self.due[at] = now + micros(takes(random, slow));
        true
    }
}

/// The events in an inbox.
pub(crate) fn kept(inbox: &dyn EventLog) -> Kept {
    let mut kept = Kept::new();
    for (log, connections) in inbox.connections() {
        for connection in connections.keys() {
            for stored in inbox.read(log, connection, 0) {
                let stored = stored.unwrap();
                let event = stored.event();
                let body = String::from_utf8(event.body.to_vec()).unwrap();
                kept.insert((log, stored.seq), (event.connection.to_owned(), body));
            }
        }
    }
    kept
}

/// How long a message is on its way.
fn takes(random: &mut Random, slow: u32) -> Duration {
    let longest = if random.happens(slow) { 10_000 } else { 40 };
    Duration::from_millis(1 + random.below(longest))
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap()
}

fn settings(owner: u8, take_over_after: Duration) -> BucketSettings {
    let mut settings = BucketSettings::default();
    settings.owner = [owner; 16];
    settings.object_bytes = 2000;
    settings.take_over_after = take_over_after;
    // Little, so that objects are got from the store too.
    settings.cache_bytes = 4000;
    settings
}

/// The objects of a simulated store, as one process reaches it.
struct Objects {
    store: SimStore,
    time: Time,
    until: Arc<AtomicI64>,
}

impl Objects {
    /// Asks the store, if it is reached. It answers at once: the time that it takes is that of the steps.
    fn ask<'a, T>(&'a self, question: impl FnOnce(&'a SimStore) -> StoreFuture<'a, T>) -> io::Result<T> {
        if self.time.now() < self.until.load(Ordering::Relaxed) {
            return Err(io::Error::other("nothing reaches the store"));
        }
        question(&self.store).now_or_never().unwrap().map_err(io::Error::other)
    }
}

impl Bucket for Objects {
    fn put_once(&self, key: &str, object: &Arc<[u8]>) -> io::Result<Put> {
        let bytes = Bytes::copy_from_slice(object);
        Ok(match self.ask(|store| store.put_once(key, bytes))? {
            store::Put::Written => Put::Written,
            store::Put::Exists => Put::Exists,
        })
    }

    fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.ask(|store| store.get(key))?.map(Vec::from))
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        let found = self.ask(|store| store.list_details(""))?;
        let listed = |store::Listed { key, bytes, modified }| Listed { key, bytes, modified };
        Ok(found.into_iter().map(listed).collect())
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        self.ask(|store| store.remove(key))
    }
}
