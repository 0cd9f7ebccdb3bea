//! Where objects are kept: one small trait, and the folder of a data directory behind it.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};

/// What a store is asked for, once it is known.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps objects, which are never changed.
pub trait Store: Send + Sync + 'static {
    /// Puts an object, durably, unless there is one under this key. An error says nothing: the object may be there all the same.
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put>;

    /// The object under a key; none if there is none.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>>;

    /// The keys that begin with a prefix, which ends with `/` or is empty.
    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>>;

    /// Removes an object. That there is none is no error.
    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()>;
}

/// The outcome of putting an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now, and was not before.
    Written,
    /// The store says that there is one under this key. That proves nothing: it may be this one, which an earlier try has put, or another;
    /// and some stores say so of a conflict after which there is none.
    Exists,
}

/// A store has failed.
#[derive(Debug)]
pub struct StoreError {
    what: &'static str,
    key: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// What was to be done with which key, and what the store says.
    pub fn new(what: &'static str, key: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, key: key.to_owned(), source: source.into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {:?}", self.what, self.key)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// A store in a folder.
#[derive(Debug)]
pub struct FolderStore(Arc<dyn ObjectStore>);

impl FolderStore {
    /// Opens a folder, which is made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::new("open the store", &folder.display().to_string(), source);
        std::fs::create_dir_all(folder)
            .map_err(|error| failed(Box::<dyn std::error::Error + Send + Sync>::from(error)))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.into()))?;
        // Events are removed from the inbox once they are here.
        Ok(Self(Arc::new(store.with_fsync(true))))
    }
}

impl Store for FolderStore {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            match self.0.put_opts(&Key::from(key), object.into(), options).await {
                Ok(_) => Ok(Put::Written),
                Err(object_store::Error::AlreadyExists { .. }) => Ok(Put::Exists),
                Err(error) => Err(StoreError::new("put", key, error)),
            }
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        Box::pin(async move {
            let failed = |error| StoreError::new("get", key, error);
            match self.0.get(&Key::from(key)).await {
                Ok(found) => found.bytes().await.map(Some).map_err(failed),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            let under = Key::from(prefix);
            let found = self.0.list(Some(&under)).map_ok(|object| object.location.to_string()).try_collect();
            found.await.map_err(|error| StoreError::new("list", prefix, error))
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            match self.0.delete(&Key::from(key)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(StoreError::new("remove", key, error)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_put_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::open(&folder.path().join("store")).unwrap();
        let key = "connection=a/date=2026-11-29/0192-1-2.ndjson.zst";
        assert_eq!(store.get(key).await.unwrap(), None);
        assert_eq!(store.put_once(key, Bytes::from_static(b"one")).await.unwrap(), Put::Written);
        assert_eq!(store.put_once(key, Bytes::from_static(b"two")).await.unwrap(), Put::Exists);
        assert_eq!(store.get(key).await.unwrap().unwrap(), "one");
        store.put_once("connection=b/x", Bytes::new()).await.unwrap();
        assert_eq!(store.list("connection=a/").await.unwrap(), [key]);
        assert_eq!(store.list("").await.unwrap().len(), 2);
        store.remove(key).await.unwrap();
        store.remove(key).await.unwrap();
        assert_eq!(store.get(key).await.unwrap(), None);
        // Of many that put at once, one has written.
        let store = Arc::new(store);
        let puts = (0..50).map(|racer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.put_once(key, Bytes::from(vec![racer])).await.unwrap() })
        });
        let outcomes = futures_util::future::join_all(puts).await;
        assert_eq!(outcomes.into_iter().filter(|put| *put.as_ref().unwrap() == Put::Written).count(), 1);
    }
}
