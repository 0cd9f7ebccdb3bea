//! What a service puts in front of its handlers.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use ::http::request::Parts;
use countersign_core::{Algorithm, Encoding};
use tower_layer::Layer;

use crate::error::ConfigError;
use crate::secret::Secret;
use crate::tower::body::mode::{PassThrough, Whole};
use crate::tower::body_budget::Budget;
use crate::tower::config::Policy;
use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::{Always, Resolve};
use crate::tower::replay::reservation::{Replays, Unanswered};
use crate::tower::replay::store::ReplayStore;
use crate::tower::request_url::Address;
use crate::tower::response::{Answers, RejectedStatus, RepeatedAnswer};
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
    /// For one connection: a [`Verifier`], or an [`Endpoint`] with a name and an address.
    ///
    /// # Errors
    /// `invalid_config` for a scheme that signs the URL, if the endpoint says neither by which
    /// [`origin`](Endpoint::origin) senders know it nor how the [`url`](Endpoint::url) is found.
    pub fn new(endpoint: impl Into<Endpoint>) -> Result<Self, ConfigError> {
        let (endpoint, policy) = (endpoint.into(), Policy::for_one());
        policy.check_early(&endpoint, false)?;
        Ok(Self { resolver: Arc::new(Always(Arc::new(endpoint))), policy, mode: PhantomData })
    }
}

impl<R: Resolve> VerifyLayer<R> {
    /// For many connections: `resolver` says which one a delivery is for.
    ///
    /// A delivery for none gets the same answer as one with a wrong signature, after the same work: it is hashed for a
    /// connection that takes nothing. That one has SHA_256 and one secret, unless [`decoy`](Self::decoy) says
    /// otherwise.
    ///
    /// A connection that cannot be used as the layer was told, such as one whose scheme signs the URL without an
    /// [`origin`](Self::origin), is found out when a delivery for it comes: that is answered with 500, and the log says why.
    pub fn resolving(resolver: R) -> Self {
        let nobody = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("nobody")).ok();
        let policy = Policy::for_many(nobody.map(Endpoint::from));
        Self { resolver: Arc::new(resolver), policy, mode: PhantomData }
    }

    /// Hands bodies to the handler while they arrive, in constant memory, and fails them at the end if they are not
    /// authentic.
    ///
    /// # Errors
    /// `unsupported` for a connection whose scheme signs something behind the body, and, where messages are
    /// [remembered](Self::deduplicate), for one whose scheme signs no id. With a resolver this is found out when a delivery
    /// for such a connection comes, which is answered with 500.
    pub fn pass_through(self) -> Result<VerifyLayer<R, PassThrough>, ConfigError> {
        self.check(true)?;
        Ok(VerifyLayer { resolver: self.resolver, policy: self.policy, mode: PhantomData })
    }

    /// Calls the handler once for each message: `store` remembers those that were taken, for `window` or, if that is longer, for
    /// the tolerance of the connection's scheme. Call it before [`pass_through`](Self::pass_through).
    ///
    /// The memory belongs to the layer and not to a connection, so that it lasts when the resolver finds the connection
    /// anew. Make the store once, and give a clone to each layer that takes deliveries for the same connections.
    ///
    /// # Errors
    /// `unsupported` for a connection whose scheme signs nothing, or no id where bodies pass through; `invalid_config` for a
    /// window of zero where the scheme has no tolerance, and for a connection without a [name](Endpoint::named): several layers
    /// may share a store. With a resolver this is found out when a delivery for such a connection comes, which is answered with
    /// 500. A connection that shall be exempt says so by [`Endpoint::repeatable`].
    pub fn deduplicate(mut self, store: impl ReplayStore, window: Duration) -> Result<Self, ConfigError> {
        self.policy.replays = Some(Replays { store: Arc::new(store), window });
        self.check(false)?;
        Ok(self)
    }

    fn check(&self, passes: bool) -> Result<(), ConfigError> {
        self.resolver.only().map_or(Ok(()), |endpoint| self.policy.check_early(endpoint, passes))
    }
}

impl<R, M> VerifyLayer<R, M> {
    /// The most bytes that a body may have, 2 MiB if nothing is said. A larger one is answered with 413, as soon as it
    /// is known to be larger.
    #[must_use]
    pub fn limit(self, bytes: u64) -> Self {
        self.with(|policy| policy.limit = bytes)
    }

    /// The time that a body may take to arrive, 30 seconds if nothing is said; `None` for any time. It runs from when the layer
    /// first has to wait for a piece, which is after the connection was looked up. One that takes longer is answered with 408.
    ///
    /// With [`pass_through`](VerifyLayer::pass_through) the time that the handler takes for what it reads counts too.
    ///
    /// Without it a sender could keep a connection for as long as it likes. It is measured by tokio's clock, so the service
    /// must run in a tokio runtime whose time is enabled.
    #[must_use]
    pub fn read_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|policy| policy.timeout = timeout.into())
    }

    /// The time that a resolver may take, 10 seconds if nothing is said; `None` for any time. A delivery whose connection is
    /// not found by then is answered with 503.
    #[must_use]
    pub fn resolve_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|policy| policy.resolve_timeout = timeout.into())
    }

    /// The time that a store of messages may take for each answer, 10 seconds if nothing is said; `None` for any time. A delivery
    /// whose message is not taken by then is answered with 503. Where the store takes longer to note what became of a message, the
    /// handler's answer goes out, and the store is left to finish.
    #[must_use]
    pub fn store_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|policy| policy.store_timeout = timeout.into())
    }

    /// The most bytes of bodies that all services of this layer and its clones hold at once, each until its handler has
    /// answered; as many as come if nothing is said. A body that does not fit is answered with 503 and `Retry-After`.
    ///
    /// Without it, many uploads at once hold the [`limit`](Self::limit) each. Bytes count as they arrive, with the room that is
    /// made for more of them, which is at most as much again and within the limit; a sender cannot claim any by announcing a
    /// length. With [`pass_through`](VerifyLayer::pass_through) bodies are not held, so nothing counts.
    ///
    /// Call it after [`limit`](Self::limit). A limit that is raised above the budget afterwards is lowered to it.
    ///
    /// # Errors
    /// `invalid_config` for a budget below the limit: a body between the two would never fit, however often it is sent.
    pub fn body_budget(self, bytes: u64) -> Result<Self, ConfigError> {
        if bytes < self.policy.limit {
            return Err(ConfigError::invalid(format!(
                "a budget of {bytes} bytes has no room for one body of the limit, {}; give a lower limit first, or a larger budget",
                self.policy.limit
            )));
        }
        Ok(self.with(|policy| policy.budget = Budget::new(bytes)))
    }

    /// Scheme and host by which senders know this service, such as `https://hooks.example.com`, for all connections that do
    /// not say it themselves. See [`Endpoint::origin`].
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        self.with(|policy| policy.address = Some(Address::origin(origin)))
    }

    /// How the URL is found that a sender called, for all connections that do not say it themselves. See [`Endpoint::url`].
    #[must_use]
    pub fn url(self, find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.with(|policy| policy.address = Some(Address::function(find)))
    }

    /// The answer to an authentic delivery whose message was taken before, if messages are
    /// [remembered](VerifyLayer::deduplicate): success if nothing is said.
    #[must_use]
    pub fn repeated_answer(self, answer: RepeatedAnswer) -> Self {
        self.with(|policy| policy.repeated = answer)
    }

    /// What becomes of a message whose handler did not get to answer: it stays taken if nothing is said.
    #[must_use]
    pub fn unanswered(self, unanswered: Unanswered) -> Self {
        self.with(|policy| policy.unanswered = unanswered)
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
        Verify { inner, shared: Arc::new(Shared { resolver, policy, answers }), mode: PhantomData }
    }
}

/// A service behind a [`VerifyLayer`].
///
/// It is always ready: the service behind it is cloned for each delivery, and asked when that is found to be authentic. It can
/// be sent to other threads if that service can.
#[derive(Debug)]
pub struct Verify<S, R = Always, M = Whole> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared<R>>,
    mode: PhantomData<M>,
}

/// What all clones of a service share: servers clone one for each request.
#[derive(Debug)]
pub(crate) struct Shared<R> {
    pub(crate) resolver: Arc<R>,
    pub(crate) policy: Policy,
    pub(crate) answers: Answers,
}

impl<S: Clone, R, M> Clone for Verify<S, R, M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: self.shared.clone(), mode: PhantomData }
    }
}
