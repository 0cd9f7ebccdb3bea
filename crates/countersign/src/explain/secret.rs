//! Mistakes in the secret. It is never shown, not even its length.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use countersign_core::{Scheme as CoreScheme, SecretForm};
use percent_encoding::percent_decode;

use super::case::{Case, Try, first_that_verifies};
use super::cause::Cause;

/// The secret changed in every way that is tried, with its cause. Those that only add something to it are left out.
pub(super) fn changes<'a>(case: &Case<'a>) -> Vec<(Cause, Try<'a>)> {
    let all = [
        (Cause::SecretWhitespace, trimmed(case)),
        (Cause::SecretBom, without_bom(case)),
        (Cause::SecretQuotes, unquoted(case)),
        (Cause::SecretEscaped, unescaped(case)),
        (Cause::SecretIsBase64, from_base64(case)),
        (Cause::SecretIsHex, from_hex(case)),
        (Cause::SecretIsText, as_text(case)),
        (Cause::SecretWhsec, without_whsec(case)),
    ];
    all.into_iter().flat_map(|(cause, tries)| tries.into_iter().map(move |one| (cause, one))).collect()
}

pub(super) fn not_valid(case: &Case<'_>) -> Option<String> {
    case.with_unlimited_secrets().verifies().then(|| {
        "The signature is right, but was made with a secret that may not be used at this time. See its not_before and \
         not_after."
            .to_owned()
    })
}

fn trimmed<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let trimmed = case.with_secrets(|secret| Some(secret.trim_ascii().to_vec()));
    let advice = "The secret has a blank or a newline at one of its ends, which does not belong to it. Take it out; \
                  `printf` writes a file without the newline that `echo` adds.";
    trimmed.map(|case| Try::new(case, advice)).into_iter().collect()
}

pub(super) fn whitespace(case: &Case<'_>) -> Option<String> {
    let added = ["\n", "\r\n", " "].into_iter().filter_map(|end| {
        let what = if end == " " { "a blank" } else { "a newline" };
        let changed = case.with_secrets(|secret| Some([secret, end.as_bytes()].concat()))?;
        Some(Try::new(
            changed,
            format!(
                "The sender's secret ends with {what}, and the one here does not. Have the sender take it out, or put it in here."
            ),
        ))
    });
    first_that_verifies(trimmed(case).into_iter().chain(added))
}

/// U+FEFF in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

fn without_bom<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let bare = case.with_secrets(|secret| secret.strip_prefix(BOM).map(<[u8]>::to_vec));
    let trimmed = case.with_secrets(|secret| secret.strip_prefix(BOM).map(|rest| rest.trim_ascii().to_vec()));
    let advice = "The secret begins with a UTF-8 byte-order mark (EF BB BF), which does not belong to it. Take it out: save the \
                  file as UTF-8 without a byte-order mark";
    let bare = bare.map(|case| Try::new(case, format!("{advice}.")));
    let trimmed = trimmed.map(|case| Try::new(case, format!("{advice}, and without blanks and newlines at its ends.")));
    bare.into_iter().chain(trimmed).collect()
}

pub(super) fn bom(case: &Case<'_>) -> Option<String> {
    first_that_verifies(without_bom(case))
}

fn unquoted<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let inner = |secret: &[u8]| match secret.trim_ascii() {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] | [b'`', inner @ .., b'`'] => Some(inner.to_vec()),
        _ => None,
    };
    let advice = "The secret has quotes around it, which do not belong to it. Take them out; Docker's --env-file and many \
                  files of settings keep them.";
    case.with_secrets(inner).map(|case| Try::new(case, advice)).into_iter().collect()
}

pub(super) fn quotes(case: &Case<'_>) -> Option<String> {
    first_that_verifies(unquoted(case))
}

/// What HTML writes in place of a character; the last ones as PHP and Python write the apostrophe.
const ENTITIES: &[(&str, &str)] =
    &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#039;"), ("'", "&#39;"), ("'", "&#x27;")];

fn unescape_html(secret: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(secret).ok()?;
    // The ampersand comes last, so that `&amp;lt;` becomes `&lt;`.
    let undone = ENTITIES.iter().rev().fold(text.to_owned(), |text, (c, entity)| text.replace(entity, c));
    Some(undone.into_bytes())
}

fn escape_html(secret: &[u8], apostrophe: Option<&str>) -> Option<Vec<u8>> {
    let text = str::from_utf8(secret).ok()?;
    let escaped = ENTITIES.iter().take(4).fold(text.to_owned(), |text, (c, entity)| text.replace(c, entity));
    Some(apostrophe.map_or(escaped.clone(), |entity| escaped.replace('\'', entity)).into_bytes())
}

fn unescaped<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let html = case.with_secrets(unescape_html).map(|case| {
        let advice = "The secret is written as in the source of an HTML page (&amp; for &), and the sender's is not. Copy it \
                      as the page shows it.";
        Try::new(case, advice)
    });
    let url = case.with_secrets(|secret| Some(percent_decode(secret).collect())).map(|case| {
        let advice = "The secret is written as in a URL, with escapes such as %2B, and the sender's is not. Undo them.";
        Try::new(case, advice)
    });
    let line_ends = case.with_secrets(|secret| Some(str::from_utf8(secret).ok()?.replace("\\n", "\n").into_bytes())).map(|case| {
        let advice = "The secret has a backslash and n in place of each newline, as some files of settings write it. Put the \
                      newlines in.";
        Try::new(case, advice)
    });
    [html, url, line_ends].into_iter().flatten().collect()
}

pub(super) fn escaped(case: &Case<'_>) -> Option<String> {
    let by_sender = [None, Some("&#039;"), Some("&#39;"), Some("&#x27;")].into_iter().filter_map(|apostrophe| {
        let advice = "The sender's key is the secret as the source of an HTML page writes it (&amp; for &), since it stores it \
                      so. Write the secret here in the same way, or take a new one without such characters.";
        case.with_secrets(|secret| escape_html(secret, apostrophe)).map(|case| Try::new(case, advice))
    });
    first_that_verifies(unescaped(case).into_iter().chain(by_sender))
}

/// Whether the sender repeats the secret, as a token.
fn is_token(case: &Case<'_>) -> bool {
    matches!(case.scheme.core, CoreScheme::Token { .. })
}

/// The same case with secrets in a form other than the scheme's.
fn with_form<'a>(case: &Case<'a>, form: SecretForm) -> Option<Case<'a>> {
    if case.scheme.secret_form == form || is_token(case) {
        return None;
    }
    let mut changed = case.clone();
    changed.scheme.secret_form = form;
    Some(changed)
}

fn from_base64<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let decode_leniently = |secret: &[u8]| {
        let text = secret.trim_ascii().strip_suffix(b"==").or(secret.strip_suffix(b"=")).unwrap_or(secret);
        URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
    };
    let decoded = (case.scheme.secret_form == SecretForm::Utf8).then(|| case.with_secrets(decode_leniently)).flatten();
    let advice = if is_token(case) {
        "The sender's token is what the text of the secret decodes to as base64. Give that as the secret, since a token is \
         compared unchanged."
    } else {
        "The sender's key is not the text of the secret but what that text decodes to as base64. Set secret to BASE64."
    };
    with_form(case, SecretForm::Base64).into_iter().chain(decoded).map(|case| Try::new(case, advice)).collect()
}

pub(super) fn is_base64(case: &Case<'_>) -> Option<String> {
    // RFC 7617. A token is compared unchanged, so it must have this form.
    let as_basic = |secret: &[u8]| Some([b"Basic ", STANDARD.encode(secret).as_bytes()].concat());
    let basic = is_token(case).then(|| case.with_secrets(as_basic)).flatten().map(|case| {
        let advice = "The sender repeats user and password as HTTP Basic authentication. Give that as the secret: Basic, a blank, and \
                      base64 of user:password.";
        Try::new(case, advice)
    });
    first_that_verifies(from_base64(case).into_iter().chain(basic))
}

fn from_hex<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let advice = "The sender's key is not the text of the secret but what that text decodes to as hex. Set secret to \
                  HEXA_DECIMAL.";
    with_form(case, SecretForm::HexaDecimal).map(|case| Try::new(case, advice)).into_iter().collect()
}

pub(super) fn is_hex(case: &Case<'_>) -> Option<String> {
    first_that_verifies(from_hex(case))
}

fn as_text<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let advice = format!(
        "The sender takes the text of the secret as its key, without decoding it as {}. Set secret to UTF_8.",
        case.scheme.secret_form.name()
    );
    with_form(case, SecretForm::Utf8).map(|case| Try::new(case, advice)).into_iter().collect()
}

pub(super) fn is_text(case: &Case<'_>) -> Option<String> {
    first_that_verifies(as_text(case))
}

const WHSEC: &[u8] = b"whsec_";

fn without_whsec<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let mut as_text = case.clone();
    as_text.scheme.secret_form = SecretForm::Utf8;
    let advice = "The sender's key is the text of the secret without the whsec_ in front. Leave that out";
    // A token scheme has no field for the form of the secret.
    let form = if is_token(case) { "." } else { ", and set secret to UTF_8." };
    let stripped = as_text.with_secrets(|secret| secret.strip_prefix(WHSEC).map(<[u8]>::to_vec));
    let stripped = stripped.map(|case| Try::new(case, format!("{advice}{form}")));
    // As Supabase shows its secrets.
    let version = |secret: &[u8]| secret.strip_prefix(b"v1,").map(<[u8]>::to_vec);
    let without_version = case.with_secrets(version).map(|case| {
        Try::new(case, "The secret has v1, in front of whsec_, which does not belong to it. Take that out.")
    });
    stripped.into_iter().chain(without_version).collect()
}

pub(super) fn whsec(case: &Case<'_>) -> Option<String> {
    let added = case.with_secrets(|secret| (!secret.starts_with(WHSEC)).then(|| [WHSEC, secret].concat())).map(|case| {
        let advice = "The secret lacks the whsec_ in front, which belongs to this sender's key. Take the whole secret, as the \
                      sender shows it.";
        Try::new(case, advice)
    });
    first_that_verifies(without_whsec(case).into_iter().chain(added))
}
