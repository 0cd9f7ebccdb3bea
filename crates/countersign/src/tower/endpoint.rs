//! An endpoint: the settings of one tenant, which are a verifier, a name and a URL.

pub(crate) mod cache;
mod decoy;
pub(crate) mod resolver;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use ::http::request::Parts;
use countersign_core::{Identity, Rejection, Stream, Verified};

use crate::delivery_id::DeliveryId;
use crate::handshake::Handshake;
use crate::tower::body_budget::BodyBudget;
use crate::tower::endpoint::decoy::Decoy;
use crate::tower::request_head::RequestHead;
use crate::tower::request_url::UrlSource;
use crate::verifier::Verifier;

/// The settings of one tenant: the [`Verifier`] for its deliveries, its name for logs, metrics and the
/// [store of messages](crate::tower::ReplayStore), and the URL that its senders call.
pub struct Endpoint {
    name: Option<Cow<'static, str>>,
    verifier: Verifier,
    /// `None` if the verifier computes no MAC.
    decoy: Option<Decoy>,
    url_source: Option<UrlSource>,
    is_repeatable: bool,
    body_limit: Option<u64>,
    body_budget: BodyBudget,
    /// Whether the log says already that nothing is checked.
    is_unchecked_noted: AtomicBool,
}

impl Endpoint {
    /// Sets the name, which logs and metrics contain. The default is `default`.
    ///
    /// If the layer [handles each message once](crate::tower::VerifyLayer::deduplicate), each endpoint needs a name of
    /// its own, in one spelling. The store remembers messages under that name. If two endpoints share it, a message of
    /// one hides an equal one of the other: that event is lost, and its sender gets 200. If one endpoint has two names,
    /// each of them accepts a replay of what the other has accepted. So name an endpoint by sender and tenant, such as
    /// `stripe/acme`, and the tenant by the key under which you store it, never by the text in the URL: a database that
    /// ignores case finds `acme` for `ACME` too.
    #[must_use]
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Sets the scheme and host that senders call, such as `https://hooks.example.com`, for schemes that sign the URL. If a
    /// proxy removes the beginning of the path, put that after the host: `https://hooks.example.com/rust`.
    ///
    /// The rest of the path and the query are those of the request. With the feature `axum` it is the whole path, even inside
    /// `axum::Router::nest`. If a proxy changes the path in another way, use [`url`](Self::url) instead.
    ///
    /// The query is whatever the request has. If the URL touches the body in the signed text ([the
    /// guide](crate::guide::senders) lists the presets for which it does), the end of the query can be moved into the body, and back, and the signature still
    /// fits. For such senders, use [`url`](Self::url) with a constant or with a comparison of the query, as shown there.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self { url_source: Some(UrlSource::origin(origin)), ..self }
    }

    /// Sets a function that returns the URL that the sender of a request called, for schemes that sign the URL. If it
    /// returns `None`, the delivery is rejected.
    ///
    /// The safest function returns a constant: the URL that you gave the sender, with its query. Then do not read the
    /// query of the request, which may be another. Or accept only the query that you gave the sender:
    ///
    /// ```
    /// # use countersign::tower::Endpoint;
    /// # use countersign::{Secret, Verifier};
    /// # let verifier = || Verifier::preset("twilio", Secret::new("a secret")).unwrap();
    /// let constant = Endpoint::from(verifier()).url(|_| Some("https://hooks.example.com/sms?k=v".to_owned()));
    /// let compared = Endpoint::from(verifier()).url(|head| {
    ///     let is_known = head.uri.query() == Some("k=v");
    ///     is_known.then(|| format!("https://hooks.example.com{}?k=v", head.uri.path()))
    /// });
    /// ```
    ///
    /// The sender writes `Host` and `X-Forwarded-…` itself. A signature over a URL that is made of them is bound to no
    /// endpoint.
    #[must_use]
    pub fn url(self, find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { url_source: Some(UrlSource::function(find)), ..self }
    }

    /// Exempts the endpoint from [`deduplicate`](crate::tower::VerifyLayer::deduplicate): the handler gets a message as
    /// often as it arrives. This is for senders that sign nothing that identifies a message.
    #[must_use]
    pub fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    /// Sets the most bytes that bodies of deliveries to this endpoint take in memory together, so that one sender does not take all of
    /// [`VerifyLayer::body_budget`](crate::tower::VerifyLayer::body_budget). They are counted as there, and refused with the same 503. A
    /// larger body than this always is: do not set it below the layer's limit. By default there is no such limit.
    #[must_use]
    pub fn body_budget(self, bytes: u64) -> Self {
        Self { body_budget: BodyBudget::new(bytes), ..self }
    }

    /// Counts the bytes of bodies together with those of an earlier endpoint, in its [budget](Self::body_budget). Use it if an endpoint
    /// is built anew, with another secret for example: bodies to the earlier one may still be held.
    #[must_use]
    pub fn body_budget_of(self, earlier: &Self) -> Self {
        Self { body_budget: earlier.body_budget.clone(), ..self }
    }

    /// Sets the most bytes that the body of a delivery to this endpoint may have, if that is less than
    /// [`VerifyLayer::limit`](crate::tower::VerifyLayer::limit). A larger body is answered with 413 as there.
    #[must_use]
    pub fn body_limit(self, bytes: u64) -> Self {
        Self { body_limit: Some(bytes), ..self }
    }

    /// The limit of this endpoint alone.
    pub(crate) fn body_limit_of_its_own(&self) -> Option<u64> {
        self.body_limit
    }

    /// What bodies of this endpoint take from.
    pub(crate) fn body_budget_counter(&self) -> &BodyBudget {
        &self.body_budget
    }

    /// The name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }

    /// The verifier.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The name, as a label of a log event or counter.
    pub(crate) fn label(&self) -> &Cow<'static, str> {
        static DEFAULT: Cow<'static, str> = Cow::Borrowed("default");
        self.name.as_ref().unwrap_or(&DEFAULT)
    }

    /// Whether nothing of a delivery is checked (`auth_method` NONE), at the first call. `false` at all others.
    pub(crate) fn is_first_unchecked(&self) -> bool {
        self.verifier.checks_nothing() && !self.is_unchecked_noted.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn is_named(&self) -> bool {
        self.name.is_some()
    }

    pub(crate) fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    pub(crate) fn url_source(&self) -> Option<&UrlSource> {
        self.url_source.as_ref()
    }

    /// Verifies a whole delivery. A rejected one takes as long whatever is wrong with it.
    pub(crate) fn verify(&self, head: RequestHead<'_>, body: &[u8]) -> Result<Verified, Rejection> {
        let head = self.with_url_source(head);
        head.with_delivery(&self.verifier, body, |delivery| {
            let verdict = self.verifier.verify(delivery, head.received_at);
            if let (Err(rejection), Some(decoy)) = (verdict, &self.decoy)
                && is_found_before_hashing(rejection)
            {
                decoy.hash(&self.verifier, delivery);
            }
            verdict
        })
    }

    /// The answer to a handshake. `None` if the request is not one, or is one in which the sender chooses the secret: only the
    /// service can keep that.
    pub(crate) fn handshake(&self, head: RequestHead<'_>, body: &[u8]) -> Option<Handshake> {
        let answer =
            self.with_url_source(head).with_query(body, |delivery| self.verifier.handshake(delivery, head.received_at));
        answer.filter(|handshake| handshake.secret.is_none())
    }

    /// Begins to hash a body whose verdict is known already. `None` if the verifier computes no MAC.
    pub(crate) fn begin_decoy(&self) -> Option<Stream> {
        self.decoy.as_ref().and_then(Decoy::begin)
    }

    /// What identifies the message of an authentic delivery. `None` if the scheme signs nothing that does.
    pub(crate) fn identify(&self, head: RequestHead<'_>, body: &[u8]) -> Option<Identity> {
        self.with_url_source(head).with_delivery(&self.verifier, body, |delivery| self.verifier.identify(delivery))
    }

    /// The URL that the sender called. Empty if the verifier reads none.
    pub(crate) fn called_url(&self, head: RequestHead<'_>) -> String {
        self.with_url_source(head).url(&self.verifier)
    }

    /// The id of an authentic delivery, if the scheme says where its sender puts one and it is there.
    pub(crate) fn delivery_id(&self, head: RequestHead<'_>, body: &[u8]) -> Option<DeliveryId> {
        self.with_url_source(head).delivery_id(&self.verifier, body)
    }

    /// The same head, with the endpoint's own way to find the URL if it has one.
    pub(crate) fn with_url_source<'a>(&'a self, head: RequestHead<'a>) -> RequestHead<'a> {
        RequestHead { url_source: self.url_source.as_ref().or(head.url_source), ..head }
    }
}

impl From<Verifier> for Endpoint {
    fn from(verifier: Verifier) -> Self {
        let decoy = Decoy::for_verifier(&verifier);
        Self {
            name: None,
            verifier,
            decoy,
            url_source: None,
            is_repeatable: false,
            body_limit: None,
            body_budget: BodyBudget::default(),
            is_unchecked_noted: AtomicBool::new(false),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name())
            .field("verifier", &self.verifier)
            .field("url_source", &self.url_source)
            .field("is_repeatable", &self.is_repeatable)
            .finish_non_exhaustive()
    }
}

/// Whether a verifier finds this fault before it hashes the body.
fn is_found_before_hashing(rejection: Rejection) -> bool {
    !matches!(rejection, Rejection::Mismatch | Rejection::Expired | Rejection::FromFuture)
}
