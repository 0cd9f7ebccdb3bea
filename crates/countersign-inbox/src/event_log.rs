//! What both inboxes have in common, on disk and in a bucket: for services that leave the choice to whoever runs them.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::bucket::{Bucket, BucketInbox};
use crate::disk::Disk;
use crate::error::ReadError;
use crate::event::{Event, LogId, Seq, SeqRange};
use crate::health::Health;
use crate::inbox::Inbox;
use crate::queue::Append;
use crate::reader::StoredEvent;
use crate::recovered::Recovered;

/// The events that [`EventLog::read`] gives.
pub type Events = Box<dyn Iterator<Item = Result<StoredEvent, ReadError>> + Send>;

/// A log for events that must not be lost once they are acknowledged: an [`Inbox`] or a [`BucketInbox`].
///
/// When it is dropped, it makes durable what was appended, and closes its log. That blocks.
pub trait EventLog: fmt::Debug + Send + Sync + 'static {
    /// As [`Inbox::log`]. In a bucket it may become another one.
    fn log(&self) -> LogId;

    /// As [`Inbox::append`].
    fn append(&self, event: &Event<'_>) -> Append;

    /// As [`Inbox::read`].
    fn read(&self, log: LogId, connection: &str, after: Seq) -> Events;

    /// As [`Inbox::connections`].
    fn connections(&self) -> BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>>;

    /// As [`Inbox::recovered`]. What is damaged in a bucket stays so: there it is always none.
    fn recovered(&self, after: Option<&Recovered>) -> Option<Recovered>;

    /// As [`Inbox::withdraw`].
    ///
    /// # Errors
    /// As there.
    fn withdraw(&self, recovered: &Recovered) -> io::Result<bool>;

    /// As [`Inbox::release`].
    fn release(&self, log: LogId, connection: &str, through: Seq);

    /// As [`Inbox::backlog_bytes`].
    fn backlog_bytes(&self, connection: &str) -> u64;

    /// As [`Inbox::takes_events`].
    fn takes_events(&self) -> bool;

    /// As [`Inbox::health`].
    fn health(&self) -> Health;
}

macro_rules! event_log {
    ($inbox:ident<$of:ident>, { $($of_files:tt)* }) => {
        impl<T: $of> EventLog for $inbox<T> {
            fn log(&self) -> LogId {
                self.log()
            }

            fn append(&self, event: &Event<'_>) -> Append {
                self.append(event)
            }

            fn read(&self, log: LogId, connection: &str, after: Seq) -> Events {
                Box::new(self.read(log, connection, after))
            }

            fn connections(&self) -> BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>> {
                self.connections()
            }

            $($of_files)*

            fn release(&self, log: LogId, connection: &str, through: Seq) {
                self.release(log, connection, through);
            }

            fn backlog_bytes(&self, connection: &str) -> u64 {
                self.backlog_bytes(connection)
            }

            fn takes_events(&self) -> bool {
                self.takes_events()
            }

            fn health(&self) -> Health {
                self.health()
            }
        }
    };
}

event_log!(Inbox<Disk>, {
    fn recovered(&self, after: Option<&Recovered>) -> Option<Recovered> {
        self.recovered(after)
    }

    fn withdraw(&self, recovered: &Recovered) -> io::Result<bool> {
        self.withdraw(recovered)
    }
});
event_log!(BucketInbox<Bucket>, {
    fn recovered(&self, _: Option<&Recovered>) -> Option<Recovered> {
        None
    }

    fn withdraw(&self, _: &Recovered) -> io::Result<bool> {
        Ok(false)
    }
});
