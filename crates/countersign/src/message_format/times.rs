//! The times in a message: when it was sent, from when it is valid, and when it expires.

use countersign_core::{Rejection, TimeUnit, Timestamp, Tolerance};

/// Where the time of sending is, and how far from now it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentAt {
    pub(crate) field: TimeField,
    pub(crate) tolerance: Option<Tolerance>,
}

/// The field with the time of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeField {
    /// The parameter `created` of a signature.
    Created,
    /// The header `Date`, an HTTP date.
    Date,
    /// The claim `iat` of a JWT.
    IssuedAt,
    /// The claim `nbf` of a JWT.
    NotBefore,
}

/// The times that a message states. A message without them has no limits of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) sent: Option<Timestamp>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires: Option<Timestamp>,
}

impl Times {
    /// Judges the times of an authentic message.
    ///
    /// # Errors
    /// `expired` at the moment at which it expires and later, and if it was sent too long ago; `from_future` before the
    /// moment from which it is valid, and if it was sent too far ahead. The tolerance for the future is also that for the
    /// moment from which it is valid.
    pub(super) fn check(self, tolerance: Option<Tolerance>, now: Timestamp) -> Result<(), Rejection> {
        if self.expires.is_some_and(|moment| now >= moment) {
            return Err(Rejection::Expired);
        }
        let ahead = i64::from(tolerance.map_or(0, |tolerance| tolerance.future)) * 1000;
        let latest = now.as_milliseconds().saturating_add(ahead);
        if self.not_before.is_some_and(|moment| moment.as_milliseconds() > latest) {
            return Err(Rejection::FromFuture);
        }
        match self.sent.zip(tolerance) {
            Some((moment, tolerance)) => tolerance.check(moment, now),
            None => Ok(()),
        }
    }
}

/// A number of seconds since 1970, as JSON and structured fields write it: digits, without a sign or leading zeros, and
/// for `may_be_fraction` also with a fraction, which is cut to milliseconds.
pub(super) fn seconds(text: &[u8], may_be_fraction: bool) -> Result<Timestamp, Rejection> {
    let malformed = Rejection::MalformedTimestamp;
    let point = text.iter().position(|&byte| byte == b'.').filter(|_| may_be_fraction);
    let (whole, fraction) = point.map_or((text, &b""[..]), |at| (&text[..at], &text[at + 1..]));
    let whole = Timestamp::parse(whole, TimeUnit::Seconds).ok_or(malformed)?;
    if !fraction.iter().all(u8::is_ascii_digit) || (point.is_some() && fraction.is_empty()) {
        return Err(malformed);
    }
    let milliseconds = (0..3).fold(0, |sum, at| sum * 10 + fraction.get(at).map_or(0, |digit| i64::from(digit - b'0')));
    Ok(Timestamp::from_milliseconds(whole.as_milliseconds().saturating_add(milliseconds)))
}

/// An HTTP date in its preferred form (RFC 9110 section 5.6.7): `Tue, 26 Aug 2025 11:28:00 GMT`.
pub(super) fn http_date(text: &[u8]) -> Result<Timestamp, Rejection> {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let malformed = Rejection::MalformedTimestamp;
    let [d1, d2, d3, b',', b' ', day @ .., b' ', b'G', b'M', b'T'] = text else { return Err(malformed) };
    let ([d, a, b' ', m1, m2, m3, b' ', year @ ..], true) = (day, DAYS.contains(&&[*d1, *d2, *d3])) else {
        return Err(malformed);
    };
    let month = MONTHS.iter().position(|name| *name == &[*m1, *m2, *m3]).ok_or(malformed)? + 1;
    let (year, [b' ', time @ ..]) = year.split_at_checked(4).ok_or(malformed)? else { return Err(malformed) };
    let month = format!("-{month:02}-");
    let rfc3339 = [year, month.as_bytes(), &[*d, *a], b"T", time, b"Z"].concat();
    // A fraction or an offset would be right in RFC 3339 only.
    let has_length = time.len() == "02:07:55".len();
    Timestamp::parse(&rfc3339, TimeUnit::Rfc3339).filter(|_| has_length).ok_or(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_digits_with_or_without_a_fraction() {
        let read = |text: &str, fraction| seconds(text.as_bytes(), fraction).map(Timestamp::as_milliseconds);
        assert_eq!(read("1618884473", false), Ok(1_618_884_473_000));
        assert_eq!(read("1618884473.5", true), Ok(1_618_884_473_500));
        assert_eq!(read("1618884473.0619", true), Ok(1_618_884_473_061));
        for text in ["", "-1", "+1", "01", "1e9", "1.", ".5", "1.x", "1.2.3", " 1", "99999999999999999999"] {
            assert_eq!(read(text, true), Err(Rejection::MalformedTimestamp), "{text}");
        }
        assert_eq!(read("1618884473.5", false), Err(Rejection::MalformedTimestamp));
    }

    #[test]
    fn http_dates_have_one_form() {
        let read = |text: &str| http_date(text.as_bytes()).map(Timestamp::as_milliseconds);
        assert_eq!(read("Tue, 20 Apr 2021 02:07:55 GMT"), Ok(1_618_884_475_000));
        for text in [
            "",
            "Tue, 20 Apr 2021 02:07:55 UTC",
            "Tue, 20 Apr 2021 02:07:55 GMT ",
            "Tue 20 Apr 2021 02:07:55 GMT",
            "tue, 20 Apr 2021 02:07:55 GMT",
            "Tue, 20 apr 2021 02:07:55 GMT",
            "Tue, 31 Apr 2021 02:07:55 GMT",
            "Tue, 20 Apr 2021 24:07:55 GMT",
            "Tuesday, 20-Apr-21 02:07:55 GMT",
            "Tue Apr 20 02:07:55 2021",
            "Tue, 20 Apr 2021 02:07:5\u{e9}GMT",
        ] {
            assert_eq!(read(text), Err(Rejection::MalformedTimestamp), "{text}");
        }
    }

    #[test]
    fn each_time_has_its_own_limit() {
        let at = Timestamp::from_seconds;
        let check = |times: Times, tolerance, now| times.check(tolerance, at(now));
        let both = Some(Tolerance::both(10));
        let expires = Times { expires: Some(at(100)), ..Times::default() };
        assert_eq!(check(expires, None, 99), Ok(()));
        assert_eq!(check(expires, both, 100), Err(Rejection::Expired));
        let not_before = Times { not_before: Some(at(100)), ..Times::default() };
        assert_eq!(check(not_before, None, 100), Ok(()));
        assert_eq!(check(not_before, None, 99), Err(Rejection::FromFuture));
        assert_eq!(check(not_before, both, 90), Ok(()));
        assert_eq!(check(not_before, both, 89), Err(Rejection::FromFuture));
        assert_eq!(check(not_before, both, 1_000_000_000_000), Ok(()));
        let sent = Times { sent: Some(at(100)), ..Times::default() };
        assert_eq!(check(sent, None, 100_000), Ok(()));
        assert_eq!(check(sent, both, 110), Ok(()));
        assert_eq!(check(sent, both, 111), Err(Rejection::Expired));
        assert_eq!(check(sent, both, 89), Err(Rejection::FromFuture));
        assert_eq!(check(Times::default(), both, 5), Ok(()));
    }
}
