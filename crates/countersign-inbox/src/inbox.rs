//! The inbox: it is opened on a disk, appended to by any number of threads, and read by connection.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::connections;
use crate::core::{Core, now};
use crate::disk::Disk;
use crate::error::OpenError;
use crate::event::{Event, LogId, Seq, SeqRange};
use crate::health::Health;
#[cfg(feature = "sim")]
use crate::housekeeping;
use crate::keeper::keep;
use crate::log::{GROUP_BYTES_MAX, Log};
use crate::queue::{Append, Queue, lock};
use crate::reader::Reader;
use crate::recovered::{self, Recovered};
use crate::recovery::{RecoveryReport, recover};
use crate::retention::Policy;
use crate::segment::GROUPS_START;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::writer::Writer;

/// A log on disk for events that must not be lost once they are acknowledged.
///
/// All threads may use it at once. When it is dropped, it makes durable what was appended, and closes its log.
pub struct Inbox<D: Disk> {
    core: Arc<Core<D>>,
    threads: Vec<JoinHandle<()>>,
}

impl<D: Disk> Inbox<D> {
    /// Opens an inbox: takes in what earlier runs have left, and begins a new log.
    ///
    /// # Errors
    /// If a setting is out of its range, or the system refuses an operation on the folder or a file in it.
    ///
    /// # Panics
    /// Never.
    pub fn open(disk: D, settings: &Settings) -> Result<(Self, RecoveryReport), OpenError> {
        let mut random = [0; 18];
        getrandom::fill(&mut random)
            .map_err(|error| OpenError::io("get random bytes", None)(io::Error::other(error)))?;
        let (id, seed) = random.split_first_chunk().expect("18 bytes");
        let milliseconds = u64::try_from(now() / 1000).unwrap_or(0);
        let seed = u64::from_le_bytes(*seed.first_chunk().expect("8 bytes"));
        let (mut inbox, writer, report) =
            Self::open_stepped(disk, settings, LogId::new(milliseconds, *id), seed, now())?;
        let core = Arc::clone(&inbox.core);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
            thread.map_err(OpenError::io("start a thread", None))
        };
        inbox.threads.push(spawn("inbox-writer", Box::new(move || writer.run()))?);
        inbox.threads.push(spawn("inbox-keeper", Box::new(move || keep(&core)))?);
        Ok((inbox, report))
    }

    /// Opens an inbox whose two threads the caller replaces.
    pub(crate) fn open_stepped(
        disk: D,
        settings: &Settings,
        id: LogId,
        key_seed: u64,
        now: i64,
    ) -> Result<(Self, Writer<D>, RecoveryReport), OpenError> {
        if !(16 << 10..=1 << 30).contains(&settings.segment_bytes) {
            return Err(OpenError::Setting("segment_bytes must be 16 KiB to 1 GiB"));
        }
        let space = disk.space().map_err(OpenError::io("get the room of the disk", None))?;
        let (catalog, report) = recover(&disk, now)?;
        let shared = Arc::new(Shared::new(disk, id, settings.segment_bytes, key_seed, catalog));
        let policy = Policy {
            bytes_max: settings.inbox_bytes.unwrap_or(space.total / 5),
            hold_after: i64::try_from(settings.hold_after.as_micros()).unwrap_or(i64::MAX),
        };
        let core = Arc::new(Core {
            shared: Arc::clone(&shared),
            queue: Queue::new(settings.queue_bytes_max),
            policy,
            is_writable: AtomicBool::new(true),
            last_durable_at: AtomicU64::new(0),
            bytes_per_second: AtomicU64::new(0),
            space: Mutex::new(space),
            housekeeping: Default::default(),
        });
        let writer = Writer::new(Arc::clone(&core), Log::new(shared));
        Ok((Self { core, threads: Vec::new() }, writer, report))
    }

    /// The id of the log that events are appended to.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.core.shared.id
    }

    /// Appends an event. Its bytes are copied, and the outcome is known once they are durable: wait for it before you acknowledge.
    ///
    /// # Errors
    /// The outcome is an [`AppendError`](crate::AppendError): `TooLarge` if the event is larger than a segment, `Full` if too many bytes wait,
    /// `Failed` if the disk fails (the event may be there after the next start all the same), or `Closed` if the inbox was closed.
    pub fn append(&self, event: &Event<'_>) -> Append {
        self.push(event, None)
    }

    /// As [`append`](Self::append), and holds `permit` until the outcome is known, also if nobody waits for it: a share of a memory
    /// budget, for example.
    pub fn append_with(&self, event: &Event<'_>, permit: impl Send + 'static) -> Append {
        self.push(event, Some(Box::new(permit)))
    }

    fn push(&self, event: &Event<'_>, permit: Option<Box<dyn Send>>) -> Append {
        self.core.queue.append(event, permit, Log::<D>::payload_bytes_max(self.core.shared.segment_bytes))
    }

    /// The durable events of a connection in a log, in the order of their seqs, from the first behind `after`; 0 for all. Events that
    /// become durable later are not among them.
    #[must_use]
    pub fn read(&self, log: LogId, connection: &str, after: Seq) -> Reader<D> {
        Reader::new(Arc::clone(&self.core.shared), log, connection, after)
    }

    /// Events that were said to be lost, by a start or a reader, and can be read again: of the next file behind `after`; none if there is no
    /// further one. Keep those elsewhere that you have passed over, and then [`withdraw`](Self::withdraw) the loss. It reads files.
    #[must_use]
    pub fn recovered(&self, after: Option<&Recovered>) -> Option<Recovered> {
        recovered::next(&self.core.shared, after)
    }

    /// Withdraws that these events were lost: their file then goes when all its events were released. Do so only when those are durable
    /// elsewhere that were released although they could not be read. False if a reader was told of a loss in the same file meanwhile: then
    /// nothing was done.
    ///
    /// # Errors
    /// Of the system. Part of it may have happened, so that the file goes; what could not be done is done by the next attempt, or start.
    pub fn withdraw(&self, recovered: &Recovered) -> io::Result<bool> {
        let withdrawn = recovered::withdraw(&self.core.shared, recovered);
        self.core.signal();
        withdrawn
    }

    /// The logs, of this run and of earlier ones, and of each the connections with durable events that are still there, with the range
    /// of their seqs. Not every seq of a range is an event of that connection.
    #[must_use]
    pub fn connections(&self) -> BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>> {
        connections::connections(&self.core.shared.catalog)
    }

    /// Says that the events of a connection in a log up to `through` are kept elsewhere, so that they may go. A segment goes when all
    /// its events were released. What was released is not remembered by the next start, which is to be told again.
    pub fn release(&self, log: LogId, connection: &str, through: Seq) {
        lock(&self.core.shared.catalog).release(log, connection, through);
        self.core.signal();
    }

    /// The bytes of a connection's events that were not released. An event that was, beside later ones in its segment that were not,
    /// counts.
    #[must_use]
    pub fn backlog_bytes(&self, connection: &str) -> u64 {
        lock(&self.core.shared.catalog).backlog_bytes(connection)
    }

    /// Whether an event should be appended now: the disk does not fail, and what waits for it is written within about a second, as far as
    /// that can be told from what was measured. Beyond that an append is still taken, up to
    /// [`queue_bytes_max`](crate::Settings::queue_bytes_max), but would wait long: a service that is asked for more than its disk can do
    /// refuses here, and what it has accepted stays quick.
    #[must_use]
    pub fn takes_events(&self) -> bool {
        let rate = self.core.bytes_per_second.load(Ordering::Relaxed);
        let bytes_max = if rate == 0 { u64::MAX } else { rate.max(GROUP_BYTES_MAX) };
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        self.core.is_writable.load(Ordering::Relaxed) && self.core.queue.has_room(bytes_max)
    }

    /// How the inbox is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        let core = &self.core;
        // One lock after the other: within the braces below, all would be held together.
        let (failures, last_failure, next_segment_bytes) = {
            let work = lock(&core.shared.work);
            let is_there = work.spare.is_some() || !work.free.is_empty();
            let next_segment_bytes = if is_there { 0 } else { core.shared.segment_bytes };
            (work.failures, work.last_failure, next_segment_bytes)
        };
        let queued_bytes = core.queue.bytes();
        let segment_bytes = lock(&core.shared.catalog).segments().map(|segment| segment.bytes).sum();
        let space = *lock(&core.space);
        Health {
            is_writable: core.is_writable.load(Ordering::Relaxed),
            is_superseded: false,
            failures,
            last_failure,
            last_durable_at: core.last_durable_at.load(Ordering::Relaxed).cast_signed(),
            queued_bytes,
            segment_bytes,
            bytes_per_second: core.bytes_per_second.load(Ordering::Relaxed),
            space,
            next_segment_bytes,
        }
    }

    /// Does what housekeeping has to do, now.
    ///
    /// # Errors
    /// The first of the system. What failed is tried again the next time.
    #[cfg(feature = "sim")]
    pub(crate) fn keep(&self, now: i64) -> io::Result<()> {
        housekeeping::run(&self.core.shared, self.core.policy, now)
    }

    /// How many segments were made of the files of earlier ones.
    #[cfg(feature = "sim")]
    pub(crate) fn reused_segments(&self) -> u64 {
        lock(&self.core.shared.work).reused
    }

    /// Does what housekeeping does at the end.
    #[cfg(feature = "sim")]
    pub(crate) fn end(&self) -> io::Result<()> {
        housekeeping::end(&self.core.shared)
    }

    /// Refuses further events, makes durable what was appended, and closes the log. Waits until that is done.
    pub fn close(self) {
        drop(self);
    }
}

impl<D: Disk> Drop for Inbox<D> {
    fn drop(&mut self) {
        self.core.queue.close();
        let mut threads = self.threads.drain(..);
        // First the writer: it leaves the last segment to housekeeping.
        let writer = threads.next().map(JoinHandle::join);
        lock(&self.core.housekeeping.0).is_ended = true;
        self.core.housekeeping.1.notify_all();
        let keeper = threads.next().map(JoinHandle::join);
        debug_assert!(!matches!((writer, keeper), (Some(Err(_)), _) | (_, Some(Err(_)))), "a thread has panicked");
    }
}

impl<D: Disk> fmt::Debug for Inbox<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("log", &self.log()).field("health", &self.health()).finish()
    }
}

const _: () = assert!(GROUPS_START < 16 << 10, "the smallest segment has room for events");
