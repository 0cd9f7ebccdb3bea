//! Where tables are: one small trait, and what can go wrong there.

use std::error::Error as StdError;
use std::fmt;
use std::ops::AddAssign;

use crate::load::Load;
use crate::plan::Column;
use crate::state::TableState;
use crate::table::Table;

/// A place that holds tables, and beside each its plan, its dead letters and the checkpoints of its connections.
///
/// A destination writes a load as one transaction, and only if nobody has written since the [`TableState`] was read that the load
/// was made for. So any number of processes may load the same events, in any order and again: each event is there once. An error
/// other than [`DestinationError::Conflict`] may come after the commit has happened; to read the state again tells.
pub trait Destination: Send {
    /// Whether the destination can have a table of this name.
    ///
    /// # Errors
    ///
    /// [`DestinationError::Name`] says what is wrong with which name.
    fn check_names(&self, schema: &str, table: &str) -> Result<(), DestinationError>;

    /// Creates a table in the schema of `table`, inserts a row, and drops it; then looks whether `table` itself could be written.
    ///
    /// # Errors
    ///
    /// As [`Destination::open_table`] has them.
    fn setup_test(&mut self, table: &Table) -> Result<(), DestinationError>;

    /// Creates the table if it is not there, and reads its plan and the checkpoints of `connection`. A table that was dropped is
    /// created anew, with the plan that it had and without checkpoints, so that all that the archive holds is loaded again.
    ///
    /// `known` is the plan as the caller remembers it, or nothing. It counts only where the destination knows of no such table, as
    /// after the loss of a file: then keys get the columns that they had.
    ///
    /// # Errors
    ///
    /// A wrong name, a table of somebody else, or a fault of the destination.
    fn open_table(&mut self, connection: &str, table: &Table, known: &[Column])
    -> Result<TableState, DestinationError>;

    /// Writes the columns, rows and dead letters of a load and its checkpoint, all or nothing.
    ///
    /// An event whose `_id` has a row is passed over. Else its rows and dead letters are written; a row removes the dead letter of
    /// its key, and a dead letter whose key has one already is passed over.
    ///
    /// # Errors
    ///
    /// [`DestinationError::RowsRefused`] if rows were refused: the load is made again with dead letters in their place.
    /// [`DestinationError::Conflict`] if the state is another one now: it is read again. Otherwise the load is tried again later.
    fn commit(&mut self, load: &Load<'_>) -> Result<Committed, DestinationError>;

    /// Forgets the checkpoint of a log of which nothing will be loaded any more.
    ///
    /// # Errors
    ///
    /// A fault of the destination.
    fn forget_log(&mut self, connection: &str, table: &Table, log: &[u8; 16]) -> Result<(), DestinationError>;

    /// What is there of the event with this `_id`; nothing if the table is not there.
    ///
    /// # Errors
    ///
    /// A fault of the destination.
    fn find(&mut self, table: &Table, id: &[u8; 16]) -> Result<StoredEvent, DestinationError>;

    /// Dead letters in the order of `_id` and index, behind the key `after`, at most `limit`.
    ///
    /// # Errors
    ///
    /// A fault of the destination.
    fn dead_letters(
        &mut self,
        table: &Table,
        after: Option<([u8; 16], u32)>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, DestinationError>;
}

/// What a table has of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredEvent {
    /// The indexes of its rows.
    pub rows: Vec<u32>,
    /// Its dead letters, by index.
    pub dead_letters: Vec<StoredDeadLetter>,
}

/// A dead letter without its bytes, which stand in the column `raw`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// The `_id` of the event.
    pub id: [u8; 16],
    /// The place of the element; 0 for a whole event.
    pub index: u32,
    /// [`Reason::name`](crate::Reason::name).
    pub reason: String,
    /// Where and what, for a person.
    pub detail: String,
    /// How many bytes it has.
    pub raw_length: u64,
}

/// What a commit has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Rows.
    pub rows: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// Events that were passed over, since their `_id` has rows.
    pub events_passed_over: u64,
    /// Columns that were added.
    pub columns: u64,
}

impl AddAssign for Committed {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.dead_letters += other.dead_letters;
        self.events_passed_over += other.events_passed_over;
        self.columns += other.columns;
    }
}

/// Why a destination did not do what it was asked to.
#[derive(Debug)]
#[non_exhaustive]
pub enum DestinationError {
    /// Rows were refused for what they are, and nothing was written. Empty if the destination does not say which ones.
    RowsRefused(Vec<RefusedRow>),
    /// Somebody else has committed, or the table is another one: nothing was written. Read the state again.
    Conflict(&'static str),
    /// The table was not made by this crate, or for another format. It is never written.
    Foreign {
        /// The table.
        table: String,
        /// How that is known, and what can be done.
        message: String,
    },
    /// The destination cannot have this name.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it, and what is allowed.
        message: String,
    },
    /// The destination itself failed: the load is held and tried again.
    Failed {
        /// What was to be done, a verb and its object.
        operation: &'static str,
        /// What it said.
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// A row that a destination refuses while it takes others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// [`EventRows::ordinal`](crate::EventRows::ordinal) of its event.
    pub ordinal: usize,
    /// Its index.
    pub index: u32,
    /// What the destination said.
    pub message: String,
}

impl DestinationError {
    /// A fault of the destination, for `map_err`.
    pub fn failed<E: Into<Box<dyn StdError + Send + Sync>>>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Failed { operation, source: source.into() }
    }
}

impl fmt::Display for DestinationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowsRefused(rows) => match rows.first() {
                Some(row) => {
                    write!(f, "the destination refuses {} rows, the first one with: {}", rows.len(), row.message)
                }
                None => f.write_str("the destination refuses rows of this load, and does not say which"),
            },
            Self::Conflict(what) => write!(f, "{what}; nothing was written"),
            Self::Foreign { table, message } => write!(f, "the table {table} is not ours to write: {message}"),
            Self::Name { name, message } => write!(f, "{name:?} cannot be used: {message}"),
            Self::Failed { operation, .. } => write!(f, "cannot {operation}"),
        }
    }
}

impl StdError for DestinationError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Failed { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
