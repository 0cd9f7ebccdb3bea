//! Which objects a store has.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::error::FileError;
use super::files::Files;
use super::temporary::{is_temporary, remove_stale};
use crate::archive::store::Listed;

impl Files {
    /// Gives each object whose key begins with `prefix`, which is empty or ends with `/`, in no order. Links and names that are no UTF-8 are
    /// passed over; so is what is removed meanwhile.
    pub(super) fn list(&self, prefix: &str, mut each: impl FnMut(Listed)) -> Result<(), FileError> {
        let mut folders: Vec<(PathBuf, String)> =
            self.folder_of(prefix)?.into_iter().map(|folder| (folder, prefix.to_owned())).collect();
        while let Some((folder, prefix)) = folders.pop() {
            let failed = |error| FileError::new("list the folder", &folder, error);
            let Some(entries) = if_there(fs::read_dir(&folder)).map_err(failed)? else { continue };
            for entry in entries {
                let entry = entry.map_err(failed)?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let Some(kind) = if_there(entry.file_type()).map_err(failed)? else { continue };
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{prefix}{name}/")));
                } else if kind.is_file()
                    && let Some(listed) = look_at(&entry, &name, &prefix).map_err(failed)?
                {
                    each(listed);
                }
            }
        }
        Ok(())
    }
}

/// What is known of a file; none if it is no object.
fn look_at(entry: &DirEntry, name: &str, prefix: &str) -> io::Result<Option<Listed>> {
    let Some(metadata) = if_there(entry.metadata())? else { return Ok(None) };
    if is_temporary(name) {
        remove_stale(&entry.path(), &metadata);
        return Ok(None);
    }
    let modified = metadata.modified()?;
    let micros = modified.duration_since(UNIX_EPOCH).map_or_else(
        |before| i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
        |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
    );
    Ok(Some(Listed { key: format!("{prefix}{name}"), bytes: metadata.len(), modified: micros }))
}

/// None if the file or folder is not there.
fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
