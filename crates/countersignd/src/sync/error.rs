//! Why a sync has stopped.

use std::fmt;

use countersign_tables::DestinationError;

use crate::archive::error::ArchiveError;
use crate::metadata::MetadataError;

/// Why a sync has stopped. What was committed before stays, and it goes on from there.
#[derive(Debug)]
#[non_exhaustive]
pub enum SyncError {
    /// The archive has failed.
    Archive(ArchiveError),
    /// The metadata has failed.
    Metadata(MetadataError),
    /// The destination has failed.
    Destination(DestinationError),
    /// A sync of this connection is running.
    Running,
    /// The process is ending.
    Ending,
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(_) => f.write_str("the archive cannot be read or written"),
            Self::Metadata(_) => f.write_str("the registry cannot be read"),
            Self::Destination(_) => f.write_str("the table cannot be written"),
            Self::Running => f.write_str("a sync of this connection is running"),
            Self::Ending => f.write_str("the process is ending"),
        }
    }
}

impl std::error::Error for SyncError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Archive(error) => Some(error),
            Self::Metadata(error) => Some(error),
            Self::Destination(error) => Some(error),
            Self::Running | Self::Ending => None,
        }
    }
}

impl From<ArchiveError> for SyncError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

impl From<MetadataError> for SyncError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}

impl From<DestinationError> for SyncError {
    fn from(error: DestinationError) -> Self {
        Self::Destination(error)
    }
}
