//! Caches endpoints, for resolvers that ask a database.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ::http::request::Parts;

use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::{Resolve, ResolveError, Resolved};

/// A resolver that caches the results of a slow one: which endpoint a name has, and that a name has none.
///
/// If many requests ask for a name that is not cached, they wait for one look-up. Errors are not cached. Names that are
/// asked for often stay in the cache, however many other names are asked for once. Clones share one cache.
///
/// A look-up takes time, so the response time shows a sender which names were asked for recently. If even that must not
/// show, resolve from memory with [`lookup`](crate::tower::lookup).
///
/// The cache does not remember which messages arrived:
/// [`VerifyLayer::deduplicate`](crate::tower::VerifyLayer::deduplicate) does, as long as they can be replayed, whatever
/// the cache forgets.
pub struct Cache<N, L> {
    shared: Arc<Shared<N, L>>,
    /// How long it is cached that a name has no endpoint.
    absent_for: Duration,
}

/// How long absence is cached by default, at most: a new endpoint should not be refused for long.
const DEFAULT_ABSENT_FOR: Duration = Duration::from_secs(10);

/// Anyone can make up names. Longer ones count as unknown, so that they do not fill the memory.
const MAX_NAME_LEN: usize = 256;

struct Shared<N, L> {
    name: N,
    load: L,
    time_to_live: Duration,
    entries: quick_cache::sync::Cache<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    endpoint: Option<Arc<Endpoint>>,
    loaded_at: Instant,
}

impl<N, L> Cache<N, L> {
    /// Caches up to `capacity` names for `time_to_live` each. After that time at the latest, a new secret is in use.
    ///
    /// `name` returns the name of a request's endpoint, of up to 256 bytes, or `None` if the request has none. `load`
    /// returns the endpoint of a name, or `None` if there is none.
    pub fn new(capacity: usize, time_to_live: Duration, name: N, load: L) -> Self {
        let entries = quick_cache::sync::Cache::new(capacity);
        let shared = Arc::new(Shared { name, load, time_to_live, entries });
        Self { shared, absent_for: time_to_live.min(DEFAULT_ABSENT_FOR) }
    }

    /// Sets how long it is cached that a name has no endpoint. After that time at the latest, a new endpoint is found.
    /// The default is 10 seconds, or the time that endpoints are cached if that is less.
    #[must_use]
    pub fn absent_for(self, time_to_live: Duration) -> Self {
        Self { absent_for: time_to_live, ..self }
    }

    /// Removes `name` from the cache, such as after its secret was changed.
    pub fn forget(&self, name: &str) {
        self.shared.entries.remove(name);
    }
}

impl<N, L> Shared<N, L> {
    fn get(&self, name: &str, absent_for: Duration) -> Option<Entry> {
        self.entries.get(name).filter(|entry| self.is_fresh(entry, absent_for))
    }

    fn is_fresh(&self, entry: &Entry, absent_for: Duration) -> bool {
        entry.loaded_at.elapsed() < if entry.endpoint.is_some() { self.time_to_live } else { absent_for }
    }
}

impl<N, L, LoadFuture, E> Resolve for Cache<N, L>
where
    N: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    L: Fn(String) -> LoadFuture + Send + Sync + 'static,
    LoadFuture: Future<Output = Result<Option<Endpoint>, E>> + Send,
    E: Into<ResolveError> + Send,
{
    type Future = CacheFuture;

    fn name_of(&self, parts: &Parts) -> Option<String> {
        (self.shared.name)(parts).filter(|name| name.len() <= MAX_NAME_LEN)
    }

    fn resolve(&self, parts: &Parts) -> CacheFuture {
        let Some(name) = self.name_of(parts) else { return CacheFuture::ready(None) };
        if let Some(entry) = self.shared.get(&name, self.absent_for) {
            return CacheFuture::ready(entry.endpoint);
        }
        let (shared, absent_for) = (self.shared.clone(), self.absent_for);
        CacheFuture(State::Loading(Box::pin(async move {
            // The first request for a name loads its endpoint. The others wait for that.
            shared.entries.remove_if(&name, |entry| !shared.is_fresh(entry, absent_for));
            let load = async {
                let endpoint = (shared.load)(name.clone()).await?.map(Arc::new);
                Ok(Entry { endpoint, loaded_at: Instant::now() })
            };
            let entry = shared.entries.get_or_insert_async(&name, load).await;
            entry.map(|entry| entry.endpoint).map_err(E::into)
        })))
    }
}

/// The future of [`Cache`]. It is ready at once if the name is cached.
pub struct CacheFuture(State);

enum State {
    Ready(Option<Arc<Endpoint>>),
    Loading(Pin<Box<dyn Future<Output = Resolved> + Send>>),
}

impl CacheFuture {
    fn ready(endpoint: Option<Arc<Endpoint>>) -> Self {
        Self(State::Ready(endpoint))
    }
}

impl Future for CacheFuture {
    type Output = Resolved;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Resolved> {
        match &mut self.0 {
            State::Ready(endpoint) => Poll::Ready(Ok(endpoint.take())),
            State::Loading(future) => future.as_mut().poll(cx),
        }
    }
}

impl<N, L> Clone for Cache<N, L> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), absent_for: self.absent_for }
    }
}

impl<N, L> fmt::Debug for Cache<N, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("len", &self.shared.entries.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for CacheFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheFuture").finish_non_exhaustive()
    }
}
