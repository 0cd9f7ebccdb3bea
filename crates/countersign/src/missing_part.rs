//! The parts of the signed text that a delivery or a message can lack.

use std::fmt;

use countersign_core::Rejection;

use crate::error::ConfigError;
use crate::printable::printable;

/// A part of the signed text that a delivery lacks, from [`Scheme::missing_parts`](crate::Scheme::missing_parts) or
/// [`Signer::missing_parts`](crate::Signer::missing_parts). [`Display`](fmt::Display) names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingPart {
    /// The id of the message.
    Id,
    /// The request method.
    Method,
    /// The URL that the sender calls.
    Url,
    /// A header line of this name.
    Header(String),
    /// A parameter of this name in the query of the URL.
    Query(String),
    /// A value of the body, at a place as a scheme writes it: `json:/data/id`, `form:NAME` or `xml:NAME`. `json`, `form` or
    /// `xml` alone if the body is not of that kind.
    InBody(String),
    /// A value with this key in the signature's header, beside the signature.
    InSignature(String),
    /// The header Content-Type of a form, or, for any other body, its digest in the URL (Twilio).
    FormType,
}

impl fmt::Display for MissingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("the id of the message"),
            Self::Method => f.write_str("the request method"),
            Self::Url => f.write_str("the URL as the sender calls it"),
            Self::Header(name) => write!(f, "the header {}", printable(name)),
            Self::Query(name) => write!(f, "the parameter {} of the URL's query", printable(name)),
            Self::InBody(place) => match place.split_once(':') {
                Some(("form", name)) => write!(f, "the field {} of the form", printable(name)),
                Some(("json", pointer)) => write!(f, "the field {} of the body", printable(pointer)),
                Some((_, name)) => write!(f, "the element {} of the body", printable(name)),
                None if place == "form" => f.write_str("a body that is a form, as its Content-Type says"),
                None => write!(f, "a body that is {}", printable(&place.to_ascii_uppercase())),
            },
            Self::InSignature(key) => write!(f, "the value {} in the signature's header", printable(key)),
            Self::FormType => f.write_str(
                "the header Content-Type: application/x-www-form-urlencoded of a form (for any other body, the \
                 parameter bodySHA256 of the URL)",
            ),
        }
    }
}

/// The error of a signer that cannot build the signed text.
pub(crate) fn unsignable(rejection: Rejection, missing: &[MissingPart]) -> ConfigError {
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    ConfigError::invalid(if missing.is_empty() {
        format!("{rejection}: the message cannot be signed")
    } else {
        format!("the message lacks {}, which this scheme signs", missing.join(" and "))
    })
}
