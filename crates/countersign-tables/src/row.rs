//! What one event becomes. Texts are parts of its body wherever they can be.

use std::borrow::Cow;

use crate::dead_letter::DeadLetter;

/// A value of an unpacked row. Null and absent are the same: there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A number without a fraction that has 64 bits.
    Integer(i64),
    /// A number whose decimal value the shortest form of the double gives back.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// Text, without U+0000.
    Text(Cow<'a, str>),
    /// The exact text of an object, of an array, or of a string that is no text.
    Json(Cow<'a, str>),
    /// The exact digits of a number that neither of the above keeps.
    Number(Cow<'a, str>),
}

impl Value<'_> {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Integer(_) | Self::Double(_) | Self::Bool(_) => 8,
            Self::Text(text) | Self::Json(text) | Self::Number(text) => text.len(),
        }
    }
}

/// A value and its column's place in the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell<'a> {
    /// The place of the column in [`Plan::columns`](crate::Plan::columns).
    pub column: usize,
    /// The value.
    pub value: Value<'a>,
}

/// What stands in a row beside the columns that all rows have.
#[derive(Clone, Debug, PartialEq)]
pub enum Values<'a> {
    /// The column `event`: JSON text.
    Packed(Cow<'a, str>),
    /// A cell for each key that has a value.
    Unpacked(Vec<Cell<'a>>),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// The place of the element in the event; 0 if it is not split.
    pub index: u32,
    /// What it says.
    pub values: Values<'a>,
}

/// What an element of an event becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// A row.
    Row(Row<'a>),
    /// No row.
    DeadLetter(DeadLetter),
}

impl Outcome<'_> {
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

impl Value<'_> {
    fn into_owned(self) -> Value<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Integer(integer) => Value::Integer(integer),
            Self::Double(double) => Value::Double(double),
            Self::Bool(bool) => Value::Bool(bool),
            Self::Text(text) => Value::Text(owned(text)),
            Self::Json(text) => Value::Json(owned(text)),
            Self::Number(text) => Value::Number(owned(text)),
        }
    }
}

impl Outcome<'_> {
    /// The same, of a body that does not last.
    pub(crate) fn into_owned(self) -> Outcome<'static> {
        let Row { index, values } = match self {
            Self::Row(row) => row,
            Self::DeadLetter(letter) => return Outcome::DeadLetter(letter),
        };
        let values = match values {
            Values::Packed(event) => Values::Packed(Cow::Owned(event.into_owned())),
            Values::Unpacked(cells) => {
                let owned = |cell: Cell<'_>| Cell { column: cell.column, value: cell.value.into_owned() };
                Values::Unpacked(cells.into_iter().map(owned).collect())
            }
        };
        Outcome::Row(Row { index, values })
    }
}
