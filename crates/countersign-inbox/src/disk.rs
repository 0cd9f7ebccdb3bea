//! The interface to the disk: one folder of files, in the verbs of the log.

mod os;
#[cfg(feature = "sim")]
pub mod sim;

use std::io;
use std::ops::Range;

pub use os::{OsDisk, OsFile};

/// A folder of files. [`OsDisk`] is one of the operating system; with the feature `sim` there is a simulated one.
///
/// *Written* bytes may be lost by a power cut. *Flushed* ones may not.
pub trait Disk: Send + Sync + 'static {
    /// An open file.
    type File: DiskFile;

    /// The names of all files, in any order.
    ///
    /// # Errors
    /// Of the system.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Creates a file and opens it for reading and writing.
    ///
    /// # Errors
    /// `AlreadyExists`, and others of the system.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`, and others of the system.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name, in place of the file that has it, if there is one.
    ///
    /// # Errors
    /// `NotFound`, and others of the system.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound`, and others of the system.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes durable which names there are.
    ///
    /// # Errors
    /// Of the system.
    fn flush_names(&self) -> io::Result<()>;

    /// How much room the disk has.
    ///
    /// # Errors
    /// Of the system.
    fn space(&self) -> io::Result<Space>;
}

/// An open file. Any number of threads may use it.
pub trait DiskFile: Send + Sync + 'static {
    /// The length of the file, in bytes.
    ///
    /// # Errors
    /// Of the system.
    fn length(&self) -> io::Result<u64>;

    /// Reads at most as many bytes as there is room for, and says how many; 0 at the end of the file.
    ///
    /// # Errors
    /// Of the system.
    fn read_at(&self, room: &mut [u8], position: u64) -> io::Result<usize>;

    /// Writes some of the bytes, at least one, and says how many.
    ///
    /// # Errors
    /// Of the system.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize>;

    /// Cuts the file off, or makes it longer with zeros.
    ///
    /// # Errors
    /// Of the system.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Makes durable what was written, and the length.
    ///
    /// # Errors
    /// Of the system. The file must not be used afterwards: what the system could not write it may have forgotten, and the next
    /// call succeed without it.
    fn flush(&self) -> io::Result<()>;
}

/// The room of a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What is free for this process.
    pub free: u64,
    /// What the disk has in all.
    pub total: u64,
}

impl Space {
    /// Whether less than a tenth of the disk is free, and less than 2 GiB.
    pub(crate) fn is_low(self) -> bool {
        self.free < (self.total / 10).min(2 << 30)
    }
}

/// Removes a file, if it is there.
pub(crate) fn remove<D: Disk>(disk: &D, file: &str) -> io::Result<()> {
    disk.remove(file).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Writes all of the bytes, however few the system takes at once.
pub(crate) fn write_all(file: &impl DiskFile, mut bytes: &[u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, position) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                position += written as u64;
                bytes = if crate::planted_bug!(TakesAShortWriteForAll) { &[] } else { &bytes[written..] };
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// After how many bytes a file is flushed that is written beside the log. A flush of all at once would keep the flushes of events on the
/// same disk waiting that long.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

/// As [`write_all`], and flushes each whole piece. The rest is left to the flush that the caller needs at the end.
pub(crate) fn write_in_pieces(file: &impl DiskFile, bytes: &[u8], mut position: u64) -> io::Result<()> {
    for piece in bytes.chunks(PIECE_BYTES) {
        write_all(file, piece, position)?;
        position += piece.len() as u64;
        if piece.len() == PIECE_BYTES {
            file.flush()?;
        }
    }
    Ok(())
}

/// Reads until there is no more room, or the file ends; says how many bytes were read.
pub(crate) fn read_up_to(file: &impl DiskFile, room: &mut [u8], position: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < room.len() {
        match file.read_at(&mut room[read..], position + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Reads as many bytes as there is room for.
pub(crate) fn read_exact(file: &impl DiskFile, room: &mut [u8], position: u64) -> io::Result<()> {
    if read_up_to(file, room, position)? < room.len() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Whether an error says that what was to be read of a file cannot be read, whoever asks: a bad sector, a damaged file system. Others, as
/// too many open files or a want of memory, say nothing of the file.
pub(crate) fn is_unreadable(error: &io::Error) -> bool {
    use rustix::io::Errno;

    let errno = Errno::from_io_error(error);
    #[cfg(target_os = "linux")]
    if matches!(errno, Some(Errno::UCLEAN | Errno::NODATA | Errno::REMOTEIO)) {
        return true;
    }
    matches!(errno, Some(Errno::IO | Errno::BADMSG | Errno::ILSEQ))
}

/// None instead of an error that says that something cannot be read.
///
/// # Errors
/// All others.
pub(crate) fn if_readable<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_unreadable(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file from its beginning, at most as much as there is room for; says how many bytes there were, and which of them cannot be read:
/// they are left zeros. Once that is so of many blocks, the rest is not tried: a disk takes seconds for each.
///
/// # Errors
/// Of the system, but for those that say that something cannot be read.
pub(crate) fn read_around(file: &impl DiskFile, room: &mut [u8]) -> io::Result<(usize, Vec<Range<usize>>)> {
    const PIECE_BYTES: usize = 1 << 20;
    const BLOCK_BYTES: usize = 4096;
    const UNREADABLE_BLOCKS_MAX: usize = 64;
    let mut unreadable = Vec::new();
    let mut position = 0;
    while position < room.len() {
        let piece = position..room.len().min(position + PIECE_BYTES);
        if let Some(read) = if_readable(read_up_to(file, &mut room[piece.clone()], piece.start as u64))? {
            position += read;
            if position < piece.end {
                break;
            }
            continue;
        }
        while position < piece.end {
            let block = position..piece.end.min(position + BLOCK_BYTES);
            room[block.clone()].fill(0);
            match if_readable(read_up_to(file, &mut room[block.clone()], block.start as u64))? {
                Some(read) if read < block.len() => return Ok((position + read, unreadable)),
                Some(_) => {}
                None => {
                    room[block.clone()].fill(0);
                    unreadable.push(block.clone());
                }
            }
            position = block.end;
            if unreadable.len() == UNREADABLE_BLOCKS_MAX {
                unreadable.push(position..room.len());
                return Ok((room.len(), unreadable));
            }
        }
    }
    Ok((position, unreadable))
}

#[cfg(test)]
mod tests {
    use super::sim::{Faults, SimDisk};
    use super::*;

    #[test]
    fn whole_pieces_are_flushed_as_they_are_written() {
        let bytes: Vec<u8> = (1..=251).cycle().take(PIECE_BYTES * 5 / 2).collect();
        let mut loses_the_rest = false;
        for seed in 0..20 {
            let disk = SimDisk::new(seed, Faults::default());
            let file = disk.create("x").unwrap();
            disk.flush_names().unwrap();
            write_in_pieces(&file, &bytes, 100).unwrap();
            assert_eq!(disk.content("x").unwrap()[100..], bytes, "seed {seed}");
            disk.cut_power();
            let left = disk.content("x").unwrap();
            assert_eq!(left[100..100 + 2 * PIECE_BYTES], bytes[..2 * PIECE_BYTES], "seed {seed}");
            loses_the_rest |= left[100..] != bytes;
        }
        assert!(loses_the_rest);
    }
}
