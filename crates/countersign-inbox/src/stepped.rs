//! An inbox without threads: the caller says when something is written. For simulations, in which everything is to happen in an order
//! that a seed decides.

use std::io;

use crate::disk::Disk;
use crate::error::OpenError;
use crate::event::LogId;
use crate::inbox::Inbox;
use crate::recovery::RecoveryReport;
use crate::settings::Settings;
use crate::writer::Writer;

/// An inbox, and the steps that its threads would do.
#[expect(missing_debug_implementations, reason = "its parts are in the middle of a step")]
pub struct Stepped<D: Disk> {
    /// The inbox, to append, read and release.
    pub inbox: Inbox<D>,
    writer: Writer<D>,
}

impl<D: Disk> Stepped<D> {
    /// Opens an inbox. `key_seed` replaces what [`Inbox::open`] draws at random, `now` its clock, in microseconds since 1970.
    ///
    /// # Errors
    /// As [`Inbox::open`].
    pub fn open(
        disk: D,
        settings: &Settings,
        log: LogId,
        key_seed: u64,
        now: i64,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let (inbox, writer, report) = Inbox::open_stepped(disk, settings, log, key_seed, now)?;
        Ok((Self { inbox, writer }, report))
    }

    /// Writes what waits.
    pub fn write(&mut self, now: i64) {
        self.writer.step(now);
    }

    /// States what is durable, as the thread does before it waits.
    pub fn mark(&mut self, now: i64) {
        self.writer.mark(now);
    }

    /// Makes the next segment, writes the ends of full ones, removes what was released.
    ///
    /// # Errors
    /// The first of the system. What failed is tried again the next time.
    pub fn keep(&self, now: i64) -> io::Result<()> {
        self.inbox.keep(now)
    }

    /// How many segments were made of the files of earlier ones, whose events were all released.
    #[must_use]
    pub fn reused_segments(&self) -> u64 {
        self.inbox.reused_segments()
    }

    /// Closes the log, as dropping an inbox with threads does.
    ///
    /// # Errors
    /// The first of the system.
    pub fn close(mut self, now: i64) -> io::Result<()> {
        self.writer.step(now);
        self.writer.end(now);
        self.inbox.end()
    }
}
