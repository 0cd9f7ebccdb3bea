//! What must hold in every state.

use stateright::Property;

use crate::protocol::Protocol;
use crate::state::{DELIVERIES, PROCESSES, State};

/// The promises, by their numbers, and what they rest on.
pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always("P1 what is acknowledged is durable", |_, state: &State| acknowledged_is_durable(state)),
        Property::always("P2 what is acknowledged is somewhere", |_, state: &State| acknowledged_is_somewhere(state)),
        Property::always("P3 a delivery has at most one outcome", |_, state: &State| one_outcome(state)),
        Property::always("P3 what the checkpoint covers is in the table", |_, state: &State| {
            checkpoints_are_true(state)
        }),
        Property::always("P4 deliveries with one id are one row", |_, state: &State| one_row(state)),
        Property::always("P4 a row has the id that was answered", |_, state: &State| rows_have_their_ids(state)),
        Property::always("an event stands in one object", |_, state: &State| one_object(state)),
        Property::always(
            "P8 whichever process is left brings all into the table",
            |protocol: &Protocol, state: &State| !protocol.progress(state).is_empty() || all_is_in_the_table(state),
        ),
        // These must be met: a model in which nothing happens would have no counterexample either.
        Property::sometimes("two objects of one log", |_, state: &State| {
            state.registry.iter().any(|log| log.len() > 1)
        }),
        Property::sometimes("everything is in the table after a power cut", |_, state: &State| {
            state.is_gone.contains(&true) && state.is_acknowledged == [true; DELIVERIES] && all_is_in_the_table(state)
        }),
        Property::sometimes("both logs have objects", |_, state: &State| {
            state.registry.iter().all(|log| !log.is_empty())
        }),
    ]
}

fn deliveries() -> impl Iterator<Item = u8> {
    0..u8::try_from(DELIVERIES).expect("few")
}

fn acknowledged_is_durable(state: &State) -> bool {
    (0..DELIVERIES)
        .filter(|delivery| state.is_acknowledged[*delivery])
        .all(|delivery| state.places[delivery].is_some_and(|(log, seq)| seq <= state.logs[usize::from(log)].flushed))
}

/// In a record that is durable, in an object that is registered and there, or in the table.
fn acknowledged_is_somewhere(state: &State) -> bool {
    deliveries().filter(|delivery| state.is_acknowledged[usize::from(*delivery)]).all(|delivery| {
        let is_in_a_log = state.logs.iter().any(|log| {
            let kept = usize::from(log.released)..usize::from(log.flushed).max(usize::from(log.released));
            log.records.get(kept).unwrap_or_default().contains(&delivery)
        });
        let is_archived = (0..PROCESSES).any(|log| {
            let objects = state.registry[log].iter().filter(|object| state.store[log].contains(object));
            objects.into_iter().any(|object| object.deliveries.contains(&delivery))
        });
        is_in_a_log || is_archived || state.rows_with(State::id(delivery)).next().is_some()
    })
}

fn one_outcome(state: &State) -> bool {
    let rows_of = |delivery| state.rows.iter().filter(|row| row.delivery == delivery).count();
    state.outcomes.iter().all(|count| *count <= 1) && deliveries().all(|delivery| rows_of(delivery) <= 1)
}

fn checkpoints_are_true(state: &State) -> bool {
    (0..PROCESSES).all(|log| {
        let covered = &state.logs[log].records;
        let covered = covered.iter().take(usize::from(state.checkpoints[log]));
        covered.into_iter().all(|delivery| {
            state.outcomes[usize::from(*delivery)] > 0
                && state.rows.iter().any(|row| State::id(row.delivery) == State::id(*delivery))
        })
    })
}

fn one_row(state: &State) -> bool {
    state.rows.iter().all(|row| state.rows_with(row.id).count() == 1)
}

fn rows_have_their_ids(state: &State) -> bool {
    state.rows.iter().all(|row| row.id == State::id(row.delivery))
}

fn one_object(state: &State) -> bool {
    let holds = |delivery: u8| {
        let objects = state.store.iter().flatten().chain(state.registry.iter().flatten());
        let mut places: Vec<_> = objects.filter(|object| object.deliveries.contains(&delivery)).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    };
    deliveries().all(|delivery| holds(delivery) <= 1)
}

/// Every delivery that stands in a log has its outcome, and every event its row.
fn all_is_in_the_table(state: &State) -> bool {
    deliveries()
        .filter(|delivery| state.places[usize::from(*delivery)].is_some())
        .all(|delivery| state.outcomes[usize::from(delivery)] == 1 && state.rows_with(State::id(delivery)).count() == 1)
}
