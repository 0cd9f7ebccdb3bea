//! The timestamp and the id of a delivery.

use crate::delivery::{Head, Headers};
use crate::format::HeaderFields;
use crate::header::only;
use crate::rejection::Rejection;
use crate::scheme::{HmacScheme, Source};
use crate::template;
use crate::timestamp::Timestamp;

/// When a delivery was sent, and its id. Plain fields, which are moved at no cost.
pub(super) struct Fields<'a> {
    /// The timestamp as received; empty if the scheme has none.
    pub(super) timestamp: &'a [u8],
    pub(super) sent: Timestamp,
    /// The id; empty if there is none.
    pub(super) id: &'a [u8],
    /// What is wrong if the id is empty. Whether that matters is the template's to say.
    pub(super) id_fault: Rejection,
}

impl<'a> Fields<'a> {
    #[inline]
    pub(super) fn none() -> Self {
        Self { timestamp: &[], sent: Timestamp::from_seconds(0), id: &[], id_fault: Rejection::MissingPart }
    }

    /// Looks up the timestamp and the id of a delivery. The timestamp must have `digits` digits; any number of them for 0.
    ///
    /// Each is written to its place at once, since to return all of them would cost more than to find them.
    #[inline]
    pub(super) fn read<S: AsRef<str>, H: Headers + ?Sized>(
        &mut self,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        in_header: &HeaderFields<'a>,
        digits: u8,
    ) -> Result<(), Rejection> {
        if let Some(rule) = &scheme.timestamp {
            let text = match &rule.from {
                Source::Signature(_) => in_header.timestamp,
                // Not trimmed: digits only.
                Source::Header(name) => only(head.headers.lines(name.as_ref()))?,
            };
            self.timestamp = text.ok_or(Rejection::MissingTimestamp)?;
            if digits != 0 && self.timestamp.len() != usize::from(digits) {
                return Err(Rejection::MalformedTimestamp);
            }
            self.sent = Timestamp::parse(self.timestamp, rule.unit).ok_or(Rejection::MalformedTimestamp)?;
        }
        match &scheme.id {
            None => {}
            Some(Source::Signature(_)) => self.id = in_header.id.unwrap_or_default(),
            Some(Source::Header(name)) => match template::header(head, name.as_ref()) {
                Ok(found) => self.id = found,
                Err(fault) => self.id_fault = fault,
            },
        }
        Ok(())
    }

    /// Stage 6, freshness: whether the delivery was sent about `now`.
    #[inline]
    pub(super) fn check_freshness<S>(&self, scheme: &HmacScheme<S>, now: Timestamp) -> Result<(), Rejection> {
        match scheme.timestamp.as_ref().and_then(|rule| rule.tolerance) {
            Some(tolerance) => tolerance.judge(self.sent, now),
            None => Ok(()),
        }
    }
}
