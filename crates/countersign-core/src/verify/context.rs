//! What a delivery says beside its signatures.

use crate::delivery::{Head, Headers};
use crate::format::Beside;
use crate::rejection::Rejection;
use crate::scheme::{HmacScheme, Source};
use crate::template;
use crate::timestamp::Timestamp;

/// What a delivery says beside its tags: where its id is, and when it was sent.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) timestamp: Option<(&'a [u8], Timestamp)>,
    pub(super) id: Result<&'a [u8], Rejection>,
}

impl<'a> Context<'a> {
    /// Looks up the timestamp and the id of a delivery.
    #[inline]
    pub(super) fn find<S: AsRef<str>, H: Headers + ?Sized>(
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        beside: Beside<'a>,
    ) -> Result<Self, Rejection> {
        let timestamp = match &scheme.timestamp {
            None => None,
            Some(rule) => {
                let text = match &rule.from {
                    Source::Signature(_) => beside.timestamp,
                    Source::Header(name) => {
                        let mut lines = head.headers.lines(name.as_ref());
                        match (lines.next(), lines.next()) {
                            (_, Some(_)) => return Err(Rejection::RepeatedSignature),
                            (line, None) => line,
                        }
                    }
                };
                let text = text.ok_or(Rejection::MissingTimestamp)?;
                Some((text, Timestamp::parse(text, rule.unit).ok_or(Rejection::MalformedTimestamp)?))
            }
        };
        // Whether an id that is absent matters is the template's to say.
        let id = match &scheme.id {
            None => Err(Rejection::MissingPart),
            Some(Source::Signature(_)) => beside.id.ok_or(Rejection::MissingPart),
            Some(Source::Header(name)) => template::header(head, name.as_ref()),
        };
        Ok(Self { timestamp, id })
    }

    /// Freshness.
    #[inline]
    pub(super) fn judge<S>(&self, scheme: &HmacScheme<S>, now: Timestamp) -> Result<(), Rejection> {
        let tolerance = scheme.timestamp.as_ref().and_then(|rule| rule.tolerance);
        match (tolerance, self.timestamp) {
            (Some(tolerance), Some((_, timestamp))) => tolerance.judge(timestamp, now),
            _ => Ok(()),
        }
    }
}
