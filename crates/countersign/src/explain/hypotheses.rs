//! The mistakes that are tried, in their order.

use super::case::Case;
use super::cause::Cause;
use super::{
    body, composed, encoded, form, form_body, format, hash_kind, header, lost, other_sender, prefix, secret, signature,
    signed, suffix, timestamp, url,
};

/// Corrects one mistake and returns the advice, if that makes the delivery authentic.
pub(super) type Hypothesis = fn(&Case<'_>) -> Option<String>;

/// The mistakes that can be tried, in the order in which they are: the headers alone, then the signature, the secret, the
/// URL, the body, and the signed text.
pub(super) const TRIED: &[(Cause, Hypothesis)] = &[
    (Cause::TimestampUnit, header::timestamp_unit),
    (Cause::ClockOff, header::clock_off),
    (Cause::SecretNotValid, secret::not_valid),
    (Cause::WrongHeader, header::wrong_header),
    (Cause::MissingPrefix, signature::missing_prefix),
    (Cause::TruncatedSignature, signature::truncated),
    (Cause::DoubledSignature, signature::doubled),
    (Cause::WrongFormat, format::wrong_format),
    (Cause::ExtraPrefix, prefix::extra_prefix),
    (Cause::ExtraSuffix, suffix::extra_suffix),
    (Cause::WrongEncoding, signature::wrong_encoding),
    (Cause::UrlAlphabet, signature::url_alphabet),
    (Cause::WrongAlgorithm, signature::wrong_algorithm),
    (Cause::SecretWhitespace, secret::whitespace),
    (Cause::SecretBom, secret::bom),
    (Cause::SecretQuotes, secret::quotes),
    (Cause::SecretEscaped, secret::escaped),
    (Cause::SecretIsBase64, secret::is_base64),
    (Cause::SecretIsHex, secret::is_hex),
    (Cause::SecretIsText, secret::is_text),
    (Cause::SecretWhsec, secret::whsec),
    (Cause::WrongUrl, url::wrong_url),
    (Cause::BodyNewlineAdded, body::newline_added),
    (Cause::BodyNewlineCut, body::newline_cut),
    (Cause::BodyLineEndings, body::line_endings),
    (Cause::BodyBom, body::bom),
    (Cause::BodyUtf16, encoded::utf16),
    (Cause::BodyCharset, encoded::charset),
    (Cause::BodyBase64, encoded::base64),
    (Cause::BodyJsonString, encoded::json_string),
    (Cause::BodyReserialised, body::reserialised),
    (Cause::BodyFormField, form_body::form_field),
    (Cause::BodyFormReencoded, form_body::reencoded),
    (Cause::TimestampNotSigned, signed::timestamp_not_signed),
    (Cause::TimestampSigned, timestamp::timestamp_signed),
    (Cause::WrongTemplate, signed::wrong_template),
    (Cause::HashKind, hash_kind::hash_kind),
    (Cause::AnotherPreset, signed::another_preset),
];

/// Further ways to make one of those mistakes. They come behind the presets, which say more.
pub(super) const TRIED_LATER: &[(Cause, Hypothesis)] = &[(Cause::WrongTemplate, composed::wrong_composition)];

/// The mistakes that cannot be tried, or not always. They come last: one that was tried and makes the delivery authentic
/// is certain.
pub(super) const RECOGNISED: &[(Cause, Hypothesis)] = &[
    (Cause::MissingPart, signed::missing_part),
    (Cause::BodyCompressed, lost::compressed),
    (Cause::BodyObject, lost::object),
    (Cause::BodyCharactersLost, lost::characters),
    (Cause::BodyLength, lost::length),
    (Cause::BodyEmpty, lost::empty),
    (Cause::HeaderForm, form::header_form),
];

/// Further ways to recognise one of those mistakes.
pub(super) const RECOGNISED_LATER: &[(Cause, Hypothesis)] = &[(Cause::AnotherPreset, other_sender::header_of_preset)];

impl Cause {
    /// All causes, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = Self> {
        TRIED.iter().chain(RECOGNISED).map(|(cause, _)| *cause)
    }
}
