//! What is in a file of a simulated disk: what is read, what is durable, and what cannot be read.

use std::collections::BTreeSet;

use super::{Counts, Random};

/// What a power cut keeps or loses as a whole: a sector, or a page.
pub(super) const SECTOR_BYTES: usize = 512;
const SECTORS_A_PAGE: usize = 8;

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// What is read.
    pub(super) seen: Vec<u8>,
    /// What is on disk.
    pub(super) durable: Vec<u8>,
    /// The sectors that were written since they were flushed.
    pub(super) dirty: BTreeSet<usize>,
    /// The sectors that cannot be read.
    pub(super) bad: BTreeSet<usize>,
}

impl Content {
    /// Whether a sector cannot be read of these bytes, as far as the file has them.
    pub(super) fn is_bad(&self, position: u64, length: usize) -> bool {
        let start = usize::try_from(position).unwrap_or(usize::MAX);
        let end = start.saturating_add(length).min(self.seen.len());
        start < end && self.bad.range(start / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES)).next().is_some()
    }

    pub(super) fn lose_power(&mut self, random: &mut Random, counts: &mut Counts) {
        // Now and then all or nothing is kept, and often a part.
        let kept = [0, 1000, 500, 900, 100][usize::try_from(random.below(5)).expect("below 5")];
        let unit = if random.happens(500) { 1 } else { SECTORS_A_PAGE };
        let units: BTreeSet<usize> = self.dirty.iter().map(|sector| sector / unit).collect();
        if self.seen.len() != self.durable.len() && random.happens(500) {
            self.durable.resize(self.seen.len(), 0);
        }
        for one in units {
            if random.happens(kept) {
                (one * unit..(one + 1) * unit).for_each(|sector| self.flush_sector(sector));
            } else if unit == 1 {
                counts.torn_sectors += 1;
            } else {
                counts.torn_pages += 1;
            }
        }
        self.dirty.clear();
        self.seen.clone_from(&self.durable);
    }

    /// Makes a sector durable, if it was written and the file is as long on disk.
    fn flush_sector(&mut self, sector: usize) {
        let start = sector * SECTOR_BYTES;
        let end = (start + SECTOR_BYTES).min(self.seen.len()).min(self.durable.len());
        if self.dirty.contains(&sector) && start < end {
            self.durable[start..end].copy_from_slice(&self.seen[start..end]);
        }
    }

    pub(super) fn flush(&mut self) {
        self.durable.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let start = sector * SECTOR_BYTES;
            let end = (start + SECTOR_BYTES).min(self.seen.len());
            if start < end {
                self.durable[start..end].copy_from_slice(&self.seen[start..end]);
            }
        }
    }

    /// A flush that fails: some sectors are written, the others forgotten, so that the next flush will not write them either.
    pub(super) fn fail_flush(&mut self, random: &mut Random, counts: &mut Counts) {
        if self.seen.len() > self.durable.len() {
            self.durable.resize(self.seen.len(), 0);
        }
        let kept = [0, 500, 1000][usize::try_from(random.below(3)).expect("below 3")];
        let is_read_back = random.happens(500);
        for sector in std::mem::take(&mut self.dirty) {
            let start = sector * SECTOR_BYTES;
            let end = (start + SECTOR_BYTES).min(self.seen.len());
            if start >= end {
                continue;
            }
            if random.happens(kept) {
                self.durable[start..end].copy_from_slice(&self.seen[start..end]);
            } else {
                counts.failed_flushes_that_lost_data += u64::from(self.seen[start..end] != self.durable[start..end]);
                if is_read_back {
                    self.seen[start..end].copy_from_slice(&self.durable[start..end]);
                }
            }
        }
    }
}
