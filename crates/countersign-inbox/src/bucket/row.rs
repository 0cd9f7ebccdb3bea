//! The row of objects of a log: which are durable, and how far the row is unbroken.

use std::collections::BTreeMap;

use crate::planted_bug;

/// The objects of a log that were begun and are not yet durable with all before them. `T` is what waits for an object.
#[derive(Debug)]
pub(super) struct Row<T> {
    /// The highest number up to which all are durable.
    durable: u64,
    /// Those that are durable themselves, behind one that is not.
    done: BTreeMap<u64, T>,
    /// The number of an object in whose place another was found. Neither it nor one behind it becomes durable.
    stopped_at: Option<u64>,
}

impl<T> Row<T> {
    /// A row in which all up to a number are durable.
    pub(super) fn new(durable: u64) -> Self {
        Self { durable, done: BTreeMap::new(), stopped_at: None }
    }

    /// The highest number up to which all are durable.
    pub(super) fn durable(&self) -> u64 {
        self.durable
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped_at.is_some()
    }

    /// What waits behind an object that is not durable yet.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.done.values()
    }

    /// Notes that an object is durable. Returns what becomes so for whoever waits: it, and those behind it that waited for it. What is
    /// behind the place where the log has stopped comes back as an error.
    pub(super) fn set_done(&mut self, number: u64, waiting: T) -> Result<Vec<(u64, T)>, T> {
        if self.stopped_at.is_some_and(|stopped_at| number >= stopped_at) {
            return Err(waiting);
        }
        self.done.insert(number, waiting);
        let mut durable = Vec::new();
        if planted_bug!(AcknowledgesBehindAGap) {
            return Ok(std::mem::take(&mut self.done).into_iter().collect());
        }
        while let Some(waiting) = self.done.remove(&(self.durable + 1)) {
            self.durable += 1;
            durable.push((self.durable, waiting));
        }
        Ok(durable)
    }

    /// Notes that there is another object in the place of this one. Returns what waits behind it, in vain.
    pub(super) fn stop(&mut self, number: u64) -> Vec<T> {
        let first = self.stopped_at.map_or(number, |earlier| earlier.min(number));
        self.stopped_at = Some(first);
        self.done.split_off(&first).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_gap_waits() {
        let mut row = Row::new(0);
        assert_eq!(row.set_done(2, "two"), Ok(vec![]));
        assert_eq!(row.waiting().collect::<Vec<_>>(), [&"two"]);
        assert_eq!(row.set_done(1, "one"), Ok(vec![(1, "one"), (2, "two")]));
        assert_eq!(row.durable(), 2);
        assert_eq!(row.set_done(5, "five"), Ok(vec![]));
        assert_eq!(row.stop(4), ["five"]);
        assert!(row.is_stopped());
        assert_eq!(row.set_done(6, "six"), Err("six"));
        // What is before the gap is not lost with it.
        assert_eq!(row.set_done(3, "three"), Ok(vec![(3, "three")]));
        assert_eq!(row.stop(9), Vec::<&str>::new());
        assert_eq!(row.set_done(4, "four"), Err("four"));
    }
}
