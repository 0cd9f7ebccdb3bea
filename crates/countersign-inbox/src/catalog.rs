//! Which segments there are, what they hold of each connection, and what of it was released.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::event::{LogId, Seq, SeqRange};
use crate::index::{Entry, Index, Share, Summary};
use crate::losses::Losses;
use crate::record::record_bytes;
use crate::segment::{SegmentHeader, SegmentName};

/// A segment as far as it is known without reading it.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) name: SegmentName,
    pub(crate) header: SegmentHeader,
    /// The length of the file.
    pub(crate) bytes: u64,
    pub(crate) state: SegmentState,
    /// Shared with readers once nothing is appended any more.
    pub(crate) summary: Arc<Summary>,
    /// When it was sealed or given up, in microseconds since 1970.
    pub(crate) ended_at: i64,
    /// What was acknowledged and cannot be read, and whether all of it stands in the end of the segment or in a note.
    losses: Losses,
    is_noted: bool,
    /// How often one was told.
    told: u64,
    /// Of each connection, the bytes in this segment that count no more in its backlog; their sum, and that of all records.
    released_bytes: HashMap<Arc<str>, u64>,
    all_released_bytes: u64,
    record_bytes: u64,
}

/// How far a segment has come.
#[derive(Debug)]
pub(crate) enum SegmentState {
    /// Records are appended. Here is where the durable ones are.
    Open(Index),
    /// Nothing is appended any more, and housekeeping is to write its end.
    Full(Arc<Index>),
    /// Its writes or flushes failed. Here is where the durable records are; its end is not written.
    GivenUp(Arc<Index>),
    /// It was left by an earlier run, and a part of it is cut off, or cannot be read. It is not written: the next start may read more of it.
    Incomplete { index: Arc<Index>, is_unreadable: bool },
    /// Its end says where its records are.
    Sealed,
}

impl Segment {
    pub(crate) fn new(
        name: SegmentName,
        header: SegmentHeader,
        bytes: u64,
        state: SegmentState,
        summary: Summary,
        ended_at: i64,
    ) -> Self {
        let losses = Losses { seqs: summary.lost.iter().copied().collect(), is_incomplete: false };
        Self {
            name,
            header,
            bytes,
            state,
            record_bytes: summary.shares.values().map(|share| share.bytes).sum(),
            summary: Arc::new(summary),
            ended_at,
            losses,
            is_noted: true,
            told: 0,
            released_bytes: HashMap::new(),
            all_released_bytes: 0,
        }
    }

    fn place(&self) -> (Seq, SegmentName) {
        (self.header.first_seq, self.name)
    }

    /// The bytes of records that were not released, as far as the backlog counts them.
    pub(crate) fn pinned_bytes(&self) -> u64 {
        self.record_bytes - self.all_released_bytes
    }

    pub(crate) fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Adds what a note says.
    pub(crate) fn add_losses(&mut self, noted: &Losses) {
        self.losses.merge(noted);
    }

    /// Enters a loss, without a seq if it is not known. Gives what is to be noted at once: the first ones, so that the segment is kept. If
    /// there are many, housekeeping notes them.
    pub(crate) fn lose(&mut self, seq: Option<Seq>) -> Option<Losses> {
        const NOTED_AT_ONCE: usize = 16;
        self.told += 1;
        if self.losses.insert(seq) {
            self.is_noted = false;
        }
        (!self.is_noted && (seq.is_none() || self.losses.seqs.len() <= NOTED_AT_ONCE)).then(|| self.losses.clone())
    }

    /// What is still to be noted.
    pub(crate) fn unnoted(&self) -> Option<&Losses> {
        (!self.is_noted).then_some(&self.losses)
    }

    /// Enters that this was noted.
    pub(crate) fn noted(&mut self, losses: &Losses) {
        self.is_noted |= &self.losses == losses;
    }

    /// How often a loss was told.
    pub(crate) fn told(&self) -> u64 {
        self.told
    }

    /// Withdraws losses, and gives what a note has to say then; none if losses were told more often than so often.
    pub(crate) fn withdraw(&mut self, found: &Losses, told: u64) -> Option<Losses> {
        if self.told != told {
            return None;
        }
        self.losses = self.losses.without(found);
        self.is_noted = true;
        Some(self.losses.clone())
    }

    /// Notes that all of a connection's records in this segment are released; says how many bytes were not yet counted so.
    fn release(&mut self, connection: &str) -> u64 {
        let Some((connection, share)) = self.summary.shares.get_key_value(connection) else { return 0 };
        let before = self.released_bytes.insert(Arc::clone(connection), share.bytes).unwrap_or(0);
        self.all_released_bytes += share.bytes - before;
        share.bytes - before
    }

    /// What of each connection counts in its backlog.
    fn backlog(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        // Nothing to look up in the common case that all was released.
        let shares = (self.pinned_bytes() > 0).then_some(&self.summary.shares);
        shares.into_iter().flatten().map(|(connection, share)| {
            (connection, share.bytes - self.released_bytes.get(connection).copied().unwrap_or(0))
        })
    }
}

/// A segment, or a copy of some of its records, that holds records somebody wants to read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: SegmentName,
    pub(crate) header: SegmentHeader,
    pub(crate) entries: Entries,
}

impl Source {
    /// The seqs between which a connection has records behind a seq here.
    pub(crate) fn seqs(&self, connection: &str, after: Seq) -> SeqRange {
        let ends = match &self.entries {
            Entries::Known(entries) => entries.first().zip(entries.last()).map(|(first, last)| (first.seq, last.seq)),
            Entries::Sealed(summary) => summary.shares.get(connection).map(|share| (share.first_seq, share.last_seq)),
        };
        ends.map_or(after + 1..=after, |(first, last)| first.max(after + 1)..=last)
    }
}

/// Where records are.
#[derive(Debug)]
pub(crate) enum Entries {
    /// Here.
    Known(Vec<Entry>),
    /// Where the end of the segment says, which holds this.
    Sealed(Arc<Summary>),
}

/// All segments.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// In the order of their seqs.
    logs: BTreeMap<LogId, BTreeMap<(Seq, SegmentName), Segment>>,
    /// Up to which seq of a log the events of a connection were released.
    released: HashMap<LogId, HashMap<Arc<str>, Seq>>,
    /// The files that were set aside for an operator, and may be read again.
    pub(crate) set_aside: BTreeSet<SegmentName>,
    /// The bytes of each connection in segments that hold records of it that were not released.
    backlog: HashMap<Arc<str>, u64>,
}

impl Catalog {
    pub(crate) fn add(&mut self, mut segment: Segment) {
        // A copy may be of records that were released while it was made.
        if let Some(released) = self.released.get(&segment.name.log) {
            let summary = Arc::clone(&segment.summary);
            for (connection, share) in &summary.shares {
                if released.get(connection).is_some_and(|&seq| seq >= share.last_seq) {
                    segment.release(connection);
                }
            }
        }
        for (connection, bytes) in segment.backlog() {
            *self.backlog.entry(Arc::clone(connection)).or_default() += bytes;
        }
        self.logs.entry(segment.name.log).or_default().insert(segment.place(), segment);
    }

    /// Takes a segment out.
    pub(crate) fn remove(&mut self, name: SegmentName) -> Option<Segment> {
        let segments = self.logs.get_mut(&name.log)?;
        let place = segments.values().find(|segment| segment.name == name)?.place();
        let segment = segments.remove(&place)?;
        for (connection, bytes) in segment.backlog() {
            self.subtract(connection, bytes);
        }
        Some(segment)
    }

    /// Takes a segment out that was set aside for an operator.
    pub(crate) fn set_aside(&mut self, name: SegmentName) -> Option<Segment> {
        self.set_aside.insert(name);
        self.remove(name)
    }

    /// Enters records that have become durable into the open segment of a log.
    pub(crate) fn appended<'a>(
        &mut self,
        name: SegmentName,
        first_seq: Seq,
        records: impl Iterator<Item = (&'a str, Entry)>,
    ) {
        let Self { logs, backlog, .. } = self;
        let segment = logs.get_mut(&name.log).and_then(|segments| segments.get_mut(&(first_seq, name)));
        let Some(segment) = segment else { return };
        let SegmentState::Open(index) = &mut segment.state else { return };
        // Nobody else has it while the segment is open.
        let summary = Arc::make_mut(&mut segment.summary);
        let mut records = records.peekable();
        while let Some((connection, entry)) = records.next() {
            // All but the first of a connection; those that follow one another are looked up once.
            if let Some(entries) = index.get_mut(connection)
                && let Some(share) = summary.shares.get_mut(connection)
                && let Some(backlog) = backlog.get_mut(connection)
            {
                let mut next = Some(entry);
                while let Some(entry) = next {
                    let bytes = record_bytes(entry.payload_bytes as usize);
                    segment.record_bytes += bytes;
                    summary.last_seq = entry.seq;
                    entries.push(entry);
                    share.count(entry);
                    *backlog += bytes;
                    next = records.next_if(|(other, _)| *other == connection).map(|(_, entry)| entry);
                }
                continue;
            }
            let bytes = record_bytes(entry.payload_bytes as usize);
            segment.record_bytes += bytes;
            summary.last_seq = entry.seq;
            let known = index.get_key_value(connection).map(|(known, _)| Arc::clone(known));
            let connection = known.unwrap_or_else(|| connection.into());
            index.entry(Arc::clone(&connection)).or_default().push(entry);
            let mut share = summary.shares.get(&connection).copied();
            Share::add(&mut share, entry);
            *backlog.entry(Arc::clone(&connection)).or_default() += bytes;
            summary.shares.extend(share.map(|share| (connection, share)));
        }
    }

    /// The segment with this name.
    pub(crate) fn get_mut(&mut self, name: SegmentName) -> Option<&mut Segment> {
        self.logs.get_mut(&name.log)?.values_mut().find(|segment| segment.name == name)
    }

    /// All segments, log by log, in the order of their seqs.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.logs.values().flat_map(BTreeMap::values)
    }

    /// The segments of a log that hold records of a connection behind a seq.
    pub(crate) fn sources(&self, log: LogId, connection: &str, after: Seq) -> Vec<Source> {
        let entries = |index: &Index| {
            let entries = index.get(connection).map(Vec::as_slice).unwrap_or_default();
            entries[entries.partition_point(|entry| entry.seq <= after)..].to_vec()
        };
        let segments = self.logs.get(&log).into_iter().flat_map(BTreeMap::values);
        let wanted = segments
            .filter(|segment| segment.summary.shares.get(connection).is_some_and(|share| share.last_seq > after));
        wanted
            .map(|segment| Source {
                name: segment.name,
                header: segment.header,
                entries: match &segment.state {
                    SegmentState::Sealed => Entries::Sealed(Arc::clone(&segment.summary)),
                    SegmentState::Open(index) => Entries::Known(entries(index)),
                    SegmentState::Full(index)
                    | SegmentState::GivenUp(index)
                    | SegmentState::Incomplete { index, .. } => Entries::Known(entries(index)),
                },
            })
            .collect()
    }

    /// All segments, and what each holds but the one to which records are appended: that is not to be shared.
    pub(crate) fn summaries(&self) -> Vec<(SegmentName, Option<Arc<Summary>>)> {
        let summary =
            |segment: &Segment| (!matches!(segment.state, SegmentState::Open(_))).then(|| Arc::clone(&segment.summary));
        self.segments().map(|segment| (segment.name, summary(segment))).collect()
    }

    /// What a segment holds of so many connections behind this one, in their order; none if it is gone.
    pub(crate) fn shares(&mut self, name: SegmentName, behind: &str, count: usize) -> Option<Vec<(Arc<str>, Share)>> {
        let shares = &self.get_mut(name)?.summary.shares;
        let rest = shares.range::<str, _>((Bound::Excluded(behind), Bound::Unbounded));
        Some(rest.take(count).map(|(connection, share)| (Arc::clone(connection), *share)).collect())
    }

    /// Notes that the events of a connection in a log up to a seq are needed no more.
    pub(crate) fn release(&mut self, log: LogId, connection: &str, through: Seq) {
        // Not what may still be appended.
        let segments = self.logs.get(&log).into_iter().flat_map(BTreeMap::values);
        let shares = segments.filter_map(|segment| segment.summary.shares.get(connection));
        let through = through.min(shares.map(|share| share.last_seq).max().unwrap_or(0));
        if through <= self.released_seq(log, connection) {
            return;
        }
        let segments = self.logs.get_mut(&log).into_iter().flat_map(BTreeMap::values_mut);
        let done = segments
            .filter(|segment| segment.summary.shares.get(connection).is_some_and(|share| share.last_seq <= through));
        let bytes = done.map(|segment| segment.release(connection)).sum();
        self.released.entry(log).or_default().insert(connection.into(), through);
        self.subtract(connection, bytes);
    }

    fn subtract(&mut self, connection: &str, bytes: u64) {
        if let Some(backlog) = self.backlog.get_mut(connection) {
            *backlog = backlog.saturating_sub(bytes);
            if *backlog == 0 {
                self.backlog.remove(connection);
            }
        }
    }

    /// Up to which seq of a log the events of a connection were released; 0 if none were.
    pub(crate) fn released_seq(&self, log: LogId, connection: &str) -> Seq {
        self.released.get(&log).and_then(|of| of.get(connection)).copied().unwrap_or(0)
    }

    /// What a connection has in segments that hold records of it that were not released, in bytes.
    pub(crate) fn backlog_bytes(&self, connection: &str) -> u64 {
        self.backlog.get(connection).copied().unwrap_or(0)
    }

    /// Forgets what was released of logs of which nothing is left but this one, which goes on.
    pub(crate) fn forget_empty_logs(&mut self, own: LogId) {
        self.logs.retain(|log, segments| *log == own || !segments.is_empty());
        let logs = &self.logs;
        self.released.retain(|log, _| logs.contains_key(log));
    }
}
