//! Where objects are kept: one small trait, and behind it the folder of a data directory or a bucket.

#[cfg(feature = "buckets")]
pub mod bucket;
mod folder;
#[cfg(feature = "buckets")]
mod objects;
mod open;
#[cfg(feature = "buckets")]
mod said;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

pub use folder::{FolderStore, open_folder};
#[cfg(feature = "buckets")]
pub use objects::Objects;
pub use open::open_place;
#[cfg(feature = "buckets")]
pub(crate) use said::Said;

/// What a store is asked for, once it is known.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps objects, which are never changed.
pub trait Store: Send + Sync + 'static {
    /// Puts an object, durably, unless there is one under this key. An error says nothing: the object may be there all the same.
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put>;

    /// Makes durable an object that is there, of which nobody knows whether it is: whoever has put it may have been stopped before. A
    /// store that shows only what is durable has nothing to do.
    fn flush<'a>(&'a self, _key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The object under a key; none if there is none.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>>;

    /// The keys that begin with a prefix, which ends with `/` or is empty.
    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>>;

    /// The objects whose keys begin with a prefix, which ends with `/` or is empty, with their lengths and times.
    fn list_details<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        Box::pin(async move {
            // What is not known is what no one draws a conclusion from.
            let listed = |key| Listed { key, bytes: u64::MAX, modified: i64::MAX };
            Ok(self.list(prefix).await?.into_iter().map(listed).collect())
        })
    }

    /// Removes an object. That there is none is no error.
    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()>;

    /// Whose credentials open it, to be told to people; none if it needs none.
    fn credentials(&self) -> Option<&str> {
        None
    }

    /// How many bytes all objects have; none if that is not known.
    fn bytes(&self) -> StoreFuture<'_, Option<u64>> {
        Box::pin(async { Ok(None) })
    }
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its length; `u64::MAX` if it is not known.
    pub bytes: u64,
    /// When it was put, in microseconds since 1970, by the clock of the store; `i64::MAX` if it is not known.
    pub modified: i64,
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
    /// What was to be done with which key, and what the store says; of an answer, its status, its code and its message alone.
    pub fn new(what: &'static str, key: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let source = source.into();
        #[cfg(feature = "buckets")]
        let source = source.downcast_ref().and_then(Said::of).map_or(source, Into::into);
        Self { what, key: key.to_owned(), source }
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
