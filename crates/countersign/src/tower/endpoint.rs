//! A connection as the layer needs it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use countersign_core::{Identity, Rejection, Verified};

use crate::error::ConfigError;
use crate::replay::ReplayGuard;
use crate::tower::arrival::Arrival;
use crate::tower::decoy::Decoy;
use crate::tower::running::Running;
use crate::tower::taken::Taken;
use crate::verifier::Verifier;

/// Who may send: a [`Verifier`], or a [`ReplayGuard`] that takes each message once, and the name of the connection for
/// logs and metrics.
///
/// A message that the guard took is forgotten again if the handler answers with anything but success, or does not get to
/// answer, since its sender will send it once more.
pub struct Endpoint {
    name: Cow<'static, str>,
    check: Check,
    decoy: Option<Decoy>,
}

enum Check {
    Plain(Verifier),
    Guarded(ReplayGuard),
}

impl Endpoint {
    fn of(check: Check) -> Self {
        let decoy = Decoy::of(check.verifier());
        Self { name: Cow::Borrowed("default"), check, decoy }
    }

    /// The same, with the name that logs and metrics give it. Without one it is called `default`.
    #[must_use]
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, to be kept.
    pub(super) fn label(&self) -> Cow<'static, str> {
        self.name.clone()
    }

    /// What verifies.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        self.check.verifier()
    }

    /// Whether a body can be verified while it passes.
    pub(super) fn check_streamable(&self) -> Result<(), ConfigError> {
        self.verifier().streaming()?;
        match self.check {
            Check::Guarded(_) if !self.verifier().signs_id() => Err(ConfigError::unsupported(
                "this scheme signs no id, so that a replay is known only when the body is whole; \
                 take VerifyLayer, which collects it, or no ReplayGuard",
            )),
            _ => Ok(()),
        }
    }

    /// Judges a whole delivery, with the same work whatever is wrong with it.
    pub(super) fn judge(&self, arrival: Arrival<'_>, body: &[u8]) -> Result<Verified, Rejection> {
        let verifier = self.verifier();
        arrival.with(verifier, body, |delivery| {
            let verdict = verifier.verify(delivery, arrival.now);
            if let (Err(rejection), Some(decoy)) = (verdict, &self.decoy)
                && is_said_before_the_mac(rejection)
            {
                decoy.judge(verifier, delivery);
            }
            verdict
        })
    }

    /// Begins with a delivery whose body comes in pieces. What is wrong with its head is said at the end, after the same
    /// work. `None` if the body must be whole before it can be judged.
    pub(super) fn begin(&self, arrival: Arrival<'_>) -> Option<Running> {
        let streaming = self.verifier().streaming().ok()?;
        let begun = arrival.with(self.verifier(), &[], |delivery| streaming.begin(&delivery.head(), arrival.now));
        Some(match begun {
            Ok(stream) => Running::new(stream),
            Err(fault) => Running::rejected(fault, self.decoy.as_ref().and_then(Decoy::begin)),
        })
    }

    /// What tells an authentic delivery from others, if somebody remembers them.
    pub(super) fn identify(&self, arrival: Arrival<'_>, body: &[u8]) -> Option<Identity> {
        match &self.check {
            Check::Plain(_) => None,
            Check::Guarded(guard) => {
                arrival.with(guard.verifier(), body, |delivery| guard.verifier().identify(delivery))
            }
        }
    }

    /// Remembers an authentic delivery, if there is a guard.
    pub(super) fn take(
        self: &Arc<Self>,
        identity: Option<Identity>,
        now: SystemTime,
    ) -> Result<Option<Taken>, Rejection> {
        let Check::Guarded(guard) = &self.check else { return Ok(None) };
        let identity = identity.ok_or(Rejection::MissingPart)?;
        guard.take(identity, now)?;
        Ok(Some(Taken::new(self.clone(), identity)))
    }

    pub(super) fn forget(&self, identity: &Identity) {
        if let Check::Guarded(guard) = &self.check {
            guard.forget_identity(identity);
        }
    }
}

impl Check {
    fn verifier(&self) -> &Verifier {
        match self {
            Self::Plain(verifier) => verifier,
            Self::Guarded(guard) => guard.verifier(),
        }
    }
}

impl From<Verifier> for Endpoint {
    fn from(verifier: Verifier) -> Self {
        Self::of(Check::Plain(verifier))
    }
}

impl From<ReplayGuard> for Endpoint {
    fn from(guard: ReplayGuard) -> Self {
        Self::of(Check::Guarded(guard))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("verifier", self.verifier())
            .field("is_guarded", &matches!(self.check, Check::Guarded(_)))
            .finish_non_exhaustive()
    }
}

/// Whether a delivery can be rejected for this without a look at its body.
fn is_said_before_the_mac(rejection: Rejection) -> bool {
    !matches!(rejection, Rejection::Mismatch | Rejection::Expired | Rejection::FromFuture)
}
