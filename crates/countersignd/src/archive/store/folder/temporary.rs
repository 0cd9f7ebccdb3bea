//! The file that an object is in until it is whole.

use std::fs::{self, File, Metadata};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::FileError;
use crate::random;

/// After which time nobody writes a temporary file any more: a put is given up much earlier.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// After how many bytes a file is flushed. A flush of a whole object would keep the inbox's flushes on the same disk waiting that long.
const PIECE_BYTES: usize = 1 << 20;

/// A file that is removed when this value is dropped.
pub(super) struct Temporary {
    path: PathBuf,
    file: File,
}

impl Temporary {
    /// Creates the file for an object of this name. No other one has ever had its name: a put that takes very long never finds in the
    /// place of its file that of another.
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self, FileError> {
        let path = folder.join(format!("{name}#{}", u64::from_le_bytes(random::bytes())));
        // Fails if there is anything of this name, also a link.
        let created = File::options().write(true).create_new(true).open(&path);
        let file = created.map_err(|error| FileError::new("create", &path, error))?;
        Ok(Self { path, file })
    }

    /// Writes the object, durably.
    pub(super) fn write(&mut self, object: &[u8]) -> Result<(), FileError> {
        for piece in object.chunks(PIECE_BYTES) {
            self.file.write_all(piece).map_err(|error| FileError::new("write", &self.path, error))?;
            // What is behind the last whole piece is flushed with the rest below: most objects have no whole one.
            if piece.len() == PIECE_BYTES {
                self.file.sync_data().map_err(|error| FileError::new("flush", &self.path, error))?;
            }
        }
        self.file.sync_all().map_err(|error| FileError::new("flush", &self.path, error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // If it stays, a listing removes it later.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a file of this name is a temporary one.
pub(super) fn is_temporary(name: &str) -> bool {
    let digits = name.rsplit_once('#').map(|(_, digits)| digits);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Removes a temporary file if nobody writes it any more.
pub(super) fn remove_stale(path: &Path, metadata: &Metadata) {
    let age = metadata.modified().ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    if age.is_some_and(|age| age > STALE_AFTER) {
        // If it stays, the next listing tries it again.
        let _ = fs::remove_file(path);
    }
}
