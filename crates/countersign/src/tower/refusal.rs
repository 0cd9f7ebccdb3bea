//! Why the layer refuses a request.

use std::fmt;

use countersign_core::Rejection;

/// Why the layer refused a delivery. This is for the operator's log and metrics. The sender gets only the status and
/// text of the [response](crate::tower#responses). A layer around [`VerifyLayer`](crate::tower::VerifyLayer) finds it among the
/// extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The delivery is not authentic, with one exception: [`Rejection::Replayed`] is an authentic one whose message was
    /// handled before, which the layer answers with 200 unless [`RepeatedAnswer`](crate::tower::RepeatedAnswer) says
    /// otherwise. [`is_not_authentic`](Self::is_not_authentic) tells them apart. [`Rejection::BodyTooLarge`] is here a limit
    /// of the scheme, such as a form with too many parameters.
    Rejected(Rejection),
    /// The body is larger than the [limit](crate::tower::VerifyLayer::limit) of the layer, or than that of its
    /// [endpoint](crate::tower::Endpoint::body_limit).
    OverLimit,
    /// The body is larger than another layer around this one allows, such as `RequestBodyLimitLayer` of `tower-http`.
    OverOuterLimit,
    /// The resolver found no endpoint for the delivery.
    UnknownEndpoint,
    /// The body took longer to arrive than the [read timeout](crate::tower::VerifyLayer::read_timeout).
    TimedOut,
    /// The body arrived more slowly than the [least rate](crate::tower::VerifyLayer::least_rate).
    TooSlow,
    /// The sender, or a proxy in between, closed the TCP connection or the stream before the end of the body.
    Aborted,
    /// The message arrived before, and its handler has not answered: it still runs, or was dropped.
    InProgress,
    /// The bodies in memory fill the [budget](crate::tower::VerifyLayer::body_budget).
    Busy,
    /// The [store](crate::tower::ReplayStore) failed or took too long, so it is not known whether the message arrived
    /// before.
    NotStored,
    /// The resolver failed or took too long, so it is not known whether there is an endpoint.
    Unresolved,
    /// The endpoint's scheme cannot be verified while the body arrives.
    NotStreamable,
    /// The endpoint's scheme signs the URL, and neither endpoint nor layer has an origin or a function that finds the
    /// URL.
    NoUrl,
    /// The layer shall handle each message once, but the endpoint's scheme signs nothing that identifies a message.
    NotIdentifiable,
    /// The layer shall handle each message once, but the endpoint has no name under which to remember its messages.
    Unnamed,
    /// It is not a delivery but a handshake, and the layer has answered it.
    Handshake,
    /// The handler answered with success before it had read the body to its end, so nothing was verified.
    Unread,
}

impl Refusal {
    /// Whether the layer answers as to a forged delivery: 401, or another
    /// [`RejectedStatus`](crate::tower::RejectedStatus). True for each [`Rejection`] but [`Rejection::Replayed`], and for
    /// [`UnknownEndpoint`](Self::UnknownEndpoint). A layer that answers these in its own way must give all of them one
    /// answer. With two, a forger could tell which mistake it made, and which endpoints there are.
    ///
    /// False for repetitions ([`Rejection::Replayed`] and [`InProgress`](Self::InProgress)), which are authentic, also if
    /// the layer answers them alike ([`RepeatedAnswer::Rejected`](crate::tower::RepeatedAnswer::Rejected)).
    #[must_use]
    pub const fn is_not_authentic(self) -> bool {
        match self {
            Self::Rejected(rejection) => !matches!(rejection, Rejection::Replayed),
            refusal => matches!(refusal, Self::UnknownEndpoint),
        }
    }

    /// The fixed name, such as `timed_out`. For a [`Rejection`] it is the name of that, such as `mismatch`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.name(),
            Self::OverLimit => "over_limit",
            Self::OverOuterLimit => "over_outer_limit",
            Self::UnknownEndpoint => "unknown_endpoint",
            Self::TimedOut => "timed_out",
            Self::TooSlow => "too_slow",
            Self::Aborted => "aborted",
            Self::InProgress => "in_progress",
            Self::Busy => "busy",
            Self::NotStored => "not_stored",
            Self::Unresolved => "unresolved",
            Self::NotStreamable => "not_streamable",
            Self::NoUrl => "no_url",
            Self::NotIdentifiable => "not_identifiable",
            Self::Unnamed => "unnamed",
            Self::Handshake => "handshake",
            Self::Unread => "unread",
        }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected(rejection) => rejection.message(),
            Self::OverLimit => "the body is larger than the limit",
            Self::OverOuterLimit => "the body is larger than the limit of another layer around this one",
            Self::UnknownEndpoint => "there is no endpoint for this delivery",
            Self::TimedOut => "the body took too long to arrive",
            Self::TooSlow => "the body arrived too slowly",
            Self::Aborted => "the body ended before it was whole",
            Self::InProgress => "the message was taken before and is not known to be handled",
            Self::Busy => "the bodies that are held already fill the budget",
            Self::NotStored => "the store of messages failed",
            Self::Unresolved => "the endpoint could not be looked up",
            Self::NotStreamable => "the scheme of this endpoint cannot be verified while the body passes",
            Self::NoUrl => {
                "the scheme of this endpoint signs the URL, which is not known: give Endpoint::origin or Endpoint::url"
            }
            Self::NotIdentifiable => {
                "deduplicate cannot tell the messages of this endpoint from each other: if nothing is signed (auth_method \
                 TOKEN_BASED or NONE), exempt it with Endpoint::repeatable; if the scheme has no tolerance, give deduplicate \
                 a window; with pass_through, the scheme must sign an id"
            }
            Self::Unnamed => "the messages of this endpoint need a name to be remembered under: give Endpoint::named",
            Self::Handshake => "a handshake, which was answered",
            Self::Unread => "the handler answered before it had read the whole body",
        })
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use ::http::{StatusCode, Version};

    use super::*;
    use crate::tower::pace::Pace;
    use crate::tower::response::{RejectedStatus, RepeatedAnswer, Responses};

    #[test]
    fn what_is_not_authentic_is_what_gets_the_status_of_forgeries() {
        let pace = Pace { timeout: None, least_rate: None };
        let responses = Responses::new(RejectedStatus::Forbidden, RepeatedAnswer::Success, pace);
        let others = [
            Refusal::OverLimit,
            Refusal::OverOuterLimit,
            Refusal::UnknownEndpoint,
            Refusal::TimedOut,
            Refusal::TooSlow,
            Refusal::Aborted,
            Refusal::InProgress,
            Refusal::Busy,
            Refusal::NotStored,
            Refusal::Unresolved,
            Refusal::NotStreamable,
            Refusal::NoUrl,
            Refusal::NotIdentifiable,
            Refusal::Unnamed,
            Refusal::Handshake,
            Refusal::Unread,
        ];
        for refusal in Rejection::ALL.map(Refusal::Rejected).into_iter().chain(others) {
            let response = responses.for_refusal::<()>(refusal, Version::HTTP_11, 0);
            assert_eq!(refusal.is_not_authentic(), response.status() == StatusCode::FORBIDDEN, "{}", refusal.name());
        }
    }
}
