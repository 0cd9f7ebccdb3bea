//! Mistakes in the text of the signature: its prefix, its length, its encoding, its algorithm.

use countersign_core::{Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme};

use super::case::Case;
use crate::constructors::signer_of;
use crate::printable::quoted;
use crate::signer::Message;

pub(super) fn missing_prefix(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let expected = match &scheme.format {
        Format::Bare => return None,
        Format::Labelled => "the name of the algorithm, as in sha256=…".to_owned(),
        Format::Prefixed { prefix, .. } => quoted(prefix),
        Format::Pairs { key, .. } => quoted(&format!("{key}=")),
        Format::List { version, .. } => quoted(&format!("{version},")),
        Format::Positional { fields, .. } => format!("the fields {fields}"),
    };
    // With a label, the signature is not alone.
    let behind = case.signature()?.iter().skip_while(|byte| !b"=:".contains(byte));
    if behind.clone().any(|byte| *byte != b'=') {
        return None;
    }
    let bare = |scheme: &mut HmacScheme<String>| {
        scheme.format = Format::Bare;
        without_inner_sources(scheme);
    };
    case.fits_with_scheme(bare).then(|| {
        format!(
            "The signature stands alone, without {expected} in front of it. Set signature.format to bare, or have the \
             sender write the whole value."
        )
    })
}

/// A bare signature lacks what else the header contained.
fn without_inner_sources(scheme: &mut HmacScheme<String>) {
    use countersign_core::Source::Signature;
    if scheme.id.as_ref().is_some_and(|from| matches!(from, Signature(_))) {
        scheme.id = None;
    }
    if scheme.timestamp.as_ref().is_some_and(|rule| matches!(rule.from, Signature(_))) {
        scheme.timestamp = None;
    }
}

/// The maximum length of a prefix; a longer one could be a part of the signature, which is never shown.
const LONGEST_PREFIX: usize = 24;

pub(super) fn extra_prefix(case: &Case<'_>) -> Option<String> {
    let value = case.signature()?.to_vec();
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let ends = value.iter().take(LONGEST_PREFIX).enumerate().filter(|(_, byte)| b"=:, ;/|".contains(byte));
    let ends: Vec<usize> = ends.map(|(at, _)| at + 1).collect();
    let own = match &scheme.format {
        Format::Prefixed { prefix, .. } => Some(prefix.clone()),
        _ => None,
    };
    ends.into_iter().find_map(|end| {
        let (prefix, rest) = value.split_at_checked(end).filter(|(_, rest)| !rest.is_empty())?;
        // In the scheme's form: the rest alone, or after the scheme's own prefix.
        let repaired = [own.clone().unwrap_or_default().as_bytes(), rest].concat();
        if repaired == value || !case.with_signature(repaired).fits() {
            return None;
        }
        let found = speakable(case, prefix);
        Some(match &own {
            Some(own) => format!(
                "{found} stands in front of the signature where {} is expected. Set signature.prefix to {found}.",
                quoted(own)
            ),
            None => format!(
                "{found} stands in front of the signature, which the scheme does not expect. Set signature.format to \
                 prefixed and signature.prefix to {found}."
            ),
        })
    })
}

/// The prefix, if it can only be a name: a short word that is neither a part of a secret nor of the right signature.
/// Otherwise it is only said that there is one.
fn speakable(case: &Case<'_>, prefix: &[u8]) -> String {
    let hidden = || "something that is not shown, since it could be a secret or a part of a signature,".to_owned();
    let Some((separator, word)) = prefix.split_last() else { return hidden() };
    let is_word = (1..=16).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        && word.first().is_some_and(u8::is_ascii_alphabetic)
        && b"=:, ".contains(separator);
    let within = |text: &[u8]| text.windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word));
    let is_secret = || case.secrets.iter().any(|secret| within(secret.expose()));
    let is_signature = || right(case).iter().any(|(_, signature)| within(signature.as_bytes()));
    if !is_word || is_secret() || is_signature() {
        return hidden();
    }
    quoted(&String::from_utf8_lossy(prefix))
}

/// The right header value, and the signature in it. Neither is ever shown.
fn right(case: &Case<'_>) -> Vec<(String, String)> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return Vec::new() };
    let headers: Vec<(&str, &[u8])> = case.headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let text = |name: &str| headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    let id = match &scheme.id {
        Some(countersign_core::Source::Header(name)) => text(name).and_then(|(_, value)| str::from_utf8(value).ok()),
        _ => None,
    };
    let message = Message {
        method: case.method,
        url: case.url,
        headers: &headers,
        body: &case.body,
        id: id.unwrap_or_default(),
        now: case.now,
    };
    let made = case.secrets.iter().flat_map(|secret| {
        case.scheme.accept.iter().filter_map(|algorithm| {
            if !case.effort.allows(case.body.len()) {
                return None;
            }
            case.effort.spend(case.body.len());
            signer_of(&case.scheme, secret, Some(*algorithm)).ok()?.resigned(&message, case.signature()).ok()
        })
    });
    made.collect()
}

/// Fewer characters than this could match by chance.
const SHORTEST: usize = 8;

pub(super) fn truncated(case: &Case<'_>) -> Option<String> {
    let value = case.signature()?;
    right(case).into_iter().find_map(|(whole, signature)| {
        let (whole, signature) = (whole.as_bytes(), signature.as_bytes());
        let cut = same_case(whole.get(..value.len())?, value) && value.len() < whole.len();
        let missing = whole.len() - value.len();
        // Missing padding is allowed, so it is not the mistake.
        let enough = signature.len().checked_sub(missing).is_some_and(|left| left >= SHORTEST);
        (cut && enough).then(|| {
            format!(
                "The last {missing} of {} characters of the signature are missing. Something cuts the header, such as a \
                 column or a log that is too narrow; take the whole value.",
                signature.len()
            )
        })
    })
}

/// Hex may be in either case.
fn same_case(expected: &[u8], found: &[u8]) -> bool {
    expected == found || (found.iter().all(u8::is_ascii_hexdigit) && expected.eq_ignore_ascii_case(found))
}

pub(super) fn doubled(case: &Case<'_>) -> Option<String> {
    const ADVICE: &str = "The signature is there twice. Something on the way adds the header again, or joins two lines of it; \
                          pass it on once.";
    // Several lines with the same value.
    let names = case.signature_headers();
    let lines: Vec<&[u8]> = case
        .headers
        .iter()
        .filter(|(name, _)| names.iter().any(|own| own.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value.trim_ascii())
        .collect();
    let same = |lines: &[&[u8]]| lines.windows(2).all(|pair| pair[0] == pair[1]);
    if let [first, _, ..] = lines.as_slice()
        && same(&lines)
        && case.with_signature(first.to_vec()).fits()
    {
        return Some(ADVICE.to_owned());
    }
    // One line with the same value twice, with or without something between.
    let value = case.signature()?;
    (0..=2_usize)
        .find_map(|between| {
            let half = value.len().checked_sub(between)? / 2;
            let (first, rest) = value.split_at_checked(half)?;
            let (separator, second) = rest.split_at_checked(between)?;
            let separates = separator.iter().all(|byte| b",; ".contains(byte));
            // The second may lack the prefix.
            let same = first == second;
            (separates && same && case.with_signature(first.to_vec()).fits()).then(|| ADVICE.to_owned())
        })
        .or_else(|| doubled_behind_prefix(case, value).then(|| ADVICE.to_owned()))
}

/// `v1=AA` with the signature AA written twice, and its prefix once.
fn doubled_behind_prefix(case: &Case<'_>, value: &[u8]) -> bool {
    (1..value.len()).rev().any(|half| {
        let Some((front, second)) = value.split_at_checked(value.len().saturating_sub(half)) else { return false };
        half >= SHORTEST && front.ends_with(second) && case.with_signature(front.to_vec()).fits()
    })
}

pub(super) fn wrong_encoding(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let others: &[Encoding] = match scheme.encoding {
        Encoding::HexaDecimal => &[Encoding::Base64, Encoding::Base64Url],
        _ => &[Encoding::HexaDecimal],
    };
    others.iter().find_map(|encoding| {
        case.fits_with_scheme(|scheme| scheme.encoding = *encoding).then(|| other_encoding(scheme.encoding, *encoding))
    })
}

pub(super) fn url_alphabet(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let other = match scheme.encoding {
        Encoding::HexaDecimal => return None,
        Encoding::Base64 => Encoding::Base64Url,
        Encoding::Base64Url => Encoding::Base64,
    };
    case.fits_with_scheme(|scheme| scheme.encoding = other).then(|| other_encoding(scheme.encoding, other))
}

fn other_encoding(configured: Encoding, found: Encoding) -> String {
    format!(
        "The signature is written in {found}, not in {configured}. Set encoding (signature_encoding in a connection) to \
         {found}."
    )
}

pub(super) fn wrong_algorithm(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(HmacScheme { encoding, .. }) = &case.scheme.core else { return None };
    let encodings = [*encoding].into_iter().chain(Encoding::ALL.into_iter().filter(|other| other != encoding));
    let others = encodings.flat_map(|encoding| Algorithm::ALL.map(|algorithm| (algorithm, encoding)));
    others.filter(|(algorithm, _)| case.scheme.accept != [*algorithm]).find_map(|(algorithm, found)| {
        let mut changed = case.with_scheme(|scheme| {
            scheme.algorithm = AlgorithmRule::Fixed(algorithm);
            scheme.encoding = found;
        })?;
        changed.scheme.accept = vec![algorithm];
        changed.fits().then(|| {
            let and = if found == *encoding {
                String::new()
            } else {
                format!(", and written in {found}; set encoding to that")
            };
            format!("The signature is made with {algorithm}. Set algorithm to {algorithm}{and}.")
        })
    })
}
