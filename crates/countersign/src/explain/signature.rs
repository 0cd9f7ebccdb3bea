//! Mistakes in the text of the signature: its length, its encoding, its algorithm, and a prefix that it lacks.

use countersign_core::{Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme};

use super::case::{Case, Try, first_that_verifies};
use super::cause::Cause;
use super::prefix::{behind_prefix, valid_signatures};
use crate::printable::quoted;

/// The form of the signature changed in every way that is tried, with its cause.
pub(super) fn changes<'a>(case: &Case<'a>) -> Vec<(Cause, Try<'a>)> {
    let all = [
        (Cause::MissingPrefix, alone(case)),
        (Cause::ExtraPrefix, behind_prefix(case, Case::is_mismatch)),
        (Cause::WrongEncoding, in_other_encoding(case)),
        (Cause::UrlAlphabet, in_other_alphabet(case)),
        (Cause::WrongAlgorithm, by_other_algorithm(case)),
    ];
    all.into_iter().flat_map(|(cause, tries)| tries.into_iter().map(move |one| (cause, one))).collect()
}

fn alone<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return Vec::new() };
    let expected = match &scheme.format {
        Format::Bare => return Vec::new(),
        Format::Labelled => "the name of the algorithm, as in sha256=…".to_owned(),
        Format::Prefixed { prefix, .. } => quoted(prefix),
        Format::Pairs { key, .. } => quoted(&format!("{key}=")),
        Format::List { version, .. } => quoted(&format!("{version},")),
        Format::Positional { fields, .. } => format!("the fields {fields}"),
    };
    // With a label, the signature is not alone.
    let Some(value) = case.signature() else { return Vec::new() };
    if value.iter().skip_while(|byte| !b"=:".contains(byte)).any(|byte| *byte != b'=') {
        return Vec::new();
    }
    let bare = case.with_scheme(|scheme| {
        scheme.format = Format::Bare;
        remove_header_sources(scheme);
    });
    let advice = format!(
        "The signature stands alone, without {expected} in front of it. Set signature.format to bare, or have the sender \
         write the whole value."
    );
    bare.map(|case| Try::new(case, advice)).into_iter().collect()
}

pub(super) fn missing_prefix(case: &Case<'_>) -> Option<String> {
    first_that_verifies(alone(case))
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

/// So many ends of a value are tried that stand there twice. A signature of one letter alone has fewer, and a longer value of
/// one letter as many as a sender likes.
const MAX_REPEATED: usize = 64;

/// `v1=AA` with the signature AA written twice, and its prefix once.
fn is_doubled_after_prefix(case: &Case<'_>, value: &[u8]) -> bool {
    let fronts = (MIN_SIGNATURE..value.len()).rev().filter_map(|len| {
        let (front, second) = value.split_at_checked(value.len().saturating_sub(len))?;
        front.ends_with(second).then_some(front)
    });
    let mut fronts = fronts.map(|front| case.with_signature(front.to_vec()));
    let found = fronts.by_ref().take(MAX_REPEATED).any(|one| one.verifies());
    if !found && fronts.next().is_some() {
        case.budget.note_skipped();
    }
    found
}

fn in_encodings<'a>(case: &Case<'a>, configured: Encoding, candidates: &[Encoding]) -> Vec<Try<'a>> {
    let tries = candidates.iter().filter_map(|encoding| {
        let changed = case.with_scheme(|scheme| scheme.encoding = *encoding)?;
        Some(Try::new(
            changed,
            format!(
                "The signature is written in {encoding}, not in {configured}. Set encoding (signature_encoding in a connection) \
                 to {encoding}."
            ),
        ))
    });
    tries.collect()
}

fn in_other_encoding<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let CoreScheme::Hmac(HmacScheme { encoding, .. }) = &case.scheme.core else { return Vec::new() };
    match encoding {
        Encoding::HexaDecimal => in_encodings(case, *encoding, &[Encoding::Base64, Encoding::Base64Url]),
        _ => in_encodings(case, *encoding, &[Encoding::HexaDecimal]),
    }
}

pub(super) fn wrong_encoding(case: &Case<'_>) -> Option<String> {
    first_that_verifies(in_other_encoding(case)).or_else(|| with_escapes(case))
}

/// A signature that is written as in a URL: `%2B` for `+`, `%2F` for `/` and `%3D` for `=`.
fn with_escapes(case: &Case<'_>) -> Option<String> {
    let value = case.signature().filter(|value| value.contains(&b'%'))?;
    let mut decoded = Vec::with_capacity(value.len());
    crate::form::decode(value, &mut decoded);
    case.with_signature(decoded).verifies().then(|| {
        "The signature is written with the escapes of a URL (%2B for +, %2F for /, %3D for =). Undo them before you verify, as a \
         parser of queries does."
            .to_owned()
    })
}

fn in_other_alphabet<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let CoreScheme::Hmac(HmacScheme { encoding, .. }) = &case.scheme.core else { return Vec::new() };
    match encoding {
        Encoding::HexaDecimal => Vec::new(),
        Encoding::Base64 => in_encodings(case, *encoding, &[Encoding::Base64Url]),
        Encoding::Base64Url => in_encodings(case, *encoding, &[Encoding::Base64]),
    }
}

pub(super) fn url_alphabet(case: &Case<'_>) -> Option<String> {
    first_that_verifies(in_other_alphabet(case))
}

fn by_other_algorithm<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let CoreScheme::Hmac(HmacScheme { encoding, .. }) = &case.scheme.core else { return Vec::new() };
    let encodings = [*encoding].into_iter().chain(Encoding::ALL.into_iter().filter(|candidate| candidate != encoding));
    let candidates = encodings.flat_map(|encoding| Algorithm::ALL.map(|algorithm| (algorithm, encoding)));
    let others = candidates.filter(|(algorithm, _)| case.scheme.accept != [*algorithm]);
    let tries = others.filter_map(|(algorithm, found)| {
        let mut changed = case.with_scheme(|scheme| {
            scheme.algorithm = AlgorithmRule::Fixed(algorithm);
            scheme.encoding = found;
        })?;
        changed.scheme.accept = vec![algorithm];
        let encoding_advice =
            if found == *encoding { String::new() } else { format!(", and written in {found}; set encoding to that") };
        let advice = format!("The signature is made with {algorithm}. Set algorithm to {algorithm}{encoding_advice}.");
        Some(Try::new(changed, advice))
    });
    tries.collect()
}

pub(super) fn wrong_algorithm(case: &Case<'_>) -> Option<String> {
    first_that_verifies(by_other_algorithm(case))
}
