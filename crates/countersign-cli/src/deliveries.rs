//! Files of deliveries, one record a line: opened, decompressed, cut into lines.

mod blocks;
mod decompress;
mod faults;
mod format;
mod line;

use std::path::Path;
use std::time::SystemTime;

use countersign::records::{Record, UnixMicros};

pub(crate) use blocks::{Block, BlockReader, Kind, Workers};
pub(crate) use faults::Faults;
pub(crate) use line::FileLine;

use crate::error::CliError;
use crate::input::Input;
use decompress::{Compression, decompress};
use format::foreign_format;

/// Opens a file of deliveries, or standard input for `-`, to read what it holds if it is compressed.
///
/// # Errors
/// If it cannot be read, or is known to be something else than lines of JSON.
pub(crate) fn open(path: &Path) -> Result<Input, CliError> {
    let mut input = Input::open(path)?;
    if let Some(compression) = Compression::of(input.peek()?) {
        let name = input.name.clone();
        input = decompress(input, compression).map_err(|error| Input::unreadable(&name, &error))?;
    }
    match foreign_format(input.peek()?) {
        Some(format) => Err(CliError::Config(format!("{}: {format}", input.name))),
        None => Ok(input),
    }
}

/// As of when a record is judged: when it was received, or `now` if it does not say so. `None` if this system's clock does
/// not reach so far, which makes the line malformed.
pub(crate) fn judged_at(record: &Record<'_>, now: SystemTime) -> Option<SystemTime> {
    record.received_at.map_or(Some(now), UnixMicros::to_system_time)
}
