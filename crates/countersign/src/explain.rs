//! Explains why a delivery is rejected: tries the common mistakes one after the other until one fits.
//!
//! For the operator who has the secret, never on the request path: it computes many MACs, and its answer would help a
//! forger. It never shows a secret, a MAC or a valid signature.

mod body;
mod budget;
mod case;
mod display;
mod form;
mod header;
mod json_tree;
mod reserialise;
mod secret;
mod signature;
mod signed;

use std::fmt;
use std::time::SystemTime;

use countersign_core::{Delivery, Rejection, Verified};

use crate::error::ConfigError;
use crate::scheme::Scheme;
use crate::secret::Secrets;
use budget::Budget;
use case::Case;

/// What explains a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The timestamp is written in another unit than the scheme says.
    TimestampUnit,
    /// The sender's clock and ours differ, or the delivery is old.
    ClockOff,
    /// The signature was made with a secret that may not be used at this time.
    SecretNotValid,
    /// The signature is in another header.
    WrongHeader,
    /// The signature lacks its prefix.
    MissingPrefix,
    /// The signature has a prefix that the scheme does not know.
    ExtraPrefix,
    /// The end of the signature is missing.
    TruncatedSignature,
    /// The signature appears twice.
    DoubledSignature,
    /// Hex where base64 was expected, or the reverse.
    WrongEncoding,
    /// The URL alphabet of base64 where the standard one was expected, or the reverse.
    UrlAlphabet,
    /// Another hash function.
    WrongAlgorithm,
    /// The secret starts or ends with a space or newline that the sender's does not have, or the reverse.
    SecretWhitespace,
    /// The secret is base64 of the key.
    SecretIsBase64,
    /// The secret is hex of the key.
    SecretIsHex,
    /// The secret is the key itself, and not base64 or hex of it.
    SecretIsText,
    /// `whsec_` belongs to the secret and is missing, or the reverse.
    SecretWhsec,
    /// A newline was added at the end of the body.
    BodyNewlineAdded,
    /// The newline at the end of the body was removed.
    BodyNewlineCut,
    /// The line ends of the body were changed.
    BodyLineEndings,
    /// The byte order mark of the body was added or removed.
    BodyBom,
    /// The body was parsed as JSON and printed again.
    BodyReserialised,
    /// The body was extracted from a form, or is the whole form.
    BodyFormField,
    /// The sender does not sign the timestamp (or id) that the scheme expects to be signed.
    TimestampNotSigned,
    /// The signed text has the right parts, but joined in another way.
    WrongTemplate,
    /// The delivery is from another sender.
    AnotherPreset,
    /// The body is UTF-16, and was signed as UTF-8.
    BodyUtf16,
    /// The body is compressed, or was when it was signed. Whether it is the only mistake cannot be tried.
    BodyCompressed,
    /// The delivery lacks a part of the signed text. Whether it is the only mistake cannot be tried.
    MissingPart,
    /// The body has another length than the header Content-Length says. What was cut or added cannot be tried.
    BodyLength,
    /// A header has another form than the scheme expects, so that nothing was compared. Whether it is the only mistake
    /// cannot be tried.
    HeaderForm,
}

type Hypothesis = fn(&Case<'_>) -> Option<String>;

/// All hypotheses, in the order in which they are tried: the headers alone, then the signature, the secret, the body,
/// and the signed text.
const HYPOTHESES: &[(Cause, Hypothesis)] = &[
    (Cause::TimestampUnit, header::timestamp_unit),
    (Cause::ClockOff, header::clock_off),
    (Cause::SecretNotValid, secret::not_valid),
    (Cause::WrongHeader, header::wrong_header),
    (Cause::MissingPrefix, signature::missing_prefix),
    (Cause::TruncatedSignature, signature::truncated),
    (Cause::DoubledSignature, signature::doubled),
    (Cause::ExtraPrefix, signature::extra_prefix),
    (Cause::WrongEncoding, signature::wrong_encoding),
    (Cause::UrlAlphabet, signature::url_alphabet),
    (Cause::WrongAlgorithm, signature::wrong_algorithm),
    (Cause::SecretWhitespace, secret::whitespace),
    (Cause::SecretIsBase64, secret::is_base64),
    (Cause::SecretIsHex, secret::is_hex),
    (Cause::SecretIsText, secret::is_text),
    (Cause::SecretWhsec, secret::whsec),
    (Cause::BodyNewlineAdded, body::newline_added),
    (Cause::BodyNewlineCut, body::newline_cut),
    (Cause::BodyLineEndings, body::line_endings),
    (Cause::BodyBom, body::bom),
    (Cause::BodyUtf16, body::utf16),
    (Cause::BodyReserialised, body::reserialised),
    (Cause::BodyFormField, body::form_field),
    (Cause::TimestampNotSigned, signed::timestamp_not_signed),
    (Cause::WrongTemplate, signed::wrong_template),
    (Cause::AnotherPreset, signed::another_preset),
    // Causes that cannot be tried come last: one that was tried and makes the delivery authentic is certain.
    (Cause::MissingPart, signed::missing_part),
    (Cause::BodyCompressed, body::compressed),
    (Cause::BodyLength, body::length),
    (Cause::HeaderForm, form::header_form),
];

impl Cause {
    /// The fixed name, such as `secret_whitespace`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimestampUnit => "timestamp_unit",
            Self::ClockOff => "clock_off",
            Self::SecretNotValid => "secret_not_valid",
            Self::WrongHeader => "wrong_header",
            Self::MissingPrefix => "missing_prefix",
            Self::ExtraPrefix => "extra_prefix",
            Self::TruncatedSignature => "truncated_signature",
            Self::DoubledSignature => "doubled_signature",
            Self::WrongEncoding => "wrong_encoding",
            Self::UrlAlphabet => "url_alphabet",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::SecretWhitespace => "secret_whitespace",
            Self::SecretIsBase64 => "secret_is_base64",
            Self::SecretIsHex => "secret_is_hex",
            Self::SecretIsText => "secret_is_text",
            Self::SecretWhsec => "secret_whsec",
            Self::BodyNewlineAdded => "body_newline_added",
            Self::BodyNewlineCut => "body_newline_cut",
            Self::BodyLineEndings => "body_line_endings",
            Self::BodyBom => "body_bom",
            Self::BodyReserialised => "body_reserialised",
            Self::BodyFormField => "body_form_field",
            Self::TimestampNotSigned => "timestamp_not_signed",
            Self::WrongTemplate => "wrong_template",
            Self::AnotherPreset => "another_preset",
            Self::BodyUtf16 => "body_utf16",
            Self::BodyCompressed => "body_compressed",
            Self::MissingPart => "missing_part",
            Self::BodyLength => "body_length",
            Self::HeaderForm => "header_form",
        }
    }

    /// All causes, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = Self> {
        HYPOTHESES.iter().map(|(cause, _)| *cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The outcome of [`Scheme::explain`]. [`Display`](fmt::Display) describes it, without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Explanation {
    /// The delivery is authentic: there is nothing to explain.
    Authentic(Verified),
    /// One change makes the delivery authentic, or is needed first.
    Found {
        /// Why it is rejected without that change.
        rejection: Rejection,
        /// What is wrong.
        cause: Cause,
        /// What is wrong and what to do, for a person.
        advice: String,
    },
    /// None of the common mistakes explains it.
    Unexplained {
        /// Why it is rejected.
        rejection: Rejection,
        /// What was not tried, or not completely, because the delivery is too large.
        passed_over: Vec<Cause>,
        /// Where the signature or token was looked for, as [`Scheme::signature_place`] says it.
        place: String,
    },
}

impl Explanation {
    /// The cause, if one was found.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Found { cause, .. } => Some(*cause),
            _ => None,
        }
    }
}

impl Scheme {
    /// Tries the common mistakes, and returns the first that, once corrected, makes a rejected delivery authentic, and
    /// how to correct it.
    ///
    /// `now` is the time at which the delivery was received. If you explain a delivery later than that, it may be too
    /// old by then. That is reported only if nothing else is wrong.
    ///
    /// Time and memory are limited: with a body of more than about 1 MiB, or one that becomes far longer when printed
    /// in another way, some mistakes are not tried. [`Explanation::Unexplained`] lists them.
    ///
    /// For the operator who has the secrets, never on the request path. It shows no secret, no MAC and no valid
    /// signature.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier), unless a mistake in the secret explains that too.
    pub fn explain(
        &self,
        secrets: impl Into<Secrets>,
        delivery: &Delivery<'_>,
        now: SystemTime,
    ) -> Result<Explanation, ConfigError> {
        self.explain_with(&secrets.into(), delivery, now, budget::MAX_BYTES)
    }

    fn explain_with(
        &self,
        secrets: &Secrets,
        delivery: &Delivery<'_>,
        now: SystemTime,
        max_bytes: u64,
    ) -> Result<Explanation, ConfigError> {
        let budget = Budget::new(max_bytes);
        let case = Case::new(self, secrets.as_slice(), delivery, now, &budget);
        let rejection = match self.verifier(case.secrets.clone()).map(|verifier| verifier.verify(delivery, now)) {
            Ok(Ok(verified)) => return Ok(Explanation::Authentic(verified)),
            Ok(Err(rejection)) => Ok(rejection),
            // A mistake may also explain secrets that cannot be used.
            Err(error) => Err(error),
        };
        let case = case.with_rejection(rejection.as_ref().ok().copied());
        let mut passed_over = Vec::new();
        for (cause, hypothesis) in HYPOTHESES {
            if let Some(advice) = hypothesis(&case) {
                let rejection = rejection.unwrap_or(Rejection::Mismatch);
                return Ok(Explanation::Found { rejection, cause: *cause, advice });
            }
            if budget.take_skipped() {
                passed_over.push(*cause);
            }
        }
        rejection.map(|rejection| Explanation::Unexplained { rejection, passed_over, place: self.signature_place() })
    }
}
