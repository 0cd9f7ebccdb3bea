//! The way of an event from the answer to the table, as a model: two collectors with a log each, one store, one registry, one table.
//!
//! `State` is what there is, `Action` what may happen next, in any order; the properties are the promises of the service that need
//! more than one part of it (SECURITY.md, P1 to P4 and P8), and two invariants on which they rest. A [`Guard`] is one rule of the
//! protocol; the model can be had without one, and then has a counterexample.
//!
//! What the code does is named in each action. Not in the model: bytes, time, and what one process does with a damaged disk; these
//! are simulated (`scripts/test-inbox`, `scripts/test-archive`) and tried on the program (`scripts/test-power-cuts`).

#![forbid(unsafe_code)]

mod action;
mod guard;
mod properties;
mod protocol;
mod state;

pub use action::Action;
pub use guard::Guard;
pub use protocol::Protocol;
pub use state::{State, Step};
