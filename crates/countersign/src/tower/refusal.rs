//! Why a delivery does not get to the handler, or not to its end.

use std::fmt;

use countersign_core::Rejection;

/// Why a delivery was refused. For the operator's log and metrics; the sender learns the status alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not authentic. [`Rejection::BodyTooLarge`] here is a limit of its scheme, such as a form with too many parameters.
    Rejected(Rejection),
    /// The body is larger than the [limit](crate::tower::VerifyLayer::limit) of the layer.
    OverLimit,
    /// There is no connection for it.
    UnknownConnection,
    /// The body took longer than it may.
    TimedOut,
    /// The sender, or what stands between, broke off before the body's end.
    Aborted,
    /// Its message was taken before, and nobody has said what became of it: its handler is at work, or did not get to answer.
    InProgress,
    /// The bodies that are held already fill the [budget](crate::tower::VerifyLayer::body_budget).
    Busy,
    /// The store of messages failed, so that it is not known whether this one came before.
    NotStored,
    /// The resolver failed or took too long; whether there is a connection is not known.
    Unresolved,
    /// The connection's scheme cannot be verified while the body passes.
    NotStreamable,
    /// The connection's scheme signs the URL, and neither connection nor layer has an origin or a function that knows it.
    NoUrl,
    /// The connection's messages cannot be told from each other, though they shall be taken once.
    NotIdentifiable,
    /// The connection has no name under which its messages could be remembered.
    Unnamed,
    /// The handler answered with success before it had read the body to its end, so nothing was verified.
    Unread,
}

impl Refusal {
    /// The fixed name, such as `mismatch` or `timed_out`: that of the [`Rejection`], if it is one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.name(),
            Self::OverLimit => "over_limit",
            Self::UnknownConnection => "unknown_connection",
            Self::TimedOut => "timed_out",
            Self::Aborted => "aborted",
            Self::InProgress => "in_progress",
            Self::Busy => "busy",
            Self::NotStored => "not_stored",
            Self::Unresolved => "unresolved",
            Self::NotStreamable => "not_streamable",
            Self::NoUrl => "no_url",
            Self::NotIdentifiable => "not_identifiable",
            Self::Unnamed => "unnamed",
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
            Self::UnknownConnection => "there is no connection for this delivery",
            Self::TimedOut => "the body took too long to arrive",
            Self::Aborted => "the body ended before it was whole",
            Self::InProgress => "the message was taken before and is not known to be handled",
            Self::Busy => "the bodies that are held already fill the budget",
            Self::NotStored => "the store of messages failed",
            Self::Unresolved => "the connection could not be looked up",
            Self::NotStreamable => "the scheme of this connection cannot be verified while the body passes",
            Self::NoUrl => {
                "the scheme of this connection signs the URL, which is not known: give Endpoint::origin or Endpoint::url"
            }
            Self::NotIdentifiable => {
                "the messages of this connection cannot be told from each other: give a window, or Endpoint::repeatable"
            }
            Self::Unnamed => "the messages of this connection need a name to be remembered under: give Endpoint::named",
            Self::Unread => "the handler answered before it had read the whole body",
        })
    }
}

impl std::error::Error for Refusal {}
