//! One load: what many events of one run of one log become, in the order in which a destination takes it best.

use std::collections::HashMap;

use crate::event::Event;
use crate::plan::{Column, Plan};
use crate::row::Outcome;
use crate::rows::RowMaker;
use crate::state::TableState;
use crate::table::Table;

/// What one commit writes. It is made for one [`TableState`], and is committed only while the destination is still in that state.
#[derive(Debug)]
pub struct Load<'a> {
    pub(crate) connection: String,
    pub(crate) table: Table,
    pub(crate) instance: String,
    pub(crate) plan: Plan,
    pub(crate) planned_before: usize,
    pub(crate) purpose: Purpose,
    pub(crate) synced_at: i64,
    pub(crate) events: Vec<EventRows<'a>>,
}

/// What a load is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Events that are new: one whose `_id` has a row is passed over, and the checkpoint moves.
    Append {
        /// The log that the events are from, a UUID.
        log: [u8; 16],
        /// The checkpoint before; `None` if there is none.
        expected: Option<u64>,
        /// The checkpoint afterwards.
        last_seq: u64,
    },
    /// Events that were loaded before: the rows and dead letters of a delivery are deleted and made anew. A delivery is known by its
    /// `_id` and its time of receipt, so that of several with one `_id` the one that has the rows keeps them. The checkpoint stays.
    Replace,
}

/// What one event becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRows<'a> {
    /// Its `_id`.
    pub id: [u8; 16],
    /// When it was received, in microseconds since 1970.
    pub received_at: i64,
    /// Its place among the events that the load was made from.
    pub ordinal: usize,
    /// Its rows and dead letters, by index. There is at least one.
    pub outcomes: Vec<Outcome<'a>>,
}

/// Rows that a destination has refused, by the place of the event and the index of the element, with what it said.
pub(crate) type RefusedRows = HashMap<(usize, u32), String>;

/// What loads are made from.
pub(crate) struct Source<'s, 'a> {
    pub(crate) state: &'s TableState,
    pub(crate) events: &'s [Event<'a>],
    pub(crate) synced_at: i64,
    /// Whether columns may be added.
    pub(crate) may_add: bool,
    pub(crate) refused: &'s RefusedRows,
    /// How many bytes the rows may have before the load is closed.
    pub(crate) bytes_max: usize,
}

impl<'a> Load<'a> {
    /// Makes the rows of the events with these `ordinals`, or of as many as there is room for, which is at least one. `purpose`
    /// says what for, when it is told how many they are.
    pub(crate) fn make(
        source: &Source<'_, 'a>,
        ordinals: &[usize],
        purpose: impl FnOnce(usize) -> Purpose,
    ) -> (Self, usize) {
        let state = source.state;
        let mut plan = state.plan.clone();
        let planned_before = plan.columns().len();
        let mut maker = RowMaker { table: &state.table, plan: &mut plan, may_add: source.may_add };
        let mut rows: Vec<EventRows<'a>> = Vec::with_capacity(ordinals.len());
        let mut bytes = 0;
        for &ordinal in ordinals {
            if bytes >= source.bytes_max {
                break;
            }
            let event = &source.events[ordinal];
            let refused = |index| source.refused.get(&(ordinal, index)).map(String::as_str);
            let outcomes = maker.outcomes(event, &refused);
            bytes += outcomes.iter().map(Outcome::bytes).sum::<usize>();
            rows.push(EventRows { id: event.id, received_at: event.received_at, ordinal, outcomes });
        }
        let taken = rows.len();
        // Neighbours in the index are then written together. Deliveries with one `_id` stay in their order.
        // As a number, which takes no call to compare.
        rows.sort_by_key(|event| u128::from_be_bytes(event.id));
        let load = Self {
            connection: state.connection.clone(),
            table: state.table.clone(),
            instance: state.instance.clone(),
            plan,
            planned_before,
            purpose: purpose(taken),
            synced_at: source.synced_at,
            events: rows,
        };
        (load, taken)
    }

    /// The connection whose checkpoint moves.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What the destination calls the table that the load was made for; another table of the same name has another.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// New events, or events again.
    #[must_use]
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// `_fivetran_synced` of its rows, in microseconds since 1970.
    #[must_use]
    pub fn synced_at(&self) -> i64 {
        self.synced_at
    }

    /// All columns for keys, with those that are new.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        self.plan.columns()
    }

    /// The columns that the destination does not have yet.
    #[must_use]
    pub fn new_columns(&self) -> &[Column] {
        &self.plan.columns()[self.planned_before..]
    }

    /// The events, sorted by `_id`.
    #[must_use]
    pub fn events(&self) -> &[EventRows<'a>] {
        &self.events
    }
}
