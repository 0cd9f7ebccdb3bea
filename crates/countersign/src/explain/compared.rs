//! What the scheme compares: where it checks a token, or signs nothing of the body, no advice speaks of the body.

use countersign_core::Scheme as CoreScheme;

use super::case::Case;
use super::cause::Cause;

/// What a delivery is accepted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// A token in a header, alone.
    Token,
    /// A token in the URL or the body, alone. What changes that place can change the token.
    TokenElsewhere,
    /// A signature of other parts than the body.
    WithoutBody,
    /// A signature of the body, or of something in it.
    Body,
}

impl Compared {
    pub(super) fn of(case: &Case<'_>) -> Self {
        match &case.scheme.core {
            CoreScheme::Token { .. } if case.scheme.rewriter().is_some() => Self::TokenElsewhere,
            CoreScheme::Token { .. } => Self::Token,
            _ if reads_body(case) => Self::Body,
            _ => Self::WithoutBody,
        }
    }

    /// Whether a delivery can be rejected for this cause.
    pub(super) fn admits(self, cause: Cause) -> bool {
        match self {
            Self::Token => !is_about_body(cause) && !is_about_signing(cause),
            Self::TokenElsewhere => {
                !is_about_lost_body(cause) && (cause == Cause::WrongUrl || !is_about_signing(cause))
            }
            Self::WithoutBody => !is_about_body(cause),
            Self::Body => true,
        }
    }

    /// What else may be wrong, if none of the mistakes that were tried explains a mismatch. `url` is what is said of the URL,
    /// empty if it is not signed.
    pub(super) fn remaining(self, url: &str) -> String {
        const SECRET: &str = "of another endpoint, of the test mode, or an old one";
        let token =
            format!("the token is another one than the secret here ({SECRET}). Nothing but the token is compared");
        match self {
            Self::Token => return format!("{token}, so the body does not matter."),
            Self::TokenElsewhere => return format!("{token}."),
            Self::WithoutBody | Self::Body => {}
        }
        let url_first = if url.is_empty() { "" } else { "the URL is another one than the sender calls, or " };
        let url_advice = if url.is_empty() { String::new() } else { format!(" {url}") };
        let (altered, advice) = match self {
            Self::Body => ("the body", "Verify the raw bytes of the request, before anything parses them."),
            _ => ("what is signed", "The body does not matter: the sender does not sign it."),
        };
        format!(
            "{url_first}the secret is another one than the sender's ({SECRET}), or {altered} was altered in a way that cannot be \
             guessed.{url_advice} {advice}"
        )
    }
}

/// Whether a signature depends on the body. Where that is not certain, it does.
fn reads_body(case: &Case<'_>) -> bool {
    if case.scheme.covers_body() || case.scheme.function.is_some() {
        return true;
    }
    if case.scheme.message_format.is_some() {
        // Some of these messages list themselves what they sign.
        let is_digest = |name: &str| ["content-digest", "digest"].iter().any(|known| name.eq_ignore_ascii_case(known));
        return case.headers.iter().any(|(name, _)| is_digest(name));
    }
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return false };
    let signed = case.scheme.written(scheme.template());
    ["body", "json:", "form:", "xml:", "fields"].iter().any(|part| signed.contains(part))
}

fn is_about_body(cause: Cause) -> bool {
    let is_tried = matches!(
        cause,
        Cause::BodyNewlineAdded
            | Cause::BodyNewlineCut
            | Cause::BodyLineEndings
            | Cause::BodyBom
            | Cause::BodyUtf16
            | Cause::BodyCharset
            | Cause::BodyBase64
            | Cause::BodyJsonString
            | Cause::BodyReserialised
            | Cause::BodyFormField
            | Cause::BodyFormReencoded
    );
    is_tried || is_about_lost_body(cause)
}

/// Whether it is only recognised, by a body that can hardly have been signed.
fn is_about_lost_body(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::BodyCompressed | Cause::BodyObject | Cause::BodyCharactersLost | Cause::BodyLength | Cause::BodyEmpty
    )
}

/// Whether it is a mistake in what is signed and how, which a token that is compared unchanged cannot have.
fn is_about_signing(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::TimestampUnit
            | Cause::ClockOff
            | Cause::WrongAlgorithm
            | Cause::UrlAlphabet
            | Cause::WrongUrl
            | Cause::TimestampNotSigned
            | Cause::TimestampSigned
            | Cause::WrongTemplate
            | Cause::HashKind
    )
}
