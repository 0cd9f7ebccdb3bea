//! What is counted: names, units and labels of all metrics.
//!
//! | name | kind | meaning |
//! |---|---|---|
//! | `countersignd_deliveries_total{connection, outcome}` | counter | requests by what became of them; an answered handshake is `accepted` |
//! | `countersignd_rejections_total{reason}` | counter | deliveries that were not authentic, by [why](countersign::Rejection) |
//! | `countersignd_rows_total{kind}` | counter | what syncs have committed: `row`, `dead_letter`, and `repetition` for events that had rows |
//! | `countersignd_alarms{alarm}` | gauge | 1 while there is this [alarm](crate::alarms) |
//! | `countersignd_ack_seconds` | histogram | from the head of a request to its 200 |
//! | `countersignd_inbox_failures` | gauge | writes, flushes and makings of segments, or puts of objects, that failed since the start |
//! | `countersignd_queued_bytes` | gauge | bytes of events that wait for the disk or the bucket |
//! | `countersignd_inbox_bytes` | gauge | bytes of all segments, or of all objects of an inbox in a bucket |
//! | `countersignd_disk_free_bytes` | gauge | room on the disk of the inbox; not of an inbox in a bucket |
//! | `countersignd_unarchived_bytes` | gauge | bytes of events that are in no object of the archive |
//! | `countersignd_uncommitted_bytes` | gauge | the same, and bytes of archived lines that are in no table |
//! | `countersignd_oldest_uncommitted_seconds` | gauge | how long the oldest of them has waited |
//! | `countersignd_store_bytes` | gauge | bytes of all objects of the archive |
//!
//! `connection` is its API id for the first 200 connections that are seen, and `other` for the rest.

pub mod lag;

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign::Rejection;
use countersign_inbox::Health;
use countersign_tables::Committed;
use http::StatusCode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use lag::Lag;

/// How many connections have a label of their own.
const CONNECTIONS_MAX: usize = 200;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// 200.
    Accepted,
    /// Not authentic.
    Rejected,
    /// No connection has this endpoint.
    Unknown,
    /// A method that cannot bring an event.
    Method,
    /// Too large.
    TooLarge,
    /// The body took too long or ended early.
    Incomplete,
    /// No room, or not durable in time.
    Shed,
    /// The connection has as many bytes in the inbox as it may. An alarm: what empties the inbox does not keep up.
    Full,
    /// More deliveries than the connection may bring, or, for a second, after too many that were not authentic.
    Limited,
    /// A page asked whether it may send.
    Preflight,
    /// A fault of the operator or of this program.
    Failed,
}

impl Outcome {
    const ALL: [Self; 11] = [
        Self::Accepted,
        Self::Rejected,
        Self::Unknown,
        Self::Method,
        Self::TooLarge,
        Self::Incomplete,
        Self::Shed,
        Self::Full,
        Self::Limited,
        Self::Preflight,
        Self::Failed,
    ];

    /// The outcome that an answer stands for.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status {
            status if status.is_success() => Self::Accepted,
            StatusCode::UNAUTHORIZED => Self::Rejected,
            StatusCode::NOT_FOUND => Self::Unknown,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::TOO_MANY_REQUESTS => Self::Limited,
            StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_REQUEST => Self::Incomplete,
            StatusCode::SERVICE_UNAVAILABLE => Self::Shed,
            _ => Self::Failed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Method => "method",
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
            Self::Shed => "shed",
            Self::Full => "full",
            Self::Limited => "limited",
            Self::Preflight => "preflight",
            Self::Failed => "failed",
        }
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.name().encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    connection: String,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Of a metric that is not always there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoLabels {}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RowKind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlarmLabel {
    alarm: &'static str,
}

/// What alarms are judged by, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Deliveries that became events.
    pub accepted: u64,
    /// Requests that were refused because their connection has as many bytes in the inbox as it may.
    pub full: u64,
    /// Deliveries whose signature is right, and whose time is not near that of this machine.
    pub out_of_time: u64,
    /// Dead letters.
    pub dead_letters: u64,
}

/// All metrics of one collector.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    deliveries: Family<Labels, Counter>,
    rejections: Family<Reason, Counter>,
    rows: Family<RowKind, Counter>,
    alarms: Family<AlarmLabel, Gauge>,
    accepted: AtomicU64,
    full: AtomicU64,
    out_of_time: AtomicU64,
    ack_seconds: Histogram,
    inbox_failures: Gauge,
    queued_bytes: Gauge,
    inbox_bytes: Gauge,
    disk_free_bytes: Family<NoLabels, Gauge>,
    unarchived_bytes: Gauge,
    uncommitted_bytes: Gauge,
    oldest_uncommitted_seconds: Gauge,
    store_bytes: Gauge,
    known: Mutex<HashSet<String>>,
    unknown: Counter,
}

/// The counters of one connection, by outcome.
#[derive(Debug)]
pub struct Counters([Counter; Outcome::ALL.len()]);

impl Counters {
    /// Counts a request.
    pub fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("countersignd");
        let deliveries = Family::default();
        registry.register("deliveries", "Requests by what became of them", deliveries.clone());
        let rejections = Family::default();
        registry.register("rejections", "Deliveries that were not authentic, by why", rejections.clone());
        let rows = Family::default();
        registry.register("rows", "What syncs have committed", rows.clone());
        let alarms = Family::default();
        registry.register("alarms", "1 while there is this alarm", alarms.clone());
        let seconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 8.0];
        let ack_seconds = Histogram::new(seconds);
        registry.register("ack_seconds", "From the head of a request to its 200", ack_seconds.clone());
        // A bucket has none.
        let disk_free_bytes = Family::default();
        registry.register("disk_free_bytes", "Room on the disk of the inbox", disk_free_bytes.clone());
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        Self {
            inbox_failures: gauge("inbox_failures", "Writes, flushes and makings of segments that failed"),
            queued_bytes: gauge("queued_bytes", "Bytes of events that wait for the disk"),
            inbox_bytes: gauge("inbox_bytes", "Bytes of all segments"),
            disk_free_bytes,
            unarchived_bytes: gauge("unarchived_bytes", "Bytes of events that are in no object of the archive"),
            uncommitted_bytes: gauge("uncommitted_bytes", "Bytes of events that are in no table"),
            oldest_uncommitted_seconds: gauge("oldest_uncommitted_seconds", "How long the oldest of them has waited"),
            store_bytes: gauge("store_bytes", "Bytes of all objects of the archive"),
            unknown: deliveries
                .get_or_create_owned(&Labels { connection: "unknown".to_owned(), outcome: Outcome::Unknown }),
            deliveries,
            rejections,
            rows,
            alarms,
            accepted: AtomicU64::default(),
            full: AtomicU64::default(),
            out_of_time: AtomicU64::default(),
            ack_seconds,
            registry,
            known: Mutex::default(),
        }
    }
}

impl Metrics {
    /// The counters of the connection of this id. They are those of `other` if too many connections have some of their own.
    pub fn counters(&self, id: &str) -> Counters {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let has_label = known.contains(id) || known.len() < CONNECTIONS_MAX && known.insert(id.to_owned());
        let connection = if has_label { id } else { "other" };
        let counter =
            |outcome| self.deliveries.get_or_create_owned(&Labels { connection: connection.to_owned(), outcome });
        Counters(Outcome::ALL.map(counter))
    }

    /// Counts a request to an endpoint that no connection has.
    pub fn count_unknown(&self) {
        self.unknown.inc();
    }

    /// Notes how long an answer took.
    pub fn answered(&self, after: Duration) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.ack_seconds.observe(after.as_secs_f64());
    }

    /// Counts a delivery that was not authentic.
    pub fn rejected(&self, rejection: Rejection) {
        self.rejections.get_or_create(&Reason { reason: rejection.name() }).inc();
        if matches!(rejection, Rejection::Expired | Rejection::FromFuture) {
            self.out_of_time.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a request that was refused because its connection is full.
    pub fn refused_as_full(&self) {
        self.full.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what a load has committed.
    pub fn committed(&self, committed: &Committed) {
        let add = |kind, number| self.rows.get_or_create(&RowKind { kind }).inc_by(number);
        add("row", committed.rows);
        add("dead_letter", committed.dead_letters);
        add("repetition", committed.events_passed_over);
    }

    /// What was counted for alarms.
    pub fn totals(&self) -> Totals {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Totals {
            accepted: count(&self.accepted),
            full: count(&self.full),
            out_of_time: count(&self.out_of_time),
            dead_letters: self.rows.get_or_create(&RowKind { kind: "dead_letter" }).get(),
        }
    }

    /// Notes how far the tables are behind, and how many bytes the archive has, if that is known.
    pub fn set_lag(&self, lag: &Lag, store_bytes: Option<u64>) {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.unarchived_bytes.set(number(lag.unarchived_bytes));
        self.uncommitted_bytes.set(number(lag.uncommitted_bytes));
        self.oldest_uncommitted_seconds.set(number(lag.oldest_uncommitted_seconds));
        self.store_bytes.set(number(store_bytes.unwrap_or(0)));
    }

    /// Says whether there is an alarm.
    pub fn set_alarm(&self, alarm: &'static str, is_on: bool) {
        self.alarms.get_or_create(&AlarmLabel { alarm }).set(is_on.into());
    }

    /// All metrics in the text format of OpenMetrics.
    #[must_use]
    pub fn text(&self, health: &Health) -> String {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.inbox_failures.set(number(health.failures));
        self.queued_bytes.set(number(health.queued_bytes as u64));
        self.inbox_bytes.set(number(health.segment_bytes));
        if health.space.total < u64::MAX {
            self.disk_free_bytes.get_or_create(&NoLabels {}).set(number(health.space.free));
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_counter() {
        let metrics = Metrics::default();
        let counters = metrics.counters("one");
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            (0..=place).for_each(|_| counters.count(outcome));
            let labels = Labels { connection: "one".to_owned(), outcome };
            assert_eq!(metrics.deliveries.get_or_create(&labels).get(), place as u64 + 1, "{outcome:?}");
        }
        // Only so many have labels of their own.
        (0..CONNECTIONS_MAX + 5).for_each(|number| metrics.counters(&number.to_string()).count(Outcome::Accepted));
        let other = Labels { connection: "other".to_owned(), outcome: Outcome::Accepted };
        assert_eq!(metrics.deliveries.get_or_create(&other).get(), 6);
    }
}
