//! The bytes of one file, as programs see them and as they are on the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::random::Random;

pub(crate) const PAGE: usize = 4096;
const SECTOR: usize = 512;

type Page = Arc<[u8; PAGE]>;

/// Pages of a file. One that is not there is zeros.
#[derive(Clone, Debug, Default)]
struct Pages {
    length: u64,
    pages: Vec<Option<Page>>,
}

impl Pages {
    fn page(&self, number: usize) -> Option<&Page> {
        self.pages.get(number).and_then(Option::as_ref)
    }

    fn set(&mut self, number: usize, page: Option<Page>) {
        if self.pages.len() <= number {
            self.pages.resize(number + 1, None);
        }
        self.pages[number] = page;
    }

    fn bytes(&self, number: usize) -> [u8; PAGE] {
        self.page(number).map_or([0; PAGE], |page| **page)
    }
}

/// What survives of the pages that were not flushed, chosen once for each file.
#[derive(Clone, Copy, Debug)]
enum Survival {
    Nothing,
    Everything,
    /// Those that were written before the rest.
    First(u64),
    /// Each by itself.
    Some,
}

/// The bytes of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    seen: Pages,
    on_disk: Pages,
    /// The pages that were changed since the last flush, and when.
    unflushed: BTreeMap<usize, u64>,
    writes: u64,
}

fn page_count(length: u64) -> usize {
    usize::try_from(length.div_ceil(PAGE as u64)).expect("it is in memory")
}

impl Content {
    pub(crate) fn length(&self) -> u64 {
        self.seen.length
    }

    /// How many bytes of it programs have written.
    pub(crate) fn used(&self) -> u64 {
        self.seen.pages.iter().flatten().count() as u64 * PAGE as u64
    }

    pub(crate) fn read(&self, position: u64, count: usize) -> Vec<u8> {
        let count = count.min(usize::try_from(self.seen.length.saturating_sub(position)).unwrap_or(usize::MAX));
        let mut bytes = Vec::with_capacity(count);
        let mut at = usize::try_from(position).expect("it is in memory");
        while bytes.len() < count {
            let (number, from) = (at / PAGE, at % PAGE);
            let part = (PAGE - from).min(count - bytes.len());
            match self.seen.page(number) {
                Some(page) => bytes.extend_from_slice(&page[from..from + part]),
                None => bytes.resize(bytes.len() + part, 0),
            }
            at += part;
        }
        bytes
    }

    pub(crate) fn write(&mut self, position: u64, mut bytes: &[u8]) {
        self.writes += 1;
        let mut at = usize::try_from(position).expect("it is in memory");
        while !bytes.is_empty() {
            let (number, from) = (at / PAGE, at % PAGE);
            let part = (PAGE - from).min(bytes.len());
            if self.seen.page(number).is_none() {
                self.seen.set(number, Some(Arc::new([0; PAGE])));
            }
            let page = self.seen.pages[number].as_mut().expect("it was made");
            Arc::make_mut(page)[from..from + part].copy_from_slice(&bytes[..part]);
            self.unflushed.insert(number, self.writes);
            bytes = &bytes[part..];
            at += part;
        }
        self.seen.length = self.seen.length.max(at as u64);
    }

    pub(crate) fn truncate(&mut self, length: u64) {
        self.writes += 1;
        let kept = page_count(length);
        for number in kept..self.seen.pages.len() {
            if self.seen.page(number).is_some() {
                self.seen.set(number, None);
                self.unflushed.insert(number, self.writes);
            }
        }
        self.seen.pages.truncate(kept);
        let rest = usize::try_from(length % PAGE as u64).expect("less than a page");
        if length < self.seen.length && rest > 0 && self.seen.page(kept - 1).is_some() {
            let page = self.seen.pages[kept - 1].as_mut().expect("it is there");
            Arc::make_mut(page)[rest..].fill(0);
            self.unflushed.insert(kept - 1, self.writes);
        }
        self.seen.length = length;
    }

    pub(crate) fn flush(&mut self) {
        for (number, _) in std::mem::take(&mut self.unflushed) {
            let page = self.seen.page(number).cloned();
            self.on_disk.set(number, page);
        }
        self.on_disk.length = self.seen.length;
        self.on_disk.pages.truncate(page_count(self.seen.length));
    }

    /// A flush that fails: the system has forgotten what it could not write, and the next flush succeeds without it. Programs see it
    /// all the same.
    pub(crate) fn flush_in_vain(&mut self) {
        self.unflushed.clear();
    }

    /// What is left after a power cut; how many pages were lost, and how many are there in part.
    pub(crate) fn cut(&mut self, random: &mut Random) -> (u64, u64) {
        let (mut lost, mut torn) = (0, 0);
        let survival = match random.below(8) {
            0 | 1 => Survival::Nothing,
            2 => Survival::Everything,
            3 | 4 => Survival::First(random.below(self.writes + 1)),
            _ => Survival::Some,
        };
        for (number, write) in std::mem::take(&mut self.unflushed) {
            let survives = match survival {
                Survival::Nothing => false,
                Survival::Everything => true,
                Survival::First(end) => write < end,
                Survival::Some => random.permille(500),
            };
            if survives {
                let page = self.seen.page(number).cloned();
                self.on_disk.set(number, page);
            } else if matches!(survival, Survival::First(_) | Survival::Some) && random.permille(200) {
                torn += 1;
                self.tear(number, random);
            } else {
                lost += 1;
            }
        }
        if self.on_disk.length != self.seen.length && !matches!(survival, Survival::Nothing) && random.permille(500) {
            self.on_disk.length = self.seen.length;
        }
        self.on_disk.pages.truncate(page_count(self.on_disk.length));
        // Behind the end there are zeros, should it grow.
        let rest = usize::try_from(self.on_disk.length % PAGE as u64).expect("less than a page");
        if rest > 0
            && let Some(page) = self.on_disk.pages.get_mut(page_count(self.on_disk.length) - 1).and_then(Option::as_mut)
        {
            Arc::make_mut(page)[rest..].fill(0);
        }
        self.seen = self.on_disk.clone();
        (lost, torn)
    }

    /// Some sectors of a page are new, and the others old.
    fn tear(&mut self, number: usize, random: &mut Random) {
        let (mut page, new) = (self.on_disk.bytes(number), self.seen.bytes(number));
        for sector in (0..PAGE).step_by(SECTOR).filter(|_| random.permille(500)) {
            page[sector..sector + SECTOR].copy_from_slice(&new[sector..sector + SECTOR]);
        }
        self.on_disk.set(number, Some(Arc::new(page)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_flushed_is_there_and_the_rest_may_be() {
        let mut has_kept = false;
        for seed in 0..200 {
            let mut content = Content::default();
            content.write(0, &[1; 10_000]);
            content.flush();
            content.write(5_000, &[2; 10_000]);
            content.truncate(14_000);
            assert_eq!(content.read(4_999, 3), [1, 2, 2]);
            content.cut(&mut Random::new(seed));
            let length = usize::try_from(content.length()).unwrap();
            assert!(length == 10_000 || length == 14_000, "{length}");
            let bytes = content.read(0, 20_000);
            assert_eq!(bytes.len(), length);
            assert!(bytes[..4_096].iter().all(|byte| *byte == 1));
            assert!(bytes[5_000..10_000].iter().all(|byte| matches!(byte, 1 | 2)));
            assert!(bytes[10_000..].iter().all(|byte| matches!(byte, 0 | 2)));
            has_kept |= bytes.contains(&2);
        }
        assert!(has_kept);
    }

    #[test]
    fn a_flush_that_failed_is_not_made_up_for() {
        let mut content = Content::default();
        content.write(0, b"old");
        content.flush();
        content.write(0, b"new");
        content.flush_in_vain();
        content.flush();
        assert_eq!(content.read(0, 3), b"new");
        content.cut(&mut Random::new(1));
        assert_eq!(content.read(0, 3), b"old");
    }
}
