//! The objects of an inbox in a bucket: the store behind the trait of `countersign-inbox`, whose threads block.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use countersign_inbox::bucket::{Bucket, Listed, Put};
use tokio::runtime::Handle;

use crate::archive::store::{self, Store, StoreError};
use crate::error_chain::chain;

/// How long a request may take: a put that hangs holds up those behind it, whose senders wait. Beside it, a second for each MiB.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a listing may take, of however many objects.
const LIST_TIMEOUT: Duration = Duration::from_secs(120);

/// The objects of an inbox.
pub(super) struct Objects {
    store: Arc<dyn Store>,
    runtime: Handle,
}

impl Objects {
    /// Those of a store. Requests run on the runtime of whoever calls this.
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, runtime: Handle::current() }
    }

    fn wait<T>(&self, timeout: Duration, work: impl Future<Output = Result<T, StoreError>>) -> io::Result<T> {
        let done = self.runtime.block_on(async { tokio::time::timeout(timeout, work).await });
        let done = done.map_err(|_| {
            let seconds = timeout.as_secs();
            io::Error::new(io::ErrorKind::TimedOut, format!("the store has not answered within {seconds} seconds"))
        });
        done?.map_err(|error| io::Error::other(chain(&error)))
    }
}

/// How long a request may take that moves so many bytes.
fn timeout(bytes: usize) -> Duration {
    REQUEST_TIMEOUT + Duration::from_secs((bytes >> 20) as u64)
}

impl Bucket for Objects {
    fn put_once(&self, key: &str, object: &Arc<[u8]>) -> io::Result<Put> {
        let bytes = Bytes::from_owner(Arc::clone(object));
        self.wait(timeout(bytes.len()), async {
            Ok(match self.store.put_once(key, bytes).await? {
                store::Put::Written => Put::Written,
                store::Put::Exists => {
                    // Whoever has put it may have been stopped before it was durable.
                    let flushed = self.store.flush(key).await;
                    // That it cannot be flushed does not say that it is there.
                    flushed.map(|()| Put::Exists)?
                }
            })
        })
    }

    fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        // How large it is is not known before.
        let found = self.wait(timeout(64 << 20), self.store.get(key))?;
        Ok(found.map(Vec::from))
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        let found = self.wait(LIST_TIMEOUT, self.store.list_details(""))?;
        let listed = |store::Listed { key, bytes, modified }| Listed { key, bytes, modified };
        Ok(found.into_iter().map(listed).collect())
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        self.wait(timeout(0), self.store.remove(key))
    }
}
