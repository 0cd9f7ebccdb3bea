//! What a destination knows of a table before a load is made for it.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::table::Table;

/// What the destination knows of a table.
#[derive(Clone, Debug)]
pub struct TableState {
    /// The connection whose checkpoints these are.
    pub connection: String,
    /// The table as it was asked for.
    pub table: Table,
    /// What the destination calls this very table; another table of the same name has another.
    pub instance: String,
    /// The plan of its columns.
    pub plan: Plan,
    /// The last seq that was committed, by log.
    pub checkpoints: BTreeMap<[u8; 16], u64>,
    /// What somebody has done to the table, to be told to its owner.
    pub notices: Vec<Notice>,
}

/// What was found that nobody of ours has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The table, or the table of its dead letters, had been dropped. It was created anew, and its checkpoints were forgotten.
    TableDropped,
    /// Columns of the plan had been dropped. They were added again; only a resync fills them.
    ColumnsDropped(Vec<String>),
}
