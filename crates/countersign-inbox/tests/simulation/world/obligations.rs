//! What must hold in every history: what was acknowledged is read, once and byte for byte, or reported as lost; and nothing is lost or
//! reported without a cause.

use std::collections::BTreeSet;

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::Faults;
use countersign_inbox::{LogId, ReadError, RecoveryReport, Seq, SeqRange, StoredEvent};

use super::{CONNECTIONS, Harm, Place, Sent, Violation, World, known};

impl World {
    /// Losses are reported of what was lost, and of nothing else.
    pub(super) fn check_report(&mut self, report: &RecoveryReport) -> Result<(), Violation> {
        self.unknown_losses.clear();
        for loss in &report.losses {
            if loss.seqs.is_empty() {
                self.may_lose().map_err(|why| format!("{} is said to have lost something, {why}", loss.file))?;
                self.unknown_losses.insert(loss.log);
            }
            for &seq in &loss.seqs {
                self.lose((loss.log, seq), "reported at the start")?;
            }
        }
        Ok(())
    }

    /// Whether there is a cause for a loss.
    fn may_lose(&self) -> Result<(), &'static str> {
        let counts = self.disk.counts();
        match self.harm {
            Harm::Bits if self.changed_bits == 0 => Err("and no bit has changed"),
            Harm::Unreadable if counts.failed_reads + counts.failed_opens + counts.bad_sectors_read == 0 => {
                Err("and all could be read")
            }
            Harm::CutOff if self.cut_files == 0 => Err("and no file was cut off"),
            _ => Ok(()),
        }
    }

    /// Notes a loss that was reported. One changed bit may cost one event.
    pub(super) fn lose(&mut self, place: Place, how: &str) -> Result<(), Violation> {
        self.may_lose().map_err(|why| format!("{place:?} was lost ({how}), {why}"))?;
        self.losses.insert(place);
        if self.harm == Harm::Bits && self.losses.len() > self.changed_bits {
            return Err(format!("{place:?} was lost ({how}), with {} changed bits", self.changed_bits));
        }
        if let Some(number) = self.debts.remove(&place)
            && self.acknowledged_places.contains(&place)
        {
            self.unread.insert(place, number);
        }
        Ok(())
    }

    /// Notes that events of a connection may be lost.
    pub(super) fn lose_some(&mut self, log: LogId, connection: &str, seqs: &SeqRange) -> Result<(), Violation> {
        let lost: Vec<_> = self.debts.range((log, *seqs.start())..=(log, *seqs.end())).collect();
        let lost = lost.into_iter().filter(|(_, number)| self.sent_as(**number).connection == connection);
        let lost: Vec<_> = lost.map(|(place, _)| *place).collect();
        self.may_lose().map_err(|why| format!("a file of {connection} cannot be read, {why}"))?;
        lost.into_iter().try_for_each(|place| self.lose(place, "in a file that cannot be read"))
    }

    fn is_of_another(&self, place: Place, connection: &str) -> bool {
        self.given.get(&place).is_some_and(|&number| self.sent_as(number).connection != connection)
    }

    fn sent_as(&self, number: u64) -> &Sent {
        &self.sent[usize::try_from(number).unwrap()]
    }

    /// A place has one event, for ever.
    pub(super) fn give(&mut self, place: Place, number: u64) -> Result<(), Violation> {
        match self.given.insert(place, number) {
            Some(other) if other != number => {
                Err(format!("{place:?} was given to event {other} and to event {number}"))
            }
            _ => Ok(()),
        }
    }

    /// Reads all, and looks that nothing is missing.
    pub(super) fn read_all(&mut self) -> Result<(), Violation> {
        let mut found = BTreeSet::new();
        for (log, connections) in self.stepped.as_ref().unwrap().inbox.connections() {
            for connection in connections.keys() {
                found.extend(self.read(log, known(connection)?, 0)?.into_iter().map(|seq| (log, seq)));
            }
        }
        let debts: Vec<_> = self.debts.iter().map(|(&place, &number)| (place, number)).collect();
        for (place, number) in debts {
            if found.contains(&place) {
                continue;
            }
            // A changed bit in the last group cannot be told from a torn write of it.
            let is_in_last_group = self.last_groups.get(&place.0).is_some_and(|group| group.contains(&place));
            if self.harm == Harm::Bits && is_in_last_group && self.losses.len() < self.changed_bits {
                self.lose(place, "in the last group")?;
                continue;
            }
            // It was read, and not acknowledged: in a file that stays as it is, because a part of it is missing, it is not made durable.
            if self.harm != Harm::Bits && !self.acknowledged_places.contains(&place) && self.may_lose().is_ok() {
                self.debts.remove(&place);
                continue;
            }
            if self.harm != Harm::Bits && self.unknown_losses.contains(&place.0) {
                self.lose(place, "it may be among those reported")?;
                continue;
            }
            return Err(format!("event {number} at {place:?} was acknowledged and is not there"));
        }
        Ok(())
    }

    /// What is owed of a connection in a log behind a seq.
    pub(super) fn owed(&self, log: LogId, connection: &str, after: Seq) -> BTreeSet<Seq> {
        let debts = self.debts.range((log, after + 1)..=(log, Seq::MAX));
        debts.filter(|(_, number)| self.sent_as(**number).connection == connection).map(|(place, _)| place.1).collect()
    }

    /// Reads all of a connection in a log behind a seq.
    pub(super) fn read(
        &mut self,
        log: LogId,
        connection: &'static str,
        after: Seq,
    ) -> Result<BTreeSet<Seq>, Violation> {
        let mut seqs = BTreeSet::new();
        let mut before = after;
        for attempt in 0.. {
            if attempt == 5 {
                // No note can be written on a full disk, so an operator makes room.
                self.disk.set_full(false);
            } else if attempt > 100 {
                return Err(format!("{connection} in {log} cannot be read"));
            }
            let reader = self.stepped.as_ref().unwrap().inbox.read(log, connection, before);
            let mut is_ended = true;
            for event in reader {
                is_ended = self.take(event, log, connection, &mut before, &mut seqs)?;
            }
            if is_ended {
                break;
            }
        }
        let (read_to, read) = self.read.entry((log, connection)).or_default();
        if self.harm != Harm::Unreadable
            && let Some(new) = seqs.iter().find(|&&seq| seq <= *read_to && !read.contains(&seq))
        {
            return Err(format!("{connection} in {log}: {new} was not there when {read_to} was read"));
        }
        // What was read is owed too, acknowledged or not: it may have been put into an archive.
        *read_to = (*read_to).max(before);
        read.extend(&seqs);
        Ok(seqs)
    }

    /// Takes what a reader has given. False if it has ended before its time, for a reason that is not the file's.
    pub(super) fn take(
        &mut self,
        event: Result<StoredEvent, ReadError>,
        log: LogId,
        connection: &'static str,
        before: &mut Seq,
        seqs: &mut BTreeSet<Seq>,
    ) -> Result<bool, Violation> {
        let lost = event.as_ref().err().and_then(ReadError::lost);
        let seq = match (&event, lost) {
            (Ok(stored), _) => stored.seq,
            (Err(_), Some((_, lost))) => *lost.end(),
            (Err(ReadError::Io { file, source }), None) => {
                // Too many open files, or a note that could not be written.
                let is_excused = source.raw_os_error() == Some(24) || file.strip_suffix(".lost").is_some();
                return if is_excused { Ok(false) } else { Err(format!("{file}: {source:?}")) };
            }
            (Err(error), None) => return Err(format!("{error:?}")),
        };
        if seq <= *before {
            return Err(format!("{connection} in {log}: {seq} is read after {before}"));
        }
        *before = seq;
        match event {
            Ok(stored) => {
                seqs.insert(seq);
                self.check(&stored, log, connection)?;
            }
            Err(ReadError::UnreadableFile { seqs, .. }) => self.lose_some(log, connection, &seqs)?,
            // Without an index it may not be known whose event it was; then all are told who miss one.
            Err(_) if self.harm != Harm::Bits && self.is_of_another((log, seq), connection) => {}
            Err(_) => self.lose((log, seq), "found in reading")?,
        }
        Ok(true)
    }

    pub(super) fn check(
        &mut self,
        stored: &StoredEvent,
        log: LogId,
        connection: &'static str,
    ) -> Result<(), Violation> {
        let place = (log, stored.seq);
        let event = stored.event();
        let number = u64::try_from(u128::from_be_bytes(event.id)).unwrap_or(u64::MAX);
        let sent = self.sent.get(usize::try_from(number).unwrap());
        if stored.log != log || event.connection != connection || sent.is_none_or(|sent| sent.event(number) != event) {
            return Err(format!("what is read at {place:?} was never appended"));
        }
        self.give(place, number)?;
        if stored.seq > self.released_seq(log, connection) {
            self.debts.insert(place, number);
        }
        Ok(())
    }

    /// Releases everything, and looks that it then goes.
    pub(super) fn release_all(&mut self) -> Result<(), Violation> {
        self.disk.set_faults(Faults::default());
        for (log, connection, read_to) in self.read_so_far() {
            self.release_through(log, connection, read_to);
        }
        for _ in 0..2 {
            self.stepped.as_ref().unwrap().keep(self.now).map_err(|error| format!("cannot keep house: {error}"))?;
        }
        let inbox = &self.stepped.as_ref().unwrap().inbox;
        if let Some(connection) = CONNECTIONS.into_iter().find(|connection| inbox.backlog_bytes(connection) > 0) {
            return Err(format!("all was released, and {connection} has a backlog"));
        }
        let files = self.disk.list().unwrap();
        let kept =
            files.iter().filter(|file| !file.ends_with(".corrupt") && file.strip_suffix(".lost").is_none()).count();
        // The segment that is used next, and those that are made into further ones.
        if kept > 3 { Err(format!("all was released, and these files are left: {files:?}")) } else { Ok(()) }
    }
}
