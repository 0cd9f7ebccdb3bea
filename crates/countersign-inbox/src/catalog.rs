//! Which segments there are, what they hold of each connection, and what of it was released.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::event::{LogId, Seq};
use crate::index::{Entry, Index, Share, Summary};
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
    pub(crate) summary: Summary,
    /// When it was sealed or given up, in microseconds since 1970.
    pub(crate) ended_at: i64,
    /// Of each connection, the bytes in this segment that count no more in its backlog.
    pub(crate) released_bytes: BTreeMap<Arc<str>, u64>,
}

/// How far a segment has come.
#[derive(Debug)]
pub(crate) enum SegmentState {
    /// Records are appended. Here is where the durable ones are.
    Open(Index),
    /// Its writes or flushes failed. Here is where the durable records are; its end is not written.
    GivenUp(Index),
    /// Its end says where its records are.
    Sealed,
}

impl Segment {
    fn place(&self) -> (Seq, SegmentName) {
        (self.header.first_seq, self.name)
    }

    /// Notes that all of a connection's records in this segment are released; says how many bytes were not yet counted so.
    fn release(&mut self, connection: &str) -> u64 {
        let Some((connection, share)) = self.summary.shares.get_key_value(connection) else { return 0 };
        let before = self.released_bytes.insert(Arc::clone(connection), share.bytes).unwrap_or(0);
        share.bytes - before
    }
}

/// A segment, or a copy of its records of one connection, that holds records somebody wants to read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: SegmentName,
    pub(crate) header: SegmentHeader,
    pub(crate) entries: Entries,
}

/// Where records are.
#[derive(Debug)]
pub(crate) enum Entries {
    /// Here.
    Known(Vec<Entry>),
    /// Where the end of the segment says, which holds this.
    Sealed(Summary),
}

/// All segments.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// In the order of their seqs.
    logs: BTreeMap<LogId, BTreeMap<(Seq, SegmentName), Segment>>,
    /// Up to which seq of a log the events of a connection were released.
    released: HashMap<LogId, HashMap<Arc<str>, Seq>>,
    /// The bytes of each connection in segments that hold records of it that were not released.
    backlog: HashMap<Arc<str>, u64>,
}

impl Catalog {
    pub(crate) fn add(&mut self, segment: Segment) {
        for (connection, share) in &segment.summary.shares {
            let released = segment.released_bytes.get(connection).copied().unwrap_or(0);
            *self.backlog.entry(Arc::clone(connection)).or_default() += share.bytes - released;
        }
        self.logs.entry(segment.name.log).or_default().insert(segment.place(), segment);
    }

    /// Takes a segment out.
    pub(crate) fn remove(&mut self, name: SegmentName) -> Option<Segment> {
        let segments = self.logs.get_mut(&name.log)?;
        let place = segments.values().find(|segment| segment.name == name)?.place();
        let segment = segments.remove(&place)?;
        for (connection, share) in &segment.summary.shares {
            let released = segment.released_bytes.get(connection).copied().unwrap_or(0);
            self.subtract(connection, share.bytes - released);
        }
        Some(segment)
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
        for (connection, entry) in records {
            let known = index.get_key_value(connection).map(|(known, _)| Arc::clone(known));
            let connection = known.unwrap_or_else(|| connection.into());
            index.entry(Arc::clone(&connection)).or_default().push(entry);
            let mut share = segment.summary.shares.get(&connection).copied();
            Share::add(&mut share, entry);
            *backlog.entry(Arc::clone(&connection)).or_default() += record_bytes(entry.payload_bytes as usize);
            segment.summary.shares.extend(share.map(|share| (connection, share)));
            segment.summary.last_seq = entry.seq;
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
        let segments = self.logs.get(&log).into_iter().flat_map(BTreeMap::values);
        let wanted = segments
            .filter(|segment| segment.summary.shares.get(connection).is_some_and(|share| share.last_seq > after));
        wanted
            .map(|segment| Source {
                name: segment.name,
                header: segment.header,
                entries: match &segment.state {
                    SegmentState::Sealed => Entries::Sealed(segment.summary.clone()),
                    SegmentState::Open(index) | SegmentState::GivenUp(index) => {
                        Entries::Known(index.get(connection).cloned().unwrap_or_default())
                    }
                },
            })
            .collect()
    }

    /// The logs, and of each the connections that have records in it.
    pub(crate) fn connections(&self) -> BTreeMap<LogId, BTreeMap<Arc<str>, Share>> {
        let mut logs = BTreeMap::<_, BTreeMap<_, Share>>::new();
        for segment in self.segments() {
            let connections = logs.entry(segment.name.log).or_default();
            for (connection, share) in &segment.summary.shares {
                connections
                    .entry(Arc::clone(connection))
                    .and_modify(|sum| {
                        sum.records += share.records;
                        sum.bytes += share.bytes;
                        sum.last_seq = sum.last_seq.max(share.last_seq);
                        sum.first_seq = sum.first_seq.min(share.first_seq);
                    })
                    .or_insert(*share);
            }
        }
        logs
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
