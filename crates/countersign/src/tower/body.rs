//! Reads and verifies the body of a request, and gives it to the handler: when it is whole, or while it arrives.

pub(crate) mod buffered;
pub(crate) mod incremental;
pub(crate) mod limited;
pub(crate) mod mode;
pub(crate) mod pass_through;
pub(crate) mod reader;

/// An error of a body that a server or another layer gives.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
