//! An inbox in a bucket of an object store, for machines that may be lost with their disks.
//!
//! Events of all connections are put together in objects `{log}/{n}`: once, and durable when the store says so. Several puts are under
//! way at once; an event is durable when its object and all before it in the log are.
//!
//! Another process can go on with a log: it closes the gaps with empty objects, and whoever has written it meets one of them in the place of
//! its next object, and acknowledges nothing more ([`BucketSettings::owner`] says what it does then). For that a log begins with an empty
//! object, and its newest durable object stays until the process has ended.

mod core;
mod current;
mod inbox;
mod listing;
mod next_log;
mod object;
mod objects;
mod parallel;
mod put;
mod reader;
mod row;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "sim")]
pub mod stepped;
mod successor;
mod surroundings;
mod takeover;
mod writer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

pub use inbox::BucketInbox;
pub use reader::BucketReader;

/// Where objects are kept. An error says nothing of what has happened: the object may be there all the same. Calls block.
pub trait Bucket: Send + Sync + 'static {
    /// Puts an object, durably, unless there is one under this key.
    ///
    /// # Errors
    /// Of the store, or if it takes too long.
    fn put_once(&self, key: &str, object: &Arc<[u8]>) -> io::Result<Put>;

    /// The object under a key; none if there is none.
    ///
    /// # Errors
    /// Of the store, or if it takes too long.
    fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>>;

    /// All objects.
    ///
    /// # Errors
    /// Of the store, or if it takes too long.
    fn list(&self) -> io::Result<Vec<Listed>>;

    /// Removes an object. That there is none is no error.
    ///
    /// # Errors
    /// Of the store, or if it takes too long.
    fn remove(&self, key: &str) -> io::Result<()>;
}

/// The outcome of putting an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now, and was not before.
    Written,
    /// The store says that there is one under this key, which proves nothing: see [`Bucket::get`].
    Exists,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its length.
    pub bytes: u64,
    /// When it was put, in microseconds since 1970, by the clock of the store.
    pub modified: i64,
}

/// What can be chosen about an inbox in a bucket. [`BucketSettings::default`] suits a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BucketSettings {
    /// Whose logs these are. A process goes on with the logs of its owner at once when it starts: after that no other process of this
    /// owner acknowledges anything in these logs but what it has found there. One that runs all the same refuses events for good as soon as
    /// it sees that ([`Health::is_superseded`](crate::Health::is_superseded)).
    /// One whose log another owner has closed begins another log, unless a process of its owner has started since.
    pub owner: [u8; 16],
    /// After how many bytes of events an object is full. One event is taken however large it is. Default 4 MiB.
    pub object_bytes: usize,
    /// How many bytes of events may wait, beside those that are being put, before an append is refused. Default 64 MiB.
    pub queue_bytes_max: usize,
    /// How many bytes of objects are kept in memory for readers. Default 64 MiB.
    pub cache_bytes: usize,
    /// How long nothing was put into a log of another owner until it is taken for ended. It decides how soon its events are read, and
    /// nothing else. Default ten minutes.
    pub take_over_after: Duration,
    /// How long the end of the process waits for a store that fails. Default ten seconds.
    pub close_timeout: Duration,
}

impl Default for BucketSettings {
    fn default() -> Self {
        Self {
            owner: [0; 16],
            object_bytes: 4 << 20,
            queue_bytes_max: 64 << 20,
            cache_bytes: 64 << 20,
            take_over_after: Duration::from_secs(600),
            close_timeout: Duration::from_secs(10),
        }
    }
}
