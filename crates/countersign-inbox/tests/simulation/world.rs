//! One simulated history of an inbox: appends, writes, reads, releases, ends and power cuts in an order that a seed decides, on a disk
//! that fails as the seed says; and the obligations that it must meet throughout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::{Counts, Faults, Random, SimDisk};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Append, Event, LogId, ReadError, RecoveryReport, Seq, Settings, StoredEvent};

/// What an obligation that was not met says.
pub(crate) type Violation = String;

const CONNECTIONS: [&str; 4] = ["lone_sender", "shop", "a", "chatty"];

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
    /// How many bits have changed, and how many losses they have caused.
    changed_bits: usize,
    losses: BTreeSet<Place>,
    pub(crate) acknowledged: u64,
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
        let faults = Faults {
            write_fails: rate(),
            write_is_short: rate() * 5,
            flush_fails: rate() * 2,
            names_flush_fails: rate() * 2,
            create_fails: rate() * 2,
            remove_fails: rate() * 2,
            rename_fails: rate() * 2,
            disk_is_full: rate() / 2,
        };
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
            changed_bits: 0,
            losses: BTreeSet::new(),
            acknowledged: 0,
        }
    }

    /// Does this many operations.
    pub(crate) fn run(&mut self, operations: u32) -> Result<Counts, Violation> {
        self.open()?;
        for _ in 0..operations {
            self.now += i64::try_from(self.random.below(100)).unwrap();
            match self.random.below(100) {
                0..45 => self.append(),
                45..70 => self.write()?,
                70..73 => self.stepped.as_mut().unwrap().mark(self.now),
                73..82 => _ = self.stepped.as_ref().unwrap().keep(self.now),
                82..88 => self.read_some()?,
                88..93 => self.release(),
                93..95 => self.change_bit(),
                95..97 => self.cut_power()?,
                97..99 => self.end_process()?,
                _ => self.close()?,
            }
        }
        // At the end: a power cut, and all that is owed is there; released, it goes.
        self.cut_power()?;
        self.read_all()?;
        self.release_all()?;
        Ok(self.disk.counts())
    }

    /// Opens the inbox, as often as it takes: an operator would try again too.
    fn open(&mut self) -> Result<(), Violation> {
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
                Err(_) if attempt == 20 => self.disk.set_faults(Faults::default()),
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

    /// Losses are reported of what was lost, and of nothing else.
    fn check_report(&mut self, report: &RecoveryReport) -> Result<(), Violation> {
        for loss in &report.losses {
            if loss.seqs.is_empty() && self.changed_bits == 0 {
                return Err(format!("{} was set aside", loss.file));
            }
            for &seq in &loss.seqs {
                self.lose((loss.log, seq), "reported at the start")?;
            }
        }
        Ok(())
    }

    /// Notes a loss that was reported. One changed bit may cost one event, and no other fault any.
    fn lose(&mut self, place: Place, how: &str) -> Result<(), Violation> {
        self.losses.insert(place);
        self.debts.remove(&place);
        if self.losses.len() > self.changed_bits {
            return Err(format!("{place:?} was lost ({how}), with {} changed bits", self.changed_bits));
        }
        Ok(())
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
                    group.insert(place);
                }
            }
        }
        if let Some(&(log, _)) = group.first() {
            self.last_groups.insert(log, group);
        }
        Ok(())
    }

    /// A place has one event, for ever.
    fn give(&mut self, place: Place, number: u64) -> Result<(), Violation> {
        match self.given.insert(place, number) {
            Some(other) if other != number => {
                Err(format!("{place:?} was given to event {other} and to event {number}"))
            }
            _ => Ok(()),
        }
    }

    /// Reads a connection of a log.
    fn read_some(&mut self) -> Result<(), Violation> {
        let logs = self.stepped.as_ref().unwrap().inbox.connections();
        let log = usize::try_from(self.random.below(logs.len() as u64)).unwrap();
        let Some((&log, connections)) = logs.iter().nth(log) else { return Ok(()) };
        let connection = usize::try_from(self.random.below(connections.len() as u64)).unwrap();
        match connections.keys().nth(connection) {
            Some(connection) => self.read(log, &Arc::clone(connection)).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Reads all, and looks that nothing is missing.
    fn read_all(&mut self) -> Result<(), Violation> {
        let mut found = BTreeSet::new();
        for (log, connections) in self.stepped.as_ref().unwrap().inbox.connections() {
            for connection in connections.keys() {
                found.extend(self.read(log, connection)?.into_iter().map(|seq| (log, seq)));
            }
        }
        let debts: Vec<_> = self.debts.iter().map(|(&place, &number)| (place, number)).collect();
        for (place, number) in debts {
            if found.contains(&place) {
                continue;
            }
            // A changed bit in the last group cannot be told from a torn write of it.
            let is_in_last_group = self.last_groups.get(&place.0).is_some_and(|group| group.contains(&place));
            if is_in_last_group && self.losses.len() < self.changed_bits {
                self.lose(place, "in the last group")?;
                continue;
            }
            return Err(format!("event {number} at {place:?} was acknowledged and is not there"));
        }
        Ok(())
    }

    /// Reads all of a connection in a log.
    fn read(&mut self, log: LogId, connection: &str) -> Result<BTreeSet<Seq>, Violation> {
        let connection = CONNECTIONS.into_iter().find(|known| *known == connection);
        let connection = connection.ok_or_else(|| "a connection that was never appended to".to_owned())?;
        let reader = self.stepped.as_ref().unwrap().inbox.read(log, connection, 0);
        let mut seqs = BTreeSet::new();
        let mut before = 0;
        for event in reader {
            match event {
                Ok(stored) => {
                    if stored.seq <= before {
                        return Err(format!("{connection} in {log}: {} is read after {before}", stored.seq));
                    }
                    before = stored.seq;
                    seqs.insert(stored.seq);
                    self.check(&stored, log, connection)?;
                }
                Err(ReadError::Corrupt { log, seq, .. }) => {
                    before = seq;
                    self.lose((log, seq), "found damaged")?;
                }
                Err(error) => return Err(format!("{error:?}")),
            }
        }
        let (read_to, read) = self.read.entry((log, connection)).or_default();
        if let Some(new) = seqs.iter().find(|&&seq| seq <= *read_to && !read.contains(&seq)) {
            return Err(format!("{connection} in {log}: {new} was not there when {read_to} was read"));
        }
        // What was read is owed too, acknowledged or not: it may have been put into an archive.
        *read_to = (*read_to).max(before);
        read.extend(&seqs);
        Ok(seqs)
    }

    fn check(&mut self, stored: &StoredEvent, log: LogId, connection: &'static str) -> Result<(), Violation> {
        let place = (log, stored.seq);
        let event = stored.event();
        let number = u64::try_from(u128::from_be_bytes(event.id)).unwrap_or(u64::MAX);
        let sent = self.sent.get(usize::try_from(number).unwrap());
        if stored.log != log || event.connection != connection || sent.is_none_or(|sent| sent.event(number) != event) {
            return Err(format!("what is read at {place:?} was never appended"));
        }
        self.give(place, number)?;
        if stored.seq > self.released_seq(log, connection) {
            self.debts.insert(place, number);
        }
        Ok(())
    }

    fn released_seq(&self, log: LogId, connection: &'static str) -> Seq {
        self.released.get(&(log, connection)).copied().unwrap_or(0)
    }

    /// Releases some of what was read of a connection in a log.
    fn release(&mut self) {
        let choice = usize::try_from(self.random.below(self.read.len() as u64)).unwrap();
        let Some((&(log, connection), &(read_to, _))) = self.read.iter().nth(choice) else { return };
        let through = if self.random.happens(700) { read_to } else { self.random.below(read_to + 1) };
        self.release_through(log, connection, through);
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

    /// Releases everything, and looks that it then goes.
    fn release_all(&mut self) -> Result<(), Violation> {
        self.disk.set_faults(Faults::default());
        let everything: Vec<_> = self.read.iter().map(|(&of, &(read_to, _))| (of, read_to)).collect();
        for ((log, connection), read_to) in everything {
            self.release_through(log, connection, read_to);
        }
        for _ in 0..2 {
            self.stepped.as_ref().unwrap().keep(self.now).map_err(|error| format!("cannot keep house: {error}"))?;
        }
        let inbox = &self.stepped.as_ref().unwrap().inbox;
        if let Some(connection) = CONNECTIONS.into_iter().find(|connection| inbox.backlog_bytes(connection) > 0) {
            return Err(format!("all was released, and {connection} has a backlog"));
        }
        let files = self.disk.list().unwrap();
        let kept = files.iter().filter(|file| !file.ends_with(".corrupt")).count();
        // The segment that is used next.
        if kept > 1 { Err(format!("all was released, and these files are left: {files:?}")) } else { Ok(()) }
    }

    /// Changes a bit. One in a history: two may hit both copies of a header, and cost what nobody can name.
    fn change_bit(&mut self) {
        let files = self.disk.list().unwrap();
        let choice = usize::try_from(self.random.below(files.len() as u64)).unwrap();
        let Some(file) = files.get(choice).filter(|_| self.changed_bits == 0) else { return };
        // Most of a file may be zeros, which nobody misses.
        let content = self.disk.content(file).unwrap();
        let used: Vec<_> = (0..content.len()).filter(|&at| content[at] != 0).collect();
        let choice = usize::try_from(self.random.below(used.len() as u64)).unwrap();
        if let Some(&byte) = used.get(choice) {
            self.disk.change_bit(file, byte as u64 * 8 + self.random.below(8));
            self.changed_bits += 1;
        }
    }

    /// The power fails, now and then between two flushes of one group of events.
    fn cut_power(&mut self) -> Result<(), Violation> {
        self.stepped = None;
        self.waiting.clear();
        self.disk.cut_power();
        self.open()
    }

    /// The process is killed: what it has written stays in memory.
    fn end_process(&mut self) -> Result<(), Violation> {
        self.stepped = None;
        self.waiting.clear();
        self.disk.end_process();
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
        self.open()
    }
}
