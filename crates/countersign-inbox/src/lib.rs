#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod bucket;
mod catalog;
mod connections;
mod core;
pub mod disk;
mod end_bytes;
mod error;
mod event;
mod event_log;
mod health;
mod hold;
mod housekeeping;
mod inbox;
mod index;
mod keeper;
mod log;
mod losses;
mod marks;
#[cfg(countersign_planted_bugs)]
pub mod planted;
#[cfg(not(countersign_planted_bugs))]
mod planted;
mod prepared;
mod queue;
mod random;
mod reader;
mod record;
mod recovered;
mod recovery;
mod removal;
mod retention;
mod reuse;
mod rewrite;
mod scan;
mod segment;
mod settings;
mod shared;
#[cfg(feature = "sim")]
pub mod stepped;
mod writer;

pub use error::{AppendError, OpenError, ReadError};
pub use event::{Event, LogId, Seq, SeqRange};
pub use event_log::{EventLog, Events};
pub use health::Health;
pub use inbox::Inbox;
pub use queue::{Append, Appended};
pub use reader::{Reader, StoredEvent};
pub use recovered::Recovered;
pub use recovery::{Loss, RecoveryReport};
pub use settings::Settings;

use planted::planted_bug;
