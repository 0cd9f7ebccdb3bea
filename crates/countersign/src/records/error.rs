//! What is wrong with a line.

use std::fmt;

/// Why a line is not a delivery record.
///
/// [`Display`](fmt::Display) says where (the field, or the column for text that is not JSON), what was found and what is
/// allowed, without repeating any value of the line: a header may hold a token. The text is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError(String);

impl RecordError {
    #[cold]
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordError {}
