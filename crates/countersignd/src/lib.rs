#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod admin;
pub mod alarms;
pub mod archive;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod connections;
pub mod event_id;
pub mod head;
pub mod metadata;
pub mod metrics;
pub mod origin;
pub mod server;
pub mod service;
pub mod settings;
pub mod source;
pub mod verdict;
pub mod why;
