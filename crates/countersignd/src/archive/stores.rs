//! Which store the objects of each connection are in: the own store, or the bucket that the connection names.
//!
//! What opens a bucket is kept, sealed, from the first object on: when a connection names another bucket, the objects of the earlier one stay
//! where they are and are read there; and what a deleted connection has received still comes to its bucket.

pub mod configured;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::archive::encoding::Encoding;
use crate::archive::registry::OWN_STORE;
use crate::archive::store::{Store, StoreError, StoreFuture};
use crate::connections::bucket::Bucket;
use crate::metadata::Metadata;
use crate::seal::Sealer;

/// How many buckets are kept open at most.
const OPEN_MAX: usize = 1000;

/// A store, and what the registry calls it.
#[derive(Clone)]
pub struct Place {
    /// What the registry calls it.
    pub name: String,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The bucket, if it is one of a customer.
    pub bucket: Option<Arc<Bucket>>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a connection names as its archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The own store.
    Own,
    /// A bucket.
    Bucket(Bucket),
    /// There is no such connection, or no longer.
    Gone,
}

/// Knows what connections name, and opens it.
pub trait Buckets: Send + Sync + 'static {
    /// What a connection names now.
    fn choice<'a>(&'a self, connection: &'a str) -> StoreFuture<'a, Choice>;

    /// Connections that name a bucket now, beside those that the metadata knows.
    fn connections(&self) -> Vec<String> {
        Vec::new()
    }

    /// Opens a bucket.
    fn open<'a>(&'a self, bucket: &'a Bucket) -> StoreFuture<'a, Arc<dyn Store>>;
}

/// The stores of all connections.
pub struct Stores {
    own: Arc<dyn Store>,
    customers: Option<Customers>,
}

struct Customers {
    metadata: Arc<Metadata>,
    sealer: Sealer,
    buckets: Arc<dyn Buckets>,
    /// Those that are open, by connection and name.
    open: Mutex<HashMap<(String, String), Place>>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stores")
    }
}

fn failed(name: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::new("open the bucket", name, source)
}

impl Stores {
    /// All objects are in the own store.
    pub fn only(own: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { own, customers: None })
    }

    /// Those of connections that name a bucket are there. What opens it is sealed and kept in the metadata.
    pub fn with_buckets(
        own: Arc<dyn Store>,
        metadata: Arc<Metadata>,
        sealer: Sealer,
        buckets: Arc<dyn Buckets>,
    ) -> Arc<Self> {
        let customers = Customers { metadata, sealer, buckets, open: Mutex::default() };
        Arc::new(Self { own, customers: Some(customers) })
    }

    fn own(&self) -> Place {
        Place { name: OWN_STORE.to_owned(), store: Arc::clone(&self.own), bucket: None }
    }

    /// Where new objects of a connection are put.
    ///
    /// # Errors
    /// If what it names cannot be opened.
    pub async fn current(&self, connection: &str) -> Result<Place, StoreError> {
        let Some(customers) = &self.customers else { return Ok(self.own()) };
        match customers.buckets.choice(connection).await? {
            Choice::Bucket(bucket) => {
                let place = customers.open(connection, &Arc::new(bucket), true).await?;
                let name = if crate::planted_bug!(RegistersWhereItIsNot) { OWN_STORE.to_owned() } else { place.name };
                Ok(Place { name, ..place })
            }
            Choice::Own => {
                // What a deleted connection has named last is known from here.
                let noted = customers.stores_of(connection)?;
                if noted.first().is_some_and(|(name, _)| name != OWN_STORE) {
                    customers.note(connection, OWN_STORE, &[])?;
                }
                Ok(self.own())
            }
            Choice::Gone => match customers.stores_of(connection)?.first() {
                Some((name, sealed)) if name != OWN_STORE => {
                    let bucket = customers.unseal(connection, name, sealed)?;
                    customers.open(connection, &Arc::new(bucket), false).await
                }
                _ => Ok(self.own()),
            },
        }
    }

    /// Whether new objects of a connection are put in the own store. Nothing is opened.
    ///
    /// # Errors
    /// If it cannot be read what it names.
    pub async fn is_own(&self, connection: &str) -> Result<bool, StoreError> {
        let Some(customers) = &self.customers else { return Ok(true) };
        Ok(match customers.buckets.choice(connection).await? {
            Choice::Own => true,
            Choice::Bucket(_) => false,
            Choice::Gone => customers.stores_of(connection)?.first().is_none_or(|(name, _)| name == OWN_STORE),
        })
    }

    /// How new objects of a connection are compressed. Nothing is opened.
    ///
    /// # Errors
    /// As of [`is_own`](Self::is_own).
    pub async fn encoding(&self, connection: &str) -> Result<Encoding, StoreError> {
        Ok(if self.is_own(connection).await? { Encoding::Zstd } else { Encoding::Gzip })
    }

    /// The store of a connection that the registry calls so.
    ///
    /// # Errors
    /// If it is not known, or cannot be opened.
    pub async fn named(&self, connection: &str, name: &str) -> Result<Arc<dyn Store>, StoreError> {
        if name == OWN_STORE {
            return Ok(Arc::clone(&self.own));
        }
        let unknown = || failed(name, "nothing is known that opens it");
        let customers = self.customers.as_ref().ok_or_else(unknown)?;
        // It may have been given other credentials since it was noted.
        if let Choice::Bucket(bucket) = customers.buckets.choice(connection).await?
            && bucket.name() == name
        {
            return Ok(customers.open(connection, &Arc::new(bucket), true).await?.store);
        }
        let noted = customers.stores_of(connection)?;
        let (_, sealed) = noted.iter().find(|(noted, _)| noted == name).ok_or_else(unknown)?;
        let bucket = customers.unseal(connection, name, sealed)?;
        Ok(customers.open(connection, &Arc::new(bucket), false).await?.store)
    }

    /// All stores in which a connection may have objects, the own store first.
    ///
    /// # Errors
    /// If one of them cannot be opened.
    pub async fn all_of(&self, connection: &str) -> Result<Vec<Place>, StoreError> {
        let mut all = vec![self.own()];
        let Some(customers) = &self.customers else { return Ok(all) };
        let current = self.current(connection).await?;
        let noted = customers.stores_of(connection)?;
        let noted = if crate::planted_bug!(ForgetsEarlierBuckets) { Vec::new() } else { noted };
        for (name, sealed) in noted.iter().filter(|(name, _)| name != OWN_STORE && *name != current.name) {
            let bucket = customers.unseal(connection, name, sealed)?;
            all.push(customers.open(connection, &Arc::new(bucket), false).await?);
        }
        if current.bucket.is_some() {
            all.push(current);
        }
        Ok(all)
    }

    /// The connections that have, or had, a bucket of their own in which there may be objects, sorted: also those of which nothing is noted,
    /// since the metadata may be a copy from before their first object.
    ///
    /// # Errors
    /// Of the metadata.
    pub fn connections(&self) -> Result<Vec<String>, StoreError> {
        let Some(customers) = &self.customers else { return Ok(Vec::new()) };
        let metadata = &customers.metadata;
        let noted = metadata.connections_with_stores().map_err(|error| failed("", error))?;
        let stored = metadata.connections_with_buckets().map_err(|error| failed("", error))?;
        let all: BTreeSet<String> = noted.into_iter().chain(stored).chain(customers.buckets.connections()).collect();
        Ok(all.into_iter().collect())
    }
}

impl Customers {
    fn state(&self) -> MutexGuard<'_, HashMap<(String, String), Place>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stores_of(&self, connection: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.metadata.stores_of(connection).map_err(|error| failed(connection, error))
    }

    fn note(&self, connection: &str, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        self.metadata.set_store(connection, name, sealed).map_err(|error| failed(name, error))
    }

    /// Opens a bucket, unless it is open with the same credentials; and, if it is the one that the connection names, notes that.
    async fn open(&self, connection: &str, bucket: &Arc<Bucket>, is_current: bool) -> Result<Place, StoreError> {
        let key = (connection.to_owned(), bucket.name());
        if is_current && self.stores_of(connection)?.first().is_none_or(|(name, _)| *name != key.1) {
            self.seal(connection, bucket)?;
        }
        let open = self.state().get(&key).filter(|open| open.bucket.as_ref() == Some(bucket)).cloned();
        if let Some(open) = open {
            return Ok(open);
        }
        if is_current {
            self.seal(connection, bucket)?;
        }
        let store = self.buckets.open(bucket).await?;
        let place = Place { name: bucket.name(), store, bucket: Some(Arc::clone(bucket)) };
        let mut state = self.state();
        if state.len() >= OPEN_MAX {
            state.clear();
        }
        state.insert(key, place.clone());
        Ok(place)
    }

    fn seal(&self, connection: &str, bucket: &Bucket) -> Result<(), StoreError> {
        let name = bucket.name();
        let text = Zeroizing::new(serde_json::to_vec(bucket).map_err(|error| failed(&name, error))?);
        self.note(connection, &name, &self.sealer.seal(&sealed_for(connection), &text))
    }

    fn unseal(&self, connection: &str, name: &str, sealed: &[u8]) -> Result<Bucket, StoreError> {
        let text = self.sealer.open(&sealed_for(connection), sealed).map_err(|error| failed(name, error))?;
        serde_json::from_slice(&text)
            .map_err(|_| failed(name, "what opens it is not in a form that this version knows"))
    }
}

/// For whom what opens a bucket is sealed: another name than that for which the secrets of the connection are.
fn sealed_for(connection: &str) -> String {
    format!("{connection}/store")
}
