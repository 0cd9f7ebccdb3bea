//! Two mistakes that are often made together: one in the secret, the header, the form of the signature or what wraps the body,
//! and one in what is signed.

use countersign_core::Rejection;

use super::budget::{Budget, MAX_BYTES};
use super::case::{Case, Try};
use super::cause::Cause;
use super::hypotheses::TRIED;
use super::{encoded, format, header, secret, signature, signed, timestamp};

/// How many headers and how many presets are taken for the right one.
const MAX_FIRST: usize = 6;

/// The two causes, and what to do.
pub(super) fn find(case: &Case<'_>) -> Option<(Cause, Cause, String)> {
    // A sender chooses the delivery, so what is spent here is counted apart, and the rest stays for the other causes.
    let budget = Budget::new(MAX_BYTES / 2);
    let case = Case { budget: &budget, ..case.clone() };
    first_mistakes(&case).into_iter().find_map(|(first, Try { case, advice })| {
        let case = case.with_rejection(Some(Rejection::Mismatch));
        let mut second = TRIED.iter().filter(|(cause, _)| is_second(*cause) && *cause != first);
        let (second, more) = second.find_map(|(cause, hypothesis)| Some((*cause, hypothesis(&case)?)))?;
        Some((first, second, format!("Two things are wrong. The first: {advice} The second: {more}")))
    })
}

/// The first mistakes after whose correction the head has the form that the scheme expects.
fn first_mistakes<'a>(case: &Case<'a>) -> Vec<(Cause, Try<'a>)> {
    // A head that has the form already is right in it; then it is the secret, or the signed text.
    let mut tries: Vec<(Cause, Try<'a>)> = secret::changes(case);
    match case.rejection {
        Some(Rejection::Mismatch) => {
            tries.extend(timestamp::few(case).into_iter().map(|one| (Cause::TimestampSigned, one)));
            tries.extend(signed::without_timestamp(case).into_iter().map(|one| (Cause::TimestampNotSigned, one)));
            tries.extend(format::readings(case).into_iter().map(|one| (Cause::WrongFormat, one)));
            tries.extend(encoded::unwrapped(case));
        }
        Some(Rejection::MissingSignature) => {
            let headers = header::in_other_headers(case).filter(|one| one.case.is_mismatch()).take(MAX_FIRST);
            tries.extend(headers.map(|one| (Cause::WrongHeader, one)));
            let presets = signed::by_presets(case).filter(|one| one.case.is_mismatch()).take(MAX_FIRST);
            tries.extend(presets.map(|one| (Cause::AnotherPreset, one)));
        }
        _ => {
            tries.extend(timestamp::few(case).into_iter().map(|one| (Cause::TimestampSigned, one)));
            tries.extend(signed::without_timestamp(case).into_iter().map(|one| (Cause::TimestampNotSigned, one)));
            tries.extend(format::readings(case).into_iter().map(|one| (Cause::WrongFormat, one)));
            tries.extend(signature::changes(case));
        }
    }
    tries.retain(|(_, one)| one.case.is_mismatch());
    tries
}

/// Whether it is a mistake in the secret or in what is signed.
fn is_second(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::SecretWhitespace
            | Cause::SecretBom
            | Cause::SecretQuotes
            | Cause::SecretEscaped
            | Cause::SecretIsBase64
            | Cause::SecretIsHex
            | Cause::SecretIsText
            | Cause::SecretWhsec
            | Cause::WrongUrl
            | Cause::BodyNewlineAdded
            | Cause::BodyNewlineCut
            | Cause::BodyLineEndings
            | Cause::BodyBom
            | Cause::BodyCharset
            | Cause::BodyBase64
            | Cause::BodyJsonString
            | Cause::BodyReserialised
            | Cause::BodyFormField
            | Cause::BodyFormReencoded
            | Cause::TimestampNotSigned
            | Cause::TimestampSigned
    )
}
