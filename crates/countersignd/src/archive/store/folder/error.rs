//! What has failed with which file or folder of a store, and what can be done.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Something could not be done with a file or folder.
#[derive(Debug)]
pub(super) struct FileError {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    pub(super) fn new(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self { what, path: path.to_owned(), source }
    }

    /// What is there is not what must be there.
    pub(super) fn other(what: &'static str, path: &Path, message: &'static str) -> Self {
        Self::new(what, path, io::Error::other(message))
    }

    /// What can be done, where more can be said than the system does.
    fn advice(&self) -> Option<&'static str> {
        Some(match self.source.kind() {
            ErrorKind::PermissionDenied if self.what == LINK => {
                "the store needs a file system with hard links, and the right to write in that folder"
            }
            ErrorKind::Unsupported | ErrorKind::CrossesDevices => "the store needs a file system with hard links",
            ErrorKind::PermissionDenied => "the user that this program runs as needs the right to do that",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
            ErrorKind::ReadOnlyFilesystem => "mount its disk for writing",
            _ => return None,
        })
    }
}

/// What is said of a file that cannot be given the name of its object.
pub(super) const LINK: &str = "give its name to";

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}", self.what, self.path.display())?;
        self.advice().map_or(Ok(()), |advice| write!(f, " ({advice})"))
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        let shown =
            |what, code| FileError::new(what, Path::new("/s/a"), io::Error::from_raw_os_error(code)).to_string();
        assert_eq!(shown("write", 28), "cannot write /s/a (make room on its disk)");
        // EPERM: what Linux says of a file system without hard links.
        assert!(shown(LINK, 1).contains("hard links"));
        assert_eq!(shown("read", 5), "cannot read /s/a");
    }
}
