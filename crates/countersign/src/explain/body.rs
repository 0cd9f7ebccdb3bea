//! Mistakes that change the body between the network and the verifier.

use countersign_core::Rejection;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::case::Case;
use super::reserialise::find_style;
use crate::printable::quoted;

const USE_RAW_BYTES: &str = "Verify the raw bytes of the request, before anything reads or changes them.";

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

pub(super) fn utf16(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if body.len() < 2 || !body.len().is_multiple_of(2) {
        return None;
    }
    let code_unit = |pair: &[u8; 2], is_little_endian: bool| {
        if is_little_endian { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }
    };
    [true, false].into_iter().find_map(|is_little_endian| {
        let (pairs, _) = body.as_chunks::<2>();
        let text: String = char::decode_utf16(pairs.iter().map(|pair| code_unit(pair, is_little_endian))).collect::<Result<_, _>>().ok()?;
        let without_bom = text.strip_prefix('\u{feff}').unwrap_or(&text);
        case.verifies_with_body(without_bom.as_bytes().to_vec()).then(|| {
            format!(
                "The body is UTF-16 here, and was UTF-8 when it was signed; Windows PowerShell writes files so with `>`. {USE_RAW_BYTES}"
            )
        })
    })
}

/// The first bytes of compressed formats. Brotli and deflate have none.
const COMPRESSED: [(&[u8], &str); 2] = [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "Zstandard")];

/// Bodies are not decompressed here, and compressing again gives other bytes. So this is detected without trying it.
pub(super) fn compressed(case: &Case<'_>) -> Option<String> {
    if case.rejection != Some(Rejection::Mismatch) {
        return None;
    }
    if let Some((_, name)) = COMPRESSED.iter().find(|(magic, _)| case.body.starts_with(magic)) {
        return Some(format!(
            "The body is compressed with {name}. Most senders sign it before they compress it: take that off, and explain \
             what comes out, with the header Content-Encoding left out."
        ));
    }
    let (_, value) = case.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Encoding"))?;
    let value = value.trim_ascii();
    if value.is_empty() || value.eq_ignore_ascii_case(b"identity") {
        return None;
    }
    let name = quoted(&String::from_utf8_lossy(value));
    Some(format!(
        "The header Content-Encoding says {name}, and the body here is not compressed so: something on the way has undone it. If \
         the sender signs what it sends, verify before anything does that. {USE_RAW_BYTES}"
    ))
}

/// What is missing or was added is not known, so this too is detected without trying it.
pub(super) fn length(case: &Case<'_>) -> Option<String> {
    if case.rejection != Some(Rejection::Mismatch) {
        return None;
    }
    let (_, value) = case.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Length"))?;
    let sent: u64 = str::from_utf8(value).ok()?.trim().parse().ok()?;
    let here = case.body.len();
    if u64::try_from(here) == Ok(sent) {
        return None;
    }
    let found = if here == 0 { "is empty".to_owned() } else { format!("has {here}") };
    Some(format!(
        "The header Content-Length says that the body has {sent} bytes, and it {found}. Something has read it before (in Flask, \
         request.form does), or has changed it. {USE_RAW_BYTES}"
    ))
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

/// As browsers and libraries write a form: letters, digits and `*-._` are not escaped.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
/// As JavaScript's `encodeURIComponent` does it.
const COMPONENT: &AsciiSet = &FORM.remove(b'~').remove(b'!').remove(b'\'').remove(b'(').remove(b')');

/// How many fields of a form are tried. A body could have one for every two bytes.
const MAX_FIELDS: usize = 100;

pub(super) fn form_field(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if let Ok(text) = str::from_utf8(body) {
        let encodings = [FORM, COMPONENT].into_iter().flat_map(|set| {
            let encoded = utf8_percent_encode(text, set).to_string();
            [encoded.replace("%20", "+"), encoded]
        });
        if encodings.into_iter().any(|value| case.verifies_with_body(format!("payload={value}").into_bytes())) {
            return Some(format!(
                "The sender signed a form, and the body here is what its field payload decodes to. {USE_RAW_BYTES}"
            ));
        }
    }
    let mut pairs = body.split(|&byte| byte == b'&');
    let found = pairs.by_ref().take(MAX_FIELDS).find_map(|pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (&pair[..at], &pair[at + 1..]);
        let value: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        let decoded: Vec<u8> = percent_decode(&value).collect();
        case.verifies_with_body(decoded).then(|| {
            let name = quoted(&String::from_utf8_lossy(name));
            format!("The sender signed what the field {name} of this form decodes to, not the form. Verify that value.")
        })
    });
    if found.is_none() && pairs.next().is_some() {
        case.budget.note_skipped();
    }
    found
}
