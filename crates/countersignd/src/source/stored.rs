//! The connections that were made through the API. All are known by their endpoint, and each is read when it is first needed: a hundred
//! thousand that are silent cost little.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::connections::schedule::Schedule;
use crate::connections::{Common, Connection, secrets};
use crate::metadata::{Metadata, MetadataError, StoredAddress, StoredConnection};
use crate::seal::{OpenError, Sealer};

/// How many are kept ready at most, if those that are ready are not all in use.
const READY_MAX: usize = 10_000;

/// Why a stored connection cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoredError {
    /// The metadata has failed.
    Metadata(MetadataError),
    /// Its secrets cannot be decrypted.
    Secrets(OpenError),
    /// It cannot be read by this version, and why.
    Unusable(String),
    /// The process is ending.
    Ending,
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(_) => f.write_str("the connection cannot be read"),
            Self::Secrets(_) => f.write_str("the secrets of the connection cannot be decrypted"),
            Self::Unusable(message) => write!(f, "the connection is stored and cannot be used: {message}"),
            Self::Ending => f.write_str("the process is ending"),
        }
    }
}

impl std::error::Error for StoredError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metadata(error) => Some(error),
            Self::Secrets(error) => Some(error),
            _ => None,
        }
    }
}

impl From<MetadataError> for StoredError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}

/// What is stored of the secrets of before, beside those that count.
const PAST: &str = "past_secrets";

/// How many secrets of before are kept at most: as many as can count at once.
const PAST_MAX: usize = countersign::MAX_SECRETS;

/// A request body with its secrets.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Whole {
    /// The request body.
    pub request: Map<String, Value>,
    /// The secrets of before, if they are kept; the latest first.
    pub past_secrets: Vec<String>,
}

impl Whole {
    /// Says that these were secrets before, of which those that still are do not count as past.
    pub fn keep_past(&mut self, before: Vec<String>) {
        let keeps = self.request.get("config").and_then(|config| config.get("keep_past_secrets"));
        if keeps.and_then(Value::as_bool) != Some(true) {
            return self.past_secrets.clear();
        }
        let now = secrets::texts(&self.request);
        let mut past: Vec<String> = Vec::new();
        for secret in before.into_iter().chain(std::mem::take(&mut self.past_secrets)) {
            if !now.contains(&secret) && !past.contains(&secret) {
                past.push(secret);
            }
        }
        past.truncate(PAST_MAX);
        self.past_secrets = past;
    }
}

/// A connection by its endpoint: ready, or to be read.
pub(super) enum At {
    Ready(Arc<Connection>),
    Stored(Arc<str>),
}

/// The connections that were made through the API.
pub struct Stored {
    metadata: Arc<Metadata>,
    sealer: Sealer,
    index: RwLock<Index>,
    /// Held while a connection is read or changed, so that what is ready is never older than what is stored.
    changing: Mutex<()>,
}

#[derive(Default)]
struct Index {
    by_endpoint: HashMap<Uuid, Address>,
    by_id: HashMap<Arc<str>, Entry>,
    /// Those that are ready.
    ready: Vec<Arc<str>>,
}

struct Address {
    id: Arc<str>,
    /// Until when it is one, in microseconds since 1970; for ever without.
    end: Option<i64>,
}

struct Entry {
    endpoint: Uuid,
    past_endpoint: Option<Uuid>,
    schedule: Schedule,
    ready: Option<Arc<Connection>>,
    /// Whether it was asked for since it was last looked which can be let go.
    is_used: AtomicBool,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stored")
    }
}

impl Stored {
    /// Those of the metadata.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(metadata: Arc<Metadata>, sealer: Sealer) -> Result<Self, MetadataError> {
        let mut index = Index::default();
        let addresses = metadata.stored_addresses()?;
        index.by_endpoint.reserve(addresses.len());
        index.by_id.reserve(addresses.len());
        for address in addresses {
            index.set(&address);
        }
        Ok(Self { metadata, sealer, index: RwLock::new(index), changing: Mutex::default() })
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the guard is dropped, no connection is read or changed.
    pub(super) fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn at(&self, endpoint: Uuid, now: impl FnOnce() -> i64) -> Option<At> {
        let index = self.index();
        let address = index.by_endpoint.get(&endpoint)?;
        if address.end.is_some_and(|end| end <= now()) {
            return None;
        }
        let entry = index.by_id.get(&address.id)?;
        Some(match &entry.ready {
            Some(connection) => {
                entry.is_used.store(true, Ordering::Relaxed);
                At::Ready(Arc::clone(connection))
            }
            None => At::Stored(Arc::clone(&address.id)),
        })
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.index().by_id.contains_key(id)
    }

    pub(super) fn has_endpoint(&self, endpoint: Uuid) -> bool {
        self.index().by_endpoint.contains_key(&endpoint)
    }

    pub(super) fn table_owner(&self, table: &[String; 2]) -> Result<Option<String>, MetadataError> {
        self.metadata.connection_with_table(table)
    }

    pub(super) fn len(&self) -> usize {
        self.index().by_id.len()
    }

    /// Calls `each` with the id and the schedule of each.
    pub(super) fn schedules(&self, mut each: impl FnMut(&Arc<str>, Schedule)) {
        for (id, entry) in &self.index().by_id {
            each(id, entry.schedule);
        }
    }

    /// As [`Source::received`](super::Source::received).
    pub(super) fn received(&self, mut each: impl FnMut(&str, Option<i64>)) {
        for (id, entry) in &self.index().by_id {
            each(id, entry.ready.as_ref().and_then(|connection| connection.traffic.received_at()));
        }
    }

    fn ready(&self, id: &str) -> Option<Arc<Connection>> {
        let index = self.index();
        let entry = index.by_id.get(id)?;
        entry.is_used.store(true, Ordering::Relaxed);
        entry.ready.clone()
    }

    /// The connection with this id, which is read if it is not ready; none if there is none. It blocks.
    pub(super) fn read(&self, id: &str, common: &Common) -> Result<Option<Arc<Connection>>, StoredError> {
        if let Some(ready) = self.ready(id) {
            return Ok(Some(ready));
        }
        let _changing = self.changing();
        if let Some(ready) = self.ready(id) {
            return Ok(Some(ready));
        }
        let Some(stored) = self.metadata.stored_connection(id)? else { return Ok(None) };
        let connection = Arc::new(self.build(&stored, common, None)?);
        self.index_mut().make_ready(id, &connection);
        Ok(Some(connection))
    }

    /// A request body with its secrets.
    ///
    /// # Errors
    /// If its secrets cannot be decrypted.
    pub fn whole(&self, stored: &StoredConnection) -> Result<Whole, StoredError> {
        let unusable = |error: serde_json::Error| StoredError::Unusable(error.to_string());
        let mut request: Map<String, Value> = serde_json::from_str(&stored.request).map_err(unusable)?;
        let mut past_secrets = Vec::new();
        if let Some(sealed) = &stored.sealed {
            let opened = self.sealer.open(&stored.id, sealed).map_err(StoredError::Secrets)?;
            let mut hidden: Map<String, Value> = serde_json::from_slice(&opened).map_err(unusable)?;
            if let Some(past) = hidden.remove(PAST) {
                past_secrets = serde_json::from_value(past).map_err(unusable)?;
            }
            secrets::put_back(&mut request, hidden);
        }
        Ok(Whole { request, past_secrets })
    }

    /// A request body without its secrets, and these sealed.
    pub fn parts(&self, id: &str, whole: Whole) -> (String, Option<Vec<u8>>) {
        let Whole { mut request, past_secrets } = whole;
        let mut hidden = secrets::take(&mut request);
        if !past_secrets.is_empty() {
            hidden.insert(PAST.to_owned(), past_secrets.into());
        }
        let sealed = (!hidden.is_empty()).then(|| {
            let text = Zeroizing::new(Value::Object(hidden).to_string());
            self.sealer.seal(id, text.as_bytes())
        });
        (Value::Object(request).to_string(), sealed)
    }

    fn build(
        &self,
        stored: &StoredConnection,
        common: &Common,
        earlier: Option<&Connection>,
    ) -> Result<Connection, StoredError> {
        let Whole { request, past_secrets } = self.whole(stored)?;
        let request = Value::Object(request).to_string();
        let configuration = u64::try_from(stored.configuration).unwrap_or(0);
        let (id, endpoint) = (&*stored.id, stored.endpoint);
        let of = Connection::of_request(id, endpoint, &request, &past_secrets, common, configuration, earlier);
        of.map_err(StoredError::Unusable)
    }

    /// Enters a connection that was stored, or one that was changed, which takes effect with this. Whoever calls it holds `changing`.
    pub(super) fn enter(&self, stored: &StoredConnection, common: &Common) -> Result<(), StoredError> {
        let before = self.index().by_id.get(&*stored.id).and_then(|entry| entry.ready.clone());
        let ready = before.map(|before| self.build(stored, common, Some(&before)).map(Arc::new)).transpose()?;
        let mut index = self.index_mut();
        index.set(&StoredAddress {
            id: stored.id.clone(),
            endpoint: stored.endpoint,
            past_endpoint: stored.past_endpoint,
            period: stored.period,
            daily_at: stored.daily_at,
        });
        if let Some(ready) = ready {
            index.make_ready(&stored.id, &ready);
        }
        Ok(())
    }

    /// Removes a connection: nobody finds it any more. Whoever calls it holds `changing`.
    pub(super) fn remove(&self, id: &str) {
        let mut index = self.index_mut();
        if let Some(entry) = index.by_id.remove(id) {
            index.by_endpoint.remove(&entry.endpoint);
            if let Some(past) = entry.past_endpoint {
                index.by_endpoint.remove(&past);
            }
        }
        index.ready.retain(|other| &**other != id);
    }
}

impl Index {
    /// Enters a connection in place of the one with its id. One that is ready stays so.
    fn set(&mut self, address: &StoredAddress) {
        let earlier = self.by_id.remove_entry(&*address.id);
        let (id, ready) = match earlier {
            Some((id, entry)) => {
                self.by_endpoint.remove(&entry.endpoint);
                if let Some(past) = entry.past_endpoint {
                    self.by_endpoint.remove(&past);
                }
                (id, entry.ready)
            }
            None => (Arc::from(&*address.id), None),
        };
        self.by_endpoint.insert(address.endpoint, Address { id: Arc::clone(&id), end: None });
        if let Some((past, end)) = address.past_endpoint {
            self.by_endpoint.insert(past, Address { id: Arc::clone(&id), end: Some(end) });
        }
        let entry = Entry {
            endpoint: address.endpoint,
            past_endpoint: address.past_endpoint.map(|(past, _)| past),
            schedule: Schedule::of_columns(address.period, address.daily_at),
            ready,
            is_used: AtomicBool::new(true),
        };
        self.by_id.insert(id, entry);
    }

    fn make_ready(&mut self, id: &str, connection: &Arc<Connection>) {
        let Some((id, _)) = self.by_id.get_key_value(id) else { return };
        let id = Arc::clone(id);
        if let Some(entry) = self.by_id.get_mut(&id)
            && entry.ready.replace(Arc::clone(connection)).is_none()
        {
            self.ready.push(id);
        }
        if self.ready.len() > READY_MAX {
            self.let_go();
        }
    }

    /// Lets go those that nobody has asked for since the last time, and nobody holds.
    fn let_go(&mut self) {
        let Self { by_id, ready, .. } = self;
        ready.retain(|id| {
            let Some(entry) = by_id.get_mut(id) else { return false };
            let is_held = entry.ready.as_ref().is_some_and(|connection| Arc::strong_count(connection) > 1);
            let stays = entry.is_used.swap(false, Ordering::Relaxed) || is_held;
            if !stays {
                entry.ready = None;
            }
            stays
        });
        // All were used: the oldest are let go all the same, and read again when they are called again.
        if ready.len() > READY_MAX {
            let excess = ready.len() - READY_MAX / 2;
            for id in ready.drain(..excess) {
                if let Some(entry) = by_id.get_mut(&id) {
                    entry.ready = None;
                }
            }
        }
    }
}
