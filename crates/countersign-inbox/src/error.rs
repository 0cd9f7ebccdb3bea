//! What can go wrong.

use std::error::Error;
use std::fmt;
use std::io;

use crate::event::{LogId, Seq, SeqRange};

/// Why an event was not appended, or is not known to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendError {
    /// The event has more bytes than a segment holds, or its connection or verdict is too long. It will never be appended.
    TooLarge,
    /// Too many bytes wait for the disk. Nothing was appended; try again later.
    Full,
    /// The disk failed. The event is not known to be durable; try again later.
    Failed,
    /// The inbox was closed before the event was appended.
    Closed,
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the event is too large for a segment",
            Self::Full => "too many bytes wait for the disk",
            Self::Failed => "the disk failed, and the event is not known to be durable",
            Self::Closed => "the inbox is closed",
        })
    }
}

impl Error for AppendError {}

/// Why an inbox was not opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The system refused an operation on a file, or on the folder if no file is named.
    Io {
        /// What was to be done.
        operation: &'static str,
        /// The name of the file.
        file: Option<String>,
        /// What the system said.
        source: io::Error,
    },
    /// A setting is out of its range.
    Setting(&'static str),
}

impl OpenError {
    pub(crate) fn io(operation: &'static str, file: impl Into<Option<String>>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { operation, file, source }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { operation, file: Some(file), .. } => write!(f, "cannot {operation} {file}"),
            Self::Io { operation, file: None, .. } => write!(f, "cannot {operation}"),
            Self::Setting(message) => f.write_str(message),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Setting(_) => None,
        }
    }
}

/// Why an event could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The record is damaged: an event that was acknowledged is lost. The reader goes on behind it.
    Corrupt {
        /// The log of the event.
        log: LogId,
        /// Its seq.
        seq: Seq,
        /// The file that its record is in.
        file: String,
        /// Where in the file the record begins, in bytes.
        position: u64,
    },
    /// The disk cannot read the record, at least not now: an event that was acknowledged may be lost. The reader goes on behind it. Its
    /// file is kept, whatever is released, so a later read or start may find it.
    Unreadable {
        /// The log of the event.
        log: LogId,
        /// Its seq.
        seq: Seq,
        /// The file that its record is in.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The disk cannot read a file, at least not now. The reader goes on behind it. The file is kept, whatever is released, so a later read
    /// or start may find what is in it.
    UnreadableFile {
        /// The log of the events.
        log: LogId,
        /// Between which seqs there are events of this connection in the file, both included. Not every one is of this connection.
        seqs: SeqRange,
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused an operation for a reason that is not the file's, such as too many open files; or it could not be noted that
    /// something is lost, so that nobody must pass over it (`file` is then the note). The reader ends; what it has not given can be read
    /// later.
    Io {
        /// The name of the file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

impl ReadError {
    /// The log, and the seqs between which events are lost to this reader, which goes on behind them; none if it ends, and nothing is
    /// lost.
    #[must_use]
    pub fn lost(&self) -> Option<(LogId, SeqRange)> {
        match self {
            Self::Corrupt { log, seq, .. } | Self::Unreadable { log, seq, .. } => Some((*log, *seq..=*seq)),
            Self::UnreadableFile { log, seqs, .. } => Some((*log, seqs.clone())),
            Self::Io { .. } => None,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { log, seq, file, position } => {
                write!(f, "event {seq} of log {log} is damaged, at byte {position} of {file}")
            }
            Self::Unreadable { log, seq, file, .. } => write!(f, "event {seq} of log {log} cannot be read from {file}"),
            Self::UnreadableFile { log, seqs, file, .. } => {
                let (first, last) = (seqs.start(), seqs.end());
                write!(f, "events {first} to {last} of log {log} cannot be read from {file}")
            }
            Self::Io { file, .. } => write!(f, "cannot read {file}"),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } | Self::Unreadable { source, .. } | Self::UnreadableFile { source, .. } => {
                Some(source)
            }
            Self::Corrupt { .. } => None,
        }
    }
}
