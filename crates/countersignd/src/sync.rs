//! Sync: from the archive into a table, as often as a connection says.

mod alarms;
pub mod closing;
pub mod dead_letters;
pub mod due;
pub mod error;
pub mod events;
pub mod find;
pub mod lag;
pub mod load;
mod queue;
pub mod recovered;
pub mod resync;
pub mod retry;
pub mod reverify;
pub mod rewrite;
mod table;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign_inbox::{LogId, Seq};
use countersign_tables::{Committed, Destination};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tracing::{error, warn};

use crate::archive::archiver::Archiver;
use crate::archive::check::{Comparison, compare, compare_buckets};
use crate::archive::error::ArchiveError;
use crate::archive::store::Store;
use crate::archive::stores::Stores;
use crate::clock::Clock;
use crate::collect::Collector;
use crate::connections::Connection;
use crate::error_chain::chain;
use crate::metadata::Metadata;
pub use error::SyncError;
use queue::Queue;

/// How often another process may have moved the checkpoint before a sync gives up for now.
const MOVED_MAX: u32 = 5;

/// After a failure, the first pause, and the longest.
const PAUSE_MIN: Duration = Duration::from_secs(10);
const PAUSE_MAX: Duration = Duration::from_secs(3600);

/// Brings what is archived into tables.
pub struct Syncer {
    collector: Arc<Collector>,
    archiver: Arc<Archiver>,
    store: Arc<dyn Store>,
    metadata: Arc<Metadata>,
    pub(crate) clock: Clock,
    destination: Arc<Mutex<Box<dyn Destination>>>,
    /// How long objects are kept that are committed; for ever without.
    retention: Option<Duration>,
    state: Mutex<State>,
    /// Says that a connection waits for a sync, or that one has ended for which it may have waited.
    has_work: Notify,
    /// Whether it never syncs by itself.
    only_receives: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The connections that are being synced.
    running: HashSet<String>,
    /// Those that wait for a sync.
    queue: Queue,
    /// When the last sync of each that has succeeded has begun; nothing until that is read.
    synced_at: Option<HashMap<Arc<str>, i64>>,
    /// Those whose last sync has failed: when it is tried again, and the pause before that.
    failed: HashMap<String, (i64, Duration)>,
    /// Those of which a setup test has failed, and which.
    broken: HashMap<String, String>,
    /// Events that could not be read and were appended again, whose loss is not withdrawn yet.
    appended_again: HashSet<(LogId, Seq)>,
}

/// Says that a connection is being synced, until it is dropped: also if whoever has asked is gone.
struct Running<'a> {
    syncer: &'a Syncer,
    connection: String,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.syncer.state().running.remove(&self.connection);
        self.syncer.has_work.notify_one();
    }
}

/// What a sync has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// The deliveries that were read from the archive, repetitions of an event among them.
    pub events: u64,
    /// Rows.
    pub rows: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// Events whose `_id` had rows.
    pub repetitions: u64,
}

impl Synced {
    fn add(&mut self, committed: Committed) {
        self.rows += committed.rows;
        self.dead_letters += committed.dead_letters;
        self.repetitions += committed.events_passed_over;
    }
}

impl Syncer {
    /// A syncer of these parts.
    pub fn new(
        collector: Arc<Collector>,
        archiver: Arc<Archiver>,
        store: Arc<dyn Store>,
        metadata: Arc<Metadata>,
        destination: Box<dyn Destination>,
        retention: Option<Duration>,
    ) -> Arc<Self> {
        let clock = collector.clock.clone();
        let destination = Arc::new(Mutex::new(destination));
        Arc::new(Self {
            collector,
            archiver,
            store,
            metadata,
            clock,
            destination,
            retention,
            state: Mutex::default(),
            has_work: Notify::new(),
            only_receives: AtomicBool::new(false),
        })
    }

    /// Says that the process only receives: nobody runs it. What is asked for is refused from now on.
    pub fn set_receive_only(&self) {
        self.only_receives.store(true, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a connection is being synced, unless it is already.
    fn begin(&self, connection: &Connection) -> Result<Running<'_>, SyncError> {
        if self.state().running.insert(connection.id.clone()) {
            return Ok(Running { syncer: self, connection: connection.id.clone() });
        }
        Err(SyncError::Running)
    }

    /// What one sync has of something that all share which are running.
    fn share(&self, whole: u64) -> u64 {
        whole / self.state().running.len().max(1) as u64
    }

    /// Brings all events of a connection that are durable now into its table.
    ///
    /// # Errors
    /// As [`SyncError`] lists them.
    pub async fn sync(&self, connection: &Connection) -> Result<Synced, SyncError> {
        let _running = self.begin(connection)?;
        self.sync_once(connection, self.clock.unix_micros()).await
    }

    /// Syncs a connection of which nobody else does, and notes whether that has succeeded.
    async fn sync_once(&self, connection: &Connection, started: i64) -> Result<Synced, SyncError> {
        let synced = self.load_all(connection, started).await;
        let ended = self.clock.unix_micros();
        let synced = match synced {
            Ok(synced) => {
                self.metadata.set_synced(&[&connection.id], started, ended).map(|()| synced).map_err(SyncError::from)
            }
            failed => failed,
        };
        if let Err(error) = &synced
            && let Err(error) = self.metadata.set_sync_failed(&connection.id, ended, &chain(error))
        {
            warn!(connection = connection.id, "it is not noted that the sync has failed: {}", chain(&error));
        }
        let mut state = self.state();
        if synced.is_ok() {
            state.failed.remove(&connection.id);
            if let Some(synced_at) = &mut state.synced_at {
                synced_at.insert(Arc::from(&*connection.id), started);
            }
        } else {
            let before = state.failed.get(&connection.id).map(|(_, pause)| *pause);
            // An inbox that is down is waited for in the sync itself, and concerns all connections.
            let is_of_inbox = matches!(synced, Err(SyncError::Archive(ArchiveError::InboxTimeout { .. })));
            let before = before.filter(|_| !is_of_inbox);
            let pause = before.map_or(PAUSE_MIN, |pause| PAUSE_MAX.min(pause * 2));
            let again_at = ended + i64::try_from(pause.as_micros()).unwrap_or(0);
            state.failed.insert(connection.id.clone(), (again_at, pause));
        }
        synced
    }

    /// The connections whose last sync has failed.
    pub fn failing(&self) -> Vec<String> {
        let mut state = self.state();
        state.failed.retain(|id, _| self.collector.connections.has(id));
        state.failed.keys().cloned().collect()
    }

    /// Notes which setup test of a connection has failed, if one has.
    pub(crate) fn set_broken(&self, connection: &str, title: Option<&str>) {
        let mut state = self.state();
        match title {
            Some(title) => state.broken.insert(connection.to_owned(), title.to_owned()),
            None => state.broken.remove(connection),
        };
    }

    /// Takes over what the metadata say of setup tests before the start.
    pub(crate) async fn load_broken(&self) {
        let metadata = Arc::clone(&self.metadata);
        match spawn_blocking(move || metadata.broken_setups()).await {
            Ok(Ok(broken)) => self.state().broken = broken,
            Ok(Err(error)) => warn!("it is not known which setup tests have failed: {}", chain(&error)),
            Err(_) => {}
        }
    }

    /// The connections of which a setup test has failed when they were last tried, and which.
    pub fn broken(&self) -> Vec<(String, String)> {
        let mut state = self.state();
        state.broken.retain(|id, _| self.collector.connections.has(id));
        let mut broken: Vec<_> = state.broken.iter().map(|(id, title)| (id.clone(), title.clone())).collect();
        broken.sort_unstable();
        broken
    }

    /// The keys of objects of the archive that are not ours.
    pub fn foreign_objects(&self) -> Vec<String> {
        self.archiver.foreign_objects()
    }

    /// Where objects are kept.
    pub(crate) fn stores(&self) -> &Arc<Stores> {
        self.archiver.stores()
    }

    /// Where tables are.
    pub(crate) fn destination(&self) -> &Arc<Mutex<Box<dyn Destination>>> {
        &self.destination
    }

    /// Compares the registry with the stores, and enters what is missing.
    ///
    /// # Errors
    /// If either fails.
    pub async fn check_archive(&self) -> Result<Comparison, ArchiveError> {
        let now = self.clock.unix_micros();
        let mut comparison = compare(&*self.store, &self.metadata, now).await?;
        compare_buckets(self.stores(), &self.metadata, now, &mut comparison).await?;
        Ok(comparison)
    }

    /// Enters what is in the stores and not in the registry, once. If a store or an object cannot be read, all are compared again after a pause,
    /// and then after twice as long each time, up to a day.
    pub async fn enter_missing(self: Arc<Self>, mut pause: Duration) {
        loop {
            match self.check_archive().await {
                Ok(Comparison { entered, missing, damaged, unreadable, unreadable_objects, .. }) => {
                    if !entered.is_empty() {
                        warn!(
                            objects = entered.len(),
                            "the store has objects that the registry did not know: the metadata is an older copy"
                        );
                    }
                    if !missing.is_empty() || !damaged.is_empty() {
                        let (missing, damaged) = (missing.len(), damaged.len());
                        error!(
                            missing,
                            damaged,
                            "objects of the store are missing or damaged: `countersignd check --archive` lists them"
                        );
                    }
                    let Some(first) = unreadable.first().or(unreadable_objects.first()) else { return };
                    let (buckets, objects) = (unreadable.len(), unreadable_objects.len());
                    warn!(
                        buckets,
                        objects,
                        "the registry is not compared with buckets and objects that cannot be read, such as {first}"
                    );
                }
                Err(error) => warn!("the registry is not compared with the store yet: {}", chain(&error)),
            }
            tokio::time::sleep(pause).await;
            pause = Duration::from_secs(86_400).min(pause * 2);
        }
    }
}

impl fmt::Debug for Syncer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Syncer")
    }
}
