//! Fields of a connection that have no effect: refused in a file, since whoever wrote them there expected something of them; named by a
//! service, which keeps them.

use crate::error::ConfigError;
use crate::json::Node;

/// A field that is kept and has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdleField {
    /// Its path, such as `config.s3_bucket`.
    pub field: String,
    /// Why it has none, to be read after the path.
    pub message: String,
}

/// For whom a connection is read.
pub(super) enum Reader {
    /// Somebody who wants to verify deliveries: what has no effect is an error.
    Verifier,
    /// A service whose connections stand in a file: what has no effect is an error.
    ServiceFile,
    /// A service that keeps the connection: what has no effect is listed.
    Service(Vec<IdleField>),
}

impl Reader {
    pub(super) fn is_service(&self) -> bool {
        matches!(self, Self::Service(_))
    }

    /// Whether the bucket of a connection is opened, perhaps with credentials that the connection does not name.
    pub(super) fn opens_buckets(&self) -> bool {
        !matches!(self, Self::Verifier)
    }

    /// Notes that a field has no effect.
    ///
    /// # Errors
    /// For whoever wants to verify deliveries, and in a file, that is an error.
    pub(super) fn idle(&mut self, node: &Node<'_>, message: impl Into<String>) -> Result<(), ConfigError> {
        match self {
            Self::Verifier | Self::ServiceFile => Err(node.error(message)),
            Self::Service(fields) => {
                fields.push(IdleField { field: node.path().to_owned(), message: message.into() });
                Ok(())
            }
        }
    }
}
