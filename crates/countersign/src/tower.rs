//! tower
mod answer;
mod arrival;
mod authentic;
mod bodies;
mod decoy;
mod endpoint;
mod events;
mod gathering;
mod intake;
mod layer;
mod policy;
mod refusal;
mod resolver;
mod running;
mod taken;
mod whole;

pub use answer::RejectedStatus;
pub use authentic::Authentic;
pub use bodies::{AnswerBody, WholeBody};
pub use endpoint::Endpoint;
pub use layer::{PassThrough, Verify, VerifyLayer, Whole};
pub use refusal::Refusal;
pub use resolver::{Always, Lookup, Resolve, ResolveError, Resolved, lookup};
pub use whole::VerifyFuture;
