//! The management API: what clients of Fivetran's API ask, and what becomes of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod changes;
mod deletion;
mod deliveries;
mod events;
mod fields;
mod lists;
mod openapi;
mod program;
mod requests;
#[cfg(feature = "s3")]
mod s3_credentials;
mod schedules;
mod service_accounts;
mod silence;
#[path = "../support/mod.rs"]
mod support;
mod world;
