//! What is done with the files of a store. It blocks.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::error::{FileError, LINK};
use super::temporary::{Temporary, is_temporary};
use crate::archive::store::Put;

const IS_LINK: &str = "it is a symbolic link, and none is followed below the folder of a store: put the file or folder itself there, or make \
                       the whole store's folder a link";

/// The files of a store.
#[derive(Debug)]
pub(super) struct Files {
    /// An absolute path.
    folder: PathBuf,
}

/// The place of an object: the folder that it is in, which is there, and its name.
struct Place<'a> {
    folder: PathBuf,
    name: &'a str,
}

impl Place<'_> {
    fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }
}

impl Files {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Puts an object, durably, unless there is one under this key.
    pub(super) fn put_once(&self, key: &str, object: &[u8]) -> Result<Put, FileError> {
        let place = self.make_place(key)?;
        let path = place.path();
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(Put::Exists);
        }
        let mut temporary = Temporary::create(&place.folder, place.name)?;
        temporary.write(object)?;
        let linked = fs::hard_link(temporary.path(), &path);
        // Before the folder is flushed: that is durable, too, then.
        drop(temporary);
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(Put::Exists),
            Err(error) => return Err(FileError::new(LINK, &path, error)),
        }
        // All of them: a folder that an earlier process has made may have no durable name yet.
        self.flush_names(&path)?;
        Ok(Put::Written)
    }

    /// Makes an object durable, with its name and those of the folders that it is in.
    pub(super) fn flush(&self, key: &str) -> Result<(), FileError> {
        let path = match self.place(key)? {
            Some(place) => place.path(),
            None => self.folder.join(key),
        };
        let file = open(&path).map_err(|error| error.into_error("flush", &path))?;
        file.sync_all().map_err(|error| FileError::new("flush", &path, error))?;
        self.flush_names(&path)
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, FileError> {
        let Some(place) = self.place(key)? else { return Ok(None) };
        let path = place.path();
        let mut file = match open(&path) {
            Err(NotOpen::Failed(error)) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| error.into_error("read", &path))?,
        };
        let failed = |error| FileError::new("read", &path, error);
        let metadata = file.metadata().map_err(failed)?;
        let mut object = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut object).map_err(failed)?;
        Ok(Some(object))
    }

    /// Removes an object. Its removal is not made durable: what comes back with a power cut is found by the next comparison.
    pub(super) fn remove(&self, key: &str) -> Result<(), FileError> {
        let Some(place) = self.place(key)? else { return Ok(()) };
        let path = place.path();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(FileError::new("remove", &path, error)),
            _ => Ok(()),
        }
    }

    /// The folder of a prefix, which is empty or ends with `/`; none if there is none.
    pub(super) fn folder_of(&self, prefix: &str) -> Result<Option<PathBuf>, FileError> {
        match prefix.strip_suffix('/') {
            Some(names) => self.enter(names.split('/'), false),
            None if prefix.is_empty() => Ok(Some(self.folder.clone())),
            None => Err(self.no_key(prefix)),
        }
    }

    /// The place of an object; none if one of its folders is not there.
    fn place<'a>(&self, key: &'a str) -> Result<Option<Place<'a>>, FileError> {
        self.find(key, false)
    }

    /// The place of an object, whose folders are made.
    fn make_place<'a>(&self, key: &'a str) -> Result<Place<'a>, FileError> {
        let found = self.find(key, true)?;
        found.ok_or_else(|| FileError::new("create", &self.folder.join(key), ErrorKind::NotFound.into()))
    }

    fn find<'a>(&self, key: &'a str, is_made: bool) -> Result<Option<Place<'a>>, FileError> {
        let mut names = key.split('/');
        let Some(name) = names.next_back().filter(|name| is_name(name) && !is_temporary(name)) else {
            return Err(self.no_key(key));
        };
        if !names.clone().all(is_name) {
            return Err(self.no_key(key));
        }
        Ok(self.enter(names, is_made)?.map(|folder| Place { folder, name }))
    }

    /// The folder below that of the store that these names lead to; none if it is not there and not to be made.
    fn enter<'a>(&self, names: impl Iterator<Item = &'a str>, is_made: bool) -> Result<Option<PathBuf>, FileError> {
        let mut path = self.folder.clone();
        for name in names {
            if !is_name(name) {
                return Err(self.no_key(name));
            }
            path.push(name);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => {}
                Ok(found) if found.is_symlink() => return Err(FileError::other("open the folder", &path, IS_LINK)),
                Ok(_) => return Err(FileError::other("open the folder", &path, "it is no folder")),
                Err(error) if error.kind() == ErrorKind::NotFound && is_made => match fs::create_dir(&path) {
                    // Another put may have made it meanwhile.
                    Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                        return Err(FileError::new("create the folder", &path, error));
                    }
                    _ => {}
                },
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(FileError::new("open the folder", &path, error)),
            }
        }
        Ok(Some(path))
    }

    /// Makes durable the name of a file, and the names of the folders that it is in.
    fn flush_names(&self, file: &Path) -> Result<(), FileError> {
        for folder in file.ancestors().skip(1) {
            flush_folder(folder)?;
            if folder == self.folder {
                break;
            }
        }
        Ok(())
    }

    fn no_key(&self, key: &str) -> FileError {
        let message = "it is no key of an object: names, not `.` or `..`, with `/` between them, the last one without `#` and digits at its end";
        FileError::other("open", &self.folder.join(key), message)
    }
}

/// Whether this can be the name of a file or folder of ours.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains('\0')
}

/// Makes the names in a folder durable.
pub(super) fn flush_folder(folder: &Path) -> Result<(), FileError> {
    let flushed = File::open(folder).and_then(|folder| folder.sync_all());
    flushed.map_err(|error| FileError::new("flush the folder", folder, error))
}

/// Why a file is not open.
enum NotOpen {
    Failed(io::Error),
    Other(&'static str),
}

impl NotOpen {
    fn into_error(self, what: &'static str, path: &Path) -> FileError {
        match self {
            Self::Failed(error) => FileError::new(what, path, error),
            Self::Other(message) => FileError::other(what, path, message),
        }
    }
}

/// Opens a file to read it.
fn open(path: &Path) -> Result<File, NotOpen> {
    // A pipe would hold up whoever opens it.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match File::options().read(true).custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => return Err(NotOpen::Other(IS_LINK)),
        opened => opened.map_err(NotOpen::Failed)?,
    };
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(file),
        Ok(_) => Err(NotOpen::Other("it is no file")),
        Err(error) => Err(NotOpen::Failed(error)),
    }
}
