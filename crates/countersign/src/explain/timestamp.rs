//! A timestamp (or id) that the sender signs, and that the scheme does not name or reads from another place.

use countersign_core::http_header::trim;
use countersign_core::{
    Format, HmacScheme, Rejection, Scheme as CoreScheme, Source, TimeUnit, Timestamp, TimestampRule,
};

use super::case::{Case, Try, first_that_verifies};
use super::header::other_headers;
use crate::printable::{printable, quoted_whole};

/// Between the parts of a signed text, the most common first.
pub(super) const SEPARATORS: &[&str] = &[".", ":", "", "\n", "|", "-", "_", ",", ";", "/", " ", "&", "+"];
/// With a longer body only the most common separators are tried.
const MAX_BODY: usize = 64 << 10;
const COMMON: usize = 3;
/// How many headers are taken for a timestamp, and how many for an id.
const MAX_SOURCES: usize = 4;
/// Where a timestamp may stand, and the same with an id. `T` and `I` stand for their placeholders.
const ORDERS: &[&[&str]] = &[&["T", "{body}"], &["{body}", "T"], &["v0", "T", "{body}"], &["v1", "T", "{body}"]];
const ORDERS_WITH_ID: &[&[&str]] =
    &[&["I", "T", "{body}"], &["T", "I", "{body}"], &["{body}", "I", "T"], &["{body}", "T", "I"]];
const ORDERS_OF_ID: &[&[&str]] = &[&["I", "{body}"], &["{body}", "I"]];

/// A value in the delivery that may be signed.
#[derive(Clone)]
pub(super) struct Part {
    from: Source<String>,
    /// Of a timestamp that the library can read; the text of any other value is signed as it is.
    unit: Option<TimeUnit>,
}

impl Part {
    /// Whether it is a timestamp that the library can read.
    pub(super) fn has_unit(&self) -> bool {
        self.unit.is_some()
    }

    fn place(&self) -> String {
        match &self.from {
            Source::Header(name) => format!("header:{}", printable(name)),
            Source::Signature(key) => format!("signature:{}", printable(key)),
        }
    }

    /// What stands for a timestamp in a template; `None` if a template cannot name it.
    fn as_timestamp(&self) -> Option<String> {
        match (&self.from, self.unit) {
            (_, Some(_)) => Some("{timestamp}".to_owned()),
            (Source::Header(name), None) => Some(format!("{{header:{name}}}")),
            (Source::Signature(_), None) => None,
        }
    }
}

/// The unit of a text that is a time of these years.
pub(super) fn unit_of(value: &[u8]) -> Option<TimeUnit> {
    let is_digits = value.iter().all(u8::is_ascii_digit);
    match value.len() {
        10 if is_digits => Some(TimeUnit::Seconds),
        13 if is_digits => Some(TimeUnit::Milliseconds),
        _ => Timestamp::parse(value, TimeUnit::Rfc3339).map(|_| TimeUnit::Rfc3339),
    }
}

/// Whether it is a date in a form that the library does not read, such as one of HTTP or without a zone.
fn is_other_date(value: &[u8]) -> bool {
    let is_date = value.len() >= 19 && value.iter().take(4).all(u8::is_ascii_digit) && value.get(4) == Some(&b'-');
    is_date || (value.len() == 29 && value.ends_with(b" GMT"))
}

/// What may be signed beside the body: the timestamps, and the ids.
pub(super) fn parts(case: &Case<'_>) -> (Vec<Part>, Vec<Part>) {
    // What is called a time is more likely one than any other number of ten digits.
    let (mut stamps, mut unnamed, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    let add = |list: &mut Vec<Part>, part: Part| {
        if list.len() < MAX_SOURCES {
            list.push(part);
        }
    };
    for (key, value) in beside_signature(case) {
        let unit = unit_of(&value);
        let list = if unit.is_some() { &mut stamps } else { &mut ids };
        add(list, Part { from: Source::Signature(key), unit });
    }
    for (name, value) in other_headers(case) {
        let (value, lower) = (trim(value), name.to_ascii_lowercase());
        if value.is_empty() || value.len() > 256 {
            continue;
        }
        let has_word = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let part = |unit| Part { from: Source::Header(name.to_owned()), unit };
        let unit = unit_of(value);
        if unit.is_some() || is_other_date(value) {
            let list = if has_word(&["time", "stamp", "date"]) { &mut stamps } else { &mut unnamed };
            add(list, part(unit));
        } else if has_word(&["id", "nonce", "event", "delivery", "salt", "topic"]) {
            add(&mut ids, part(None));
        }
    }
    stamps.extend(unnamed);
    stamps.truncate(MAX_SOURCES);
    (stamps, ids)
}

/// The other values in the signature's header, with their keys.
fn beside_signature(case: &Case<'_>) -> Vec<(String, Vec<u8>)> {
    let (CoreScheme::Hmac(scheme), Some(value)) = (&case.scheme.core, case.signature()) else { return Vec::new() };
    match &scheme.format {
        Format::Pairs { separator, mark, key } => {
            let items = value.split(|byte| byte == separator).map(trim);
            let pairs = items.filter_map(|item| {
                let at = item.iter().position(|byte| byte == mark)?;
                let (name, value) = (str::from_utf8(item.get(..at)?).ok()?, item.get(at + 1..)?);
                (name != key).then(|| (name.to_owned(), value.to_vec()))
            });
            pairs.take(2 * MAX_SOURCES).collect()
        }
        Format::Positional { separator, fields } => {
            let items = value.split(|byte| byte == separator).map(trim);
            let named = fields.split(',').map(str::trim).zip(items).filter(|(name, _)| *name != "signature");
            named.map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
        }
        _ => Vec::new(),
    }
}

/// The scheme with a timestamp, an id and a template that may be the sender's: `template` for the core, and as a scheme
/// writes it.
pub(super) fn changed<'a>(
    case: &Case<'a>,
    stamp: Option<&Part>,
    id: Option<&Part>,
    template: &str,
    written: &str,
) -> Option<Try<'a>> {
    let CoreScheme::Hmac(HmacScheme { signed, .. }) = &case.scheme.core else { return None };
    let is_plain = signed.is_none();
    let case = case.with_scheme(|scheme| {
        scheme.signed = Some(template.to_owned());
        if let Some((part, unit)) = stamp.and_then(|part| Some((part, part.unit?))) {
            scheme.timestamp = Some(TimestampRule { from: part.from.clone(), unit, tolerance: None });
        }
        if let Some(id) = id {
            scheme.id = Some(id.from.clone());
        }
    })?;
    let mut settings = vec![format!("signed to {}", quoted_whole(written))];
    if let Some((part, unit)) = stamp.and_then(|part| Some((part, part.unit?))) {
        let (place, unit) = (part.place(), unit.name());
        settings.push(format!("timestamp to {{\"from\": \"{place}\", \"unit\": \"{unit}\", \"tolerance\": 300}}"));
    }
    if let Some(id) = id {
        settings.push(format!("id to {{\"from\": \"{}\"}}", id.place()));
    }
    let mut advice = format!("The sender signs more than the scheme says. Set {}.", settings.join(", "));
    if is_plain {
        advice += " Only a scheme can say that, not the other fields of a connection.";
    }
    Some(Try::new(case, advice))
}

/// The same, with a template of the core.
fn with<'a>(case: &Case<'a>, stamp: Option<&Part>, id: Option<&Part>, template: &str) -> Option<Try<'a>> {
    changed(case, stamp, id, template, &case.scheme.written(template))
}

/// The usual templates with a timestamp alone.
pub(super) fn few<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let (stamps, _) = parts(case);
    let stamps = stamps.iter().filter_map(|part| Some((part, part.as_timestamp()?)));
    let tries = stamps.take(2).flat_map(|(part, name)| {
        [".", ":", ""]
            .into_iter()
            .filter_map(move |mark| with(case, Some(part), None, &format!("{name}{mark}{{body}}")))
    });
    tries.collect()
}

pub(super) fn timestamp_signed(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let configured = scheme.template().to_owned();
    let names_time = configured.contains("{timestamp}");
    let is_absent = matches!(
        case.rejection,
        Some(Rejection::MissingTimestamp | Rejection::MalformedTimestamp | Rejection::MissingPart)
    );
    if names_time && !is_absent {
        return None;
    }
    let (stamps, ids) = parts(case);
    // The scheme's own template, with its parts from other places.
    let elsewhere = stamps.iter().map(Some).chain([None]).flat_map(|stamp| {
        let ids = ids.iter().map(Some).chain([None]);
        ids.filter(move |id| is_absent && (stamp.is_some() || id.is_some())).map(move |id| (stamp, id))
    });
    let found = first_that_verifies(elsewhere.filter_map(|(stamp, id)| with(case, stamp, id, &configured)));
    if found.is_some() || names_time {
        return found;
    }
    let separators = if case.body.len() > MAX_BODY && !stamps.is_empty() {
        case.budget.note_skipped();
        &SEPARATORS[..COMMON]
    } else {
        SEPARATORS
    };
    let written = |orders: &'static [&'static [&'static str]], stamp: Option<String>, id: Option<String>| {
        orders.iter().flat_map(move |order| {
            let (stamp, id) = (stamp.clone(), id.clone());
            separators.iter().map(move |separator| {
                let part = |part: &&str| match *part {
                    "T" => stamp.clone().unwrap_or_default(),
                    "I" => id.clone().unwrap_or_default(),
                    other => other.to_owned(),
                };
                order.iter().map(part).collect::<Vec<_>>().join(separator)
            })
        })
    };
    let tries = |orders, stamp: Option<&Part>, id: Option<&Part>| {
        let name = stamp.map(Part::as_timestamp);
        if name == Some(None) {
            return None;
        }
        let templates = written(orders, name.flatten(), id.map(|_| "{id}".to_owned()));
        first_that_verifies(templates.filter_map(|template| with(case, stamp, id, &template)))
    };
    stamps
        .iter()
        .find_map(|stamp| tries(ORDERS, Some(stamp), None))
        .or_else(|| {
            stamps.iter().find_map(|stamp| ids.iter().find_map(|id| tries(ORDERS_WITH_ID, Some(stamp), Some(id))))
        })
        .or_else(|| ids.iter().find_map(|id| tries(ORDERS_OF_ID, None, Some(id))))
}
