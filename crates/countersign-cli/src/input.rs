//! Files and standard input, with errors that say which and what to do.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::error::{CliError, describe_io_error};
use crate::terminal::printable;

/// Something to read from.
pub(crate) struct Input {
    /// What to call it in messages.
    pub(crate) name: String,
    /// The length of the file in bytes, where that is known.
    pub(crate) length: Option<u64>,
    /// How many bytes of the file were read, if it is compressed, so that more come out of it.
    pub(crate) compressed: Option<Arc<AtomicU64>>,
    source: Box<dyn Read + Send>,
    /// What was looked at before it was read: its first bytes, and how many of them were read since.
    start: Cursor<Vec<u8>>,
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Self, CliError> {
        if path == Path::new("-") {
            return Ok(Self {
                name: "stdin".to_owned(),
                length: None,
                compressed: None,
                source: Box::new(io::stdin()),
                start: Cursor::default(),
            });
        }
        let (name, file) = open(path)?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|data| data.len());
        Ok(Self { name, length, compressed: None, source: Box::new(file), start: Cursor::default() })
    }

    /// What comes out of a compressed file of this name and length. `read` counts how much of that was read.
    pub(crate) fn decompressed(
        name: String,
        length: Option<u64>,
        source: Box<dyn Read + Send>,
        read: Arc<AtomicU64>,
    ) -> Self {
        Self { name, length, compressed: Some(read), source, start: Cursor::default() }
    }

    /// Its first bytes, which are still to be read: as many as make a format known, fewer if there are no more.
    pub(crate) fn peek(&mut self) -> Result<&[u8], CliError> {
        const LONGEST_MAGIC: u64 = 6;
        if self.start.get_ref().is_empty() {
            let mut start = Vec::new();
            let read = self.source.by_ref().take(LONGEST_MAGIC).read_to_end(&mut start);
            read.map_err(|error| Self::unreadable(&self.name, &error))?;
            self.start = Cursor::new(start);
        }
        Ok(self.start.get_ref())
    }

    /// Reads all of it, which must not be more than `limit` bytes.
    pub(crate) fn read_whole(self, limit: usize) -> Result<Vec<u8>, CliError> {
        let name = self.name.clone();
        read_whole(&name, self, limit)
    }

    /// The error for when reading goes wrong halfway.
    pub(crate) fn unreadable(name: &str, error: &io::Error) -> CliError {
        CliError::Io(format!("cannot read {name}: {}", describe_io_error(error)))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.start.read(buffer)? {
            0 => self.source.read(buffer),
            length => Ok(length),
        }
    }
}

/// Reads a file of the configuration, which must not be more than `limit` bytes. It is not standard input.
pub(crate) fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    let (name, file) = open(path)?;
    read_whole(&name, file, limit)
}

/// Standard input can be read once: sees to it that at most one of the paths is `-`. `options` are those that have them.
pub(crate) fn check_stdin<'p>(paths: impl Iterator<Item = &'p PathBuf>, options: &str) -> Result<(), CliError> {
    if paths.filter(|path| *path == Path::new("-")).count() < 2 {
        return Ok(());
    }
    let message = "standard input can be read once, and - stands for it; give a file to all but one of";
    Err(CliError::Config(format!("{message} {options}")))
}

/// A path for messages.
pub(crate) fn display_path(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}

fn open(path: &Path) -> Result<(String, File), CliError> {
    let name = display_path(path);
    let file = File::open(path).map_err(|error| Input::unreadable(&name, &error))?;
    // Opening a directory succeeds on Unix; only reading from it would fail.
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(Input::unreadable(&name, &io::ErrorKind::IsADirectory.into()));
    }
    Ok((name, file))
}

fn read_whole(name: &str, source: impl Read, limit: usize) -> Result<Vec<u8>, CliError> {
    // One byte more than is allowed tells too much from just enough. The usual file fits the first allocation, so that
    // a secret leaves no copies behind in memory that was given back.
    let mut bytes = Vec::with_capacity(limit.min(64 * 1024) + 1);
    let most = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
    source.take(most).read_to_end(&mut bytes).map_err(|error| Input::unreadable(name, &error))?;
    if bytes.len() > limit {
        return Err(CliError::Config(format!("{name}: larger than {}; is this the right file?", format_size(limit))));
    }
    Ok(bytes)
}

/// A limit in words.
pub(crate) fn format_size(bytes: usize) -> String {
    if bytes >= 1 << 30 {
        format!("{} GiB", bytes >> 30)
    } else if bytes >= 1 << 20 {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{} KiB", bytes >> 10)
    }
}
