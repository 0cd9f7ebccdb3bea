//! What the log and housekeeping share: the disk, the catalog, and what each leaves to the other.

use std::io;
use std::sync::Mutex;

use crate::catalog::Catalog;
use crate::disk::Disk;
use crate::event::{LogId, Seq};
use crate::losses::{Losses, Notes};
use crate::prepared::Prepared;
use crate::queue::lock;
use crate::random::Random;
use crate::segment::SegmentName;

/// What log and housekeeping share. No thread holds two of its locks at once.
pub(crate) struct Shared<D: Disk> {
    pub(crate) disk: D,
    pub(crate) id: LogId,
    pub(crate) segment_bytes: u64,
    /// Makes the keys of segments, from a random number that is written nowhere.
    keys: Mutex<Random>,
    pub(crate) catalog: Mutex<Catalog>,
    pub(crate) notes: Notes,
    pub(crate) work: Mutex<Work<D::File>>,
}

/// What the log leaves to housekeeping, and housekeeping to the log.
pub(crate) struct Work<F> {
    /// The segment that is used next.
    pub(crate) spare: Option<Prepared<F>>,
    /// The number of the next segment to be made.
    pub(crate) next_number: u64,
    /// The segments that are gone, and whose files are used again ([`crate::prepared`]); how often one was.
    pub(crate) free: Vec<SegmentName>,
    pub(crate) reused: u64,
    /// Full segments, whose ends are to be written.
    pub(crate) full: Vec<Full<F>>,
    /// Files that are to be removed: nothing in them became durable, or all that is needed of them was copied.
    pub(crate) discarded: Vec<SegmentName>,
    /// How often a write, a flush or the making of a segment has failed.
    pub(crate) failures: u64,
    /// Why the last one has.
    pub(crate) last_failure: Option<io::ErrorKind>,
}

impl<F> Work<F> {
    /// Notes that a write, a flush or the making of a segment has failed.
    pub(crate) fn fail(&mut self, error: &io::Error) {
        self.failures += 1;
        self.last_failure = Some(error.kind());
    }
}

/// A segment to which nothing is appended any more.
pub(crate) struct Full<F> {
    pub(crate) name: SegmentName,
    pub(crate) file: F,
    /// Where its end is to be written.
    pub(crate) position: u64,
}

impl<D: Disk> Shared<D> {
    pub(crate) fn new(disk: D, id: LogId, segment_bytes: u64, key_seed: u64, catalog: Catalog) -> Self {
        let work = Work {
            spare: None,
            next_number: 0,
            free: Vec::new(),
            reused: 0,
            full: Vec::new(),
            discarded: Vec::new(),
            failures: 0,
            last_failure: None,
        };
        Self {
            disk,
            id,
            segment_bytes,
            keys: Mutex::new(Random::new(key_seed)),
            catalog: Mutex::new(catalog),
            notes: Notes::default(),
            work: Mutex::new(work),
        }
    }

    /// Enters that an event of a segment was acknowledged and cannot be read; without a seq, that there may be such events. When this
    /// returns, the segment will be kept, also by a later run. False if there is no such segment any more.
    ///
    /// # Errors
    /// Of the system. A later run then may not know of it.
    pub(crate) fn lose(&self, name: SegmentName, seq: Option<Seq>) -> io::Result<bool> {
        let losses = lock(&self.catalog).get_mut(name).map(|segment| segment.lose(seq));
        if let Some(Some(losses)) = &losses {
            self.note(name, losses)?;
        }
        Ok(losses.is_some())
    }

    /// Notes what was lost of a segment.
    pub(crate) fn note(&self, name: SegmentName, losses: &Losses) -> io::Result<()> {
        self.notes.write(&self.disk, name, losses)?;
        if let Some(segment) = lock(&self.catalog).get_mut(name) {
            segment.noted(losses);
        }
        Ok(())
    }

    /// The key of the next segment. It is never what zeros would be.
    pub(crate) fn next_key(&self) -> u64 {
        if crate::planted_bug!(GivesAllSegmentsOneKey) {
            return 1;
        }
        lock(&self.keys).number().max(1)
    }
}
