//! Bodies that are another encoding of what was signed: UTF-16, another character set, base64, a JSON string.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::case::{Case, Try};
use super::cause::Cause;

pub(super) const USE_RAW_BYTES: &str = "Verify the raw bytes of the request, before anything reads or changes them.";

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
        let units = pairs.iter().map(|pair| code_unit(pair, is_little_endian));
        let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
        let without_bom = text.strip_prefix('\u{feff}').unwrap_or(&text);
        case.verifies_with_body(without_bom.as_bytes().to_vec()).then(|| {
            format!(
                "The body is UTF-16 here, and was UTF-8 when it was signed; Windows PowerShell writes files so with `>`. \
                 {USE_RAW_BYTES}"
            )
        })
    })
}

/// What Windows-1252 has at 0x80 to 0x9f, where Latin-1 has control characters; U+0000 where it has nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The byte of a character in Latin-1, or in Windows-1252.
fn byte_of(c: char) -> Option<u8> {
    if let Some(at) = WINDOWS_1252.iter().position(|other| *other == c && c != '\0') {
        return u8::try_from(0x80 + at).ok();
    }
    u8::try_from(u32::from(c)).ok()
}

/// The bytes of which someone made characters one by one.
fn as_single_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(byte_of).collect()
}

pub(super) fn charset(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if body.is_ascii() {
        return None;
    }
    // Once, and a second time.
    let once = str::from_utf8(body).ok().and_then(as_single_bytes);
    let twice = once.as_ref().and_then(|bytes| as_single_bytes(str::from_utf8(bytes).ok()?));
    if [once, twice].into_iter().flatten().any(|bytes| case.verifies_with_body(bytes)) {
        return Some(format!(
            "The body was signed as UTF-8, was then read as Latin-1 (ISO-8859-1 or Windows-1252), and is written again here, with \
             two letters or more in place of one, such as Ã© for é. {USE_RAW_BYTES}"
        ));
    }
    let latin1 = |byte: &u8| char::from(*byte);
    let windows = |byte: &u8| match byte {
        0x80..=0x9f => WINDOWS_1252.get(usize::from(*byte) - 0x80).copied().unwrap_or_default(),
        byte => char::from(*byte),
    };
    let texts: [String; 2] = [body.iter().map(latin1).collect(), body.iter().map(windows).collect()];
    texts.into_iter().any(|text| case.verifies_with_body(text.into_bytes())).then(|| {
        format!(
            "The body was signed as UTF-8, and is written here in Latin-1 (ISO-8859-1 or Windows-1252). {USE_RAW_BYTES}"
        )
    })
}

fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(&text);
    STANDARD_NO_PAD.decode(digits).or_else(|_| URL_SAFE_NO_PAD.decode(digits)).ok().filter(|bytes| !bytes.is_empty())
}

pub(super) fn base64(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    let inner = body.trim_ascii();
    let inner = inner.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(inner);
    if decode_base64(inner).is_some_and(|bytes| case.verifies_with_body(bytes)) {
        return Some(
            "The body is base64 of what was signed. Decode it first: API Gateway, Lambda and Azure hand bodies over so, and say it in \
             isBase64Encoded."
                .to_owned(),
        );
    }
    case.verifies_with_body(STANDARD.encode(body).into_bytes())
        .then(|| format!("The sender signed base64, and the body here is what that decodes to. {USE_RAW_BYTES}"))
}

/// What the body wraps, for the case that this is wrong too.
pub(super) fn unwrapped<'a>(case: &Case<'a>) -> Vec<(Cause, Try<'a>)> {
    let Some(body) = case.copyable_body().filter(|body| body.len() <= MAX_JSON) else { return Vec::new() };
    let with_body = |bytes: Vec<u8>| Case { body: bytes.into(), ..case.clone() };
    let string = serde_json::from_slice::<String>(body).ok().map(|text| {
        let advice = "The body is a JSON string here that contains what was signed.";
        (Cause::BodyJsonString, Try::new(with_body(text.into_bytes()), advice))
    });
    let decoded = decode_base64(body.trim_ascii()).map(|bytes| {
        (Cause::BodyBase64, Try::new(with_body(bytes), "The body is base64 of what was signed. Decode it first."))
    });
    string.into_iter().chain(decoded).collect()
}

/// How many fields of an object are tried.
const MAX_FIELDS: usize = 50;
/// Longer bodies are not parsed.
const MAX_JSON: usize = 2 << 20;

pub(super) fn json_string(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if body.len() > MAX_JSON {
        case.budget.note_skipped();
        return None;
    }
    let text = str::from_utf8(body).ok()?;
    let inner = |text: &str| serde_json::from_str::<String>(text.trim()).ok();
    // Also without the quotes at its ends, which some logs leave out.
    let once = inner(text).or_else(|| text.contains("\\\"").then(|| inner(&format!("\"{text}\""))).flatten());
    let twice = once.as_deref().and_then(inner);
    if [once, twice].into_iter().flatten().any(|text| case.verifies_with_body(text.into_bytes())) {
        return Some(format!(
            "The body is a JSON string here that contains the JSON that was signed: something has printed a text as JSON a second \
             time. {USE_RAW_BYTES}"
        ));
    }
    if let Ok(Value::Object(fields)) = serde_json::from_str(text) {
        let mut values = fields.iter();
        let found = values.by_ref().take(MAX_FIELDS).find(|(_, value)| {
            value.as_str().is_some_and(|text| {
                case.verifies_with_body(text.as_bytes().to_vec())
                    || decode_base64(text.as_bytes()).is_some_and(|bytes| case.verifies_with_body(bytes))
            })
        });
        if let Some((name, _)) = found {
            return Some(format!(
                "The body here is an envelope, and the sender signed what its field {} contains. Verify that: a function in the \
                 cloud is handed the whole event, with the body in a field, which may be base64.",
                crate::printable::quoted(name)
            ));
        }
        if values.next().is_some() {
            case.budget.note_skipped();
        }
    }
    let quoted = serde_json::to_string(text).ok()?;
    case.verifies_with_body(quoted.into_bytes())
        .then(|| format!("The sender signed a JSON string, and the body here is the text in it. {USE_RAW_BYTES}"))
}
