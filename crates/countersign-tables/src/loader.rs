//! Events to rows to one commit; where the destination refuses rows, they become dead letters and the rest is committed.

use crate::destination::{Committed, Destination, DestinationError};
use crate::event::Event;
use crate::load::{Load, Purpose, RefusedRows};
use crate::state::TableState;

/// Events of one run of one log.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The log, a UUID.
    pub log: [u8; 16],
    /// The last seq that the run covers; no event of the connection lies between the last one and it. It becomes the checkpoint.
    pub last_seq: u64,
    /// The events, in any order. Those up to the checkpoint are passed over.
    pub events: &'a [Event<'a>],
}

/// Commits the events of a run, and moves the checkpoint of its log to `run.last_seq`. `now` is the start of the load, in
/// microseconds since 1970; it becomes `_fivetran_synced`.
///
/// The state is brought up to date, so that the next run can follow. A run that lies wholly before the checkpoint writes nothing.
///
/// # Errors
///
/// [`DestinationError::Moved`]: read the state again with [`Destination::open_table`], and then load again. [`DestinationError::Failed`]:
/// the same, later. In rare cases a part of the run is committed then, with its checkpoint.
pub fn append(
    destination: &mut dyn Destination,
    state: &mut TableState,
    run: &Run<'_>,
    now: i64,
) -> Result<Committed, DestinationError> {
    let checkpoint = state.checkpoints.get(&run.log).copied();
    if checkpoint.is_some_and(|checkpoint| checkpoint >= run.last_seq) {
        return Ok(Committed::default());
    }
    let mut ordinals: Vec<usize> = (0..run.events.len())
        .filter(|&ordinal| {
            let seq = run.events[ordinal].seq;
            seq <= run.last_seq && checkpoint.is_none_or(|checkpoint| seq > checkpoint)
        })
        .collect();
    ordinals.sort_by_key(|&ordinal| run.events[ordinal].seq);
    let kind = Kind::Append { log: run.log };
    let mut loader = Loader { destination, state, now, events: run.events, kind, refused: RefusedRows::new() };
    loader.commit(&ordinals, run.last_seq)
}

/// Commits events that were loaded before, anew: for a resync, and to try dead letters again. Checkpoints stay as they are.
///
/// # Errors
///
/// As [`append`] has them.
pub fn replace(
    destination: &mut dyn Destination,
    state: &mut TableState,
    events: &[Event<'_>],
    now: i64,
) -> Result<Committed, DestinationError> {
    let ordinals: Vec<usize> = (0..events.len()).collect();
    let mut loader = Loader { destination, state, now, events, kind: Kind::Replace, refused: RefusedRows::new() };
    loader.commit(&ordinals, 0)
}

#[derive(Clone, Copy)]
enum Kind {
    Append { log: [u8; 16] },
    Replace,
}

struct Loader<'a> {
    destination: &'a mut dyn Destination,
    state: &'a mut TableState,
    now: i64,
    events: &'a [Event<'a>],
    kind: Kind,
    refused: RefusedRows,
}

impl Loader<'_> {
    /// Commits these events; `last_seq` is the checkpoint behind them.
    fn commit(&mut self, ordinals: &[usize], last_seq: u64) -> Result<Committed, DestinationError> {
        loop {
            let purpose = match self.kind {
                Kind::Append { log } => {
                    Purpose::Append { log, expected: self.state.checkpoints.get(&log).copied(), last_seq }
                }
                Kind::Replace => Purpose::Replace,
            };
            let load = Load::make(self.state, purpose, self.now, self.events, ordinals, &self.refused);
            match self.destination.commit(&load) {
                Ok(committed) => {
                    self.state.plan = load.plan;
                    if let Kind::Append { log } = self.kind {
                        self.state.checkpoints.insert(log, last_seq);
                    }
                    return Ok(committed);
                }
                Err(DestinationError::Rows(rows)) if !rows.is_empty() => {
                    let known = self.refused.len();
                    self.refused.extend(rows.into_iter().map(|row| ((row.ordinal, row.index), row.message)));
                    if self.refused.len() == known {
                        return Err(DestinationError::Failed {
                            operation: "write dead letters in the place of the rows that the destination refuses",
                            source: "it refuses the same rows again".into(),
                        });
                    }
                }
                Err(DestinationError::Rows(_)) => return self.bisect(ordinals, last_seq, &load),
                Err(error) => return Err(error),
            }
        }
    }

    /// Commits each half on its own, down to one event, of which all rows then become dead letters.
    fn bisect(&mut self, ordinals: &[usize], last_seq: u64, load: &Load) -> Result<Committed, DestinationError> {
        let half = ordinals.len() / 2;
        if half == 0 {
            let outcomes = load
                .events
                .iter()
                .flat_map(|event| event.outcomes.iter().map(|outcome| (event.ordinal, outcome.index())));
            let known = self.refused.len();
            self.refused.extend(outcomes.map(|key| (key, "the destination refuses this event".to_owned())));
            if self.refused.len() == known {
                return Err(DestinationError::Failed {
                    operation: "write dead letters in the place of an event that the destination refuses",
                    source: "it refuses them too".into(),
                });
            }
            return self.commit(ordinals, last_seq);
        }
        let (first, second) = ordinals.split_at(half);
        let middle = self.events[first[half - 1]].seq;
        let left = self.commit(first, middle)?;
        let right = self.commit(second, last_seq)?;
        Ok(Committed {
            rows: left.rows + right.rows,
            dead_letters: left.dead_letters + right.dead_letters,
            events_passed_over: left.events_passed_over + right.events_passed_over,
            columns: left.columns + right.columns,
        })
    }
}
