#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod column;
mod content;
mod dead_letter;
mod destination;
mod encoding;
mod event;
mod form;
mod json;
mod load;
mod loader;
mod names;
mod number;
mod plan;
#[cfg(all(feature = "sqlite", countersign_planted_bugs))]
pub mod planted;
#[cfg(all(feature = "sqlite", not(countersign_planted_bugs)))]
mod planted;
mod row;
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
mod state;
mod table;
pub mod text;
mod unpacked;

pub use dead_letter::{DECODED_BYTES_MAX, DEPTH_MAX, DIGITS_MAX, DeadLetter, KEYS_MAX, ROWS_MAX, Reason};
pub use destination::{Committed, Destination, DestinationError, RefusedRow, StoredDeadLetter, StoredEvent};
pub use event::Event;
pub use load::{EventRows, Load, Purpose};
pub use loader::{Run, append, replace};
pub use plan::{COLUMNS_MAX, Column, KEY_BYTES_MAX, Kind, Plan};
pub use row::{Cell, Outcome, Row, Value, Values};
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use state::{Notice, TableState};
pub use table::{Format, Naming, SchemaPolicy, Table};
