//! One line of a file of deliveries.

use std::path::Path;
use std::time::SystemTime;

use countersign::records::{Record, Records};

use super::blocks::{Block, BlockReader, Kind, Workers};
use super::faults::{BEYOND_CLOCK, too_long};
use super::{judged_at, open};
use crate::error::CliError;
use crate::input::Input;
use crate::terminal::grouped;

/// How much is read at a time.
const BLOCK: usize = 1 << 20;

/// A line, whatever it holds.
pub(crate) struct FileLine {
    number: u64,
    /// `None` if it is longer than is allowed.
    text: Option<Vec<u8>>,
}

/// There is nobody else. What has arrived is looked at at once, so that a pipe need not be at its end.
struct Alone;

impl Workers for Alone {
    fn are_idle(&mut self) -> bool {
        true
    }

    fn wait_until_idle(&mut self) {}
}

impl FileLine {
    /// Reads the line with this number, from 1.
    ///
    /// # Errors
    /// If the file cannot be read up to there, or has fewer lines.
    pub(crate) fn read(path: &Path, number: u64) -> Result<Self, CliError> {
        let input = open(path)?;
        let name = input.name.clone();
        let mut blocks = BlockReader::new(input, BLOCK);
        let (mut block, mut count) = (Block::default(), 0);
        while blocks.fill(&mut block, &mut Alone).map_err(|error| Input::unreadable(&name, &error))? {
            if block.kind == Kind::TooLong {
                count = block.first_line;
                if number == count {
                    return Ok(Self { number, text: None });
                }
                continue;
            }
            for line in block.bytes().split_inclusive(|byte| *byte == b'\n') {
                count += 1;
                if count == number {
                    return Ok(Self { number, text: Some(line.to_vec()) });
                }
            }
        }
        let lines = if count == 1 { "line" } else { "lines" };
        let (number, count) = (grouped(number), grouped(count));
        Err(CliError::Config(format!("--line: there is no line {number} in {name}, which has {count} {lines}")))
    }

    /// The record that it holds and as of when that is judged, or what is wrong with the line.
    pub(crate) fn record(&self, now: SystemTime) -> Result<(Record<'_>, SystemTime), String> {
        let text = self.text.as_ref().ok_or_else(too_long)?;
        let (_, record) = Records::new(text, self.number).next().ok_or("the line is blank")?;
        let record = record.map_err(|fault| fault.to_string())?;
        let at = judged_at(&record, now).ok_or(BEYOND_CLOCK)?;
        Ok((record, at))
    }
}
