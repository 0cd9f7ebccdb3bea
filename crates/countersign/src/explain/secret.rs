//! Mistakes in the secret. It is never shown, not even its length.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use countersign_core::{Scheme as CoreScheme, SecretForm};

use super::case::Case;

pub(super) fn not_valid(case: &Case<'_>) -> Option<String> {
    case.with_unlimited_secrets().verifies().then(|| {
        "The signature is right, but was made with a secret that may not be used at this time. See its not_before and \
         not_after."
            .to_owned()
    })
}

pub(super) fn whitespace(case: &Case<'_>) -> Option<String> {
    if case.verifies_with_secrets(|secret| Some(secret.trim_ascii().to_vec())) {
        return Some(
            "The secret has a blank or a newline at one of its ends, which does not belong to it. Take it out; \
             `printf` writes a file without the newline that `echo` adds."
                .to_owned(),
        );
    }
    let suffix = ["\n", "\r\n", " "]
        .into_iter()
        .find(|end| case.verifies_with_secrets(|secret| Some([secret, end.as_bytes()].concat())))?;
    let end = if suffix == " " { "a blank" } else { "a newline" };
    Some(format!(
        "The sender's secret ends with {end}, and the one here does not. Have the sender take it out, or put it in here."
    ))
}

/// Whether the sender repeats the secret, as a token.
fn is_token(case: &Case<'_>) -> bool {
    matches!(case.scheme.core, CoreScheme::Token { .. })
}

/// The secret, decoded in a form other than the scheme's.
fn verifies_with_form(case: &Case<'_>, form: SecretForm) -> bool {
    let mut changed = case.clone();
    changed.scheme.secret_form = form;
    case.scheme.secret_form != form && changed.verifies()
}

pub(super) fn is_base64(case: &Case<'_>) -> Option<String> {
    let decode_leniently = |secret: &[u8]| {
        let text = secret.trim_ascii().strip_suffix(b"==").or(secret.strip_suffix(b"=")).unwrap_or(secret);
        URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
    };
    let decoded = || case.scheme.secret_form == SecretForm::Utf8 && case.verifies_with_secrets(decode_leniently);
    if is_token(case) {
        let message = "The sender's token is what the text of the secret decodes to as base64. Give that as the secret, \
                       since a token is compared unchanged.";
        return decoded().then(|| message.to_owned());
    }
    (verifies_with_form(case, SecretForm::Base64) || decoded()).then(|| {
        "The sender's key is not the text of the secret but what that text decodes to as base64. Set secret to BASE64."
            .to_owned()
    })
}

pub(super) fn is_hex(case: &Case<'_>) -> Option<String> {
    verifies_with_form(case, SecretForm::HexaDecimal).then(|| {
        "The sender's key is not the text of the secret but what that text decodes to as hex. Set secret to \
         HEXA_DECIMAL."
            .to_owned()
    })
}

pub(super) fn is_text(case: &Case<'_>) -> Option<String> {
    verifies_with_form(case, SecretForm::Utf8).then(|| {
        format!(
            "The sender takes the text of the secret as its key, without decoding it as {}. Set secret to UTF_8.",
            case.scheme.secret_form.name()
        )
    })
}

pub(super) fn whsec(case: &Case<'_>) -> Option<String> {
    const PREFIX: &[u8] = b"whsec_";
    let mut as_text = case.clone();
    as_text.scheme.secret_form = SecretForm::Utf8;
    if as_text.verifies_with_secrets(|secret| secret.strip_prefix(PREFIX).map(<[u8]>::to_vec)) {
        let advice = "The sender's key is the text of the secret without the whsec_ in front. Leave that out";
        // A token scheme has no field for the form of the secret.
        let form = if is_token(case) { "." } else { ", and set secret to UTF_8." };
        return Some(format!("{advice}{form}"));
    }
    let suffix = |secret: &[u8]| (!secret.starts_with(PREFIX)).then(|| [PREFIX, secret].concat());
    case.verifies_with_secrets(suffix).then(|| {
        "The secret lacks the whsec_ in front, which belongs to this sender's key. Take the whole secret, as the sender \
         shows it."
            .to_owned()
    })
}
