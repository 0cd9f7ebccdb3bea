//! What shows that the body is not the one that came, although what came cannot be known: it is compressed, an object that a
//! program printed, of another length, or empty.

use countersign_core::Rejection;

use super::case::Case;
use super::encoded::USE_RAW_BYTES;
use super::literal::{bytes_of, json_of};
use super::reserialise::find_style;
use crate::printable::quoted;

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

/// What programs print for an object, a promise, or nothing.
const PRINTED: &[&str] = &[
    "[object ",
    "undefined",
    "null",
    "None",
    "nil",
    "{}",
    "[]",
    "Array",
    "System.",
    "Object of class ",
    "stdClass",
    "<Buffer ",
    "<stream",
    "ReadableStream",
    "[function",
    "#<",
    "map[",
    "bytearray(",
    "java.",
    "org.",
    "io.",
    "com.",
];

/// Whether it is the text of an object of a program.
fn is_printed_object(text: &str) -> bool {
    let is_whole = |word: &&&str| text == **word;
    let is_front =
        |word: &&&str| !word.ends_with(|c: char| c.is_ascii_lowercase()) && word.len() > 2 && text.starts_with(**word);
    PRINTED.iter().any(|word| is_whole(&word) || is_front(&word))
        || (text.starts_with('<') && text.contains(" object at 0x"))
        || text.starts_with("{'")
        || text.starts_with("[{'")
        || text.starts_with("b'")
        || text.starts_with("b\"")
        || (text.starts_with('{') && text.contains("=>"))
        || is_java_map(text)
}

/// `{a=1, b=2}`
fn is_java_map(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return false };
    inner.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The longest text of an object that is looked at.
const MAX_OBJECT: usize = 1 << 20;

/// An object of a program, printed as text. Of some kinds the JSON or the bytes can be made again, and are tried.
pub(super) fn object(case: &Case<'_>) -> Option<String> {
    if case.rejection != Some(Rejection::Mismatch) || case.body.len() > MAX_OBJECT {
        return None;
    }
    let text = str::from_utf8(&case.body).ok()?.trim();
    if bytes_of(text).is_some_and(|bytes| case.verifies_with_body(bytes)) {
        return Some(format!(
            "The body is not the bytes that came but how a program prints them: b'…', a list of numbers, or a Buffer in JSON. \
             {USE_RAW_BYTES}"
        ));
    }
    let found = json_of(text)
        .and_then(|json| find_style(&json, case.budget, |body| case.verifies_with_body(body.as_bytes().to_vec())));
    if found.is_some() {
        return Some(format!(
            "The body is not the JSON that came but how a program prints the object that it made of it (a dict of Python, a hash of \
             Ruby). {USE_RAW_BYTES}"
        ));
    }
    is_printed_object(text).then(|| {
        format!(
            "The body is the text {}, which a program prints in place of an object. The sender can hardly have signed that: the body \
             was read or parsed before, or the secret is another one than the sender's. {USE_RAW_BYTES} In Express that is \
             express.raw, before express.json.",
            quoted(text)
        )
    })
}

/// U+FFFD stands where a decoder found bytes that are no UTF-8.
pub(super) fn characters(case: &Case<'_>) -> Option<String> {
    if case.rejection != Some(Rejection::Mismatch) {
        return None;
    }
    let text = str::from_utf8(&case.body).ok()?;
    let count = text.chars().filter(|c| *c == '\u{fffd}').count();
    (count > 0).then(|| {
        format!(
            "The body contains U+FFFD {count} times, which decoders write in place of bytes that they cannot read: it was decoded as \
             text, in another character set or in pieces that cut a character in two (in Node, body += chunk does). {USE_RAW_BYTES}"
        )
    })
}

/// A request without a body has none that was signed; others hardly ever come with an empty one.
pub(super) fn empty(case: &Case<'_>) -> Option<String> {
    let has_none = ["GET", "HEAD", "DELETE", "OPTIONS"].iter().any(|method| case.method.eq_ignore_ascii_case(method));
    if case.rejection != Some(Rejection::Mismatch) || !case.body.is_empty() || has_none {
        return None;
    }
    Some(format!(
        "The body is empty here, and senders hardly ever sign an empty one: something has read it before (a parser of JSON or forms, \
         a log, a stream that is read twice), it was not handed over, or the secret is another one than the sender's. {USE_RAW_BYTES}"
    ))
}
