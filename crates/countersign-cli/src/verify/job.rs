//! A block of the input and the verdicts on its deliveries, as they pass between threads.

use std::fmt;

use super::blocks::Block;
use crate::verdict::Verdict;

/// How many malformed lines are described; more would bury the rest.
pub(super) const MAX_DESCRIBED: usize = 20;

/// A block with what was found in it.
#[derive(Default)]
pub(super) struct Job {
    /// Its number in the order of the input, from 0.
    pub(super) index: u64,
    pub(super) block: Block,
    pub(super) results: JobResults,
}

/// What was found in a block.
#[derive(Default)]
pub(super) struct JobResults {
    /// The ids of all deliveries, one behind the other.
    ids: String,
    /// For each delivery, where its id ends, and the verdict.
    verdicts: Vec<(usize, Verdict)>,
    /// Some of the malformed lines: number, and what is wrong.
    pub(super) faults: Vec<(u64, String)>,
}

impl JobResults {
    /// Each delivery's id and verdict, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Verdict)> {
        let starts = std::iter::once(0).chain(self.verdicts.iter().map(|(end, _)| *end));
        starts.zip(&self.verdicts).map(|(start, (end, verdict))| (&self.ids[start..*end], *verdict))
    }

    /// Empties it for the next block, keeping at most `usual` bytes of room for ids.
    pub(super) fn clear(&mut self, usual: usize) {
        self.ids.clear();
        self.ids.shrink_to(usual);
        self.verdicts.clear();
        self.faults.clear();
    }

    /// Adds the verdict of a delivery, under its id or the number of its line.
    pub(super) fn add(&mut self, id: Option<&str>, line: u64, verdict: Verdict) {
        use std::fmt::Write as _;
        match id {
            Some(id) => self.ids.push_str(id),
            None => drop(write!(self.ids, "{line}")),
        }
        self.verdicts.push((self.ids.len(), verdict));
    }

    /// Adds a line that is not a delivery.
    pub(super) fn add_fault(&mut self, line: u64, fault: impl fmt::Display) {
        self.add(None, line, Verdict::Malformed);
        if self.faults.len() < MAX_DESCRIBED {
            self.faults.push((line, fault.to_string()));
        }
    }
}
