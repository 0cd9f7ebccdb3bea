//! A folder of the operating system, which one process at a time may have open.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{Disk, DiskFile, Space};

/// The file whose lock says that a process has the folder open.
const LOCK: &str = "lock";

/// A folder of the operating system.
#[derive(Debug)]
pub struct OsDisk {
    folder: PathBuf,
    /// Open as long as this value lives: the system lets go of the lock when the process ends, however it ends.
    _lock: File,
}

impl OsDisk {
    /// Opens a folder, and creates it if it is not there, for its owner alone.
    ///
    /// # Errors
    /// `WouldBlock` if another process has the folder open, and others of the system.
    pub fn open(folder: impl AsRef<Path>) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;

        let folder = folder.as_ref().to_path_buf();
        create(&folder)?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("another process has {} open", folder.display());
                return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The name of the folder must be durable too, also if an earlier process has made it and was stopped here.
        flush_parent(&folder)?;
        Ok(Self { folder, _lock: lock })
    }
}

/// Creates a folder, and those that it is in, so that their names are durable.
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => flush_parent(folder),
    }
}

/// Makes the name of a folder durable.
fn flush_parent(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

impl Disk for OsDisk {
    type File = OsFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            if let Ok(name) = entry?.file_name().into_string()
                && name != LOCK
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<OsFile> {
        use std::os::unix::fs::OpenOptionsExt as _;

        let path = self.folder.join(name);
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path).map(OsFile)
    }

    fn open(&self, name: &str) -> io::Result<OsFile> {
        OpenOptions::new().read(true).write(true).open(self.folder.join(name)).map(OsFile)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.folder.join(from), self.folder.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.folder.join(name))
    }

    fn flush_names(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn space(&self) -> io::Result<Space> {
        let of = rustix::fs::statvfs(&self.folder)?;
        Ok(Space { free: of.f_bavail * of.f_frsize, total: of.f_blocks * of.f_frsize })
    }
}

/// A file of the operating system.
#[derive(Debug)]
pub struct OsFile(File);

impl DiskFile for OsFile {
    fn length(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, room: &mut [u8], position: u64) -> io::Result<usize> {
        self.0.read_at(room, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        self.0.write_at(bytes, position)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    /// `fdatasync`, which also makes the length durable.
    fn flush(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
