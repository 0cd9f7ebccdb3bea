//! Removes files that are needed no more.

use std::io;

use crate::disk::{Disk, remove};
use crate::queue::lock;
use crate::segment::SegmentName;
use crate::shared::Shared;

/// Removes files that are needed no more, for good: they may hold records that were refused.
pub(crate) fn discard<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let names = lock(&shared.work).discarded.clone();
    if names.is_empty() {
        return Ok(());
    }
    for name in &names {
        remove(&shared.disk, &name.to_string())?;
    }
    shared.disk.flush_names()?;
    lock(&shared.work).discarded.retain(|name| !names.contains(name));
    Ok(())
}

/// Removes the copies that a failed attempt has left of a segment, for good: without the original, they would be taken for the events.
pub(crate) fn remove_copies<D: Disk>(disk: &D, name: SegmentName) -> io::Result<()> {
    let is_copy =
        |file: &String| SegmentName::parse(file).is_some_and(|copy| copy.held.is_some() && copy.segment() == name);
    let copies: Vec<_> = disk.list()?.into_iter().filter(is_copy).collect();
    for copy in &copies {
        disk.remove(copy)?;
    }
    if copies.is_empty() { Ok(()) } else { disk.flush_names() }
}
