//! Files, folders and sockets, what is done with them, and what fails.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::time::{Duration, SystemTime};

use crate::content::{Content, PAGE};
use crate::fault::{Fault, Operation, drawn};
use crate::names::{Folder, Names, Number};
use crate::random::Random;

pub(crate) const ROOT: Number = 1;

const ENOENT: i32 = 2;
const EIO: i32 = 5;
const EEXIST: i32 = 17;
const EISDIR: i32 = 21;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const ENOTEMPTY: i32 = 39;

/// The number of an error of the system.
pub(crate) type Errno = i32;

/// How the disk behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A flush of what has a path that contains one of these says that it has succeeded, and does nothing.
    pub unflushed_paths: Vec<String>,
    /// So does a flush of any folder.
    pub unflushed_names: bool,
    /// How many bytes of files there may be.
    pub capacity: u64,
    /// Whether nothing may be changed.
    pub is_read_only: bool,
    /// Whether it has no power: everything fails, and nothing changes.
    pub is_off: bool,
    /// What fails.
    pub faults: Vec<Fault>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unflushed_paths: Vec::new(),
            unflushed_names: false,
            capacity: 64 << 30,
            is_read_only: false,
            is_off: false,
            faults: Vec::new(),
        }
    }
}

/// What a power cut has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Pages that are as they were before.
    pub pages: u64,
    /// Pages that are new in part.
    pub torn_pages: u64,
    /// Changes of folders.
    pub names: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    File(Content),
    Folder,
    Socket,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) mode: u16,
    pub(crate) path: String,
    pub(crate) changed: SystemTime,
    /// How often the system knows it.
    pub(crate) lookups: u64,
}

/// All of it.
#[derive(Debug)]
pub struct Disk {
    pub(crate) nodes: HashMap<Number, Node>,
    pub(crate) names: Names,
    next: Number,
    /// How it behaves.
    pub settings: Settings,
    pub(crate) random: Random,
    /// How many faults there were.
    pub fault_count: u64,
    /// How many flushes there were.
    pub flush_count: u64,
}

impl Disk {
    /// An empty disk, whose faults this seed decides.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut names = Names::default();
        names.add_folder(ROOT);
        let mut disk = Self {
            nodes: HashMap::new(),
            names,
            next: ROOT + 1,
            settings: Settings::default(),
            random: Random::new(seed),
            fault_count: 0,
            flush_count: 0,
        };
        disk.nodes.insert(ROOT, Node::new(Kind::Folder, 0o700, String::new()));
        disk
    }

    pub(crate) fn node(&self, number: Number) -> Result<&Node, Errno> {
        self.nodes.get(&number).ok_or(ENOENT)
    }

    fn content(&mut self, number: Number) -> Result<&mut Content, Errno> {
        match self.nodes.get_mut(&number).map(|node| &mut node.kind) {
            Some(Kind::File(content)) => Ok(content),
            Some(_) => Err(EISDIR),
            None => Err(ENOENT),
        }
    }

    fn path(&self, folder: Number, name: &OsStr) -> String {
        let folder = self.nodes.get(&folder).map_or("", |node| &node.path);
        format!("{folder}/{}", name.to_string_lossy())
    }

    fn fault(&mut self, operation: Operation, path: &str) -> Option<Fault> {
        let fault = drawn(&mut self.settings.faults, &mut self.random, operation, path);
        self.fault_count += u64::from(fault.is_some());
        fault
    }

    /// Whether an operation may be done at all, how long it takes, and whether a write is short.
    pub(crate) fn admit(&mut self, operation: Operation, path: &str) -> Result<(Duration, bool), Errno> {
        let changes = !matches!(operation, Operation::Open | Operation::Read | Operation::List | Operation::Statfs);
        if self.settings.is_off {
            return Err(EIO);
        }
        // A flush of what cannot be changed has nothing to do.
        if self.settings.is_read_only && changes && !matches!(operation, Operation::Fsync | Operation::FsyncFolder) {
            return Err(EROFS);
        }
        match self.fault(operation, path) {
            Some(fault) if fault.errno != 0 => Err(fault.errno),
            Some(fault) => Ok((fault.delay, fault.is_short)),
            None => Ok((Duration::ZERO, false)),
        }
    }

    pub(crate) fn admit_at(&mut self, operation: Operation, number: Number) -> Result<(Duration, bool), Errno> {
        let path = self.node(number)?.path.clone();
        self.admit(operation, &path)
    }

    pub(crate) fn admit_name(&mut self, operation: Operation, folder: Number, name: &OsStr) -> Result<Duration, Errno> {
        let path = self.path(folder, name);
        self.admit(operation, &path).map(|(delay, _)| delay)
    }

    pub(crate) fn folder(&self, number: Number) -> Result<&Folder, Errno> {
        self.names.folder(number).ok_or(ENOENT)
    }

    pub(crate) fn find(&self, folder: Number, name: &OsStr) -> Result<Number, Errno> {
        self.folder(folder)?.get(name).copied().ok_or(ENOENT)
    }

    pub(crate) fn make(&mut self, folder: Number, name: &OsStr, kind: Kind, mode: u16) -> Result<Number, Errno> {
        if self.folder(folder)?.contains_key(name) {
            return Err(EEXIST);
        }
        let number = self.next;
        self.next += 1;
        if matches!(kind, Kind::Folder) {
            self.names.add_folder(number);
        }
        let path = self.path(folder, name);
        self.nodes.insert(number, Node::new(kind, mode, path));
        self.names.change(vec![(folder, name.into(), Some(number))]);
        Ok(number)
    }

    pub(crate) fn link(&mut self, number: Number, folder: Number, name: &OsStr) -> Result<(), Errno> {
        if self.folder(folder)?.contains_key(name) {
            return Err(EEXIST);
        }
        self.names.change(vec![(folder, name.into(), Some(number))]);
        let path = self.path(folder, name);
        self.nodes.get_mut(&number).ok_or(ENOENT)?.path = path;
        Ok(())
    }

    pub(crate) fn remove(&mut self, folder: Number, name: &OsStr) -> Result<(), Errno> {
        let number = self.find(folder, name)?;
        if self.names.folder(number).is_some_and(|inside| !inside.is_empty()) {
            return Err(ENOTEMPTY);
        }
        self.names.change(vec![(folder, name.into(), None)]);
        self.forget_unnamed();
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: (Number, &OsStr), to: (Number, &OsStr)) -> Result<(), Errno> {
        let number = self.find(from.0, from.1)?;
        let path = self.path(to.0, to.1);
        let changes: Vec<(Number, OsString, Option<Number>)> =
            vec![(from.0, from.1.into(), None), (to.0, to.1.into(), Some(number))];
        self.names.change(changes);
        self.nodes.get_mut(&number).ok_or(ENOENT)?.path = path;
        self.forget_unnamed();
        Ok(())
    }

    /// How many bytes of files there are.
    #[must_use]
    pub fn used(&self) -> u64 {
        let files = self.nodes.values().filter_map(|node| match &node.kind {
            Kind::File(content) => Some(content.used()),
            Kind::Folder | Kind::Socket => None,
        });
        files.sum()
    }

    pub(crate) fn read(&mut self, number: Number, position: u64, count: usize) -> Result<Vec<u8>, Errno> {
        self.content(number).map(|content| content.read(position, count))
    }

    /// Writes, if there is room.
    pub(crate) fn write(&mut self, number: Number, position: u64, bytes: &[u8]) -> Result<(), Errno> {
        // Only a disk that is nearly full is looked at: to add up all files takes longer than the write.
        let limit = self.settings.capacity;
        if limit < Settings::default().capacity {
            let has_room = self.used() + bytes.len() as u64 <= limit;
            let content = self.content(number)?;
            let is_over = position + bytes.len() as u64 <= content.length().next_multiple_of(PAGE as u64);
            if !(has_room || is_over && content.used() >= content.length()) {
                return Err(ENOSPC);
            }
        }
        self.content(number)?.write(position, bytes);
        self.nodes.get_mut(&number).ok_or(ENOENT)?.changed = SystemTime::now();
        Ok(())
    }

    pub(crate) fn truncate(&mut self, number: Number, length: u64) -> Result<(), Errno> {
        self.content(number).map(|content| content.truncate(length))
    }

    pub(crate) fn flush(&mut self, number: Number, result: Result<(), Errno>) -> Result<(), Errno> {
        self.flush_count += 1;
        let path = self.node(number)?.path.clone();
        if result.is_err() {
            // Of a disk without power nothing changes.
            if !self.settings.is_off {
                self.content(number)?.flush_in_vain();
            }
            return result;
        }
        if !self.settings.unflushed_paths.iter().any(|part| path.contains(part)) {
            self.content(number)?.flush();
        }
        Ok(())
    }

    pub(crate) fn flush_folder(&mut self, number: Number) -> Result<(), Errno> {
        self.flush_count += 1;
        let path = format!("{}/", self.node(number)?.path);
        if !self.settings.unflushed_names && !self.settings.unflushed_paths.iter().any(|part| path.contains(part)) {
            self.names.flush(number);
            self.forget_unnamed();
        }
        Ok(())
    }

    pub(crate) fn forget(&mut self, number: Number, lookups: u64) {
        if let Some(node) = self.nodes.get_mut(&number) {
            node.lookups = node.lookups.saturating_sub(lookups);
            if node.lookups == 0 {
                self.forget_unnamed();
            }
        }
    }

    /// Forgets what nobody has open, and what can have no name any more.
    pub(crate) fn forget_unnamed(&mut self) {
        let named = self.names.named();
        self.nodes.retain(|number, node| *number == ROOT || node.lookups > 0 || named.contains(number));
        let nodes = &self.nodes;
        self.names.retain(|number| nodes.contains_key(&number));
    }
}

impl Node {
    pub(crate) fn new(kind: Kind, mode: u16, path: String) -> Self {
        Self { kind, mode, path, changed: SystemTime::now(), lookups: 0 }
    }
}
