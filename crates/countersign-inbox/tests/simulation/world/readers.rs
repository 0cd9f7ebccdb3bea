//! A reader that is open while events are released, segments are copied and removed, and the process ends: what it owes is given once, or
//! said to be lost, or was released.

use std::collections::BTreeSet;

use countersign_inbox::disk::sim::SimDisk;
use countersign_inbox::{LogId, Reader, Recovered, Seq};

use super::{Violation, World, known};

pub(crate) struct OpenReader {
    /// None if the process has ended that opened it, or it has ended for a reason that was not the file's.
    reader: Option<Reader<SimDisk>>,
    log: LogId,
    connection: &'static str,
    /// The last seq that it has given.
    before: Seq,
    /// What it has still to give, unless that is released first.
    owed: BTreeSet<Seq>,
}

impl World {
    /// Reads some more with a reader that lives long.
    pub(super) fn read_on(&mut self) -> Result<(), Violation> {
        let Some(mut open) = self.open_reader.take().or_else(|| self.choose()) else { return Ok(()) };
        for _ in 0..=self.random.below(4) {
            let inbox = &self.stepped.as_ref().unwrap().inbox;
            let reader = open.reader.get_or_insert_with(|| inbox.read(open.log, open.connection, open.before));
            let Some(event) = reader.next() else {
                let missed = open.owed.iter().find(|seq| self.debts.contains_key(&(open.log, **seq)));
                return match missed {
                    Some(seq) => {
                        Err(format!("{} in {}: an open reader has not given {seq}", open.connection, open.log))
                    }
                    None => Ok(()),
                };
            };
            let mut seqs = BTreeSet::new();
            if !self.take(event, open.log, open.connection, &mut open.before, &mut seqs)? {
                open.reader = None;
            }
            open.owed = open.owed.split_off(&(open.before + 1));
            let (log, connection) = (open.log, open.connection);
            self.read.entry((log, connection)).or_default().1.extend(&seqs);
        }
        self.open_reader = Some(open);
        Ok(())
    }

    /// Takes what can be read again of what was said to be lost, and withdraws the loss: from then on its file may go.
    pub(super) fn take_recovered(&mut self) -> Result<(), Violation> {
        let mut last: Option<Recovered> = None;
        while let Some(recovered) = self.stepped.as_ref().unwrap().inbox.recovered(last.as_ref()) {
            for stored in &recovered.events {
                self.check(stored, recovered.log, known(stored.event().connection)?)?;
            }
            // The events are kept elsewhere by now. A withdrawal that fails may have happened in part, and then the file may go.
            if self.stepped.as_ref().unwrap().inbox.withdraw(&recovered).unwrap_or(true) {
                let kept: BTreeSet<_> = recovered.events.iter().map(|stored| (recovered.log, stored.seq)).collect();
                self.unread.retain(|place, _| !kept.contains(place));
            }
            last = Some(recovered);
        }
        Ok(())
    }

    fn choose(&mut self) -> Option<OpenReader> {
        let logs = self.stepped.as_ref().unwrap().inbox.connections();
        let log = usize::try_from(self.random.below(logs.len() as u64)).unwrap();
        let (&log, connections) = logs.iter().nth(log)?;
        let connection = usize::try_from(self.random.below(connections.len() as u64)).unwrap();
        let connection = known(connections.keys().nth(connection)?).ok()?;
        let owed = self.owed(log, connection, 0);
        Some(OpenReader { reader: None, log, connection, before: 0, owed })
    }

    /// The process has ended that had the reader.
    pub(super) fn close_reader(&mut self) {
        self.open_reader.iter_mut().for_each(|open| open.reader = None);
    }
}
