//! A block of the input and the verdicts on its deliveries, as they pass between threads.

use crate::deliveries::Block;
use crate::verdict::Verdict;

/// A block with what was found in it.
#[derive(Default)]
pub(super) struct Job {
    /// Its number in the order of the input, from 0.
    pub(super) index: u64,
    pub(super) block: Block,
    pub(super) results: JobResults,
}

/// What was found of a delivery.
pub(super) struct Found<'a> {
    /// Its own id, if it has one.
    pub(super) id: Option<&'a str>,
    /// The number of its line.
    pub(super) line: u64,
    pub(super) verdict: Verdict,
}

/// The same, with the id elsewhere.
struct Entry {
    /// Where its id ends among those of all; `None` if it has none.
    id_end: Option<usize>,
    line: u64,
    verdict: Verdict,
}

/// What was found in a block.
#[derive(Default)]
pub(super) struct JobResults {
    /// The ids of all deliveries, one behind the other.
    ids: String,
    verdicts: Vec<Entry>,
}

impl JobResults {
    /// What was found of each delivery, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Found<'_>> {
        let mut start = 0;
        self.verdicts.iter().map(move |entry| {
            let id = entry.id_end.map(|end| &self.ids[std::mem::replace(&mut start, end)..end]);
            Found { id, line: entry.line, verdict: entry.verdict }
        })
    }

    /// Empties it for the next block, keeping at most `usual` bytes of room for ids.
    pub(super) fn clear(&mut self, usual: usize) {
        self.ids.clear();
        self.ids.shrink_to(usual);
        self.verdicts.clear();
    }

    /// Adds the verdict on a line.
    pub(super) fn add(&mut self, id: Option<&str>, line: u64, verdict: Verdict) {
        self.ids.push_str(id.unwrap_or_default());
        self.verdicts.push(Entry { id_end: id.map(|_| self.ids.len()), line, verdict });
    }
}
