//! Which connection a delivery is for.

use std::future::{Ready, ready};
use std::sync::Arc;

use ::http::request::Parts;

use crate::tower::endpoint::Endpoint;
use crate::tower::refusal::Refusal;
use crate::tower::telemetry;

/// What a resolver comes to: the connection, `None` if there is none for this delivery, or that it could not find out.
pub type Resolved = Result<Option<Arc<Endpoint>>, ResolveError>;

/// Why a resolver could not find out; it goes to the log.
pub type ResolveError = Box<dyn std::error::Error + Send + Sync>;

/// Finds the connection of a delivery, by its path, its host or a header.
///
/// Any function from [`Parts`] to a future is one; [`lookup`] makes one of a function that knows at once, and
/// [`Cache`](crate::tower::Cache) remembers what a slow one found. Nothing here is authenticated yet: what it is told may be
/// made up.
pub trait Resolve {
    /// What becomes the connection.
    type Future: Future<Output = Resolved>;

    /// Begins to look for the connection of a delivery.
    fn resolve(&self, parts: &Parts) -> Self::Future;

    /// The connection, if there is one for all deliveries: what it cannot do is then an error when the layer is made.
    fn only(&self) -> Option<&Endpoint> {
        None
    }
}

impl<F, Found> Resolve for F
where
    F: Fn(&Parts) -> Found,
    Found: Future<Output = Resolved>,
{
    type Future = Found;

    fn resolve(&self, parts: &Parts) -> Found {
        self(parts)
    }
}

/// One connection for all deliveries.
#[derive(Clone, Debug)]
pub struct Always(pub(crate) Arc<Endpoint>);

impl Resolve for Always {
    type Future = Ready<Resolved>;

    fn resolve(&self, _: &Parts) -> Self::Future {
        ready(Ok(Some(self.0.clone())))
    }

    fn only(&self) -> Option<&Endpoint> {
        Some(&self.0)
    }
}

/// A resolver that knows at once, from [`lookup`].
#[derive(Clone, Copy, Debug)]
pub struct Lookup<F>(F);

/// Makes a resolver of a function that looks into memory, such as a map.
pub fn lookup<F: Fn(&Parts) -> Option<Arc<Endpoint>>>(find: F) -> Lookup<F> {
    Lookup(find)
}

impl<F: Fn(&Parts) -> Option<Arc<Endpoint>>> Resolve for Lookup<F> {
    type Future = Ready<Resolved>;

    fn resolve(&self, parts: &Parts) -> Self::Future {
        ready(Ok((self.0)(parts)))
    }
}

/// What a delivery is verified with.
#[expect(missing_debug_implementations, reason = "nobody gets to see it")]
pub struct Found {
    pub(crate) endpoint: Arc<Endpoint>,
    /// Whether it is that of a connection. If not, nothing is taken, whatever the endpoint says.
    pub(crate) is_known: bool,
}

impl Found {
    /// What was found, or `nobody` in its place.
    pub(crate) fn of(resolved: Resolved, nobody: Option<&Arc<Endpoint>>) -> Result<Self, Refusal> {
        match (resolved, nobody) {
            (Ok(Some(endpoint)), _) => Ok(Self { endpoint, is_known: true }),
            (Ok(None), Some(nobody)) => Ok(Self { endpoint: nobody.clone(), is_known: false }),
            (Ok(None), None) => Err(Refusal::UnknownConnection),
            (Err(error), _) => {
                telemetry::unresolved(&error);
                Err(Refusal::Unresolved)
            }
        }
    }
}
