//! Which options give the parts of the signed text that a delivery or message lacks.

use countersign::{Delivery, Headers, MissingPart, Rejection, Scheme};

use crate::error::eprint_message;
use crate::verdict::Verdict;

/// Says on standard error what a rejected delivery lacks and which options give it, if it lacks something; true if it does.
pub(crate) fn note_missing_parts<H: Headers + ?Sized>(
    scheme: Option<&Scheme>,
    delivery: &Delivery<'_, H>,
    verdict: Verdict,
) -> bool {
    let is_missing = matches!(verdict, Verdict::Rejected(Rejection::MissingPart | Rejection::MissingTimestamp));
    let Some(scheme) = scheme.filter(|_| is_missing) else { return false };
    let parts = scheme.missing_parts(delivery);
    if !parts.is_empty() {
        let names: Vec<String> = parts.iter().map(ToString::to_string).collect();
        eprint_message(&format!("note: this sender signs {}; {}", names.join(" and "), options(&parts, "")));
    }
    !parts.is_empty()
}

/// `; give …`, for a message that is to be signed; nothing if nothing is missing.
pub(crate) fn options_for_sign(parts: &[MissingPart]) -> String {
    if parts.is_empty() { String::new() } else { options(parts, "; ") }
}

fn options(parts: &[MissingPart], before: &str) -> String {
    let options: Vec<String> = parts
        .iter()
        .map(|part| match part {
            MissingPart::Id => "--id ID".to_owned(),
            MissingPart::Method => "--method METHOD".to_owned(),
            MissingPart::Url => "--url URL".to_owned(),
            MissingPart::Header(name) => format!("--header '{name}: …'"),
            MissingPart::FormType => "--header 'Content-Type: application/x-www-form-urlencoded'".to_owned(),
            _ => "all of the delivery".to_owned(),
        })
        .collect();
    format!("{before}give {}", options.join(" and "))
}
