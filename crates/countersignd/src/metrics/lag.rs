//! How far the tables are behind what was received, as the metrics tell it.

/// How far the tables are behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Bytes of events that are in no object of the archive yet.
    pub unarchived_bytes: u64,
    /// The same, and the bytes of archived lines that are in no table yet.
    pub uncommitted_bytes: u64,
    /// For how many seconds the oldest of them has waited. An event in the inbox counts from when the archive has noticed it, an archived
    /// one from when it was archived, which is within an hour of its receipt.
    pub oldest_uncommitted_seconds: u64,
    /// The connections whose events wait longer than their schedules allow.
    pub late: Vec<String>,
}
