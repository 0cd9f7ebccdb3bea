//! Mistakes that change the body between the network and the verifier: its ends, its lines, JSON that is printed again.

use super::case::Case;
use super::encoded::USE_RAW_BYTES;
use super::reserialise::find_style;

pub(super) fn newline_added(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if let Some(rest) = body.strip_suffix(b"\n")
        && [rest, rest.strip_suffix(b"\r").unwrap_or(rest)]
            .into_iter()
            .any(|body| case.verifies_with_body(body.to_vec()))
    {
        return Some(format!(
            "The body has a newline at its end that was not signed, such as an editor or `echo` adds. {USE_RAW_BYTES}"
        ));
    }
    let trimmed = [body.trim_ascii_end(), body.trim_ascii_start(), body.trim_ascii()];
    let is_shorter = |other: &&[u8]| other.len() < body.len();
    trimmed
        .into_iter()
        .filter(is_shorter)
        .any(|body| case.verifies_with_body(body.to_vec()))
        .then(|| format!("The body has blanks or newlines at its ends that were not signed. {USE_RAW_BYTES}"))
}

/// White space that bodies have at their ends, and that `trim` and similar calls take away.
const BEHIND: &[&str] = &["\n", "\r\n", "\n\n", " ", "  ", " \n", "  \n", "\t", "\r\n\r\n", "\r"];
/// A longer body is tried with newlines at its end only.
const MAX_TRIMMED: usize = 1 << 20;
const IN_FRONT: &[&str] = &["\n", " ", "\r\n", "  ", "\n\n", "\t"];

pub(super) fn newline_cut(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    let is_authentic =
        |front: &str, end: &str| case.verifies_with_body([front.as_bytes(), body, end.as_bytes()].concat());
    let is_newline = |end: &&&str| matches!(**end, "\n" | "\r\n");
    if BEHIND.iter().filter(is_newline).any(|end| is_authentic("", end)) {
        return Some(format!(
            "The newline at the end of the body was signed and is missing; something trims the body. {USE_RAW_BYTES}"
        ));
    }
    if body.len() > MAX_TRIMMED {
        case.budget.note_skipped();
        return None;
    }
    // An empty body is more likely lost than trimmed.
    let mut others = BEHIND
        .iter()
        .filter(|end| !is_newline(end))
        .map(|end| ("", *end))
        .chain(IN_FRONT.iter().flat_map(|front| ["", "\n", "\r\n"].into_iter().map(move |end| (*front, end))));
    (!body.is_empty() && others.any(|(front, end)| is_authentic(front, end))).then(|| {
        format!(
            "Blanks or newlines at the ends of the body were signed and are missing; something trims the body. {USE_RAW_BYTES}"
        )
    })
}

pub(super) fn line_endings(case: &Case<'_>) -> Option<String> {
    let lf = replace_all(case.copyable_body()?, b"\r\n", b"\n");
    let crlf = replace_all(&lf, b"\n", b"\r\n");
    let (from, to) = match () {
        () if lf != *case.body && case.verifies_with_body(lf.clone()) => ("LF", "CRLF"),
        () if crlf != *case.body && case.verifies_with_body(crlf) => ("CRLF", "LF"),
        () => return None,
    };
    Some(format!("The lines of the body ended with {from} when it was signed, and now end with {to}. {USE_RAW_BYTES}"))
}

fn replace_all(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut rest = body;
    let mut out = Vec::with_capacity(body.len());
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

pub(super) fn bom(case: &Case<'_>) -> Option<String> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let body = case.copyable_body()?;
    match body.strip_prefix(BOM) {
        Some(rest) => case
            .verifies_with_body(rest.to_vec())
            .then(|| format!("The body begins with a byte order mark that was not signed. {USE_RAW_BYTES}")),
        None => case.verifies_with_body([BOM, body].concat()).then(|| {
            format!("The body began with a byte order mark when it was signed, and has lost it. {USE_RAW_BYTES}")
        }),
    }
}

pub(super) fn reserialised(case: &Case<'_>) -> Option<String> {
    let text = str::from_utf8(&case.body).ok()?;
    let found =
        find_style(text, case.budget, |body| body != text && case.verifies_with_body(body.as_bytes().to_vec()))?;
    Some(format!(
        "The body was parsed as JSON and printed again: the sender signed it {found}. {USE_RAW_BYTES} A framework that hands you an \
         object has a way to get them."
    ))
}
