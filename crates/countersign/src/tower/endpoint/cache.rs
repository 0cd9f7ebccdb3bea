//! A memory of connections, for resolvers that ask a database.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ::http::request::Parts;

use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::{Resolve, ResolveError, Resolved};

/// A resolver that remembers what a slow one found: connections, and that there is none, each for some time.
///
/// Many deliveries for a connection that is not remembered wait for one look-up. Failures are not remembered. What many ask
/// for stays, however many made-up names are asked for once. Clones share what they remember.
///
/// A look-up takes time, and that time shows a sender which names were asked for lately. Where not even that may show,
/// resolve from memory, with [`lookup`](crate::tower::lookup).
///
/// To remember which messages were taken is not its business: [`VerifyLayer::deduplicate`](crate::tower::VerifyLayer::deduplicate)
/// does that, for as long as they can be replayed, whatever is forgotten here.
pub struct Cache<N, L> {
    shared: Arc<Shared<N, L>>,
    /// How long it is remembered that there is no connection.
    absence: Duration,
}

/// Most time that an absence is remembered unless more is wanted: a new connection should not be refused for long.
const ABSENCE: Duration = Duration::from_secs(10);

/// Anyone can make up names; longer ones are taken for unknown, so that they do not fill the memory.
const LONGEST_NAME: usize = 256;

struct Shared<N, L> {
    name: N,
    load: L,
    time_to_live: Duration,
    remembered: quick_cache::sync::Cache<String, Remembered>,
}

#[derive(Clone)]
struct Remembered {
    endpoint: Option<Arc<Endpoint>>,
    since: Instant,
}

impl<N, L> Cache<N, L> {
    /// Remembers up to `capacity` names for `time_to_live` each: after that time a new secret is in use at the latest.
    ///
    /// `name` finds in a delivery's head what its connection is called, in up to 256 bytes, `None` if nothing is; `load` finds the connection of
    /// that name, `None` if there is none.
    pub fn new(capacity: usize, time_to_live: Duration, name: N, load: L) -> Self {
        let remembered = quick_cache::sync::Cache::new(capacity);
        let shared = Arc::new(Shared { name, load, time_to_live, remembered });
        Self { shared, absence: time_to_live.min(ABSENCE) }
    }

    /// Remembers for `time_to_live` that there is no connection of a name: after that time a new one is found at the latest. 10
    /// seconds if nothing is said, or as long as connections are remembered if that is less.
    #[must_use]
    pub fn absent_for(self, time_to_live: Duration) -> Self {
        Self { absence: time_to_live, ..self }
    }

    /// Forgets what is known of `name`, such as after its secret was changed.
    pub fn forget(&self, name: &str) {
        self.shared.remembered.remove(name);
    }
}

impl<N, L> Shared<N, L> {
    fn recall(&self, name: &str, absence: Duration) -> Option<Remembered> {
        self.remembered.get(name).filter(|remembered| self.is_fresh(remembered, absence))
    }

    fn is_fresh(&self, remembered: &Remembered, absence: Duration) -> bool {
        remembered.since.elapsed() < if remembered.endpoint.is_some() { self.time_to_live } else { absence }
    }
}

impl<N, L, Loading, E> Resolve for Cache<N, L>
where
    N: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    L: Fn(String) -> Loading + Send + Sync + 'static,
    Loading: Future<Output = Result<Option<Endpoint>, E>> + Send,
    E: Into<ResolveError> + Send,
{
    type Future = Recalling;

    fn resolve(&self, parts: &Parts) -> Recalling {
        let name = (self.shared.name)(parts).filter(|name| name.len() <= LONGEST_NAME);
        let Some(name) = name else { return Recalling::known(None) };
        if let Some(remembered) = self.shared.recall(&name, self.absence) {
            return Recalling::known(remembered.endpoint);
        }
        let (shared, absence) = (self.shared.clone(), self.absence);
        Recalling(State::Unknown(Box::pin(async move {
            // Whoever comes first looks it up; the others wait for it.
            shared.remembered.remove_if(&name, |remembered| !shared.is_fresh(remembered, absence));
            let load = async {
                let endpoint = (shared.load)(name.clone()).await?.map(Arc::new);
                Ok(Remembered { endpoint, since: Instant::now() })
            };
            let remembered = shared.remembered.get_or_insert_async(&name, load).await;
            remembered.map(|remembered| remembered.endpoint).map_err(E::into)
        })))
    }
}

/// Becomes a connection, at once if it is remembered.
pub struct Recalling(State);

enum State {
    Known(Option<Arc<Endpoint>>),
    Unknown(Pin<Box<dyn Future<Output = Resolved> + Send>>),
}

impl Recalling {
    fn known(endpoint: Option<Arc<Endpoint>>) -> Self {
        Self(State::Known(endpoint))
    }
}

impl Future for Recalling {
    type Output = Resolved;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Resolved> {
        match &mut self.0 {
            State::Known(endpoint) => Poll::Ready(Ok(endpoint.take())),
            State::Unknown(loading) => loading.as_mut().poll(cx),
        }
    }
}

impl<N, L> Clone for Cache<N, L> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), absence: self.absence }
    }
}

impl<N, L> fmt::Debug for Cache<N, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("remembered", &self.shared.remembered.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Recalling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recalling").finish_non_exhaustive()
    }
}
