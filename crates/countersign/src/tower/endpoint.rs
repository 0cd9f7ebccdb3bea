//! A connection as the layer needs it.

pub(crate) mod cache;
mod decoy;
pub(crate) mod resolver;

use std::borrow::Cow;
use std::fmt;

use ::http::request::Parts;
use countersign_core::{Identity, Rejection, Verified};

use crate::tower::body::incremental::Running;
use crate::tower::endpoint::decoy::Decoy;
use crate::tower::request_head::Arrival;
use crate::tower::request_url::Address;
use crate::verifier::Verifier;

/// Who may send: a [`Verifier`], the name of the connection for logs, metrics and the memory of messages, and the URL by which
/// its senders know it.
pub struct Endpoint {
    name: Option<Cow<'static, str>>,
    verifier: Verifier,
    decoy: Option<Decoy>,
    address: Option<Address>,
    is_repeatable: bool,
}

impl Endpoint {
    /// The same, with the name that logs and metrics give it. Without one it is called `default`.
    ///
    /// Where messages are [remembered](crate::tower::VerifyLayer::deduplicate), each connection needs a name of its own, since its
    /// messages are remembered under it: two of one name hide each other's.
    #[must_use]
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same, with the scheme and host by which its senders know it, such as `https://hooks.example.com`, for schemes that
    /// sign the URL. The path is that of the request; with the feature `axum`, the whole path even behind
    /// `axum::Router::nest`. Where something else in front changes it, take [`url`](Self::url). The query is that of the request too:
    /// if the URL touches the body in what is signed, compare it with the one that you gave the sender, or give `url` a constant.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self { address: Some(Address::origin(origin)), ..self }
    }

    /// The same, with a function that says which URL the sender of a request called, for schemes that sign it. `None` from it
    /// rejects the delivery. `Host` and `X-Forwarded-…` are written by the sender: a URL made of them binds a signature to no
    /// endpoint.
    #[must_use]
    pub fn url(self, find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { address: Some(Address::function(find)), ..self }
    }

    /// The same, whose messages the layer takes as often as they come, though it [remembers](crate::tower::VerifyLayer::deduplicate)
    /// those of others: for senders that sign nothing by which a message is known.
    #[must_use]
    pub fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    /// The name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }

    /// What verifies.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The same as the name, to be kept.
    pub(crate) fn label(&self) -> Cow<'static, str> {
        self.name.clone().unwrap_or(Cow::Borrowed("default"))
    }

    pub(crate) fn is_named(&self) -> bool {
        self.name.is_some()
    }

    pub(crate) fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    pub(crate) fn has_address(&self) -> bool {
        self.address.is_some()
    }

    /// Judges a whole delivery, with the same work whatever is wrong with it.
    pub(crate) fn judge(&self, arrival: Arrival<'_>, body: &[u8]) -> Result<Verified, Rejection> {
        let arrival = self.found_at(arrival);
        arrival.with(&self.verifier, body, |delivery| {
            let verdict = self.verifier.verify(delivery, arrival.now);
            if let (Err(rejection), Some(decoy)) = (verdict, &self.decoy)
                && is_said_before_the_mac(rejection)
            {
                decoy.judge(&self.verifier, delivery);
            }
            verdict
        })
    }

    /// Begins with a delivery whose body comes in pieces. What is wrong with its head is said at the end, after the same
    /// work. `None` if the body must be whole before it can be judged.
    pub(crate) fn begin(&self, arrival: Arrival<'_>) -> Option<Running> {
        let arrival = self.found_at(arrival);
        let streaming = self.verifier.streaming().ok()?;
        let begun = arrival.with(&self.verifier, &[], |delivery| streaming.begin(&delivery.head(), arrival.now));
        Some(match begun {
            Ok(stream) => Running::new(stream),
            Err(fault) => Running::rejected(fault, self.begin_decoy()),
        })
    }

    /// The work of a body whose verdict is known beforehand.
    pub(crate) fn begin_decoy(&self) -> Option<countersign_core::Stream> {
        self.decoy.as_ref().and_then(Decoy::begin)
    }

    /// What tells an authentic delivery from others, if anything does.
    pub(crate) fn identify(&self, arrival: Arrival<'_>, body: &[u8]) -> Option<Identity> {
        self.found_at(arrival).with(&self.verifier, body, |delivery| self.verifier.identify(delivery))
    }

    fn found_at<'a>(&'a self, arrival: Arrival<'a>) -> Arrival<'a> {
        Arrival { address: self.address.as_ref().or(arrival.address), ..arrival }
    }
}

impl From<Verifier> for Endpoint {
    fn from(verifier: Verifier) -> Self {
        let decoy = Decoy::of(&verifier);
        Self { name: None, verifier, decoy, address: None, is_repeatable: false }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name())
            .field("verifier", &self.verifier)
            .field("address", &self.address)
            .field("is_repeatable", &self.is_repeatable)
            .finish_non_exhaustive()
    }
}

/// Whether a delivery can be rejected for this without a look at its body.
fn is_said_before_the_mac(rejection: Rejection) -> bool {
    !matches!(rejection, Rejection::Mismatch | Rejection::Expired | Rejection::FromFuture)
}
