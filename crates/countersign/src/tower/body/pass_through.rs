//! Gives a body to the handler while it arrives, and holds back its last chunk and the response until the verdict.
//!
//! - [`start`] decides whether the handler gets the body at all.
//! - [`finish`] waits for the verdict when the handler has answered.
//! - [`body`] is what the handler reads.
//! - [`verification`] hashes each chunk and decides at the end.

pub(crate) mod body;
pub(crate) mod finish;
pub(crate) mod start;
pub(crate) mod verification;
