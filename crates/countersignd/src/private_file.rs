//! Files that hold secrets, and folders: nobody but their owner can read them, not even for a moment.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

/// The most bytes that are read of a file. What it holds is a key, not a document.
const BYTES_MAX: usize = 4096;

/// The path for a text about what is wrong with the file. Where the secret itself was given in its place, as with one `$` too many
/// in front of a variable's name, it is not repeated: only a path is that is there, or of which a folder is, and a short name with an
/// extension, such as `key.pem`.
#[must_use]
pub fn shown(path: &Path) -> String {
    let is_named = |folder: &&Path| !folder.as_os_str().is_empty() && *folder != Path::new("/");
    let is_place = path.exists() || path.ancestors().skip(1).filter(is_named).any(Path::is_dir);
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let is_usual = path.extension().is_some_and(|extension| extension.len() <= 5)
        && path.to_str().is_some_and(|name| name.len() <= 32 && name.chars().all(is_plain));
    if is_place || is_usual {
        path.display().to_string()
    } else {
        "the file that was named (its name is not repeated here, since it could be a secret; give the path)".to_owned()
    }
}

/// Writes a file with mode 0600, durably, and in place of the one that has this name. It is there as a whole or not at all.
///
/// # Errors
/// Of the system.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let new = folder.join(name);
    // What an interrupted start has left, with whatever mode it has.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

/// Makes a folder that only its owner may enter, and those that it is in; nothing if it is there already.
///
/// # Errors
/// Of the system.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Reads a file that none of `others` may read: bits of a mode such as `0o077`.
///
/// # Errors
/// Of the system; `PermissionDenied`, with advice, if others may read it; `InvalidData` if it is no file or too long.
pub fn read(path: &Path, others: u32) -> io::Result<Zeroizing<Vec<u8>>> {
    use std::io::Read as _;

    let file = File::open(path)?;
    // Of the file that is open, not of the one that has this name a moment later.
    let found = file.metadata()?;
    if !found.is_file() || found.len() > BYTES_MAX as u64 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it must be a file of at most {BYTES_MAX} bytes"),
        ));
    }
    let mode = found.mode() & 0o777;
    if mode & others != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "others may read or write it (its mode is {mode:03o}): if nobody has, run chmod 600 {}",
                path.display()
            ),
        ));
    }
    // A buffer that grows would leave copies.
    let mut content = Zeroizing::new(Vec::with_capacity(BYTES_MAX));
    file.take(BYTES_MAX as u64).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_in_place_of_a_path_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            &*folder.path().join("none"),
            folder.path(),
            Path::new("./none"),
            Path::new("../none"),
            Path::new("key.pem"),
        ] {
            assert_eq!(shown(path), path.display().to_string());
        }
        for secret in ["s3cr3t", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ab/cd+ef==", "/ab/cd==", ""] {
            assert!(!shown(Path::new(secret)).contains(secret) || secret.is_empty(), "{secret}");
        }
    }

    #[test]
    fn what_is_written_is_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        // What another start has left neither hinders nor passes its mode on.
        fs::write(folder.path().join("key.new"), "half").unwrap();
        for content in ["one", "another"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
            assert_eq!(**read(&path, 0o077).unwrap(), *content.as_bytes());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write(&path, b"x").unwrap();
        for (mode, others, is_good) in [
            (0o400, 0o077, true),
            (0o640, 0o077, false),
            (0o604, 0o077, false),
            (0o620, 0o077, false),
            (0o440, 0o007, true),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let outcome = read(&path, others).map_err(|error| error.to_string());
            assert_eq!(outcome.is_ok(), is_good, "{mode:o}");
            if let Err(message) = outcome {
                assert!(message.contains(&format!("{mode:o}")) && message.contains("chmod 600"), "{message}");
            }
        }
        assert_eq!(read(folder.path(), 0o077).unwrap_err().kind(), io::ErrorKind::InvalidData);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, vec![0; 5000]).unwrap();
        assert_eq!(read(&path, 0o077).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
