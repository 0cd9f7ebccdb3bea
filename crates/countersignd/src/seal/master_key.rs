//! The master key: 32 random bytes, as 64 hex digits in a file or a credential of systemd.
//!
//! Which one it is stands in the metadata, so that a lost or wrong key is noticed at the start, and never replaced by a new one while
//! something is encrypted with it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::metadata::{Metadata, MetadataError};
use crate::seal::KEY_ID_LENGTH;
use crate::{private_file, random};

/// The name of the file in the data folder, and of the credential.
pub const FILE: &str = "master-key";

/// The variable in which systemd names the folder of credentials.
pub const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The key under which stored secrets are encrypted. It is wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Why there is no master key.
#[derive(Debug)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// The file cannot be read or made, or others may read it.
    File(PathBuf, io::Error),
    /// What the file holds is no key.
    Malformed(PathBuf),
    /// Secrets are encrypted, and the key is gone.
    Missing(PathBuf),
    /// Secrets are encrypted with another key than this one.
    Other(PathBuf),
    /// The metadata cannot be used.
    Metadata(MetadataError),
}

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, _) => write!(f, "cannot use the master key {}", path.display()),
            Self::Malformed(path) => write!(
                f,
                "the master key {} must be 64 hex digits in one line, as `openssl rand -hex 32` makes them",
                path.display()
            ),
            Self::Missing(path) => write!(
                f,
                "the master key {} is missing, and the secrets in metadata.db are encrypted with it: put it back (backups of the data folder should not hold it), or pass it as the credential {FILE:?} of systemd",
                path.display()
            ),
            Self::Other(path) => write!(
                f,
                "the master key {} is not the one that the secrets in metadata.db are encrypted with: put that one back",
                path.display()
            ),
            Self::Metadata(_) => f.write_str("cannot look up which master key is used"),
        }
    }
}

impl std::error::Error for MasterKeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Metadata(error) => Some(error),
            _ => None,
        }
    }
}

impl From<MetadataError> for MasterKeyError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}

impl MasterKey {
    /// The key of a data folder: the credential in the folder `credentials`, if there is one, or else the file in the data folder, which
    /// is made at the first start.
    ///
    /// # Errors
    /// As [`MasterKeyError`] lists them.
    pub fn open(data: &Path, credentials: Option<&Path>, metadata: &Metadata) -> Result<Self, MasterKeyError> {
        let used = metadata.master_key_id()?;
        let credential = credentials.map(|folder| folder.join(FILE));
        let file = data.join(FILE);
        // systemd gives a credential to the user of the service by an access list, which shows as a right of the group.
        let places = credential.iter().map(|path| (path, 0o007)).chain([(&file, 0o077)]);
        for (path, others) in places {
            match private_file::read(path, others) {
                Ok(content) => {
                    let key = Self::read(&content).ok_or_else(|| MasterKeyError::Malformed(path.clone()))?;
                    if used.is_some_and(|used| used != key.id()) {
                        return Err(MasterKeyError::Other(path.clone()));
                    }
                    metadata.set_master_key_id(key.id())?;
                    return Ok(key);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(MasterKeyError::File(path.clone(), error)),
            }
        }
        if used.is_some() {
            return Err(MasterKeyError::Missing(file));
        }
        let key = Self(Zeroizing::new(random::bytes()));
        let mut line = Zeroizing::new(random::to_hex(&*key.0));
        line.push('\n');
        private_file::write(&file, line.as_bytes()).map_err(|error| MasterKeyError::File(file, error))?;
        metadata.set_master_key_id(key.id())?;
        Ok(key)
    }

    #[cfg(test)]
    pub(super) fn of(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Which key it is: of no use to find the key.
    #[must_use]
    pub fn id(&self) -> [u8; KEY_ID_LENGTH] {
        let hash = Sha256::new().chain_update(b"countersignd master key id\0").chain_update(*self.0).finalize();
        std::array::from_fn(|at| hash[at])
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hex digits and the end of a line.
    fn read(content: &[u8]) -> Option<Self> {
        let digits = content.trim_ascii();
        if digits.len() != 64 {
            return None;
        }
        let mut key = Zeroizing::new([0; 32]);
        for (byte, digits) in key.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? << 4 | low?).ok()?;
        }
        Some(Self(key))
    }
}

impl Metadata {
    fn master_key_id(&self) -> Result<Option<[u8; KEY_ID_LENGTH]>, MetadataError> {
        let found = self.db().query_row("SELECT id FROM master_key", [], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn set_master_key_id(&self, id: [u8; KEY_ID_LENGTH]) -> Result<(), MetadataError> {
        self.db().execute("INSERT INTO master_key VALUES (1, ?) ON CONFLICT DO NOTHING", [id])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn open(data: &Path, credentials: Option<&Path>) -> Result<MasterKey, String> {
        let metadata = Metadata::open(data).unwrap();
        MasterKey::open(data, credentials, &metadata).map_err(|error| crate::error_chain::chain(&error))
    }

    #[test]
    fn the_first_start_makes_a_key_and_no_later_one_does() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join(FILE);
        let key = open(data.path(), None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let again = open(data.path(), None).unwrap();
        assert_eq!((key.bytes(), key.id()), (again.bytes(), again.id()));

        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(open(data.path(), None).unwrap_err().contains("chmod 600"));
        fs::remove_file(&path).unwrap();
        assert!(open(data.path(), None).unwrap_err().contains("is missing"));
        assert!(!path.exists());

        let other = "0123456789abcdefABCDEF012345678900000000000000000000000000000000\n";
        private_file::write(&path, other.as_bytes()).unwrap();
        assert!(open(data.path(), None).unwrap_err().contains("is not the one"));
        for wrong in ["", "00", &other[1..], &other.replace('A', "g"), &format!("0{other}")] {
            private_file::write(&path, wrong.as_bytes()).unwrap();
            let message = open(data.path(), None).unwrap_err();
            assert!(message.contains("64 hex digits") && !message.contains("456789"), "{message}");
        }
    }

    #[test]
    fn a_credential_comes_before_the_file() {
        let (data, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = credentials.path().join(FILE);
        fs::write(&path, "ab".repeat(32)).unwrap();
        // As systemd makes it for a service with a user of its own.
        fs::set_permissions(&path, Permissions::from_mode(0o440)).unwrap();
        let key = open(data.path(), Some(credentials.path())).unwrap();
        assert_eq!(key.bytes(), &[0xab; 32]);
        assert!(!data.path().join(FILE).exists());
        // Without it, no new one is made.
        assert!(open(data.path(), None).unwrap_err().contains("credential"));
        fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        assert!(open(data.path(), Some(credentials.path())).unwrap_err().contains("others may read"));
    }
}
