//! `VerifyLayer`, which a service is built with, and its settings.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use ::http::request::Parts;
use countersign_core::{Algorithm, Encoding};
use tower_layer::Layer;

use crate::error::ConfigError;
use crate::secret::Secret;
use crate::tower::body::mode::{PassThrough, Whole};
use crate::tower::body_budget::BodyBudget;
use crate::tower::config::{Config, decoy_endpoint};
use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::{Resolve, SingleEndpoint};
use crate::tower::future::Shared;
use crate::tower::pace::LeastRate;
use crate::tower::replay::Unanswered;
use crate::tower::replay::store::ReplayStore;
use crate::tower::request_url::UrlSource;
use crate::tower::response::{RejectedStatus, RepeatedAnswer};
use crate::tower::service::Verify;
use crate::verifier::Verifier;

/// Passes authentic deliveries to the handler, and refuses all others.
///
/// [The module](crate::tower) describes what the handler gets, and the responses that senders get.
#[derive(Debug)]
pub struct VerifyLayer<R = SingleEndpoint, M = Whole> {
    resolver: Arc<R>,
    config: Config,
    mode: PhantomData<M>,
}

impl VerifyLayer {
    /// Creates a layer with one endpoint: a [`Verifier`], or an [`Endpoint`] with a name and a URL.
    ///
    /// # Errors
    /// `invalid_config` for a scheme that signs the URL, if the endpoint has neither an [`origin`](Endpoint::origin)
    /// nor a function that finds the [`url`](Endpoint::url).
    pub fn new(endpoint: impl Into<Endpoint>) -> Result<Self, ConfigError> {
        let (endpoint, config) = (endpoint.into(), Config::for_single_endpoint());
        config.check_single_endpoint(&endpoint, false)?;
        Ok(Self { resolver: Arc::new(SingleEndpoint(Arc::new(endpoint))), config, mode: PhantomData })
    }
}

impl<R: Resolve> VerifyLayer<R> {
    /// Creates a layer with many endpoints: `resolver` finds the endpoint of each request.
    ///
    /// A delivery for an unknown endpoint gets the same response as one with a wrong signature, and that response takes
    /// as long: the body is hashed for an endpoint that accepts nothing. By default that has the algorithm SHA_256 and
    /// one secret. Use [`decoy`](Self::decoy) to change it.
    ///
    /// Endpoints are checked when a delivery for them arrives. If the layer cannot do for an endpoint what its settings
    /// say, such as find the URL that a scheme signs without an [`origin`](Self::origin), the response is 500, and the
    /// log contains the reason.
    pub fn resolving(resolver: R) -> Self {
        let decoy = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("nobody")).ok();
        let config = Config::for_resolver(decoy.map(Endpoint::from));
        Self { resolver: Arc::new(resolver), config, mode: PhantomData }
    }

    /// Gives bodies to the handler while they arrive, in constant memory. If a delivery is not authentic, its body ends
    /// with an error. The handler runs before the verdict, so it must not act on what it reads before the end.
    ///
    /// # Errors
    /// `unsupported` for an endpoint whose scheme signs something after the body, and, with
    /// [`deduplicate`](Self::deduplicate), for one whose scheme signs no id. With a resolver the layer finds this out
    /// when a delivery for such an endpoint arrives, and answers with 500.
    pub fn pass_through(self) -> Result<VerifyLayer<R, PassThrough>, ConfigError> {
        self.check(true)?;
        let config = Config { is_pass_through: true, ..self.config };
        Ok(VerifyLayer { resolver: self.resolver, config, mode: PhantomData })
    }

    /// Calls the handler once for each message, as [the module](crate::tower#replays) defines it. `store` remembers messages for `window`, or for the tolerance of the
    /// endpoint's scheme if that is longer. Call this before [`pass_through`](Self::pass_through).
    ///
    /// The store belongs to the layer and not to an endpoint, so that it keeps its messages when the resolver builds an
    /// endpoint anew. Create one store, and give a clone to each layer for the same endpoints.
    ///
    /// # Errors
    /// `unsupported` for an endpoint whose scheme signs nothing, or, with [`pass_through`](Self::pass_through), no id.
    /// `invalid_config` for a window of zero if the scheme has no tolerance, and for an endpoint without a
    /// [name](Endpoint::named), because several layers may share a store. With a resolver the layer finds this out when
    /// a delivery for such an endpoint arrives, and answers with 500. [`Endpoint::repeatable`] exempts an endpoint.
    pub fn deduplicate(mut self, store: impl ReplayStore, window: Duration) -> Result<Self, ConfigError> {
        self.config.replay.store = Some(Arc::new(store));
        self.config.replay.window = window;
        self.check(false)?;
        Ok(self)
    }

    fn check(&self, is_pass_through: bool) -> Result<(), ConfigError> {
        self.resolver.only().map_or(Ok(()), |endpoint| self.config.check_single_endpoint(endpoint, is_pass_through))
    }
}

impl<R, M> VerifyLayer<R, M> {
    /// Sets the most bytes that a body may have. The default is 2 MiB. A larger body is answered with 413 as soon as it
    /// is known to be larger. If the sender does not repeat it, that event is lost: GitHub, for one, sends up to 25 MB.
    #[must_use]
    pub fn limit(self, bytes: u64) -> Self {
        self.with(|config| {
            config.limit = bytes;
            Arc::make_mut(&mut config.budget).divide(bytes);
        })
    }

    /// Sets the time that a body may take to arrive. The default is 30 seconds; `None` means any time. A body that
    /// takes longer is answered with 408. The time starts when the layer first has to wait for a part of the body,
    /// which is after the endpoint was found.
    ///
    /// With [`pass_through`](VerifyLayer::pass_through) the time that the handler spends between its reads counts too.
    ///
    /// Without a timeout a sender can keep a TCP connection open as long as it likes. The layer uses tokio's clock, so
    /// the service must run in a tokio runtime with time enabled.
    #[must_use]
    pub fn read_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|config| config.read_timeout = timeout.into())
    }

    /// Sets how many bytes must arrive in a second, once `after` has passed; `after` is counted as
    /// [`read_timeout`](Self::read_timeout) is. Bytes that arrive earlier than they must give a sender time to stand still,
    /// of which it can have `after` at most. A body that is slower is answered with 408, so that a sender cannot keep bytes
    /// and a TCP connection for the whole timeout with a few bytes. Zero bytes a second are no such rate.
    ///
    /// With a [`body_budget`](Self::body_budget) the default is 1024 bytes a second after 5 seconds. Otherwise, and with
    /// [`pass_through`](VerifyLayer::pass_through), the default is no such rate.
    #[must_use]
    pub fn least_rate(self, bytes_per_second: u32, after: Duration) -> Self {
        self.with(|config| config.least_rate = Some(LeastRate { bytes_per_second, after }))
    }

    /// Sets the time that a resolver may take. The default is 10 seconds; `None` means any time. If the endpoint is not
    /// found by then, the response is 503.
    #[must_use]
    pub fn resolve_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|config| config.resolve_timeout = timeout.into())
    }

    /// Sets the time that a [store of messages](ReplayStore) may take for each answer. The default is 10 seconds;
    /// `None` means any time. If the message is not reserved by then, the response is 503. If the store takes longer to
    /// note the outcome of a message, the handler's response is sent, and the store finishes in the background.
    #[must_use]
    pub fn store_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|config| config.replay.store_timeout = timeout.into())
    }

    /// Sets the most bytes of bodies that all services of this layer and its clones keep in memory together. By default
    /// there is no such limit. Each body counts until its handler has answered. A body that does not fit is answered
    /// with 503 and `Retry-After`.
    ///
    /// Without a budget, many uploads at once take [`limit`](Self::limit) bytes each. Bytes count as they arrive,
    /// together with the room that is reserved for more of them, which is at most as much again and within the limit. A
    /// sender cannot use up the budget by announcing a length. With [`pass_through`](VerifyLayer::pass_through) bodies
    /// are not kept in memory, so nothing counts.
    ///
    /// Anyone can fill the budget with uploads that carry no signature, and what does not fit then is refused, authentic
    /// or not: it is lost if its sender does not try again. So with a budget, unless you set them otherwise, an eighth of
    /// it is [for bodies of up to 64 KiB](Self::small_body_budget) (less if the largest body needs it), and each body must
    /// keep a [least rate](Self::least_rate).
    ///
    /// The memory of the process is larger than the budget: see [the module](crate::tower#memory).
    ///
    /// Call this after [`limit`](Self::limit). If the limit is raised above the budget afterwards, the budget is the
    /// limit.
    ///
    /// # Errors
    /// `invalid_config` for a budget below the limit: a body between the two would never fit, however often it is sent.
    pub fn body_budget(self, bytes: u64) -> Result<Self, ConfigError> {
        self.check_has_room(bytes)?;
        Ok(self.with(|config| Arc::make_mut(&mut config.budget).set_total(bytes, config.limit)))
    }

    /// Gives bodies of up to 64 KiB room of their own, of this many bytes beside the [`body_budget`](Self::body_budget), so
    /// that large uploads cannot keep them out. When it is full, they take from the budget like all others. By default it is
    /// an eighth of the budget. Without a budget it means nothing.
    #[must_use]
    pub fn small_body_budget(self, bytes: u64) -> Self {
        self.with(|config| Arc::make_mut(&mut config.budget).set_small(bytes))
    }

    /// Sets how many bytes of [`body_budget`](Self::body_budget) bodies may take that were not verified yet. Those that wait
    /// for their handler have the rest. A body that does not fit is answered with 503.
    ///
    /// Call this after [`limit`](Self::limit).
    ///
    /// # Errors
    /// `invalid_config` for less than the limit: a body between the two would never fit.
    pub fn unverified_body_budget(self, bytes: u64) -> Result<Self, ConfigError> {
        self.check_has_room(bytes)?;
        Ok(self.with(|config| Arc::make_mut(&mut config.budget).unverified = BodyBudget::new(bytes)))
    }

    /// Sets the scheme and host that senders call, such as `https://hooks.example.com`, for all endpoints without their
    /// own. See [`Endpoint::origin`].
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        self.with(|config| config.url_source = Some(UrlSource::origin(origin)))
    }

    /// Sets a function that returns the URL that the sender of a request called, for all endpoints without their own.
    /// See [`Endpoint::url`].
    #[must_use]
    pub fn url(self, find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.with(|config| config.url_source = Some(UrlSource::function(find)))
    }

    /// Sets the response to an authentic delivery whose message arrived before, if the layer
    /// [handles each message once](VerifyLayer::deduplicate). The default is success.
    #[must_use]
    pub fn repeated_answer(self, answer: RepeatedAnswer) -> Self {
        self.with(|config| config.repeated_answer = answer)
    }

    /// Sets what happens to a message whose handler was dropped before it answered. By default the message stays
    /// reserved.
    #[must_use]
    pub fn unanswered(self, unanswered: Unanswered) -> Self {
        self.with(|config| config.replay.unanswered = unanswered)
    }

    /// Sets the status of the response to a delivery that is not authentic. The default is 401.
    #[must_use]
    pub fn rejected_status(self, status: RejectedStatus) -> Self {
        self.with(|config| config.rejected_status = status)
    }

    /// Sets the endpoint that deliveries for unknown endpoints are hashed with, in place of SHA_256 with one secret.
    /// Give one like most of your endpoints, with any secret. It accepts nothing.
    #[must_use]
    pub fn decoy(self, endpoint: impl Into<Endpoint>) -> Self {
        self.with(|config| config.decoy = Some(decoy_endpoint(endpoint.into())))
    }

    fn check_has_room(&self, bytes: u64) -> Result<(), ConfigError> {
        let limit = self.config.limit;
        if bytes >= limit {
            return Ok(());
        }
        Err(ConfigError::invalid(format!(
            "a budget of {bytes} bytes has no room for one body of the limit, {limit}; give a lower limit first, or a larger budget"
        )))
    }

    fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }
}

impl<R, M> Clone for VerifyLayer<R, M> {
    fn clone(&self) -> Self {
        Self { resolver: self.resolver.clone(), config: self.config.clone(), mode: PhantomData }
    }
}

impl<S, R, M> Layer<S> for VerifyLayer<R, M> {
    type Service = Verify<S, R, M>;

    fn layer(&self, inner: S) -> Self::Service {
        let (resolver, config) = (self.resolver.clone(), self.config.clone());
        let responses = config.responses();
        Verify::new(inner, Shared { resolver, config, responses })
    }
}
