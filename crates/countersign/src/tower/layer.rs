//! What a service puts in front of its handlers.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use countersign_core::{Algorithm, Encoding};
use tower_layer::Layer;

use crate::error::ConfigError;
use crate::secret::Secret;
use crate::tower::answer::{Answers, RejectedStatus};
use crate::tower::endpoint::Endpoint;
use crate::tower::mode::{PassThrough, Whole};
use crate::tower::policy::Policy;
use crate::tower::resolver::{Always, Resolve};
use crate::verifier::Verifier;

/// Lets authentic deliveries through, and no others.
///
/// See [the module](crate::tower) for what the handler gets and what senders hear.
#[derive(Debug)]
pub struct VerifyLayer<R = Always, M = Whole> {
    resolver: Arc<R>,
    policy: Policy,
    mode: PhantomData<M>,
}

impl VerifyLayer {
    /// For one connection: a [`Verifier`], a [`ReplayGuard`](crate::ReplayGuard), or an [`Endpoint`] with a name.
    pub fn new(endpoint: impl Into<Endpoint>) -> Self {
        let resolver = Arc::new(Always(Arc::new(endpoint.into())));
        Self { resolver, policy: Policy::new(None), mode: PhantomData }
    }
}

impl<R: Resolve> VerifyLayer<R> {
    /// For many connections: `resolver` says which one a delivery is for.
    ///
    /// A delivery for none gets the same answer as one with a wrong signature, after the same work: it is hashed for a
    /// connection that takes nothing. That one has SHA_256 and one secret, unless [`decoy`](Self::decoy) says
    /// otherwise.
    pub fn resolving(resolver: R) -> Self {
        let nobody = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("nobody")).ok();
        Self { resolver: Arc::new(resolver), policy: Policy::new(nobody.map(Endpoint::from)), mode: PhantomData }
    }

    /// Hands bodies to the handler while they arrive, in constant memory, and fails them at the end if they are not
    /// authentic.
    ///
    /// # Errors
    /// `unsupported` for a connection whose scheme signs something behind the body, and for a
    /// [`ReplayGuard`](crate::ReplayGuard) whose scheme signs no id. With a resolver this is found out when a delivery
    /// for such a connection comes, which is answered with 500.
    pub fn pass_through(self) -> Result<VerifyLayer<R, PassThrough>, ConfigError> {
        self.resolver.check_streamable()?;
        Ok(VerifyLayer { resolver: self.resolver, policy: self.policy, mode: PhantomData })
    }
}

impl<R, M> VerifyLayer<R, M> {
    /// The most bytes that a body may have, 2 MiB if nothing is said. A larger one is answered with 413, as soon as it
    /// is known to be larger.
    #[must_use]
    pub fn limit(self, bytes: u64) -> Self {
        self.with(|policy| policy.limit = bytes)
    }

    /// The time that a body may take to arrive, from the end of its headers on, 30 seconds if nothing is said; `None` for
    /// any time. One that takes longer is answered with 408.
    ///
    /// With [`pass_through`](VerifyLayer::pass_through) the time that the handler takes for what it reads counts too.
    ///
    /// Without it a sender could keep a connection for as long as it likes. It is measured by tokio's clock, so the service
    /// must run in a tokio runtime whose time is enabled.
    #[must_use]
    pub fn read_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|policy| policy.timeout = timeout.into())
    }

    /// Scheme and host by which senders know this service, such as `https://hooks.example.com`, for schemes that sign the
    /// URL. What the request says of itself is taken if nothing is said, but a server seldom sees all of that.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        let origin: String = origin.into();
        self.with(|policy| policy.origin = Some(origin.trim_end_matches('/').to_owned()))
    }

    /// The status of the answer to a delivery that is not authentic, 401 if nothing is said.
    #[must_use]
    pub fn rejected_status(self, status: RejectedStatus) -> Self {
        self.with(|policy| policy.rejected = status)
    }

    /// What deliveries for unknown connections are hashed with, in place of SHA_256 with one secret: a connection like
    /// most of yours, with any secret. It takes nothing.
    #[must_use]
    pub fn decoy(self, endpoint: impl Into<Endpoint>) -> Self {
        self.with(|policy| policy.nobody = Some(Arc::new(endpoint.into().named("unknown"))))
    }

    fn with(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }
}

impl<R, M> Clone for VerifyLayer<R, M> {
    fn clone(&self) -> Self {
        Self { resolver: self.resolver.clone(), policy: self.policy.clone(), mode: PhantomData }
    }
}

impl<S, R, M> Layer<S> for VerifyLayer<R, M> {
    type Service = Verify<S, R, M>;

    fn layer(&self, inner: S) -> Self::Service {
        let (resolver, policy) = (self.resolver.clone(), self.policy.clone());
        let answers = policy.answers();
        Verify { shared: Arc::new(Shared { inner, resolver, policy, answers }), mode: PhantomData }
    }
}

/// A service behind a [`VerifyLayer`].
///
/// It is always ready: the service behind it is cloned, and asked, when there is an authentic delivery for it. It can be sent
/// to other threads if that service is `Send` and `Sync`.
#[derive(Debug)]
pub struct Verify<S, R = Always, M = Whole> {
    pub(super) shared: Arc<Shared<S, R>>,
    mode: PhantomData<M>,
}

/// What all clones of a service share: servers clone one for each request.
#[derive(Debug)]
pub(super) struct Shared<S, R> {
    pub(super) inner: S,
    pub(super) resolver: Arc<R>,
    pub(super) policy: Policy,
    pub(super) answers: Answers,
}

impl<S, R, M> Clone for Verify<S, R, M> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), mode: PhantomData }
    }
}
