//! Hands a body to the handler while it arrives and is verified.

pub(crate) mod body;
pub(crate) mod start;
