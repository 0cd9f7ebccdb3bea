//! What is wrong with lines that are not deliveries.
//!
//! It is found out when it is told, from the block: kept for every line, it could take many times the memory of the block.

use countersign::records::Records;

use super::blocks::{Block, Kind, LINE_LIMIT};
use crate::input::format_size;

/// A record of which nobody can say how old it is.
pub(super) const BEYOND_CLOCK: &str = "received_at: this system's clock does not reach so far";

/// A line of which nothing was kept.
pub(super) fn too_long() -> String {
    format!("the line is longer than {}, which is the limit; it was passed over", format_size(LINE_LIMIT))
}

/// Describes the malformed lines of a block, in their order.
pub(crate) struct Faults<'a> {
    kind: Kind,
    /// From the beginning of a line on.
    rest: &'a [u8],
    /// The number of that line.
    line: u64,
}

impl<'a> Faults<'a> {
    /// Of all the lines of the block.
    pub(crate) fn new(block: &'a Block) -> Self {
        Self { kind: block.kind, rest: block.bytes(), line: block.first_line }
    }

    /// What is wrong with the line of this number, which is malformed and comes behind those that were asked for before.
    pub(crate) fn describe(&mut self, number: u64) -> String {
        if self.kind == Kind::TooLong {
            return too_long();
        }
        while self.line < number {
            self.take_line();
        }
        match Records::new(self.take_line(), number).next() {
            Some((_, Err(fault))) => fault.to_string(),
            // It can be read, so its time is what is wrong.
            _ => BEYOND_CLOCK.to_owned(),
        }
    }

    fn take_line(&mut self) -> &'a [u8] {
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |newline| newline + 1);
        let (line, rest) = self.rest.split_at(end);
        (self.rest, self.line) = (rest, self.line + 1);
        line
    }
}
