#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod admin;
pub mod alarms;
pub mod alerts;
pub mod api;
pub mod archive;
pub mod audit;
pub mod background;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod connections;
pub mod control;
pub mod error_chain;
pub mod event_id;
pub mod guard;
pub mod head;
pub mod inbox;
pub mod keys;
pub mod metadata;
pub mod metrics;
pub mod origin;
mod panics;
#[cfg(countersign_planted_bugs)]
pub mod planted;
#[cfg(not(countersign_planted_bugs))]
mod planted;
pub mod private_file;
pub mod random;
pub mod seal;
pub mod server;
pub mod service;
pub mod settings;
pub mod setup_tests;
pub mod source;
pub mod store_hosts;
pub mod sync;
mod url_queries;
pub mod verdict;
pub mod why;

use planted::planted_bug;
