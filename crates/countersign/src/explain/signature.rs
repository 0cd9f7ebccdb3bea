//! Mistakes in the text of the signature: its prefix, its length, its encoding, its algorithm.

use countersign_core::{Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme};

use super::case::Case;
use crate::constructors::make_signer;
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
    let after_label = case.signature()?.iter().skip_while(|byte| !b"=:".contains(byte));
    if after_label.clone().any(|byte| *byte != b'=') {
        return None;
    }
    let make_bare = |scheme: &mut HmacScheme<String>| {
        scheme.format = Format::Bare;
        remove_header_sources(scheme);
    };
    case.verifies_with_scheme(make_bare).then(|| {
        format!(
            "The signature stands alone, without {expected} in front of it. Set signature.format to bare, or have the \
             sender write the whole value."
        )
    })
}

/// A bare signature lacks what else the header contained.
fn remove_header_sources(scheme: &mut HmacScheme<String>) {
    use countersign_core::Source::Signature;
    if scheme.id.as_ref().is_some_and(|from| matches!(from, Signature(_))) {
        scheme.id = None;
    }
    if scheme.timestamp.as_ref().is_some_and(|rule| matches!(rule.from, Signature(_))) {
        scheme.timestamp = None;
    }
}

/// The maximum length of a prefix; a longer one could be a part of the signature, which is never shown.
const MAX_PREFIX: usize = 24;

pub(super) fn extra_prefix(case: &Case<'_>) -> Option<String> {
    let value = case.signature()?.to_vec();
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let ends = value.iter().take(MAX_PREFIX).enumerate().filter(|(_, byte)| b"=:, ;/|".contains(byte));
    let ends: Vec<usize> = ends.map(|(at, _)| at + 1).collect();
    let configured = match &scheme.format {
        Format::Prefixed { prefix, .. } => Some(prefix.clone()),
        Format::Bare | Format::Labelled | Format::Pairs { .. } | Format::List { .. } | Format::Positional { .. } => {
            None
        }
    };
    ends.into_iter().find_map(|end| {
        let (prefix, rest) = value.split_at_checked(end).filter(|(_, rest)| !rest.is_empty())?;
        // In the scheme's form: the rest alone, or after the scheme's own prefix.
        let corrected = [configured.clone().unwrap_or_default().as_bytes(), rest].concat();
        if corrected == value || !case.with_signature(corrected).verifies() {
            return None;
        }
        let shown = displayable_prefix(case, prefix);
        let found = shown.as_deref().unwrap_or(HIDDEN_PREFIX);
        let prefix = shown.as_deref().unwrap_or("what the sender writes there");
        Some(match &configured {
            Some(configured) => format!(
                "{found} stands in front of the signature where {} is expected. Set signature.prefix to {prefix}.",
                quoted(configured)
            ),
            None => format!(
                "{found} stands in front of the signature, which the scheme does not expect. Set signature.format to \
                 prefixed and signature.prefix to {prefix}."
            ),
        })
    })
}

/// Begins a sentence about a prefix that is not displayable.
const HIDDEN_PREFIX: &str = "Text that is not shown here, since it could be a secret or a part of a signature,";

/// The prefix, if it can only be a name: a short word that is neither a part of a secret nor of the right signature.
/// `None` if it must not be shown.
fn displayable_prefix(case: &Case<'_>, prefix: &[u8]) -> Option<String> {
    let (separator, word) = prefix.split_last()?;
    let is_word = (1..=16).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        && word.first().is_some_and(u8::is_ascii_alphabetic)
        && b"=:, ".contains(separator);
    let is_part_of = |text: &[u8]| text.windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word));
    let is_secret = || case.secrets.iter().any(|secret| is_part_of(secret.expose()));
    let is_signature = || valid_signatures(case).iter().any(|(_, signature)| is_part_of(signature.as_bytes()));
    if !is_word || is_secret() || is_signature() {
        return None;
    }
    Some(quoted(&String::from_utf8_lossy(prefix)))
}

/// The right header value, and the signature in it. Neither is ever shown.
fn valid_signatures(case: &Case<'_>) -> Vec<(String, String)> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return Vec::new() };
    let headers = case.header_lines();
    let text = |name: &str| headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
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

/// Fewer characters than this could match by chance.
const MIN_SIGNATURE: usize = 8;

pub(super) fn truncated(case: &Case<'_>) -> Option<String> {
    let value = case.signature()?;
    valid_signatures(case).into_iter().find_map(|(whole, signature)| {
        let (whole, signature) = (whole.as_bytes(), signature.as_bytes());
        let cut = is_same_text(whole.get(..value.len())?, value) && value.len() < whole.len();
        let missing = whole.len() - value.len();
        // Missing padding is allowed, so it is not the mistake.
        let enough = signature.len().checked_sub(missing).is_some_and(|left| left >= MIN_SIGNATURE);
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
fn is_same_text(expected: &[u8], found: &[u8]) -> bool {
    expected == found || (found.iter().all(u8::is_ascii_hexdigit) && expected.eq_ignore_ascii_case(found))
}

pub(super) fn doubled(case: &Case<'_>) -> Option<String> {
    const ADVICE: &str = "The signature is there twice. Something on the way adds the header again, or joins two lines of it; \
                          pass it on once.";
    // Several lines with the same value.

    let lines: Vec<&[u8]> = case
        .headers
        .iter()
        .filter(|(name, _)| case.is_signature_header(name))
        .map(|(_, value)| value.trim_ascii())
        .collect();
    let is_same = |lines: &[&[u8]]| lines.windows(2).all(|pair| pair[0] == pair[1]);
    if let [first, _, ..] = lines.as_slice()
        && is_same(&lines)
        && case.with_signature(first.to_vec()).verifies()
    {
        return Some(ADVICE.to_owned());
    }
    // One line with the same value twice, with or without something between.
    let value = case.signature()?;
    (0..=2_usize)
        .find_map(|gap| {
            let len = value.len().checked_sub(gap)? / 2;
            let (first, rest) = value.split_at_checked(len)?;
            let (separator, second) = rest.split_at_checked(gap)?;
            let is_separator = separator.iter().all(|byte| b",; ".contains(byte));
            // The second may lack the prefix.
            let is_same = first == second;
            (is_separator && is_same && case.with_signature(first.to_vec()).verifies()).then(|| ADVICE.to_owned())
        })
        .or_else(|| is_doubled_after_prefix(case, value).then(|| ADVICE.to_owned()))
}

/// `v1=AA` with the signature AA written twice, and its prefix once.
fn is_doubled_after_prefix(case: &Case<'_>, value: &[u8]) -> bool {
    (1..value.len()).rev().any(|len| {
        let Some((front, second)) = value.split_at_checked(value.len().saturating_sub(len)) else { return false };
        len >= MIN_SIGNATURE && front.ends_with(second) && case.with_signature(front.to_vec()).verifies()
    })
}

pub(super) fn wrong_encoding(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let candidates: &[Encoding] = match scheme.encoding {
        Encoding::HexaDecimal => &[Encoding::Base64, Encoding::Base64Url],
        _ => &[Encoding::HexaDecimal],
    };
    candidates.iter().find_map(|encoding| {
        case.verifies_with_scheme(|scheme| scheme.encoding = *encoding)
            .then(|| wrong_encoding_advice(scheme.encoding, *encoding))
    })
}

pub(super) fn url_alphabet(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let candidate = match scheme.encoding {
        Encoding::HexaDecimal => return None,
        Encoding::Base64 => Encoding::Base64Url,
        Encoding::Base64Url => Encoding::Base64,
    };
    case.verifies_with_scheme(|scheme| scheme.encoding = candidate)
        .then(|| wrong_encoding_advice(scheme.encoding, candidate))
}

fn wrong_encoding_advice(configured: Encoding, found: Encoding) -> String {
    format!(
        "The signature is written in {found}, not in {configured}. Set encoding (signature_encoding in a connection) to \
         {found}."
    )
}

pub(super) fn wrong_algorithm(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(HmacScheme { encoding, .. }) = &case.scheme.core else { return None };
    let encodings = [*encoding].into_iter().chain(Encoding::ALL.into_iter().filter(|candidate| candidate != encoding));
    let candidates = encodings.flat_map(|encoding| Algorithm::ALL.map(|algorithm| (algorithm, encoding)));
    candidates.filter(|(algorithm, _)| case.scheme.accept != [*algorithm]).find_map(|(algorithm, found)| {
        let mut changed = case.with_scheme(|scheme| {
            scheme.algorithm = AlgorithmRule::Fixed(algorithm);
            scheme.encoding = found;
        })?;
        changed.scheme.accept = vec![algorithm];
        changed.verifies().then(|| {
            let encoding_advice = if found == *encoding {
                String::new()
            } else {
                format!(", and written in {found}; set encoding to that")
            };
            format!("The signature is made with {algorithm}. Set algorithm to {algorithm}{encoding_advice}.")
        })
    })
}
