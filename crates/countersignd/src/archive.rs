//! The archive: the store of record, immutable objects of the events of one connection each.

pub mod archiver;
pub mod batch;
pub mod blocks;
pub mod bounds;
pub mod check;
pub mod encoding;
pub mod error;
pub mod events;
pub mod line;
pub mod losses;
pub mod object;
pub mod put;
pub mod registry;
pub mod service_account;
pub mod store;
pub mod stores;
