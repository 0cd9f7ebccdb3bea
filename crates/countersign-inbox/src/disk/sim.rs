//! A simulated disk, which does what disks do: it keeps what was flushed, and of what was only written as much as a seed says.
//!
//! * [`SimDisk::cut_power`]: of each file, any of the sectors or pages that were written since the last flush are there, and any not;
//!   of the names that were made, changed or removed since they were last flushed, any too.
//! * A flush that fails may have written some of it. The rest is forgotten, and the next flush succeeds without it; what is read may
//!   meanwhile be the one or the other.
//! * Writes fail, or take fewer bytes; the disk is full; bits change; files are cut off.
//! * Files cannot be opened, reads fail once, and sectors cannot be read until they are mended.
//!
//! [`Faults`] says how often, [`SimDisk::counts`] how often it was.

mod content;
mod faults;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Disk, DiskFile, Space};
pub use crate::random::Random;
use content::{Content, SECTOR_BYTES};
pub use faults::{Counts, Faults};

/// The rate of a fault that stays.
const ALWAYS: u32 = u32::MAX;

/// A simulated disk. Its clones are the same disk, as another process sees it.
#[derive(Clone, Debug)]
pub struct SimDisk(Arc<Mutex<State>>, Arc<AtomicU64>);

#[derive(Debug)]
struct State {
    random: Random,
    faults: Faults,
    counts: Counts,
    files: BTreeMap<u64, Content>,
    /// What a process sees.
    names: BTreeMap<String, u64>,
    /// What a power cut leaves at least.
    durable_names: BTreeMap<String, u64>,
    /// The old and new names of renamings that were not flushed. Each happens as a whole.
    renamed: BTreeMap<String, String>,
    next_file: u64,
    is_full: bool,
    space: Space,
    /// How many processes there were. Their files are closed when they end.
    process: u64,
}

impl SimDisk {
    /// An empty disk. All that it does by chance follows from the seed.
    #[must_use]
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self(
            Arc::new(Mutex::new(State {
                random: Random::new(seed),
                faults,
                counts: Counts::default(),
                files: BTreeMap::new(),
                names: BTreeMap::new(),
                durable_names: BTreeMap::new(),
                renamed: BTreeMap::new(),
                next_file: 0,
                is_full: false,
                space: Space { free: 1 << 40, total: 1 << 40 },
                process: 0,
            })),
            Arc::default(),
        )
    }

    /// Sets how long each flush takes, in real time. The default is no time.
    pub fn set_flush_time(&self, time: Duration) {
        self.1.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Sets how much room the disk says it has. It has always enough. The default is 1 TiB, all of it free.
    pub fn set_space(&self, space: Space) {
        self.state().space = space;
    }

    /// Changes how often operations fail.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// How often something has happened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Ends the process: its files are closed, and nothing is lost.
    pub fn end_process(&self) {
        self.state().process += 1;
    }

    /// Cuts the power: what was not flushed may be lost, in any part.
    pub fn cut_power(&self) {
        let mut state = self.state();
        state.process += 1;
        state.counts.power_cuts += 1;
        let State { random, files, counts, names, durable_names, renamed, .. } = &mut *state;
        for content in files.values_mut() {
            content.lose_power(random, counts);
        }
        let touched: BTreeSet<String> = names.keys().chain(durable_names.keys()).cloned().collect();
        let mut is_kept = BTreeMap::new();
        for name in touched {
            let (seen, durable) = (names.get(&name).copied(), durable_names.get(&name).copied());
            if seen == durable {
                continue;
            }
            let decided_by = renamed.get(&name).unwrap_or(&name).clone();
            if !*is_kept.entry(decided_by).or_insert_with(|| random.happens(500)) {
                counts.lost_names += 1;
            } else if let Some(file) = seen {
                durable_names.insert(name, file);
            } else {
                durable_names.remove(&name);
            }
        }
        names.clone_from(durable_names);
        renamed.clear();
        let kept: BTreeSet<u64> = names.values().copied().collect();
        files.retain(|file, _| kept.contains(file));
    }

    /// The bytes of a file, as they are on disk; none if there is no such file.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(name).map(|file| state.files[file].seen.clone())
    }

    /// Puts other bytes into a file, on disk and in memory, or makes such a file.
    pub fn set_content(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        let file = state.names.get(name).copied().unwrap_or_else(|| {
            state.next_file += 1;
            state.next_file
        });
        state.names.insert(name.to_owned(), file);
        state.durable_names.insert(name.to_owned(), file);
        state.files.insert(file, Content { seen: bytes.clone(), durable: bytes, ..Content::default() });
    }

    /// Changes one bit of a file, on disk and in memory.
    pub fn change_bit(&self, name: &str, bit: u64) {
        let mut state = self.state();
        let Some(&file) = state.names.get(name) else { return };
        let Some(content) = state.files.get_mut(&file) else { return };
        let (byte, mask) = (usize::try_from(bit / 8).unwrap_or(usize::MAX), 1 << (bit % 8));
        for bytes in [&mut content.seen, &mut content.durable] {
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= mask;
            }
        }
        state.counts.changed_bits += 1;
    }

    /// Makes the sectors unreadable that these bytes of a file are in. Reads that touch them answer EIO.
    pub fn break_sectors(&self, name: &str, bytes: Range<usize>) {
        let mut state = self.state();
        let Some(&file) = state.names.get(name) else { return };
        let Some(content) = state.files.get_mut(&file) else { return };
        content.bad.extend(bytes.start / SECTOR_BYTES..bytes.end.div_ceil(SECTOR_BYTES));
        state.counts.broken_sectors += 1;
    }

    /// Makes all sectors readable again, with what was in them.
    pub fn mend_sectors(&self) {
        self.state().files.values_mut().for_each(|content| content.bad.clear());
    }

    /// Cuts a file off, on disk and in memory.
    pub fn cut_off(&self, name: &str, length: usize) {
        let mut state = self.state();
        let Some(&file) = state.names.get(name) else { return };
        let Some(content) = state.files.get_mut(&file) else { return };
        content.seen.truncate(length);
        content.durable.truncate(length);
        state.counts.cut_files += 1;
    }

    /// Says whether the disk is full: then no file is made, and none becomes longer.
    pub fn set_full(&self, is_full: bool) {
        self.state().is_full = is_full;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fails(is_so: bool, count: &mut u64, kind: impl FnOnce() -> io::Error) -> io::Result<()> {
    if is_so {
        *count += 1;
        return Err(kind());
    }
    Ok(())
}

fn broken() -> io::Error {
    io::Error::other("simulated fault")
}

/// EIO.
fn unreadable() -> io::Error {
    rustix::io::Errno::IO.into()
}

/// EMFILE.
fn too_many() -> io::Error {
    rustix::io::Errno::MFILE.into()
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        let mut state = self.state();
        let State { random, faults, counts, is_full, .. } = &mut *state;
        fails(random.happens(faults.create_fails), &mut counts.failed_creates, broken)?;
        fails(random.happens(faults.disk_is_full) || *is_full, &mut counts.full_disks, full)?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.next_file += 1;
        let file = state.next_file;
        state.names.insert(name.to_owned(), file);
        state.files.insert(file, Content::default());
        Ok(SimFile { disk: self.clone(), file, process: state.process })
    }

    fn open(&self, name: &str) -> io::Result<SimFile> {
        let mut state = self.state();
        let State { random, faults, counts, .. } = &mut *state;
        fails(random.happens(faults.open_fails), &mut counts.failed_opens, unreadable)?;
        fails(random.happens(faults.descriptors_run_out), &mut counts.descriptors_run_out, too_many)?;
        let file = *state.names.get(name).ok_or_else(not_found)?;
        Ok(SimFile { disk: self.clone(), file, process: state.process })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        let State { random, faults, counts, .. } = &mut *state;
        fails(random.happens(faults.rename_fails), &mut counts.failed_renames, broken)?;
        let file = state.names.remove(from).ok_or_else(not_found)?;
        state.names.insert(to.to_owned(), file);
        state.renamed.insert(from.to_owned(), to.to_owned());
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let State { random, faults, counts, .. } = &mut *state;
        fails(random.happens(faults.remove_fails), &mut counts.failed_removes, broken)?;
        state.names.remove(name).map(|_| ()).ok_or_else(not_found)
    }

    fn flush_names(&self) -> io::Result<()> {
        let mut state = self.state();
        let State { random, faults, counts, .. } = &mut *state;
        fails(random.happens(faults.names_flush_fails), &mut counts.failed_name_flushes, broken)?;
        state.durable_names = state.names.clone();
        state.renamed.clear();
        Ok(())
    }

    fn space(&self) -> io::Result<Space> {
        Ok(self.state().space)
    }
}

/// An open file of a simulated disk.
#[derive(Debug)]
pub struct SimFile {
    disk: SimDisk,
    file: u64,
    process: u64,
}

impl SimFile {
    fn with<T>(
        &self,
        act: impl FnOnce(&mut Content, &mut Random, Faults, &mut Counts) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.disk.state();
        if state.process != self.process {
            return Err(io::Error::other("the process has ended that opened this file"));
        }
        let State { random, faults, counts, files, is_full, .. } = &mut *state;
        let faults = Faults { disk_is_full: if *is_full { ALWAYS } else { faults.disk_is_full }, ..*faults };
        // A file without a name lives as long as it is open.
        act(files.entry(self.file).or_default(), random, faults, counts)
    }
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        self.with(|content, _, _, _| Ok(content.seen.len() as u64))
    }

    fn read_at(&self, room: &mut [u8], position: u64) -> io::Result<usize> {
        self.with(|content, random, faults, counts| {
            fails(random.happens(faults.read_fails), &mut counts.failed_reads, unreadable)?;
            fails(content.is_bad(position, room.len()), &mut counts.bad_sectors_read, unreadable)?;
            let rest = usize::try_from(position).ok().and_then(|start| content.seen.get(start..)).unwrap_or_default();
            let length = rest.len().min(room.len());
            room[..length].copy_from_slice(&rest[..length]);
            Ok(length)
        })
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        self.with(|content, random, faults, counts| {
            fails(random.happens(faults.write_fails), &mut counts.failed_writes, broken)?;
            let is_longer = position + bytes.len() as u64 > content.seen.len() as u64;
            let is_full = if faults.disk_is_full == ALWAYS { is_longer } else { random.happens(faults.disk_is_full) };
            fails(is_full, &mut counts.full_disks, full)?;
            let mut length = bytes.len();
            if length > 1 && random.happens(faults.write_is_short) {
                counts.short_writes += 1;
                length = 1 + usize::try_from(random.below(length as u64 - 1)).expect("below a length");
            }
            let start = usize::try_from(position).map_err(|_| io::ErrorKind::FileTooLarge)?;
            let end = start + length;
            if content.seen.len() < end {
                content.seen.resize(end, 0);
            }
            content.seen[start..end].copy_from_slice(&bytes[..length]);
            content.dirty.extend(start / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES));
            Ok(length)
        })
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.with(|content, random, faults, counts| {
            fails(random.happens(faults.write_fails), &mut counts.failed_writes, broken)?;
            content.seen.resize(usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?, 0);
            Ok(())
        })
    }

    fn flush(&self) -> io::Result<()> {
        let milliseconds = self.disk.1.load(Ordering::Relaxed);
        if milliseconds > 0 {
            std::thread::sleep(Duration::from_millis(milliseconds));
        }
        self.with(|content, random, faults, counts| {
            if random.happens(faults.flush_fails) {
                counts.failed_flushes += 1;
                content.fail_flush(random, counts);
                return Err(broken());
            }
            content.flush();
            Ok(())
        })
    }
}
