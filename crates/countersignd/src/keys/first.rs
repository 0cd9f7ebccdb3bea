//! The first key: without any key nobody could call the management API, so the start makes one.

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use tracing::info;
use zeroize::Zeroizing;

use crate::audit::Actor;
use crate::keys::{Issued, Keys, NewKey, Scope};
use crate::private_file;

/// The name of the file in the data folder. Its one line is `KEY:SECRET`, as `curl -u` reads it.
pub const FILE: &str = "first-key";

impl Keys {
    /// Makes a key that may do anything, if there is none, and writes it to a file. It is shown on a terminal, and nowhere else.
    ///
    /// # Errors
    /// If it cannot be written or stored.
    pub fn make_first(&self, data: &Path, now: i64) -> Result<Option<Issued>, Box<dyn Error>> {
        if !self.is_empty() {
            return Ok(None);
        }
        let path = data.join(FILE);
        let issued = Self::generate();
        // The file comes first: of a key without a file nobody would know the secret. A file without its key is replaced.
        let line = Zeroizing::new(format!("{}:{}\n", issued.key, *issued.secret));
        private_file::write(&path, line.as_bytes())
            .map_err(|error| format!("cannot write the first key to {}: {error}", path.display()))?;
        let new = NewKey { scope: Scope::Manage, group: None, expires_at: None };
        self.insert(&issued, new, &Actor::Service, now)?;
        info!(key = issued.key, file = %path.display(), "the first key of the management API is in a file");
        Ok(Some(issued))
    }
}

/// Removes the file of the first key if it is the file of this one, which was deleted. Whether it was there.
///
/// # Errors
/// Of the system.
pub fn remove(data: &Path, key: &str) -> io::Result<bool> {
    let path = data.join(FILE);
    let line = match private_file::read(&path, 0) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        line => line?,
    };
    let is_of_key = line.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b":"));
    if is_of_key {
        fs::remove_file(&path)?;
    }
    Ok(is_of_key)
}

/// Shows a key on the terminal, if standard error is one: whatever collects logs must not see it.
pub fn show(issued: &Issued) {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        let _ = writeln!(out, "the first key of the management API: {}:{}", issued.key, *issued.secret);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;
    use std::sync::Arc;

    use super::*;
    use crate::metadata::Metadata;

    #[test]
    fn a_start_without_any_key_makes_one() {
        let folder = tempfile::tempdir().unwrap();
        let keys = || Keys::open(Arc::new(Metadata::open(folder.path()).unwrap())).unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, "of a start that was interrupted").unwrap();
        let issued = keys().make_first(folder.path(), 0).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}:{}\n", issued.key, *issued.secret));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(keys().make_first(folder.path(), 0).unwrap().is_none());
        let list = keys().list();
        assert_eq!((list.len(), list[0].id.as_str(), list[0].scope), (1, issued.key.as_str(), Scope::Manage));
    }
}
