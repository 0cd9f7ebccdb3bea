//! The bounds of objects, as they stand in the inbox: what each object holds is durable before it is put.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_inbox::{EventLog, LogId, Seq, SeqRange};
use tracing::error;

use crate::archive::error::ArchiveError;
use crate::archive::object::Bounds;

/// Whose events bounds are, in the inbox. No connection can have this id.
pub const BOUNDS: &str = "archive/bounds";

/// The bounds in the inbox, by their place there, and whether anything is still to be done for them.
#[derive(Debug, Default)]
pub struct BoundsInInbox {
    all: BTreeMap<(LogId, Seq), (Bounds, bool)>,
    /// Up to where those of each log are known, also those that were taken out.
    known: BTreeMap<LogId, Seq>,
    /// The last of each log that cannot be read: another process may have removed it, since its object is registered there.
    lost: BTreeMap<LogId, Seq>,
}

impl BoundsInInbox {
    /// Adds bounds whose object is not registered.
    pub fn insert(&mut self, log: LogId, seq: Seq, bounds: Bounds) {
        self.all.insert((log, seq), (bounds, true));
        let known = self.known.entry(log).or_default();
        *known = seq.max(*known);
    }

    /// Notes that those of a log up to this one cannot be read: nothing is to be done for them.
    pub fn insert_lost(&mut self, log: LogId, last: Seq) {
        for of_log in [&mut self.known, &mut self.lost] {
            let seq = of_log.entry(log).or_default();
            *seq = last.max(*seq);
        }
    }

    /// The logs with bounds that are not known, and up to where they are: logs of others, with which an inbox in a bucket goes on meanwhile.
    #[must_use]
    pub fn unknown(&self, inbox: &BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>>) -> BTreeMap<LogId, Seq> {
        let with_bounds = inbox.iter().filter_map(|(log, connections)| Some((*log, *connections.get(BOUNDS)?.end())));
        let known = |log| self.known.get(&log).copied().unwrap_or(0);
        with_bounds.filter(|(log, last)| known(*log) < *last).map(|(log, _)| (log, known(log))).collect()
    }

    /// Adds others that were read, unless they became known meanwhile.
    pub fn add(&mut self, others: Self) {
        for ((log, seq), (bounds, _)) in others.all {
            if self.known.get(&log).is_none_or(|known| *known < seq) {
                self.all.insert((log, seq), (bounds, true));
            }
        }
        for (log, last) in others.lost {
            self.insert_lost(log, last);
        }
        for (log, seq) in others.known {
            let known = self.known.entry(log).or_default();
            *known = seq.max(*known);
        }
    }

    /// The first bounds of a connection in a log behind `through` whose object is not registered.
    #[must_use]
    pub fn next(&self, connection: &str, log: LogId, through: Seq) -> Option<&Bounds> {
        let open = self.all.values().filter(|(_, is_open)| *is_open).map(|(bounds, _)| bounds);
        let of_part = open.filter(|bounds| bounds.connection == connection && bounds.log_id() == Some(log));
        of_part.filter(|bounds| bounds.first_seq > through).min()
    }

    /// Whether these bounds are in the inbox, and their object is not registered.
    #[must_use]
    pub fn has_open(&self, bounds: &Bounds) -> bool {
        self.all.values().any(|(open, is_open)| *is_open && open == bounds)
    }

    /// The connections and logs of open bounds.
    pub fn parts(&self) -> impl Iterator<Item = (LogId, &str)> {
        let open = self.all.values().filter(|(_, is_open)| *is_open).map(|(bounds, _)| bounds);
        open.filter_map(|bounds| Some((bounds.log_id()?, bounds.connection.as_str())))
    }

    /// Notes that the events of a connection in a log are in objects up to `through`. What begins before that is registered, or was
    /// decided before an object that is, and nobody has put it.
    pub fn set_archived(&mut self, connection: &str, log: LogId, through: Seq) {
        let of_part = |bounds: &Bounds| bounds.connection == connection && bounds.log_id() == Some(log);
        let of_part = self.all.values_mut().filter(|(bounds, _)| of_part(bounds) && bounds.first_seq <= through);
        of_part.for_each(|(_, is_open)| *is_open = false);
    }

    /// Takes out the bounds before the first open ones of each log in which they stand, and returns up to where.
    pub fn take_released(&mut self) -> BTreeMap<LogId, Seq> {
        let mut first_open: BTreeMap<LogId, Seq> = BTreeMap::new();
        for ((log, seq), (_, is_open)) in &self.all {
            if *is_open {
                first_open.entry(*log).or_insert(*seq);
            }
        }
        let mut through: BTreeMap<LogId, Seq> = BTreeMap::new();
        self.all.retain(|(log, seq), _| {
            let is_released =
                first_open.get(log).is_none_or(|first| seq < first) || crate::planted_bug!(ReleasesBoundsTooEarly);
            if is_released {
                through.insert(*log, *seq);
            }
            !is_released
        });
        self.lost.retain(|log, last| {
            let is_released = first_open.get(log).is_none_or(|first| *last < *first);
            if is_released {
                let through = through.entry(*log).or_default();
                *through = (*last).max(*through);
            }
            !is_released
        });
        through
    }
}

/// Reads the bounds that are in the inbox in these logs, behind these places. All are open.
///
/// # Errors
/// If the inbox cannot be read, or bounds are not in an encoding that this version knows.
pub fn read_bounds(inbox: &dyn EventLog, logs: BTreeMap<LogId, Seq>) -> Result<BoundsInInbox, ArchiveError> {
    let mut found = BoundsInInbox::default();
    for (log, after) in logs {
        for stored in inbox.read(log, BOUNDS, after) {
            let stored = match stored {
                Ok(stored) => stored,
                // Without its bounds an object that was put may be put again with others. Its events are then in two objects, and have
                // the same ids in both.
                Err(error) => match error.lost() {
                    Some((log, seqs)) => {
                        error!(alarm = "acknowledged_and_corrupt", %log, ?seqs, "the bounds of an object cannot be read");
                        found.insert_lost(log, *seqs.end());
                        continue;
                    }
                    None => return Err(ArchiveError::Read(error)),
                },
            };
            let bounds: Bounds = serde_json::from_slice(stored.event().body)
                .map_err(|error| ArchiveError::Event(format!("the bounds of an object: {error}")))?;
            if bounds.log_id().is_none() {
                return Err(ArchiveError::Event("the bounds of an object: no log".to_owned()));
            }
            found.insert(log, stored.seq, bounds);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::encoding::Encoding;

    fn bounds(connection: &str, first_seq: Seq, last_seq: Seq) -> Bounds {
        let (connection, log, date) = (connection.to_owned(), "01".repeat(16), "2026-11-29".to_owned());
        Bounds { connection, log, first_seq, last_seq, date, encoding: Encoding::Zstd }
    }

    #[test]
    fn bounds_are_released_in_their_order() {
        let (here, log) = (LogId([9; 16]), LogId([1; 16]));
        let mut all = BoundsInInbox::default();
        let (one, two, other) = (bounds("a", 1, 5), bounds("a", 6, 9), bounds("b", 2, 4));
        for (seq, bounds) in [(10, &one), (11, &other), (12, &two)] {
            all.insert(here, seq, bounds.clone());
        }
        assert_eq!(all.next("a", log, 0), Some(&one));
        assert_eq!(all.next("a", log, 5), Some(&two));
        assert_eq!(all.next("b", log, 4), None);
        all.set_archived("b", log, 1);
        assert!(all.take_released().is_empty());
        all.set_archived("a", log, 5);
        assert_eq!(all.take_released(), BTreeMap::from([(here, 10)]));
        all.set_archived("a", log, 9);
        assert_eq!(all.parts().collect::<Vec<_>>(), [(log, "b")]);
        assert!(all.take_released().is_empty());
        all.set_archived("b", log, 4);
        assert_eq!(all.take_released(), BTreeMap::from([(here, 12)]));
        assert!(all.take_released().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_released_behind_what_is_before_it() {
        let (here, log) = (LogId([9; 16]), LogId([1; 16]));
        let (mut all, mut read) = (BoundsInInbox::default(), BoundsInInbox::default());
        all.insert(here, 10, bounds("a", 1, 5));
        read.insert_lost(here, 11);
        all.add(read);
        assert!(all.take_released().is_empty());
        all.set_archived("a", log, 5);
        assert_eq!(all.take_released(), BTreeMap::from([(here, 11)]));
        assert!(all.take_released().is_empty());
        let inbox = BTreeMap::from([(here, BTreeMap::from([(Arc::from(BOUNDS), 10..=11)]))]);
        assert!(all.unknown(&inbox).is_empty(), "they are not read again");
    }
}
