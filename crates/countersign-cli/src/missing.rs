//! Which options, or fields of a record, give the parts of the signed text that a delivery or message lacks.

use countersign::{Delivery, Headers, MissingPart, Rejection, Scheme};

use crate::error::eprint_message;
use crate::verdict::Verdict;

/// Where a delivery comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From options.
    Options,
    /// From a record, a line of a file.
    Record,
}

/// Says on standard error what a rejected delivery lacks and how to give it, if it lacks something; true if it does.
pub(crate) fn note_missing_parts<H: Headers + ?Sized>(
    scheme: Option<&Scheme>,
    delivery: &Delivery<'_, H>,
    verdict: Verdict,
    origin: Origin,
) -> bool {
    let is_missing = matches!(verdict, Verdict::Rejected(Rejection::MissingPart | Rejection::MissingTimestamp));
    let Some(scheme) = scheme.filter(|_| is_missing) else { return false };
    let parts = scheme.missing_parts(delivery);
    if !parts.is_empty() {
        let names: Vec<String> = parts.iter().map(ToString::to_string).collect();
        eprint_message(&format!("note: this sender signs {}; {}", names.join(" and "), advice(&parts, origin)));
    }
    !parts.is_empty()
}

/// `; give …`, for a message that is to be signed; nothing if nothing is missing.
pub(crate) fn options_for_sign(parts: &[MissingPart]) -> String {
    if parts.is_empty() { String::new() } else { format!("; {}", advice(parts, Origin::Options)) }
}

fn advice(parts: &[MissingPart], origin: Origin) -> String {
    match origin {
        Origin::Options => format!("give {}", options(parts)),
        Origin::Record => format!("put {} into the record", fields(parts)),
    }
}

fn fields(parts: &[MissingPart]) -> String {
    let fields: Vec<&str> = parts
        .iter()
        .map(|part| match part {
            MissingPart::Method => "method",
            MissingPart::Url | MissingPart::Query(_) => "url",
            MissingPart::InBody(_) => "the whole body",
            MissingPart::Id | MissingPart::Header(_) | MissingPart::FormType => "all of its headers",
            MissingPart::InSignature(_) => "the whole header of the signature",
            _ => "all of the delivery",
        })
        .collect();
    without_repetitions(fields).join(" and ")
}

fn options(parts: &[MissingPart]) -> String {
    let options: Vec<String> = parts
        .iter()
        .map(|part| match part {
            MissingPart::Id => "--id ID".to_owned(),
            MissingPart::Method => "--method METHOD".to_owned(),
            MissingPart::Url => "--url URL".to_owned(),
            MissingPart::Header(name) => format!("--header '{name}: …'"),
            MissingPart::Query(name) => format!("--url URL with …?{name}=…"),
            MissingPart::InBody(_) => "--body FILE with the whole body".to_owned(),
            MissingPart::InSignature(_) => "the whole header of the signature".to_owned(),
            MissingPart::FormType => "--header 'Content-Type: application/x-www-form-urlencoded'".to_owned(),
            _ => "all of the delivery".to_owned(),
        })
        .collect();
    without_repetitions(options).join(" and ")
}

/// Several parts can be in one place.
fn without_repetitions<T: PartialEq>(mut places: Vec<T>) -> Vec<T> {
    let mut at = 0;
    while at < places.len() {
        if places[..at].contains(&places[at]) {
            places.remove(at);
        } else {
            at += 1;
        }
    }
    places
}
