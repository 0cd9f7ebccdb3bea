//! Stage 3, gather: reads the timestamp and the id of a delivery. Stage 6, freshness: compares the timestamp with now.

use crate::delivery::{Head, Headers};
use crate::format::HeaderFields;
use crate::header::single_line;
use crate::rejection::Rejection;
use crate::scheme::{HmacScheme, Source};
use crate::template::signed_header;
use crate::timestamp::Timestamp;

/// The timestamp and the id of a delivery.
pub(super) struct MessageFields<'a> {
    /// The timestamp as received; empty if the scheme has none.
    pub(super) timestamp: &'a [u8],
    /// The same as a moment.
    pub(super) sent_at: Timestamp,
    /// The id; empty if there is none.
    pub(super) id: &'a [u8],
    /// The rejection if the id is empty and the template contains it.
    pub(super) id_rejection: Rejection,
}

impl<'a> MessageFields<'a> {
    #[inline]
    pub(super) fn empty() -> Self {
        Self { timestamp: &[], sent_at: Timestamp::from_seconds(0), id: &[], id_rejection: Rejection::MissingPart }
    }

    /// Reads the timestamp and the id of a delivery. The timestamp must have `timestamp_digits` digits; 0 means any
    /// number.
    ///
    /// Each value is stored in `self` at once: returning all of them would cost more than finding them.
    #[inline]
    pub(super) fn read<S: AsRef<str>, H: Headers + ?Sized>(
        &mut self,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        header_fields: &HeaderFields<'a>,
        timestamp_digits: u8,
    ) -> Result<(), Rejection> {
        if let Some(rule) = &scheme.timestamp {
            let text = match &rule.from {
                Source::Signature(_) => header_fields.timestamp,
                // Not trimmed: a timestamp contains no spaces.
                Source::Header(name) => single_line(head.headers.lines(name.as_ref()))?,
            };
            self.timestamp = text.ok_or(Rejection::MissingTimestamp)?;
            if timestamp_digits != 0 && self.timestamp.len() != usize::from(timestamp_digits) {
                return Err(Rejection::MalformedTimestamp);
            }
            self.sent_at = Timestamp::parse(self.timestamp, rule.unit).ok_or(Rejection::MalformedTimestamp)?;
        }
        match &scheme.id {
            None => {}
            Some(Source::Signature(_)) => self.id = header_fields.id.unwrap_or_default(),
            Some(Source::Header(name)) => match signed_header(head, name.as_ref()) {
                Ok(found) => self.id = found,
                Err(rejection) => self.id_rejection = rejection,
            },
        }
        Ok(())
    }

    /// Whether the delivery was sent recently, within the tolerance of `now`.
    #[inline]
    pub(super) fn check_freshness<S>(&self, scheme: &HmacScheme<S>, now: Timestamp) -> Result<(), Rejection> {
        match scheme.timestamp.as_ref().and_then(|rule| rule.tolerance) {
            Some(tolerance) => tolerance.check(self.sent_at, now),
            None => Ok(()),
        }
    }
}
