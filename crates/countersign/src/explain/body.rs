//! Mistakes that change the body between the network and the verifier: its ends, its lines, JSON that is printed again.

use super::case::Case;
use super::encoded::USE_RAW_BYTES;
use super::reserialise::find_style;

pub(super) fn newline_added(case: &Case<'_>) -> Option<String> {
    let rest = case.copyable_body()?.strip_suffix(b"\n")?;
    let candidates = [rest, rest.strip_suffix(b"\r").unwrap_or(rest)];
    candidates.into_iter().any(|body| case.verifies_with_body(body.to_vec())).then(|| {
        format!(
            "The body has a newline at its end that was not signed, such as an editor or `echo` adds. {USE_RAW_BYTES}"
        )
    })
}

pub(super) fn newline_cut(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    let is_authentic = ["\n", "\r\n"].into_iter().any(|end| case.verifies_with_body([body, end.as_bytes()].concat()));
    is_authentic.then(|| {
        format!(
            "The newline at the end of the body was signed and is missing; something trims the body. {USE_RAW_BYTES}"
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
