//! Which files of released segments are kept for the next segments, and how the next one is made: of such a file, or of a new one.

use std::io;

use crate::catalog::{Segment, SegmentState};
use crate::disk::{Disk, remove};
use crate::prepared::{Prepared, free_name};
use crate::queue::lock;
use crate::segment::SegmentName;
use crate::shared::Shared;

/// How many such files are kept at most.
const FREE_MAX: usize = 2;

impl<D: Disk> Shared<D> {
    /// Makes the file of the next segment: of a free one if there is one that can be used.
    ///
    /// # Errors
    /// Of the system; `StorageFull` if there is no room for it.
    pub(crate) fn prepare(&self) -> io::Result<Prepared<D::File>> {
        loop {
            let Some(gone) = lock(&self.work).free.pop() else { break };
            // Whatever is the matter with that file, another one may do.
            if let Ok(prepared) = Prepared::reuse(&self.disk, gone, self.next_name(), self.segment_bytes) {
                lock(&self.work).reused += 1;
                return Ok(prepared);
            }
        }
        // Not filled until the disk is full: the room that is left is of use to others on it. If it is not known, that is found out.
        if self.disk.space().is_ok_and(|space| space.free < self.segment_bytes) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Prepared::create(&self.disk, self.next_name(), self.segment_bytes)
    }

    fn next_name(&self) -> SegmentName {
        let mut work = lock(&self.work);
        work.next_number += 1;
        SegmentName { log: self.id, number: work.next_number, held: None }
    }

    /// Whether the file of a segment that goes is to be used again: there are few such files, and others on the disk do not need the room.
    pub(crate) fn is_reusable(&self, name: SegmentName) -> bool {
        let is_whole = |segment: &mut Segment| {
            matches!(segment.state, SegmentState::Sealed) && segment.losses().is_empty() && segment.told() == 0
        };
        name.held.is_none()
            && lock(&self.work).free.len() < FREE_MAX
            && lock(&self.catalog).get_mut(name).is_some_and(is_whole)
            && self.disk.space().is_ok_and(|space| !space.is_low())
    }

    /// Takes the name of a segment from its file, which is to be used again. It is gone once the names are flushed.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn free(&self, name: SegmentName) -> io::Result<()> {
        let renamed = self.disk.rename(&name.to_string(), &free_name(name));
        // It was renamed before, and the names could not be flushed. If the file is gone, the next segment is made of another.
        renamed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
    }

    /// Removes a free file, if it is there.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn remove_free(&self, name: SegmentName) -> io::Result<()> {
        remove(&self.disk, &free_name(name))
    }

    /// Removes all free files.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn remove_all_free(&self) -> io::Result<()> {
        loop {
            let Some(gone) = lock(&self.work).free.pop() else { return Ok(()) };
            if let Err(error) = self.remove_free(gone) {
                lock(&self.work).free.push(gone);
                return Err(error);
            }
        }
    }
}
