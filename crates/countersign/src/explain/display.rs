//! Describes an explanation as text.

use std::fmt;

use countersign_core::Rejection;

use super::Explanation;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentic(_) => f.write_str("The delivery is authentic; there is nothing to explain."),
            Self::Found { advice, .. } => f.write_str(advice),
            Self::Unexplained { rejection: Rejection::MissingSignature, place, hint, .. } => {
                write!(
                    f,
                    "The delivery carries no signature that could be compared: it was looked for in {place}, and "
                )?;
                if hint.is_empty() {
                    return f.write_str(
                        "no other header looks like one. See whether the sender signs at all, and whether something on the way \
                         drops headers.",
                    );
                }
                write!(
                    f,
                    "{hint}. See whether this delivery is meant for this endpoint, whether this is the right preset or scheme, and \
                     whether something on the way drops headers."
                )
            }
            Self::Unexplained {
                rejection: rejection @ (Rejection::MissingPart | Rejection::MissingTimestamp), ..
            } => {
                write!(
                    f,
                    "{rejection}: the scheme signs something that this delivery was given without, in its body or in the \
                     signature's header. Give all of the delivery, and see whether something on the way drops headers."
                )?;
                if *rejection == Rejection::MissingTimestamp {
                    return Ok(());
                }
                f.write_str(
                    " If nothing is absent, an id or a header that is signed holds the text that ends it there, or a header \
                     Date that touches something is not a date of HTTP.",
                )
            }
            Self::Unexplained { rejection, .. } if is_about_form(*rejection) => write!(
                f,
                "{rejection}: nothing was compared, so this says nothing about secret and body. See what the sender writes in its \
                 headers, and what changes it on the way."
            ),
            Self::Unexplained { tried, passed_over, remaining, .. } => {
                write!(f, "None of {} usual mistakes explains it. What remains: {remaining}", tried.len())?;
                if passed_over.is_empty() {
                    return Ok(());
                }
                let names = passed_over.iter().map(|cause| cause.name()).collect::<Vec<_>>().join(", ");
                write!(
                    f,
                    " The delivery is too large to try every mistake with it; passed over, or not tried in every way: {names}. \
                     Explain a smaller delivery that is rejected too."
                )
            }
        }
    }
}

/// Whether the delivery was rejected for the form of its headers or for its size, before any tag was compared.
fn is_about_form(rejection: Rejection) -> bool {
    use Rejection::{
        AlgorithmNotAccepted, BodyTooLarge, MalformedEncoding, MalformedSignature, MalformedTimestamp,
        RepeatedSignature, UnknownAlgorithm, WrongLength,
    };
    matches!(
        rejection,
        RepeatedSignature
            | MalformedSignature
            | UnknownAlgorithm
            | AlgorithmNotAccepted
            | MalformedEncoding
            | WrongLength
            | MalformedTimestamp
            | BodyTooLarge
    )
}
