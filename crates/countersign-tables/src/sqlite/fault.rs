//! What SQLite says of the file of a schema, with the file's name, and with advice where another program is at fault.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::destination::DestinationError;

/// An error of SQLite in one file.
#[derive(Debug)]
struct FileError {
    path: PathBuf,
    source: rusqlite::Error,
}

/// The same error; if it is one of SQLite, its source names the file.
pub(super) fn in_file(error: DestinationError, path: &Path) -> DestinationError {
    let DestinationError::Failed { operation, source } = error else { return error };
    let source = match source.downcast::<rusqlite::Error>() {
        Ok(source) => Box::new(FileError { path: path.to_path_buf(), source: *source }),
        Err(source) => source,
    };
    DestinationError::Failed { operation, source }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => write!(
                f,
                "another program has locked {path}, perhaps sqlite3, a backup or a report with an open transaction: end its transaction, \
                 or the program (fuser {path} lists who has the file open)"
            ),
            _ => write!(f, "{path}"),
        }
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
