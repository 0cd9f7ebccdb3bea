//! Why events could not be archived.

use std::error::Error;
use std::fmt;

use countersign_inbox::{AppendError, ReadError};

use crate::archive::store::StoreError;
use crate::metadata::MetadataError;

/// Why events could not be archived. They stay in the inbox, and it is tried again.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The store has failed.
    Store(StoreError),
    /// The store has not answered in time.
    StoreTimeout(String),
    /// Under the key is an object with other lines.
    Foreign(String),
    /// An object that is registered is not in the store.
    Missing(String),
    /// An object is damaged, or not what the registry says.
    Damaged(String),
    /// The inbox cannot be read.
    Read(ReadError),
    /// The inbox cannot be written.
    Append(AppendError),
    /// The inbox has not made durable in time what an object is to hold.
    InboxTimeout {
        /// Where the inbox is, if that is known.
        place: Option<String>,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The registry has failed.
    Metadata(MetadataError),
    /// An event is not in an encoding that this version knows.
    Event(String),
    /// The process is ending.
    Ending,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(_) => f.write_str("the store has failed"),
            Self::StoreTimeout(key) => write!(f, "the store has not answered in time for {key:?}"),
            Self::Foreign(key) => {
                write!(
                    f,
                    "under {key:?} is an object with other events: somebody else has written it, and nothing more of this log is archived until it is moved away and this process is started again"
                )
            }
            Self::Missing(key) => write!(f, "the object {key:?} is registered, and is not in the store"),
            Self::Damaged(key) => write!(f, "the object {key:?} is damaged"),
            Self::Read(_) => f.write_str("the inbox cannot be read"),
            Self::Append(_) => f.write_str("the inbox cannot be written"),
            Self::InboxTimeout { place, seconds } => {
                let (space, place) = place.as_deref().map_or(("", ""), |place| (" ", place));
                write!(
                    f,
                    "the inbox{space}{place} has not taken within {seconds} seconds what an object of the archive is to hold: look whether it \
                     can be reached and written. Nothing is lost: its events stay there, and are archived and synced by themselves once it \
                     can be written again"
                )
            }
            Self::Metadata(_) => f.write_str("the registry has failed"),
            Self::Event(message) => f.write_str(message),
            Self::Ending => f.write_str("the process is ending"),
        }
    }
}

impl Error for ArchiveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Read(error) => Some(error),
            Self::Append(error) => Some(error),
            Self::Metadata(error) => Some(error),
            _ => None,
        }
    }
}

impl From<MetadataError> for ArchiveError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}
