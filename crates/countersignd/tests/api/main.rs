//! The management API: what clients of Fivetran's API ask, and what becomes of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod deliveries;
mod program;
#[path = "../support/mod.rs"]
mod support;
mod world;
