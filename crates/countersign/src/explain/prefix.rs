//! What stands in front of the signature or token, and when it may be shown.

use countersign_core::{AlgorithmRule, Format, HmacScheme, Scheme as CoreScheme};

use super::case::{Case, Try};
use crate::constructors::make_signer;
use crate::printable::quoted;
use crate::signer::Message;

/// The maximum length of a prefix; a longer one could be a part of the signature, which is never shown.
const MAX_PREFIX: usize = 24;

/// What is read from behind a prefix that the scheme does not know, where it is `fitting`: whether a prefix may be shown
/// costs a MAC, so it is asked of those alone.
pub(super) fn behind_prefix<'a>(case: &Case<'a>, fitting: fn(&Case<'a>) -> bool) -> Vec<Try<'a>> {
    let (CoreScheme::Hmac(scheme), Some(value)) = (&case.scheme.core, case.signature()) else { return Vec::new() };
    let ends = value.iter().take(MAX_PREFIX).enumerate().filter(|(_, byte)| b"=:, ;/|".contains(byte));
    // Blanks belong to what is in front of them.
    let blanks = |from: usize| value.iter().skip(from).take_while(|byte| **byte == b' ').count();
    let mut ends: Vec<usize> = ends.map(|(at, _)| at + 1 + blanks(at + 1)).collect();
    ends.dedup();
    let tries = ends.into_iter().filter_map(|end| {
        let (prefix, rest) = value.split_at_checked(end).filter(|(_, rest)| !rest.is_empty())?;
        let is_known = matches!(&scheme.format, Format::Prefixed { prefix: known, .. } if known.as_bytes() == prefix);
        if is_known {
            return None;
        }
        if matches!(scheme.format, Format::Bare | Format::Labelled | Format::Prefixed { .. }) {
            return with_prefix(case, scheme, prefix, fitting);
        }
        // What cannot be said as a prefix is taken away.
        let changed = case.with_signature(rest.to_vec());
        fitting(&changed).then(|| Try::new(changed, taken_away_advice(case, prefix)))
    });
    tries.collect()
}

/// A token behind a word, such as `Bearer` in another header than Authorization.
fn token_behind_word(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Token { .. } = &case.scheme.core else { return None };
    let value = case.signature()?;
    ["Bearer ", "Token ", "Basic ", "token="].into_iter().find_map(|word| {
        let (start, rest) = value.split_at_checked(word.len())?;
        if !start.eq_ignore_ascii_case(word.as_bytes()) {
            return None;
        }
        let changed = case.with_signature(rest.to_vec());
        changed.verifies().then(|| {
            let word = quoted(&String::from_utf8_lossy(start));
            format!("{word} stands in front of the token, which is compared unchanged. Put it in front of the secret here too.")
        })
    })
}

pub(super) fn extra_prefix(case: &Case<'_>) -> Option<String> {
    if let Some(advice) = token_behind_word(case) {
        return Some(advice);
    }
    behind_prefix(case, Case::verifies).into_iter().next().map(|one| one.advice)
}

/// The scheme with this prefix; with one algorithm after the other, if none is fixed, since a prefix is no label.
fn with_prefix<'a>(
    case: &Case<'a>,
    scheme: &HmacScheme<String>,
    prefix: &[u8],
    fitting: fn(&Case<'a>) -> bool,
) -> Option<Try<'a>> {
    let text = str::from_utf8(prefix).ok()?;
    let is_inferred = !matches!(scheme.algorithm, AlgorithmRule::Fixed(_));
    case.scheme.accept.iter().find_map(|algorithm| {
        let mut changed = case.with_scheme(|scheme| {
            let separator = match &scheme.format {
                Format::Prefixed { separator, .. } => *separator,
                _ => None,
            };
            scheme.format = Format::Prefixed { prefix: text.to_owned(), separator };
            scheme.algorithm = AlgorithmRule::Fixed(*algorithm);
        })?;
        changed.scheme.accept = vec![*algorithm];
        fitting(&changed).then(|| {
            let also = if is_inferred { format!(" Set algorithm to {algorithm} too.") } else { String::new() };
            Try::new(changed, prefix_advice(case, scheme, prefix) + &also)
        })
    })
}

fn prefix_advice(case: &Case<'_>, scheme: &HmacScheme<String>, prefix: &[u8]) -> String {
    let shown = displayable_prefix(case, prefix);
    let found = shown.as_deref().unwrap_or(HIDDEN_PREFIX);
    let mut advice = match &scheme.format {
        Format::Prefixed { prefix: configured, .. } => {
            let difference = if configured.as_bytes().eq_ignore_ascii_case(prefix) {
                ": the two differ in capital and small letters alone"
            } else {
                ""
            };
            format!("{found} stands in front of the signature where {} is expected{difference}.", quoted(configured))
        }
        Format::Labelled => format!(
            "{found} stands in front of the signature where the name of the algorithm and = or : are expected, as in sha256=…."
        ),
        _ => format!("{found} stands in front of the signature, which the scheme does not expect."),
    };
    advice += match &scheme.format {
        Format::Prefixed { .. } => " Set signature.prefix to ",
        _ => " Set signature.format to prefixed and signature.prefix to ",
    };
    advice += shown.as_deref().unwrap_or("what the sender writes there");
    if prefix.ends_with(b" ") {
        advice += ", with the blank at its end";
    }
    advice + "."
}

fn taken_away_advice(case: &Case<'_>, prefix: &[u8]) -> String {
    let shown = displayable_prefix(case, prefix);
    let found = shown.as_deref().unwrap_or(HIDDEN_PREFIX);
    format!(
        "{found} stands in front of the value of the header, which the scheme does not expect. See what puts it there, and take it \
         out."
    )
}

/// Begins a sentence about a prefix that is not displayable.
const HIDDEN_PREFIX: &str = "Text that is not shown here, since it could be a secret or a part of a signature,";

/// The prefix, if it can only be a name: a short word that is neither a part of a secret nor of the right signature.
/// `None` if it must not be shown.
pub(super) fn displayable_prefix(case: &Case<'_>, prefix: &[u8]) -> Option<String> {
    let length = prefix.iter().position(|byte| b"=:, ".contains(byte))?;
    let (word, marks) = prefix.split_at_checked(length)?;
    let is_word = (1..=16).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        && word.first().is_some_and(u8::is_ascii_alphabetic)
        && marks.len() <= 3
        && marks.iter().all(|byte| b"=:, ".contains(byte));
    let is_part_of = |text: &[u8]| text.windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word));
    let is_secret = || case.secrets.iter().any(|secret| is_part_of(secret.expose()));
    let is_signature = || valid_signatures(case).iter().any(|(_, signature)| is_part_of(signature.as_bytes()));
    if !is_word || is_secret() || is_signature() {
        return None;
    }
    Some(quoted(&String::from_utf8_lossy(prefix)))
}

/// The right header value, and the signature in it. Neither is ever shown.
pub(super) fn valid_signatures(case: &Case<'_>) -> Vec<(String, String)> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return Vec::new() };
    let headers = case.header_lines();
    let text = |name: &str| headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
    let id = match &scheme.id {
        Some(countersign_core::Source::Header(name)) => text(name).and_then(|(_, value)| str::from_utf8(value).ok()),
        _ => None,
    };
    let message = Message {
        method: case.method,
        url: &case.url,
        headers: &headers,
        body: &case.body,
        id: id.unwrap_or_default(),
        now: case.now,
    };
    let signatures = case.secrets.iter().flat_map(|secret| {
        case.scheme.accept.iter().filter_map(|algorithm| {
            if !case.budget.allows(case.body.len()) {
                return None;
            }
            case.budget.spend(case.body.len());
            make_signer(&case.scheme, secret, Some(*algorithm)).ok()?.valid_value(&message, case.signature()).ok()
        })
    });
    signatures.collect()
}
