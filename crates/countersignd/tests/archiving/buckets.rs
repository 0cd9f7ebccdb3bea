//! What connections name as their archive, and the simulated buckets behind it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use countersignd::archive::store::{Put, Store, StoreError, StoreFuture};
use countersignd::archive::stores::{Buckets, Choice};
use countersignd::connections::bucket::Bucket;

use crate::store::SimStore;

/// The role that opens each bucket.
pub(crate) const SECRET: &str = "a-planted-secret";

/// What the connections name, and the stores behind it. Its clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Named {
    choices: Arc<Mutex<HashMap<String, Choice>>>,
    stores: Arc<Mutex<BTreeMap<String, SimStore>>>,
    /// Whether no bucket answers to puts.
    pub(crate) is_silent: Arc<AtomicBool>,
}

impl Named {
    pub(crate) fn set(&self, connection: &str, choice: Choice) {
        self.choices.lock().unwrap().insert(connection.to_owned(), choice);
    }

    /// Puts a store behind the name that the registry gives it.
    pub(crate) fn add(&self, name: &str, store: SimStore) {
        self.stores.lock().unwrap().insert(name.to_owned(), store);
    }

    /// The store that the registry calls so.
    pub(crate) fn store(&self, name: &str) -> SimStore {
        self.stores.lock().unwrap().entry(name.to_owned()).or_insert_with(|| SimStore::new(7)).clone()
    }

    /// All of them, by name.
    pub(crate) fn stores(&self) -> BTreeMap<String, SimStore> {
        self.stores.lock().unwrap().clone()
    }
}

impl Buckets for Named {
    fn choice<'a>(&'a self, connection: &'a str) -> StoreFuture<'a, Choice> {
        let choice = self.choices.lock().unwrap().get(connection).cloned().unwrap_or(Choice::Own);
        Box::pin(async { Ok(choice) })
    }

    fn connections(&self) -> Vec<String> {
        let choices = self.choices.lock().unwrap();
        let of_bucket = choices.iter().filter(|(_, choice)| matches!(choice, Choice::Bucket(_)));
        of_bucket.map(|(connection, _)| connection.clone()).collect()
    }

    fn open<'a>(&'a self, bucket: &'a Bucket) -> StoreFuture<'a, Arc<dyn Store>> {
        let store: Arc<dyn Store> = Arc::new(Theirs(self.store(&bucket.name()), Arc::clone(&self.is_silent)));
        Box::pin(async { Ok(store) })
    }
}

/// The bucket of S3 with this name.
pub(crate) fn bucket(name: &str) -> Choice {
    let (bucket, role_arn, external_id) = (name.to_owned(), Some(SECRET.to_owned()), "g".to_owned());
    Choice::Bucket(Bucket::S3 { bucket, role_arn, external_id })
}

/// The bucket of a customer, who lets nobody remove anything. It may not answer.
struct Theirs(SimStore, Arc<AtomicBool>);

impl Store for Theirs {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            if self.1.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            self.0.put_once(key, object).await
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.0.get(key)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        self.0.list(prefix)
    }

    fn remove<'a>(&'a self, _: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async { Err(StoreError::new("remove", "", "nobody may remove what is in a customer's bucket")) })
    }
}
