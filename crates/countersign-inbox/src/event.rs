//! What is appended and read: an event, the id of a log, and the place of an event in it.

use std::fmt;
use std::ops::RangeInclusive;

/// The place of an event in its log, from 1. It is given once and never again.
pub type Seq = u64;

/// Seqs of one log, both ends included.
pub type SeqRange = RangeInclusive<Seq>;

/// The id of a log: all that one run of a process has appended. Its 16 bytes are a UUID of version 7, so ids of later runs sort
/// behind those of earlier ones as long as the clock is right; nothing depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub [u8; 16]);

impl LogId {
    /// The id with these random bytes, for a log that is begun at this time, in milliseconds since 1970.
    #[must_use]
    pub fn new(unix_milliseconds: u64, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&unix_milliseconds.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        // RFC 9562, sections 4.1, 4.2 and 5.7: version 7, variant 10.
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The id that [`Display`](fmt::Display) has written, or none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_lower_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 32 || !is_lower_hex {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for LogId {
    /// 32 digits, `0` to `9` and `a` to `f`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An event, as it is given to [`Inbox::append`](crate::Inbox::append) and as a [`StoredEvent`](crate::StoredEvent) shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// Whose event it is. Events are read, released and counted by connection. At most 255 bytes.
    pub connection: &'a str,
    /// The id of the event. The log does not look at it.
    pub id: [u8; 16],
    /// When it was received, in microseconds since 1970.
    pub received_at: i64,
    /// How it was found authentic, in an encoding of the caller's. At most 65,535 bytes.
    pub verdict: &'a [u8],
    /// The head of the request, in an encoding of the caller's.
    pub head: &'a [u8],
    /// The body, as it was received.
    pub body: &'a [u8],
}

impl fmt::Debug for Event<'_> {
    /// Says how long head and body are, and leaves out what is in them: it may be confidential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("connection", &self.connection)
            .field("id", &format_args!("{:032x}", u128::from_be_bytes(self.id)))
            .field("received_at", &self.received_at)
            .field("head_bytes", &self.head.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
