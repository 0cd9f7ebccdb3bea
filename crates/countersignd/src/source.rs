//! Where connections come from: a file, which is read again when the operator says so, and the metadata, which the API changes. Ids,
//! endpoints and tables are unique over both.

pub mod stored;

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::audit::{self, Change};
use crate::clock::Clock;
use crate::connections::schedule::Schedule;
use crate::connections::{Common, Connection, Connections, ConnectionsError};
use crate::metadata::{Metadata, MetadataError, StoredConnection};
use stored::{At, Stored, StoredError};

/// The connections of the file, as it was when it was last read, and those of the metadata.
#[derive(Debug)]
pub struct Source {
    file: Option<PathBuf>,
    common: Common,
    clock: Clock,
    of_file: ArcSwap<Connections>,
    stored: Option<Arc<Stored>>,
}

/// What an endpoint leads to.
#[expect(missing_debug_implementations, reason = "it holds a connection")]
pub enum Found {
    /// This connection.
    Ready(Arc<Connection>),
    /// The connection with this id, which must be read first.
    Stored(Arc<str>),
}

/// Why a connection was not entered.
#[derive(Debug)]
#[non_exhaustive]
pub enum EnterError {
    /// The connection with this id has the table; whether it is one of the file.
    Table(String, bool),
    /// The connection was deleted meanwhile.
    Gone,
    /// The metadata has failed, or what is stored cannot be used.
    Stored(StoredError),
}

impl fmt::Display for EnterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(id, _) => write!(f, "connection {id:?} has this table"),
            Self::Gone => f.write_str("the connection was deleted"),
            Self::Stored(_) => f.write_str("the connection cannot be stored"),
        }
    }
}

impl Error for EnterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Stored(error) = self { Some(error) } else { None }
    }
}

impl<E: Into<StoredError>> From<E> for EnterError {
    fn from(error: E) -> Self {
        Self::Stored(error.into())
    }
}

impl Source {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// As [`Connections::read`].
    pub fn open(file: impl Into<Option<PathBuf>>, common: Common, clock: Clock) -> Result<Self, ConnectionsError> {
        Self::with_stored(file, common, clock, None)
    }

    /// The same, beside connections of the metadata.
    ///
    /// # Errors
    /// As [`Connections::read`]; also if a connection of the file has the id, the endpoint or the table of one of the metadata.
    pub fn with_stored(
        file: impl Into<Option<PathBuf>>,
        common: Common,
        clock: Clock,
        stored: Option<Arc<Stored>>,
    ) -> Result<Self, ConnectionsError> {
        let source = Self { file: file.into(), common, clock, of_file: ArcSwap::default(), stored };
        source.reload()?;
        Ok(source)
    }

    /// Reads the file again. If it is wrong, the connections stay as they are.
    ///
    /// # Errors
    /// As [`Source::with_stored`].
    pub fn reload(&self) -> Result<(), ConnectionsError> {
        let Some(file) = &self.file else { return Ok(()) };
        let configuration = u64::try_from(self.clock.unix_micros()).unwrap_or(0);
        // Until it is there, no connection with one of its tables is made.
        let _changing = self.stored.as_ref().map(|stored| stored.changing());
        let connections = Connections::read(file, &self.common, configuration, &self.current())?;
        if let Some(stored) = &self.stored {
            unique(file, &connections, stored)?;
        }
        self.of_file.store(Arc::new(connections));
        Ok(())
    }

    /// The file.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What all connections have in common.
    pub fn common(&self) -> &Common {
        &self.common
    }

    /// The connections of the file, as they are now.
    pub fn current(&self) -> arc_swap::Guard<Arc<Connections>> {
        self.of_file.load()
    }

    /// Those of the metadata.
    pub fn stored(&self) -> Option<&Arc<Stored>> {
        self.stored.as_ref()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.current().len() + self.stored.as_ref().map_or(0, |stored| stored.len())
    }

    /// Whether there is a connection with this id.
    pub fn has(&self, id: &str) -> bool {
        self.current().with_id(id).is_some() || self.stored.as_ref().is_some_and(|stored| stored.has(id))
    }

    /// Calls `each` with the id of each connection, and when it has last received something since it was read: in microseconds since 1970,
    /// and nothing if it has not.
    pub fn received(&self, mut each: impl FnMut(&str, Option<i64>)) {
        for connection in self.current().iter() {
            each(&connection.id, connection.traffic.received_at());
        }
        if let Some(stored) = &self.stored {
            stored.received(each);
        }
    }

    /// What an endpoint leads to. Nothing is read.
    pub fn at(&self, endpoint: Uuid) -> Option<Found> {
        if let Some(connection) = self.current().at(endpoint) {
            return Some(Found::Ready(Arc::clone(connection)));
        }
        match self.stored.as_ref()?.at(endpoint, || self.clock.unix_micros())? {
            At::Ready(connection) => Some(Found::Ready(connection)),
            At::Stored(id) => Some(Found::Stored(id)),
        }
    }

    /// The connection with this id; none if there is none.
    ///
    /// # Errors
    /// If it is stored and cannot be read.
    pub async fn with_id(&self, id: &str) -> Result<Option<Arc<Connection>>, StoredError> {
        if let Some((connection, ..)) = self.current().with_id(id) {
            return Ok(Some(Arc::clone(connection)));
        }
        let Some(stored) = self.stored.as_ref().filter(|stored| stored.has(id)) else { return Ok(None) };
        let (stored, common, id) = (Arc::clone(stored), self.common.clone(), id.to_owned());
        spawn_blocking(move || stored.read(&id, &common)).await.unwrap_or(Err(StoredError::Ending))
    }

    /// The ids and schedules of all.
    pub fn schedules(&self) -> Vec<(Arc<str>, Schedule)> {
        let of_file = self.current();
        let mut all: Vec<_> = of_file.iter().map(|one| (Arc::from(&*one.id), one.schedule)).collect();
        if let Some(stored) = &self.stored {
            stored.schedules(|id, schedule| all.push((Arc::clone(id), schedule)));
        }
        all
    }

    /// Stores a connection, and lets its senders in. `by` is written to the audit, here and below. It blocks.
    ///
    /// # Errors
    /// If another one has its table, or the metadata fails.
    pub fn create(&self, metadata: &Metadata, one: &StoredConnection, by: &Change<'_>) -> Result<(), EnterError> {
        let stored = self.stored.as_ref().ok_or(StoredError::Ending)?;
        let _changing = stored.changing();
        if let Some(other) = self.current().iter().find(|other| folded(other) == one.table) {
            return Err(EnterError::Table(other.id.clone(), true));
        }
        metadata
            .create_connection(one, |db| audit::record(db, by))?
            .map_err(|other| EnterError::Table(other, false))?;
        stored.enter(one, &self.common)?;
        Ok(())
    }

    /// Changes a stored connection, at once for the next request: `change` makes of what is stored what is to be. Requests that are being
    /// received are judged by what was before. It blocks.
    ///
    /// # Errors
    /// What `change` says is wrong, in the inner result.
    pub fn change<E>(
        &self,
        metadata: &Metadata,
        by: &Change<'_>,
        change: impl FnOnce(&mut StoredConnection) -> Result<(), E>,
    ) -> Result<Result<StoredConnection, E>, EnterError> {
        let id = by.subject.unwrap_or_default();
        let stored = self.stored.as_ref().ok_or(EnterError::Gone)?;
        let _changing = stored.changing();
        let mut one = metadata.stored_connection(id)?.ok_or(EnterError::Gone)?;
        let (before, now) = (one.configuration, self.clock.unix_micros());
        if let Err(error) = change(&mut one) {
            return Ok(Err(error));
        }
        // It only grows, also if the clock was set back.
        one.configuration = now.max(before + 1);
        metadata.change_connection(&one, |db| audit::record(db, by))?;
        stored.enter(&one, &self.common)?;
        Ok(Ok(one))
    }

    /// Deletes a stored connection: no further request finds it. Whether there was one. It blocks.
    ///
    /// # Errors
    /// Of the metadata.
    pub fn delete(&self, metadata: &Metadata, by: &Change<'_>) -> Result<bool, MetadataError> {
        let id = by.subject.unwrap_or_default();
        let Some(stored) = &self.stored else { return Ok(false) };
        let _changing = stored.changing();
        let is_deleted = metadata.delete_connection(id, by.at, |db| audit::record(db, by))?;
        stored.remove(id);
        Ok(is_deleted)
    }
}

/// Schema and table in lower case.
fn folded(connection: &Connection) -> [String; 2] {
    [&connection.table.schema, &connection.table.name].map(|name| name.to_lowercase())
}

/// Whether no connection of a file has something of one of the metadata.
fn unique(file: &Path, connections: &Connections, stored: &Stored) -> Result<(), ConnectionsError> {
    let wrong = |id: &str, message: String| {
        Err(ConnectionsError::Wrong { file: file.to_owned(), connection: format!("connection {id}"), message })
    };
    for id in connections.ids() {
        let Some((connection, endpoint, _)) = connections.with_id(id) else { continue };
        for (name, is_taken) in [("id", stored.has(id)), ("endpoint", stored.has_endpoint(endpoint))] {
            if is_taken {
                return wrong(id, format!("a connection that was made through the API has this \"{name}\""));
            }
        }
        match stored.table_owner(&folded(connection)) {
            Ok(None) => {}
            Ok(Some(other)) => {
                return wrong(
                    id,
                    format!("{other}, which was made through the API, has this \"schema\" and \"table\""),
                );
            }
            Err(error) => return wrong(id, crate::error_chain::chain(&error)),
        }
    }
    Ok(())
}
