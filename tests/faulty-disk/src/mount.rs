//! The disk as a file system of the kernel.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, MountOption, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, Session, TimeOrNow, WriteFlags,
};

use crate::content::Content;
use crate::disk::{Disk, Kind};
use crate::fault::Operation;
use crate::names::Number;

/// How long the kernel may remember what it was told. All that changes goes through it.
const REMEMBERED: Duration = Duration::from_secs(1);
const GENERATION: Generation = Generation(0);
const BLOCK: u32 = 4096;

/// A disk, which outlives its mounts.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<Disk>>);

impl Shared {
    /// Shares a disk.
    #[must_use]
    pub fn new(disk: Disk) -> Self {
        Self(Arc::new(Mutex::new(disk)))
    }

    /// The disk.
    pub fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attributes of a file, which the system knows once more if it was `found`.
    fn attributes(&self, number: Number, found: bool) -> Result<FileAttr, Errno> {
        let mut disk = self.lock();
        let links = disk.names.counts().get(&number).copied().unwrap_or(u32::from(number == crate::disk::ROOT));
        let node = disk.nodes.get_mut(&number).ok_or(Errno::ENOENT)?;
        node.lookups += u64::from(found);
        let (kind, size) = match &node.kind {
            Kind::File(content) => (FileType::RegularFile, content.length()),
            Kind::Folder => (FileType::Directory, 0),
            Kind::Socket => (FileType::Socket, 0),
        };
        Ok(FileAttr {
            ino: INodeNo(number),
            size,
            blocks: size.div_ceil(512),
            atime: node.changed,
            mtime: node.changed,
            ctime: node.changed,
            crtime: node.changed,
            kind,
            perm: node.mode,
            nlink: links,
            uid: owner().0,
            gid: owner().1,
            rdev: 0,
            blksize: BLOCK,
            flags: 0,
        })
    }

    fn make(&self, operation: Operation, of: (INodeNo, &OsStr), kind: Kind, mode: u32) -> Result<FileAttr, Errno> {
        let (folder, name) = (of.0.0, of.1);
        let mode = u16::try_from(mode & 0o7777).expect("12 bits");
        let delay = self.lock().admit_name(operation, folder, name).map_err(Errno::from_i32)?;
        thread::sleep(delay);
        let number = self.lock().make(folder, name, kind, mode).map_err(Errno::from_i32)?;
        self.attributes(number, true)
    }

    /// Does something with a file, if that may be done.
    fn with<T>(
        &self,
        operation: Operation,
        number: INodeNo,
        act: impl FnOnce(&mut Disk, bool) -> Result<T, i32>,
    ) -> Result<T, Errno> {
        let (delay, is_short) = self.lock().admit_at(operation, number.0).map_err(Errno::from_i32)?;
        thread::sleep(delay);
        act(&mut self.lock(), is_short).map_err(Errno::from_i32)
    }
}

/// Whoever runs this owns everything.
fn owner() -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").map_or((0, 0), |metadata| (metadata.uid(), metadata.gid()))
}

/// A mounted disk. It is unmounted when this is dropped.
#[derive(Debug)]
pub struct Mounted {
    session: Option<BackgroundSession>,
    place: PathBuf,
}

impl Mounted {
    /// Mounts a disk on an empty folder.
    ///
    /// # Errors
    /// Of the system: it has no FUSE, or this user may not mount.
    pub fn new(disk: &Shared, place: &Path) -> io::Result<Self> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("faulty-disk".to_owned()), MountOption::NoAtime];
        // What is slow must not hold up the rest.
        config.n_threads = Some(4);
        let session = Session::new(disk.clone(), place, &config)?.spawn()?;
        Ok(Self { session: Some(session), place: place.to_owned() })
    }

    /// Unmounts it. What the kernel remembers of it is gone then.
    ///
    /// # Errors
    /// Of the system: something is open.
    pub fn unmount(mut self) -> io::Result<()> {
        self.session.take().map_or(Ok(()), BackgroundSession::umount_and_join)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(session) = self.session.take()
            && let Err(error) = session.umount_and_join()
        {
            eprintln!("cannot unmount {}: {error}", self.place.display());
        }
    }
}

macro_rules! answer {
    ($reply:ident, $result:expr, $value:pat => $ok:expr) => {
        match $result {
            Ok($value) => $ok,
            Err(error) => $reply.error(error),
        }
    };
}

impl Filesystem for Shared {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.lock().find(parent.0, name).map_err(Errno::from_i32);
        let found = found.and_then(|number| self.attributes(number, true));
        answer!(reply, found, attributes => reply.entry(&REMEMBERED, &attributes, GENERATION));
    }

    fn forget(&self, _: &Request, number: INodeNo, lookups: u64) {
        self.lock().forget(number.0, lookups);
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        answer!(reply, self.attributes(number.0, false), attributes => reply.attr(&REMEMBERED, &attributes));
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let set = self.with(Operation::Truncate, number, |disk, _| {
            if let Some(mode) = mode
                && let Some(node) = disk.nodes.get_mut(&number.0)
            {
                node.mode = u16::try_from(mode & 0o7777).expect("12 bits");
            }
            size.map_or(Ok(()), |size| disk.truncate(number.0, size))
        });
        let set = set.and_then(|()| self.attributes(number.0, false));
        answer!(reply, set, attributes => reply.attr(&REMEMBERED, &attributes));
    }

    fn mknod(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, _rdev: u32, reply: ReplyEntry) {
        let is_socket = mode & 0o170_000 == 0o140_000;
        let kind = if is_socket { Kind::Socket } else { Kind::File(Content::default()) };
        let entry = self.make(Operation::Create, (parent, name), kind, mode & !umask);
        answer!(reply, entry, attributes => reply.entry(&REMEMBERED, &attributes, GENERATION));
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        let entry = self.make(Operation::Mkdir, (parent, name), Kind::Folder, mode & !umask);
        answer!(reply, entry, attributes => reply.entry(&REMEMBERED, &attributes, GENERATION));
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let entry = self.make(Operation::Create, (parent, name), Kind::File(Content::default()), mode & !umask);
        answer!(reply, entry, attributes =>
            reply.created(&REMEMBERED, &attributes, GENERATION, FileHandle(0), FopenFlags::empty()));
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let admitted = self.lock().admit_name(Operation::Unlink, parent.0, name);
        let removed = admitted.and_then(|delay| {
            thread::sleep(delay);
            self.lock().remove(parent.0, name)
        });
        answer!(reply, removed.map_err(Errno::from_i32), () => reply.ok());
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.unlink(request, parent, name, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        to: INodeNo,
        new: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if !flags.is_empty() {
            return reply.error(Errno::EINVAL);
        }
        let admitted = self.lock().admit_name(Operation::Rename, to.0, new);
        let renamed = admitted.and_then(|delay| {
            thread::sleep(delay);
            self.lock().rename((parent.0, name), (to.0, new))
        });
        answer!(reply, renamed.map_err(Errno::from_i32), () => reply.ok());
    }

    fn link(&self, _: &Request, number: INodeNo, folder: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let admitted = self.lock().admit_name(Operation::Link, folder.0, name);
        let linked = admitted.and_then(|delay| {
            thread::sleep(delay);
            self.lock().link(number.0, folder.0, name)
        });
        let linked = linked.map_err(Errno::from_i32).and_then(|()| self.attributes(number.0, true));
        answer!(reply, linked, attributes => reply.entry(&REMEMBERED, &attributes, GENERATION));
    }

    fn open(&self, _: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let opened = self.with(Operation::Open, number, |_, _| Ok(()));
        answer!(reply, opened, () => reply.opened(FileHandle(0), FopenFlags::empty()));
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.with(Operation::Read, number, |disk, _| disk.read(number.0, offset, size as usize));
        answer!(reply, read, bytes => reply.data(&bytes));
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let written = self.with(Operation::Write, number, |disk, is_short| {
            let taken = if is_short { &data[..data.len().div_ceil(2)] } else { data };
            disk.write(number.0, offset, taken).map(|()| taken.len())
        });
        answer!(reply, written, count => reply.written(u32::try_from(count).expect("a write is small")));
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let admitted = self.lock().admit_at(Operation::Fsync, number.0);
        let result = admitted.map(|(delay, _)| thread::sleep(delay));
        let flushed = self.lock().flush(number.0, result);
        answer!(reply, flushed.map_err(Errno::from_i32), () => reply.ok());
    }

    fn fsyncdir(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let flushed = self.with(Operation::FsyncFolder, number, |disk, _| disk.flush_folder(number.0));
        answer!(reply, flushed, () => reply.ok());
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let listed = self.with(Operation::List, number, |disk, _| {
            let mut entries = vec![(number.0, FileType::Directory, ".".into())];
            entries.push((number.0, FileType::Directory, "..".into()));
            for (name, number) in disk.folder(number.0)? {
                let kind = match disk.node(*number)?.kind {
                    Kind::File(_) => FileType::RegularFile,
                    Kind::Folder => FileType::Directory,
                    Kind::Socket => FileType::Socket,
                };
                entries.push((*number, kind, name.clone()));
            }
            Ok(entries)
        });
        match listed {
            Ok(entries) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                for (place, (number, kind, name)) in entries.into_iter().enumerate().skip(from) {
                    if reply.add(INodeNo(number), place as u64 + 1, kind, name) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }

    fn statfs(&self, _: &Request, number: INodeNo, reply: ReplyStatfs) {
        let room = self.with(Operation::Statfs, number, |disk, _| Ok((disk.settings.capacity, disk.used())));
        answer!(reply, room, (capacity, used) => {
            let (total, free) = (capacity / u64::from(BLOCK), capacity.saturating_sub(used) / u64::from(BLOCK));
            reply.statfs(total, free, free, 1 << 20, 1 << 20, BLOCK, 255, BLOCK);
        });
    }
}
