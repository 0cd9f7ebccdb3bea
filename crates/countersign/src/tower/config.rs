//! What a layer was told: how much to take, how long to wait, what to answer.

use std::sync::Arc;
use std::time::Duration;

use crate::error::ConfigError;
use crate::tower::body_budget::Budget;
use crate::tower::endpoint::Endpoint;
use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::{Replays, Unanswered};
use crate::tower::request_url::Address;
use crate::tower::response::{Answers, RejectedStatus, RepeatedAnswer};

/// As axum's own limit.
const LIMIT: u64 = 2 * 1024 * 1024;

const TIMEOUT: Duration = Duration::from_secs(30);

const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

const STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of a layer.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) limit: u64,
    pub(crate) timeout: Option<Duration>,
    pub(crate) resolve_timeout: Option<Duration>,
    pub(crate) store_timeout: Option<Duration>,
    pub(crate) budget: Budget,
    pub(crate) address: Option<Address>,
    pub(crate) rejected: RejectedStatus,
    pub(crate) repeated: RepeatedAnswer,
    pub(crate) replays: Option<Replays>,
    pub(crate) unanswered: Unanswered,
    /// Judges what belongs to no connection, for the time that it takes alone. `None` where there is one connection alone.
    pub(crate) nobody: Option<Arc<Endpoint>>,
}

impl Policy {
    /// For one connection.
    pub(crate) fn for_one() -> Self {
        Self {
            limit: LIMIT,
            timeout: Some(TIMEOUT),
            resolve_timeout: Some(RESOLVE_TIMEOUT),
            store_timeout: Some(STORE_TIMEOUT),
            budget: Budget::default(),
            address: None,
            rejected: RejectedStatus::default(),
            repeated: RepeatedAnswer::default(),
            replays: None,
            unanswered: Unanswered::default(),
            nobody: None,
        }
    }

    /// For many connections, and `nobody` in place of those that are not known.
    pub(crate) fn for_many(nobody: Option<Endpoint>) -> Self {
        let nobody = nobody.map(|endpoint| Arc::new(endpoint.named("unknown")));
        Self { nobody, ..Self::for_one() }
    }

    /// The most bytes of a body. One that is larger than the whole budget fits at no time, and need not be tried again.
    pub(crate) fn limit(&self) -> u64 {
        self.budget.most().map_or(self.limit, |most| self.limit.min(most))
    }

    pub(crate) fn answers(&self) -> Answers {
        Answers::new(self.rejected, self.repeated, self.limit(), self.timeout)
    }

    /// Whether the layer can do for a connection what it was told to: pass its bodies on as they arrive, if it `passes` them,
    /// know its URL, and know its messages again.
    ///
    /// # Errors
    /// What stands against it, which is the operator's fault.
    pub(crate) fn check(&self, endpoint: &Endpoint, passes: bool) -> Result<(), Refusal> {
        let verifier = endpoint.verifier();
        if passes && verifier.streaming().is_err() {
            return Err(Refusal::NotStreamable);
        }
        if verifier.reads_url() && !endpoint.has_address() && self.address.is_none() {
            return Err(Refusal::NoUrl);
        }
        if let Some(replays) = &self.replays
            && !endpoint.is_repeatable()
        {
            if verifier.replay_window(replays.window).is_err() || (passes && !verifier.signs_id()) {
                return Err(Refusal::NotIdentifiable);
            }
            if !endpoint.is_named() {
                return Err(Refusal::Unnamed);
            }
        }
        Ok(())
    }

    /// The same, for a connection that is known while the layer is made.
    ///
    /// # Errors
    /// What stands against it, and what to do.
    pub(crate) fn check_early(&self, endpoint: &Endpoint, passes: bool) -> Result<(), ConfigError> {
        let Err(refusal) = self.check(endpoint, passes) else { return Ok(()) };
        let verifier = endpoint.verifier();
        if passes {
            verifier.streaming()?;
        }
        Err(match refusal {
            Refusal::NoUrl => ConfigError::invalid(
                "this scheme signs the URL, and a request does not tell which one its sender called; \
                 give Endpoint::origin, such as https://hooks.example.com, or Endpoint::url",
            ),
            Refusal::NotIdentifiable => {
                verifier.replay_window(self.replays.as_ref().map_or(Duration::ZERO, |replays| replays.window))?;
                ConfigError::unsupported(
                    "this scheme signs no id, so that a replay is known only when the body is whole; \
                     take VerifyLayer without pass_through, which collects it, or Endpoint::repeatable",
                )
            }
            Refusal::Unnamed => ConfigError::invalid(
                "the messages of this connection are remembered under its name, and two without one would share it; \
                 give Endpoint::named, such as Endpoint::from(verifier).named(\"github\")",
            ),
            other => ConfigError::invalid(other.to_string()),
        })
    }
}
