//! The settings of a layer, their defaults, and the checks that an endpoint fits them.

use std::sync::Arc;
use std::time::Duration;

use crate::error::ConfigError;
use crate::tower::body_budget::{BodyBudget, LayerBudget};
use crate::tower::endpoint::Endpoint;
use crate::tower::pace::{LeastRate, Pace};
use crate::tower::refusal::Refusal;
use crate::tower::replay::{ReplaySettings, Unanswered};
use crate::tower::request_url::UrlSource;
use crate::tower::response::{RejectedStatus, RepeatedAnswer, Responses};

/// The same as axum's own limit.
const DEFAULT_LIMIT: u64 = 2 * 1024 * 1024;

const DEFAULT_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The least rate of a layer with a budget, unless the operator sets another: those of countersignd. Without it, a few
/// senders that stand still could keep all others out for the whole timeout.
const LEAST_RATE_WITH_BUDGET: LeastRate = LeastRate { bytes_per_second: 1024, after: Duration::from_secs(5) };

const DEFAULT_RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// The settings of a layer. The methods of [`VerifyLayer`](crate::tower::VerifyLayer) say what each of them means.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) limit: u64,
    pub(crate) read_timeout: Option<Duration>,
    /// The least rate that the operator has set: none, if it is zero bytes a second. `None` if nothing was set.
    pub(crate) least_rate: Option<LeastRate>,
    pub(crate) is_pass_through: bool,
    pub(crate) resolve_timeout: Option<Duration>,
    /// Shared with the bodies that take from it.
    pub(crate) budget: Arc<LayerBudget>,
    pub(crate) url_source: Option<UrlSource>,
    pub(crate) rejected_status: RejectedStatus,
    pub(crate) repeated_answer: RepeatedAnswer,
    pub(crate) replay: ReplaySettings,
    /// Verifies requests for unknown endpoints, so that their responses take as long. `None` if there is only one
    /// endpoint.
    pub(crate) decoy: Option<Arc<Endpoint>>,
}

impl Config {
    /// The defaults for a layer with one endpoint.
    pub(crate) fn for_single_endpoint() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            read_timeout: Some(DEFAULT_READ_TIMEOUT),
            least_rate: None,
            is_pass_through: false,
            resolve_timeout: Some(DEFAULT_RESOLVE_TIMEOUT),
            budget: Arc::default(),
            url_source: None,
            rejected_status: RejectedStatus::default(),
            repeated_answer: RepeatedAnswer::default(),
            replay: ReplaySettings {
                store: None,
                window: Duration::ZERO,
                unanswered: Unanswered::default(),
                store_timeout: Some(DEFAULT_STORE_TIMEOUT),
            },
            decoy: None,
        }
    }

    /// The defaults for a layer with a resolver. `decoy` verifies requests for unknown endpoints.
    pub(crate) fn for_resolver(decoy: Option<Endpoint>) -> Self {
        let mut config = Self::for_single_endpoint();
        config.decoy = decoy.map(decoy_endpoint);
        config
    }

    /// The most bytes that a body may have. A body that is larger than a whole budget would never fit, so it is over the
    /// limit.
    pub(crate) fn limit(&self) -> u64 {
        let budgets = [&self.budget.all, &self.budget.unverified].into_iter().filter_map(BodyBudget::limit);
        budgets.fold(self.limit, u64::min)
    }

    /// How fast a body must arrive. With `pass_through` the handler's own pauses count too, so no least rate is set for
    /// it.
    pub(crate) fn pace(&self) -> Pace {
        let is_default = self.budget.is_set() && !self.is_pass_through;
        let least_rate = self.least_rate.or(is_default.then_some(LEAST_RATE_WITH_BUDGET));
        Pace { timeout: self.read_timeout, least_rate: least_rate.filter(|rate| rate.bytes_per_second > 0) }
    }

    pub(crate) fn responses(&self) -> Responses {
        Responses::new(self.rejected_status, self.repeated_answer, self.pace())
    }

    /// Checks that the layer can do for an endpoint what its settings say: verify bodies while they arrive if
    /// `is_pass_through`, find the URL, and recognize messages that arrive again.
    ///
    /// # Errors
    /// What the layer cannot do. This is the operator's fault.
    pub(crate) fn check_endpoint(&self, endpoint: &Endpoint, is_pass_through: bool) -> Result<(), Refusal> {
        let verifier = endpoint.verifier();
        if is_pass_through && verifier.streaming().is_err() {
            return Err(Refusal::NotStreamable);
        }
        let url_source = endpoint.url_source().or(self.url_source.as_ref());
        if verifier.reads_url() && !url_source.is_some_and(UrlSource::is_valid) {
            return Err(Refusal::NoUrl);
        }
        if self.replay.store_for(endpoint).is_some() {
            let has_window = verifier.replay_window(self.replay.window).is_ok();
            // The id is read from the head. Anything else that identifies a message is known only at the end of the
            // body.
            if !has_window || (is_pass_through && !verifier.signs_id()) {
                return Err(Refusal::NotIdentifiable);
            }
            if !endpoint.is_named() {
                return Err(Refusal::Unnamed);
            }
        }
        Ok(())
    }

    /// The same check for an endpoint that is known when the layer is built.
    ///
    /// # Errors
    /// What the layer cannot do, and what to do about it.
    pub(crate) fn check_single_endpoint(&self, endpoint: &Endpoint, is_pass_through: bool) -> Result<(), ConfigError> {
        let Err(refusal) = self.check_endpoint(endpoint, is_pass_through) else { return Ok(()) };
        let verifier = endpoint.verifier();
        if is_pass_through {
            verifier.streaming()?;
        }
        Err(match refusal {
            Refusal::NoUrl if endpoint.url_source().is_some() => ConfigError::invalid(
                "the origin must be scheme and host, such as https://hooks.example.com, and the part of the path that a proxy \
                 removes, if any; without user, query or fragment",
            ),
            Refusal::NoUrl => ConfigError::invalid(
                "this scheme signs the URL, and a request does not contain the URL that its sender called; \
                 give Endpoint::origin, such as https://hooks.example.com, or Endpoint::url",
            ),
            Refusal::NotIdentifiable if !verifier.signs() => ConfigError::unsupported(
                "without a signature (auth_method TOKEN_BASED or NONE) one message cannot be told from another, so deduplicate \
                 cannot know replays; exempt the endpoint with Endpoint::repeatable",
            ),
            Refusal::NotIdentifiable => {
                verifier.replay_window(self.replay.window)?;
                ConfigError::unsupported(
                    "this scheme signs no id, so a repeated message is recognized only at the end of its body; \
                     use VerifyLayer without pass_through, or exempt the endpoint with Endpoint::repeatable",
                )
            }
            Refusal::Unnamed => ConfigError::invalid(
                "messages are remembered under the name of their endpoint, and this endpoint has none; \
                 give Endpoint::named, such as Endpoint::from(verifier).named(\"github\")",
            ),
            other => ConfigError::invalid(other.to_string()),
        })
    }
}

/// The endpoint that verifies requests for unknown endpoints, under the name that logs and metrics give to those.
pub(crate) fn decoy_endpoint(endpoint: Endpoint) -> Arc<Endpoint> {
    Arc::new(endpoint.named("unknown"))
}
