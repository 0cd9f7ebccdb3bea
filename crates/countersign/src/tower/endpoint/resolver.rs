//! Finds the endpoint of a request.

use std::future::{Ready, ready};
use std::sync::Arc;

use ::http::request::Parts;

use crate::tower::endpoint::Endpoint;

/// The result of a resolver: the endpoint, `None` if there is none for this request, or an error if that could not be
/// found out.
pub type Resolved = Result<Option<Arc<Endpoint>>, ResolveError>;

/// Why a resolver failed. The layer logs it, and answers with 503. It knows for which endpoint only if
/// [`Resolve::name_of`] says so, as that of a [`Cache`](crate::tower::Cache) does; otherwise let the error say it. But what a
/// sender wrote, such as a segment of the path, must not get into a log as it is: print it with `{:?}`.
pub type ResolveError = Box<dyn std::error::Error + Send + Sync>;

/// Finds the endpoint of a request, by its path, its host or a header.
///
/// Any function from [`Parts`] to a future of [`Resolved`] is a resolver. [`lookup`] makes a resolver of a function
/// that is not asynchronous, and [`Cache`](crate::tower::Cache) remembers the results of a slow one. The request is not
/// verified yet: anyone can have written it.
///
/// If a resolver panics, the layer treats it as one that failed, and drops its future.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not find the endpoint of a request",
    label = "not a resolver",
    note = "wrap a function that is not asynchronous in `lookup(…)`: `VerifyLayer::resolving(lookup(|parts: &Parts| …))`",
    note = "an asynchronous function must take `&Parts`, and its future must return `Resolved`"
)]
pub trait Resolve {
    /// The future of the endpoint.
    type Future: Future<Output = Resolved>;

    /// Starts to find the endpoint of a request.
    fn resolve(&self, parts: &Parts) -> Self::Future;

    /// The name by which the endpoint of a request is looked for, if the resolver knows it before it has found one. If the
    /// resolver fails, the layer logs it with `{:?}`, since a sender can have written it. The default is `None`.
    fn name_of(&self, parts: &Parts) -> Option<String> {
        let _ = parts;
        None
    }

    /// The endpoint, if it is the same for all requests. The layer then checks its settings when it is built, and not
    /// when a request arrives. The default is `None`.
    fn only(&self) -> Option<&Endpoint> {
        None
    }
}

// Without the attribute the compiler would only say that the function's result is not a future.
#[diagnostic::do_not_recommend]
impl<F, ResolveFuture> Resolve for F
where
    F: Fn(&Parts) -> ResolveFuture,
    ResolveFuture: Future<Output = Resolved>,
{
    type Future = ResolveFuture;

    fn resolve(&self, parts: &Parts) -> ResolveFuture {
        self(parts)
    }
}

/// The resolver of [`VerifyLayer::new`](crate::tower::VerifyLayer::new): one endpoint for all requests.
#[derive(Clone, Debug)]
pub struct SingleEndpoint(pub(crate) Arc<Endpoint>);

impl Resolve for SingleEndpoint {
    type Future = Ready<Resolved>;

    fn resolve(&self, _: &Parts) -> Self::Future {
        ready(Ok(Some(self.0.clone())))
    }

    fn only(&self) -> Option<&Endpoint> {
        Some(&self.0)
    }
}

/// A resolver that [`lookup`] makes of a function.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<F>(F);

/// Makes a resolver of a function that is not asynchronous, such as one that looks into a map.
pub fn lookup<F: Fn(&Parts) -> Option<Arc<Endpoint>>>(find: F) -> Lookup<F> {
    Lookup(find)
}

impl<F: Fn(&Parts) -> Option<Arc<Endpoint>>> Resolve for Lookup<F> {
    type Future = Ready<Resolved>;

    fn resolve(&self, parts: &Parts) -> Self::Future {
        ready(Ok((self.0)(parts)))
    }
}

/// The endpoint that a request is verified with.
#[expect(missing_debug_implementations, reason = "the public interface never returns one")]
pub struct ResolvedEndpoint {
    pub(crate) endpoint: Arc<Endpoint>,
    /// Whether the resolver found it. If not, it is the decoy for unknown endpoints: the request is verified, so that
    /// the response takes as long, and always refused.
    pub(crate) is_known: bool,
}
