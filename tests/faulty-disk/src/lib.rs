//! A file system in memory that loses what was not flushed when its power is cut, and fails on demand.
//!
//! It keeps two copies of everything: what programs see, and what is on the disk. A flush of a file (`fsync`, `fdatasync`) brings its
//! bytes and its length onto the disk, a flush of a folder the names in it; nothing else does. At a power cut each page that was not
//! flushed is on the disk, or is not, or is there in part, and of the changes of a folder the first few are, as a seed decides. A real
//! file system is seldom so strict: it may flush names along with a file. What is correct here is correct there.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod content;
mod disk;
mod fault;
mod mount;
mod names;
mod power;
mod random;

pub use disk::{Disk, Lost, Settings};
pub use fault::{Fault, Operation};
pub use mount::{Mounted, Shared};
