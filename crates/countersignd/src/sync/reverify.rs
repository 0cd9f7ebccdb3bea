//! Reverify: what is archived is verified again, with the connection as it is configured now.

mod object;
mod tally;

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::archive::registry::Object;
use crate::connections::Connection;
use crate::sync::rewrite::is_of_object;
use crate::sync::{SyncError, Syncer};
use tally::Tally;

/// The most events that are named.
pub const NAMED_MAX: usize = 100;

/// The most objects that are verified at once.
const AT_ONCE_MAX: usize = 4;

/// What is to be verified again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverify {
    /// Events that were received from this moment on, in microseconds since 1970; all without.
    #[serde(default)]
    pub since: Option<i64>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The objects of the archive that were read.
    pub objects: u64,
    /// How many there are to read.
    pub of_objects: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverified {
    /// The events.
    pub events: u64,
    /// Those that are authentic.
    pub authentic: u64,
    /// Those that cannot be verified again, since what authenticated them is not stored: they came with a token, or nothing was checked.
    pub not_verifiable: u64,
    /// Those that were verified with what is configured no more.
    pub secret_gone: u64,
    /// What they were verified with.
    pub gone: Vec<Gone>,
    /// Those that are not authentic.
    pub not_authentic: u64,
    /// The first of them, at most [`NAMED_MAX`].
    pub named: Vec<NotAuthentic>,
    /// Objects that are damaged or not there: their keys.
    pub unreadable: Vec<String>,
}

/// Events that were verified by one configuration with one secret and algorithm, none of which is authentic by the current configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// When the configuration was loaded, in RFC 3339.
    pub loaded_at: String,
    /// Which of its secrets, from 0.
    pub secret: Option<u8>,
    /// The algorithm.
    pub algorithm: String,
    /// How many events.
    pub events: u64,
}

/// An event that is not authentic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAuthentic {
    /// The `_id`.
    pub id: Uuid,
    /// Its log.
    pub log: String,
    /// Its place in the log.
    pub seq: u64,
    /// Why, by its fixed name.
    pub reason: String,
}

impl Syncer {
    /// Verifies the archived events of a connection again. Their age is judged as of their receipt.
    ///
    /// Whether a secret is gone can only be inferred: an event that is not authentic was verified by an earlier configuration, and no other
    /// event that was verified by that one, with the same secret and algorithm, is authentic either.
    ///
    /// # Errors
    /// As [`SyncError`] lists them. An object that cannot be read is no error.
    pub async fn reverify(
        &self,
        connection: &Arc<Connection>,
        reverify: Reverify,
        mut report: impl FnMut(Progress) + Send,
    ) -> Result<Reverified, SyncError> {
        let mut objects = Vec::new();
        for log in self.metadata.logs(&connection.id)?.into_keys() {
            objects.extend(self.metadata.objects(&connection.id, log, 0)?);
        }
        let mut progress = Progress { objects: 0, of_objects: objects.len() as u64 };
        report(progress);
        let since = reverify.since.unwrap_or(i64::MIN);
        // One more than processors, so that none waits while an object comes from its store.
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let at_once = processors.saturating_add(1).min(AT_ONCE_MAX);
        let tallies = objects.into_iter().map(|object| {
            let (stores, connection) = (Arc::clone(self.stores()), Arc::clone(connection));
            async move {
                let tally = object::verify(&stores, &connection, &object, since).await;
                (object, tally)
            }
        });
        let mut tallies = stream::iter(tallies).buffered(at_once);
        let (mut all, mut unreadable) = (Tally::default(), Vec::new());
        while let Some((object, tally)) = tallies.next().await {
            match tally {
                Ok(tally) => all.add(tally),
                Err(error) if is_of_object(&error) => unreadable.push(object),
                Err(error) => return Err(error.into()),
            }
            progress.objects += 1;
            report(progress);
        }
        let mut found = all.finish(connection.configuration);
        found.unreadable = self.still_registered(unreadable)?;
        Ok(found)
    }

    /// The keys of those objects that a sync has not removed meanwhile.
    pub(super) fn still_registered(&self, objects: Vec<Object>) -> Result<Vec<String>, SyncError> {
        let mut keys = Vec::new();
        for Object { bounds, .. } in objects {
            let log = bounds.log_id().ok_or(SyncError::Ending)?;
            let registered = self.metadata.objects(&bounds.connection, log, bounds.last_seq.saturating_sub(1))?;
            if registered.iter().any(|object| object.bounds == bounds) {
                keys.push(bounds.key());
            }
        }
        Ok(keys)
    }
}

/// A moment in RFC 3339.
fn moment(micros: u64) -> String {
    let moment = i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
    moment.map_or_else(|| micros.to_string(), |moment| format!("{moment:.6}"))
}
