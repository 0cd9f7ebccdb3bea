//! Reads and verifies the body of a request, and hands it to the handler: whole, or while it arrives.

pub(crate) mod bodies;
pub(crate) mod buffered;
pub(crate) mod incremental;
pub(crate) mod limited;
pub(crate) mod mode;
pub(crate) mod pass_through;
