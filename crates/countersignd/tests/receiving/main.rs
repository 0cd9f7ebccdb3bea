//! What each request is answered, and what of it is then in the inbox.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod events;
mod limits;
mod service;
#[path = "../support/mod.rs"]
mod support;
