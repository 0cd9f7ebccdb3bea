//! One simulated history of an inbox: appends, writes, reads, releases, ends and power cuts in an order that a seed decides, on a disk
//! that fails as the seed says; and the obligations that it must meet throughout.

mod harm;
mod obligations;
mod readers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use countersign_inbox::disk::sim::{Counts, Faults, Random, SimDisk};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Append, Event, LogId, Seq, Settings};
use harm::Harm;
use readers::OpenReader;

/// What an obligation that was not met says.
pub(crate) type Violation = String;

const CONNECTIONS: [&str; 4] = ["lone_sender", "shop", "a", "chatty"];

/// A connection that events were appended to.
fn known(connection: &str) -> Result<&'static str, Violation> {
    let known = CONNECTIONS.into_iter().find(|known| *known == connection);
    known.ok_or_else(|| "a connection that was never appended to".to_owned())
}

/// What was once appended. Its id is its number.
#[derive(Clone, PartialEq, Eq)]
struct Sent {
    connection: &'static str,
    received_at: i64,
    verdict: Vec<u8>,
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Sent {
    fn event(&self, number: u64) -> Event<'_> {
        Event {
            connection: self.connection,
            id: u128::from(number).to_be_bytes(),
            received_at: self.received_at,
            verdict: &self.verdict,
            head: &self.head,
            body: &self.body,
        }
    }
}

type Place = (LogId, Seq);

pub(crate) struct World {
    random: Random,
    disk: SimDisk,
    faults: Faults,
    settings: Settings,
    stepped: Option<Stepped<SimDisk>>,
    now: i64,
    runs: u64,
    sent: Vec<Sent>,
    /// Appends whose outcome is not known.
    waiting: Vec<(u64, Append)>,
    /// Where an event is: it was acknowledged, or read, and was not released. Each is a debt.
    debts: BTreeMap<Place, u64>,
    /// Up to where the events of a connection in a log were released.
    released: BTreeMap<(LogId, &'static str), Seq>,
    /// Every place that was ever acknowledged or read, and the event there.
    given: BTreeMap<Place, u64>,
    /// Up to where the events of a connection in a log were read: no other may turn up there later.
    read: BTreeMap<(LogId, &'static str), (Seq, BTreeSet<Seq>)>,
    /// The acknowledged places of the last group of each log. Nothing on disk need say that they were: a mark that was not flushed
    /// may be lost, and so may an end, if its flush failed and the next start took it for durable.
    last_groups: BTreeMap<LogId, BTreeSet<Place>>,
    /// What harm is done to files in this history, and how many bits have changed and files were cut off so far.
    harm: Harm,
    changed_bits: usize,
    cut_files: usize,
    /// The losses that were reported.
    losses: BTreeSet<Place>,
    /// The logs of which this start has reported losses without their seqs.
    unknown_losses: BTreeSet<LogId>,
    /// What was reported because it could not be read. Its bytes must be there in the end.
    unread: BTreeMap<Place, u64>,
    /// All places that were acknowledged.
    acknowledged_places: BTreeSet<Place>,
    /// A reader that lives on through whatever happens.
    open_reader: Option<OpenReader>,
    pub(crate) acknowledged: u64,
    /// Whether what is released is, most of the time, all that there is, so that files are used again.
    releases_much: bool,
    /// How many segments were made of the files of earlier ones.
    pub(crate) reused: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut settings = Settings::default();
        settings.segment_bytes = (16 << 10) * (1 + random.below(3));
        settings.inbox_bytes = Some(settings.segment_bytes * (2 + random.below(6)));
        settings.hold_after = std::time::Duration::from_micros(500 + random.below(3000));
        // A disk without a fault, one with few, one with many; and of each kind now and then none.
        let scale = [0, 10, 60][usize::try_from(random.below(3)).unwrap()];
        let mut rate = || if random.happens(300) { 0 } else { u32::try_from(random.below(scale + 1)).unwrap() };
        let mut faults = Faults {
            write_fails: rate(),
            write_is_short: rate() * 5,
            flush_fails: rate() * 2,
            names_flush_fails: rate() * 2,
            create_fails: rate() * 2,
            remove_fails: rate() * 2,
            rename_fails: rate() * 2,
            disk_is_full: rate() / 2,
            read_fails: rate() / 4,
            open_fails: rate() / 4,
            descriptors_run_out: rate() / 4,
        };
        let releases_much = random.happens(500);
        let harm = Harm::draw(&mut random);
        if harm != Harm::Unreadable {
            (faults.read_fails, faults.open_fails) = (0, 0);
        }
        Self {
            disk: SimDisk::new(random.number(), faults),
            random,
            faults,
            settings,
            stepped: None,
            now: 1_000_000,
            runs: 0,
            sent: Vec::new(),
            waiting: Vec::new(),
            debts: BTreeMap::new(),
            released: BTreeMap::new(),
            given: BTreeMap::new(),
            read: BTreeMap::new(),
            last_groups: BTreeMap::new(),
            harm,
            changed_bits: 0,
            cut_files: 0,
            losses: BTreeSet::new(),
            unknown_losses: BTreeSet::new(),
            unread: BTreeMap::new(),
            acknowledged_places: BTreeSet::new(),
            open_reader: None,
            acknowledged: 0,
            releases_much,
            reused: 0,
        }
    }

    /// Does this many operations.
    pub(crate) fn run(&mut self, operations: u32) -> Result<Counts, Violation> {
        self.open()?;
        for _ in 0..operations {
            self.now += i64::try_from(self.random.below(100)).unwrap();
            match self.random.below(100) {
                0..41 => self.append(),
                41..42 => self.take_recovered()?,
                42..66 => self.write()?,
                66..69 => self.stepped.as_mut().unwrap().mark(self.now),
                69..78 => self.keep(),
                78..82 => self.read_some()?,
                82..88 => self.read_on()?,
                88..92 => self.release()?,
                92..94 => self.harm(),
                94..95 => self.fill_disk(),
                95..97 => self.cut_power()?,
                97..99 => self.end_process()?,
                _ => self.close()?,
            }
        }
        // At the end: a power cut, and all that is owed is there, at the latest when the disk is well again; released, it goes.
        self.cut_power()?;
        self.mend()?;
        self.release_all()?;
        Ok(self.disk.counts())
    }

    /// Opens the inbox, as often as it takes: an operator would try again too.
    fn open(&mut self) -> Result<(), Violation> {
        self.close_reader();
        for attempt in 0.. {
            self.runs += 1;
            let log = LogId(u128::from(self.runs).to_be_bytes());
            let opened = Stepped::open(self.disk.clone(), &self.settings, log, self.random.number(), self.now);
            match opened {
                Ok((stepped, report)) => {
                    self.stepped = Some(stepped);
                    self.disk.set_faults(self.faults);
                    self.check_report(&report)?;
                    return self.read_all();
                }
                Err(_) if attempt == 20 => {
                    self.disk.set_faults(Faults::default());
                    self.disk.set_full(false);
                }
                Err(error) if attempt > 20 => {
                    return Err(format!("cannot be opened on a disk without faults: {error:?}"));
                }
                // A start that fails may be followed by a power cut like any other time.
                Err(_) if self.random.happens(300) => self.disk.cut_power(),
                Err(_) => self.disk.end_process(),
            }
        }
        unreachable!("the loop returns");
    }

    fn append(&mut self) {
        for _ in 0..=self.random.below(3) {
            let length = match self.random.below(10) {
                0 => self.random.below(6000),
                1..4 => self.random.below(1000),
                _ => self.random.below(60),
            };
            let mut bytes =
                |length: u64| (0..length).map(|_| self.random.number().to_le_bytes()[0]).collect::<Vec<u8>>();
            let (body, head, verdict) = (bytes(length), bytes(7), bytes(3));
            let connection = CONNECTIONS[usize::try_from(self.random.below(4)).unwrap()];
            let sent = Sent { connection, received_at: self.now, verdict, head, body };
            let number = self.sent.len() as u64;
            let append = self.stepped.as_ref().unwrap().inbox.append(&sent.event(number));
            self.sent.push(sent);
            self.waiting.push((number, append));
        }
    }

    fn keep(&mut self) {
        let stepped = self.stepped.as_ref().unwrap();
        let before = stepped.reused_segments();
        // What fails is tried again.
        let _ = stepped.keep(self.now);
        self.reused += stepped.reused_segments() - before;
    }

    fn write(&mut self) -> Result<(), Violation> {
        self.stepped.as_mut().unwrap().write(self.now);
        self.take_outcomes()
    }

    fn take_outcomes(&mut self) -> Result<(), Violation> {
        let mut group = BTreeSet::new();
        for (number, append) in std::mem::take(&mut self.waiting) {
            match append.outcome() {
                None => return Err(format!("event {number} was written, and its outcome is not known")),
                Some(Err(_)) => {}
                Some(Ok(appended)) => {
                    let place = (appended.log, appended.seq);
                    self.give(place, number)?;
                    self.debts.insert(place, number);
                    self.acknowledged += 1;
                    self.acknowledged_places.insert(place);
                    group.insert(place);
                }
            }
        }
        if let Some(&(log, _)) = group.first() {
            self.last_groups.insert(log, group);
        }
        Ok(())
    }

    /// Reads a connection of a log, from its beginning or behind what was read of it: what is owed behind that is given.
    fn read_some(&mut self) -> Result<(), Violation> {
        let logs = self.stepped.as_ref().unwrap().inbox.connections();
        let log = usize::try_from(self.random.below(logs.len() as u64)).unwrap();
        let Some((&log, connections)) = logs.iter().nth(log) else { return Ok(()) };
        let connection = usize::try_from(self.random.below(connections.len() as u64)).unwrap();
        let Some(connection) = connections.keys().nth(connection).map(Arc::clone) else { return Ok(()) };
        let connection = known(&connection)?;
        let read_to = self.read.get(&(log, connection)).map_or(0, |(read_to, _)| *read_to);
        let after = if self.random.happens(500) { self.random.below(read_to + 1) } else { 0 };
        let owed = self.owed(log, connection, after);
        let read = self.read(log, connection, after)?;
        // What was said to be lost is owed no more.
        match owed.into_iter().find(|seq| !read.contains(seq) && self.debts.contains_key(&(log, *seq))) {
            Some(seq) => Err(format!("{connection} in {log}: {seq} was not given behind {after}")),
            None => Ok(()),
        }
    }

    fn released_seq(&self, log: LogId, connection: &'static str) -> Seq {
        self.released.get(&(log, connection)).copied().unwrap_or(0)
    }

    /// Releases some of what was read of a connection in a log.
    fn release(&mut self) -> Result<(), Violation> {
        if self.releases_much && self.random.happens(700) {
            self.read_all()?;
            for (log, connection, through) in self.read_so_far() {
                if self.random.happens(950) {
                    self.release_through(log, connection, through);
                }
            }
            self.keep();
            return Ok(());
        }
        let choice = usize::try_from(self.random.below(self.read.len() as u64)).unwrap();
        let Some((&(log, connection), &(read_to, _))) = self.read.iter().nth(choice) else { return Ok(()) };
        let through = if self.random.happens(700) { read_to } else { self.random.below(read_to + 1) };
        self.release_through(log, connection, through);
        Ok(())
    }

    /// Up to where the events of each connection in each log were read.
    fn read_so_far(&self) -> Vec<(LogId, &'static str, Seq)> {
        self.read.iter().map(|(&(log, connection), &(read_to, _))| (log, connection, read_to)).collect()
    }

    fn release_through(&mut self, log: LogId, connection: &'static str, through: Seq) {
        self.stepped.as_ref().unwrap().inbox.release(log, connection, through);
        let released = self.released.entry((log, connection)).or_default();
        *released = (*released).max(through);
        let Self { debts, sent, .. } = self;
        debts.retain(|place, number| {
            place.0 != log || place.1 > through || sent[usize::try_from(*number).unwrap()].connection != connection
        });
    }

    /// The power fails, now and then between two flushes of one group of events.
    fn cut_power(&mut self) -> Result<(), Violation> {
        self.stepped = None;
        self.waiting.clear();
        self.disk.cut_power();
        self.cut_off();
        self.open()
    }

    /// The process is killed: what it has written stays in memory.
    fn end_process(&mut self) -> Result<(), Violation> {
        self.stepped = None;
        self.waiting.clear();
        self.disk.end_process();
        self.cut_off();
        self.open()
    }

    /// The process ends in good order.
    fn close(&mut self) -> Result<(), Violation> {
        let closed = self.stepped.take().unwrap().close(self.now);
        self.take_outcomes()?;
        if closed.is_err() || self.random.happens(500) {
            self.disk.cut_power();
        } else {
            self.disk.end_process();
        }
        self.cut_off();
        self.open()
    }
}
