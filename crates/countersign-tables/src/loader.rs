//! Events to rows to one commit; where the destination refuses rows, they become dead letters and the rest is committed.

use crate::destination::{Committed, Destination, DestinationError};
use crate::event::Event;
use crate::load::{EventRows, Load, Purpose, RefusedRows, Source};
use crate::state::TableState;
use crate::table::SchemaPolicy;

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
/// Rows of more than 256 MiB are written in several commits, each with its checkpoint.
///
/// # Errors
///
/// [`DestinationError::Conflict`]: read the state again with [`Destination::open_table`], and then load again. [`DestinationError::Failed`]:
/// the same, later. A part of the run may be committed then, with its checkpoint.
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
    Loader::new(destination, state, run.events, Kind::Append { log: run.log }, now).commit(&ordinals, run.last_seq)
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
    Loader::new(destination, state, events, Kind::Replace, now).commit(&ordinals, 0)
}

/// How many bytes of rows are written at once. More are written in several commits, each with its checkpoint.
const LOAD_BYTES_MAX: usize = 256 << 20;

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
    may_add: bool,
    refused: RefusedRows,
    bytes_max: usize,
}

impl<'a> Loader<'a> {
    fn new(
        destination: &'a mut dyn Destination,
        state: &'a mut TableState,
        events: &'a [Event<'a>],
        kind: Kind,
        now: i64,
    ) -> Self {
        let may_add = state.table.schema_policy == SchemaPolicy::Evolve || state.plan.columns().is_empty();
        let (refused, bytes_max) = (RefusedRows::new(), LOAD_BYTES_MAX);
        Self { destination, state, now, events, kind, may_add, refused, bytes_max }
    }

    /// Commits these events, in several parts if they are large; `last_seq` is the checkpoint behind them.
    fn commit(&mut self, ordinals: &[usize], last_seq: u64) -> Result<Committed, DestinationError> {
        let (mut total, taken) = self.commit_part(ordinals, last_seq)?;
        let mut rest = &ordinals[taken..];
        while !rest.is_empty() {
            let (committed, taken) = self.commit_part(rest, last_seq)?;
            total += committed;
            rest = &rest[taken..];
        }
        Ok(total)
    }

    /// Commits as many of these events as there is room for; how many they are.
    fn commit_part(&mut self, ordinals: &[usize], last_seq: u64) -> Result<(Committed, usize), DestinationError> {
        loop {
            let part_seq =
                |taken: usize| if taken == ordinals.len() { last_seq } else { self.events[ordinals[taken - 1]].seq };
            let source = Source {
                state: self.state,
                events: self.events,
                synced_at: self.now,
                may_add: self.may_add,
                refused: &self.refused,
                bytes_max: self.bytes_max,
            };
            let (load, taken) = Load::make(&source, ordinals, |taken| match self.kind {
                Kind::Append { log } => {
                    let expected = self.state.checkpoints.get(&log).copied();
                    Purpose::Append { log, expected, last_seq: part_seq(taken) }
                }
                Kind::Replace => Purpose::Replace,
            });
            let last_seq = part_seq(taken);
            match self.destination.commit(&load) {
                Ok(committed) => {
                    self.state.plan = load.plan;
                    if let Kind::Append { log } = self.kind {
                        self.state.checkpoints.insert(log, last_seq);
                    }
                    return Ok((committed, taken));
                }
                Err(DestinationError::RowsRefused(rows)) if rows.is_empty() => {
                    return self.bisect(&ordinals[..taken], last_seq, &load).map(|committed| (committed, taken));
                }
                Err(DestinationError::RowsRefused(rows)) => {
                    self.refuse(rows.into_iter().map(|row| ((row.ordinal, row.index), row.message)))?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Commits each half on its own, down to one event, of which all rows then become dead letters.
    fn bisect(&mut self, ordinals: &[usize], last_seq: u64, load: &Load<'_>) -> Result<Committed, DestinationError> {
        let half = ordinals.len() / 2;
        if half == 0 {
            let message = "the destination refuses this event";
            let keys = |event: &EventRows<'_>| -> Vec<_> {
                event.outcomes.iter().map(|outcome| ((event.ordinal, outcome.index()), message.to_owned())).collect()
            };
            self.refuse(load.events.iter().flat_map(keys))?;
            return self.commit(ordinals, last_seq);
        }
        let (first, second) = ordinals.split_at(half);
        let mut total = self.commit(first, self.events[first[half - 1]].seq)?;
        total += self.commit(second, last_seq)?;
        Ok(total)
    }

    /// Remembers rows that are to become dead letters. An error if all were known, since the destination then refuses dead letters.
    fn refuse(&mut self, rows: impl Iterator<Item = ((usize, u32), String)>) -> Result<(), DestinationError> {
        let known = self.refused.len();
        self.refused.extend(rows);
        if self.refused.len() > known {
            return Ok(());
        }
        Err(DestinationError::Failed {
            operation: "write dead letters in the place of rows that the destination refuses",
            source: "it refuses them again".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::destination::{StoredDeadLetter, StoredEvent};
    use crate::plan::{Column, Plan};
    use crate::table::{Format, Table};

    /// Remembers of each load how many events it had, and its purpose.
    #[derive(Default)]
    struct Recorder(Vec<(usize, Purpose)>);

    impl Destination for Recorder {
        fn check_names(&self, _: &str, _: &str) -> Result<(), DestinationError> {
            Ok(())
        }

        fn setup_test(&mut self, _: &Table) -> Result<(), DestinationError> {
            Ok(())
        }

        fn open_table(
            &mut self,
            connection: &str,
            table: &Table,
            _: &[Column],
        ) -> Result<TableState, DestinationError> {
            Ok(TableState {
                connection: connection.to_owned(),
                table: table.clone(),
                instance: String::new(),
                plan: Plan::default(),
                checkpoints: BTreeMap::new(),
                notices: Vec::new(),
            })
        }

        fn commit(&mut self, load: &Load<'_>) -> Result<Committed, DestinationError> {
            self.0.push((load.events().len(), load.purpose().clone()));
            Ok(Committed { rows: load.events().len() as u64, ..Committed::default() })
        }

        fn forget_log(&mut self, _: &str, _: &Table, _: &[u8; 16]) -> Result<(), DestinationError> {
            Ok(())
        }

        fn find(&mut self, _: &Table, _: &[u8; 16]) -> Result<StoredEvent, DestinationError> {
            Ok(StoredEvent::default())
        }

        fn dead_letters(
            &mut self,
            _: &Table,
            _: Option<([u8; 16], u32)>,
            _: usize,
        ) -> Result<Vec<StoredDeadLetter>, DestinationError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn what_is_large_is_committed_in_parts() {
        let body = "x".repeat(98);
        let event = |seq| Event {
            seq,
            id: [0; 16],
            received_at: 0,
            content_type: None,
            content_encoding: None,
            is_query: false,
            body: body.as_bytes(),
        };
        let events: Vec<Event<'_>> = (1..=5).map(|number| event(number * 10)).collect();
        let mut recorder = Recorder::default();
        let mut state = recorder.open_table("c", &Table::new("s", "t", Format::Packed), &[]).unwrap();
        let mut loader = Loader::new(&mut recorder, &mut state, &events, Kind::Append { log: [1; 16] }, 0);
        // Each row has 100 bytes.
        loader.bytes_max = 150;
        let committed = loader.commit(&[0, 1, 2, 3, 4], 99).unwrap();
        assert_eq!(committed.rows, 5);
        let part = |count, expected, last_seq| (count, Purpose::Append { log: [1; 16], expected, last_seq });
        assert_eq!(recorder.0, [part(2, None, 20), part(2, Some(20), 40), part(1, Some(40), 99)]);
        assert_eq!(state.checkpoints[&[1; 16]], 99);
    }
}
