//! What one event becomes.

use crate::dead_letter::DeadLetter;

/// A value of an unpacked row. Null and absent are the same: there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number without a fraction that has 64 bits.
    Integer(i64),
    /// A number whose decimal value the shortest form of the double gives back.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// Text, without U+0000.
    Text(String),
    /// The exact text of an object, of an array, or of a string that is no text.
    Json(String),
    /// The exact digits of a number that neither of the above keeps.
    Number(String),
}

impl Value {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Integer(_) | Self::Double(_) | Self::Bool(_) => 8,
            Self::Text(text) | Self::Json(text) | Self::Number(text) => text.len(),
        }
    }
}

/// A value and its column's place in the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The place of the column in [`Plan::columns`](crate::Plan::columns).
    pub column: usize,
    /// The value.
    pub value: Value,
}

/// What stands in a row beside the columns that all rows have.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// The column `event`: JSON text.
    Packed(String),
    /// A cell for each key that has a value.
    Unpacked(Vec<Cell>),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The place of the element in the event; 0 if it is not split.
    pub index: u32,
    /// What it says.
    pub values: Values,
}

/// What an element of an event becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A row.
    Row(Row),
    /// No row.
    DeadLetter(DeadLetter),
}

impl Outcome {
    /// The place of the element in the event.
    #[must_use]
    pub fn index(&self) -> u32 {
        match self {
            Self::Row(row) => row.index,
            Self::DeadLetter(letter) => letter.index,
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Row(row) => match &row.values {
                Values::Packed(event) => event.len(),
                Values::Unpacked(cells) => cells.iter().map(|cell| cell.value.bytes()).sum(),
            },
            Self::DeadLetter(letter) => letter.raw.len(),
        }
    }
}
