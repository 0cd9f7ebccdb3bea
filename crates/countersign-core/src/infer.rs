//! Stage 1, parse: finds the algorithm of a delivery. It is the configured one, or the one on which all sources in the
//! headers agree.

use crate::algorithm::Algorithm;
use crate::encoding::Encoding;
use crate::header::HeaderValue;
use crate::label::Label;
use crate::rejection::Rejection;

/// How a verifier finds the algorithm of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlgorithmRule<S = &'static str> {
    /// This algorithm. A label in the signature may name the same one, but no other.
    Fixed(Algorithm),
    /// `INFER_FROM_HEADER`: from the label of the signature, the companion header `header`, and the decoded length,
    /// all of which must agree. Only algorithms for which the verifier has a key are accepted.
    Infer {
        /// The name of the companion header.
        header: S,
    },
}

/// The algorithm that the configuration, the label and the companion header name, if any does. The decoded length must
/// agree.
#[derive(Clone, Copy)]
pub(crate) struct NamedAlgorithm(Option<Algorithm>);

impl NamedAlgorithm {
    /// The configured algorithm. Rejects a label that names another one, or another encoding.
    #[inline]
    pub(crate) fn fixed(algorithm: Algorithm, label: Option<Label>, encoding: Encoding) -> Result<Self, Rejection> {
        let named = Self(Some(algorithm)).combine(label)?;
        check_label_encoding(label, encoding)?;
        Ok(named)
    }

    /// The algorithm that the label and the companion header name. Rejects if they disagree, or if it is not
    /// `accepted`.
    #[inline]
    pub(crate) fn inferred(
        label: Option<Label>,
        companion: Option<HeaderValue<'_>>,
        accepted: impl FnOnce(Algorithm) -> bool,
        encoding: Encoding,
    ) -> Result<Self, Rejection> {
        let companion = match companion {
            Some(value) => Some(Label::parse(value.as_bytes()).ok_or(Rejection::UnknownAlgorithm)?),
            None => None,
        };
        let named = Self(None).combine(label)?.combine(companion)?;
        if named.0.is_some_and(|algorithm| !accepted(algorithm)) {
            return Err(Rejection::AlgorithmNotAccepted);
        }
        check_label_encoding(label, encoding)?;
        check_label_encoding(companion, encoding)?;
        Ok(named)
    }

    /// Adds the algorithm of another label. Rejects if it differs.
    #[inline]
    fn combine(self, label: Option<Label>) -> Result<Self, Rejection> {
        match (self.0, label) {
            (Some(named), Some(label)) if named != label.algorithm => Err(Rejection::AlgorithmNotAccepted),
            (_, Some(label)) => Ok(Self(Some(label.algorithm))),
            (_, None) => Ok(self),
        }
    }

    /// The algorithm, given the length of the decoded tag in bytes. Rejects if the named algorithm has another tag
    /// length.
    #[inline]
    pub(crate) fn resolve_length(self, length: usize) -> Result<Algorithm, Rejection> {
        let by_length = Algorithm::from_tag_len(length).ok_or(Rejection::WrongLength)?;
        match self.0 {
            Some(named) if named != by_length => Err(Rejection::WrongLength),
            _ => Ok(by_length),
        }
    }
}

/// Rejects a label that names an encoding other than the configured one.
#[inline]
fn check_label_encoding(label: Option<Label>, encoding: Encoding) -> Result<(), Rejection> {
    if label.is_none_or(|label| label.allows(encoding)) { Ok(()) } else { Err(Rejection::MalformedEncoding) }
}
