//! A store of the crate `object_store`, behind the trait.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};

use super::{Listed, Put, Store, StoreError, StoreFuture};

/// A store of the crate `object_store`: a bucket, or what is under a prefix of one.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// How all keys begin in the store: empty, or something that ends with `/`.
    prefix: String,
    /// Whose credentials open it, to be told to people.
    credentials: Option<String>,
}

impl Objects {
    /// The objects of a store whose keys begin with `prefix`, which is empty or ends with `/`.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: impl Into<String>) -> Self {
        Self { store, prefix: prefix.into(), credentials: None }
    }

    /// The same, opened with the credentials of whom this says.
    #[must_use]
    pub fn opened_with(self, credentials: impl Into<String>) -> Self {
        Self { credentials: Some(credentials.into()), ..self }
    }

    fn key(&self, key: &str) -> Key {
        Key::from(format!("{}{key}", self.prefix))
    }
}

impl Store for Objects {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            match self.store.put_opts(&self.key(key), object.into(), options).await {
                Ok(_) => Ok(Put::Written),
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                    Ok(Put::Exists)
                }
                Err(error) => Err(StoreError::new("put", key, error)),
            }
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        Box::pin(async move {
            let failed = |error| StoreError::new("get", key, error);
            match self.store.get(&self.key(key)).await {
                Ok(found) => found.bytes().await.map(Some).map_err(failed),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { Ok(self.list_details(prefix).await?.into_iter().map(|listed| listed.key).collect()) })
    }

    fn list_details<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        Box::pin(async move {
            let under = self.key(prefix);
            let listed = |object: ObjectMeta| {
                let key = object.location.as_ref().strip_prefix(&*self.prefix)?.to_owned();
                Some(Listed { key, bytes: object.size, modified: object.last_modified.timestamp_micros() })
            };
            let found = self.store.list(Some(&under)).map_ok(listed);
            let found: Vec<Option<Listed>> =
                found.try_collect().await.map_err(|error| StoreError::new("list", prefix, error))?;
            Ok(found.into_iter().flatten().collect())
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            match self.store.delete(&self.key(key)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(StoreError::new("remove", key, error)),
            }
        })
    }

    fn credentials(&self) -> Option<&str> {
        self.credentials.as_deref()
    }

    fn bytes(&self) -> StoreFuture<'_, Option<u64>> {
        Box::pin(async move {
            let under = self.key("");
            let sizes = self.store.list(Some(&under)).map_ok(|object| object.size);
            let sum = sizes.try_fold(0, |sum: u64, size| async move { Ok(sum.saturating_add(size)) });
            sum.await.map(Some).map_err(|error| StoreError::new("list", "", error))
        })
    }
}
