//! Mistakes in the headers alone: the time of sending, and the header of the signature.

use countersign_core::{HmacScheme, Rejection, Scheme as CoreScheme, Source, TimeUnit, Timestamp};

use super::case::{Case, Try};
use crate::clock::timestamp;
use crate::printable::printable;

pub(super) fn timestamp_unit(case: &Case<'_>) -> Option<String> {
    let time_rejections = [Rejection::Expired, Rejection::FromFuture, Rejection::MalformedTimestamp];
    if !time_rejections.iter().any(|rejection| case.rejection == Some(*rejection)) {
        return None;
    }
    let CoreScheme::Hmac(HmacScheme { timestamp: Some(rule), .. }) = &case.scheme.core else { return None };
    let (configured, candidates) = (rule.unit, TimeUnit::ALL.into_iter().filter(|unit| *unit != rule.unit));
    candidates.into_iter().find_map(|unit| {
        let changed = case.with_scheme(|scheme| {
            if let Some(rule) = &mut scheme.timestamp {
                rule.unit = unit;
            }
        })?;
        // A number of seconds is also a number of milliseconds, so the time must be plausible if that can be checked.
        let verifies = if rule.tolerance.is_some() { changed.verifies_in_time() } else { changed.verifies() };
        verifies.then(|| {
            format!(
                "The timestamp is written in the unit {}, not {}. Set timestamp.unit to {}.",
                unit.name(),
                configured.name(),
                unit.name()
            )
        })
    })
}

pub(super) fn clock_off(case: &Case<'_>) -> Option<String> {
    if case.scheme.message_format.is_some() {
        return of_message(case.rejection?).map(str::to_owned);
    }
    let (is_old, comparison, limit) = match (case.rejection, case.scheme.tolerance()) {
        (Some(Rejection::Expired), Some(tolerance)) => (true, "older", tolerance.past),
        (Some(Rejection::FromFuture), Some(tolerance)) => (false, "further in the future", tolerance.future),
        _ => return None,
    };
    let sent_at = sent_at(case)?.as_milliseconds();
    let seconds = sent_at.abs_diff(timestamp(case.now).as_milliseconds()) / 1000;
    let advice = if is_old {
        "If it has just arrived, set one of the clocks (most systems do it by NTP); if it was kept for later, verify it \
         with the time at which it arrived (--now)"
    } else {
        "Set one of the clocks (most systems do it by NTP)"
    };
    Some(format!(
        "The signature is right, but the delivery is {seconds} seconds {}, which is {comparison} than the {limit} that are \
         allowed. {advice}, or allow more with tolerance.",
        if is_old { "old" } else { "ahead of the clock" },
    ))
}

/// The advice for a message that states its own times, or whose time the core does not read.
fn of_message(rejection: Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::Expired => Some(
            "The signature is right, but the message has expired: it says so itself, or it is older than the tolerance allows. \
             If it has just arrived, set one of the clocks (most systems do it by NTP); if it was kept for later, verify it \
             with the time at which it arrived (--now).",
        ),
        Rejection::FromFuture => Some(
            "The signature is right, but the message is not valid yet: it says so itself, or it is further ahead of the clock \
             than the tolerance allows. Set one of the clocks (most systems do it by NTP).",
        ),
        _ => None,
    }
}

/// When the delivery says it was sent.
fn sent_at(case: &Case<'_>) -> Option<Timestamp> {
    let CoreScheme::Hmac(HmacScheme { timestamp: Some(rule), .. }) = &case.scheme.core else { return None };
    let text = match &rule.from {
        Source::Header(header) => &*case.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header))?.1,
        Source::Signature(_) => case.scheme.core_verifier(&case.secrets).ok()?.header_fields(case.signature()?).0?,
    };
    Timestamp::parse(text, rule.unit)
}

/// How many header lines are tried; far more than a request has.
const MAX_HEADERS: usize = 200;

/// The header lines in which the signature is not expected.
pub(super) fn other_headers<'c, 'a>(case: &'c Case<'a>) -> impl Iterator<Item = (&'a str, &'c [u8])> {
    case.headers.iter().map(|(name, value)| (*name, &**value)).filter(|(name, _)| !case.is_signature_header(name))
}

/// The signature read from each of the other headers, as far as they are tried: each attempt reads all of them.
pub(super) fn in_other_headers<'c, 'a>(case: &'c Case<'a>) -> impl Iterator<Item = Try<'a>> + use<'c, 'a> {
    let configured = case.signature_headers().join(", ");
    other_headers(case).take(MAX_HEADERS).filter_map(move |(name, _)| {
        let mut changed = case.clone();
        match &mut changed.scheme.core {
            CoreScheme::Hmac(HmacScheme { header, .. }) | CoreScheme::Token { header } => name.clone_into(header),
            CoreScheme::None => return None,
        }
        let (what, field) = match changed.scheme.core {
            CoreScheme::Token { .. } => ("token", "token.header"),
            _ => ("signature", "signature.header"),
        };
        let spelling = case.signature_headers().into_iter().find(|expected| is_spelling_of(name, expected));
        let name = printable(name);
        let advice = match spelling {
            Some(expected) => format!(
                "The {what} is in the header \"{name}\", which is {expected} in another spelling. CGI, WSGI and some proxies \
                 write names so, with _ for - or HTTP_ in front: give the headers under the names that the sender wrote. Only \
                 if the sender itself writes it so, set {field} (auth_header_key in a connection) to \"{name}\"."
            ),
            None => format!(
                "The {what} is in the header \"{name}\", not in {configured}. Set {field} (auth_header_key in a connection) to \
                 \"{name}\"."
            ),
        };
        Some(Try::new(changed, advice))
    })
}

/// Whether two names of headers differ in `_` for `-`, in a missing `-`, or in `HTTP_` in front alone.
fn is_spelling_of(name: &str, expected: &str) -> bool {
    let letters = |name: &str| name.replace(['-', '_'], "").to_ascii_lowercase();
    let name = letters(name);
    let expected = letters(expected);
    name == expected || name.strip_prefix("http") == Some(expected.as_str())
}

pub(super) fn wrong_header(case: &Case<'_>) -> Option<String> {
    let mut tried = 0;
    for one in in_other_headers(case).take_while(|one| one.case.is_affordable()) {
        if one.case.verifies() {
            return Some(one.advice);
        }
        tried += 1;
    }
    if other_headers(case).nth(tried).is_some() {
        case.budget.note_headers_tried(tried);
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::time::SystemTime;

    use countersign_core::Delivery;

    use super::super::budget::Budget;
    use super::*;
    use crate::scheme::Scheme;

    #[test]
    fn no_more_headers_are_tried_than_a_request_has() {
        let names: Vec<String> = (0..10_000).map(|i| format!("X-H{i}-Signature")).collect();
        let lines: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        let delivery = Delivery { method: "POST", url: "/", headers: &lines[..], body: b"{}" };
        let budget = Budget::new(0);
        let case = Case::new(&Scheme::preset("github").unwrap(), &[], &delivery, SystemTime::now(), &budget);
        assert_eq!(in_other_headers(&case).count(), MAX_HEADERS);
        assert_eq!(other_headers(&case).count(), names.len());
    }
}
