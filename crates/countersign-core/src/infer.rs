//! Which algorithm counts: the configured one, or the one that all sources in the headers agree on.

use crate::algorithm::Algorithm;
use crate::encoding::Encoding;
use crate::header::Value;
use crate::label::Label;
use crate::rejection::Rejection;

/// How the algorithm of a delivery is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlgorithmRule<S = &'static str> {
    /// This one; a label in the signature may repeat it but not contradict it.
    Fixed(Algorithm),
    /// `INFER_FROM_HEADER`: from the label of the signature, the companion header `header`, and the decoded length,
    /// all of which must agree. Only algorithms for which the verifier holds a key are accepted.
    Infer {
        /// The name of the companion header.
        header: S,
    },
}

/// The algorithm as far as names tell it; the decoded length has the last word.
#[derive(Clone, Copy)]
pub(crate) struct Named(Option<Algorithm>);

impl Named {
    /// The configured algorithm, which a label may repeat.
    #[inline]
    pub(crate) fn fixed(algorithm: Algorithm, label: Option<Label>, encoding: Encoding) -> Result<Self, Rejection> {
        let named = Self(Some(algorithm)).and(label)?;
        suits(label, encoding)?;
        Ok(named)
    }

    /// What the label and the companion header say together, if that is `accepted`.
    #[inline]
    pub(crate) fn inferred(
        label: Option<Label>,
        companion: Option<Value<'_>>,
        accepted: impl FnOnce(Algorithm) -> bool,
        encoding: Encoding,
    ) -> Result<Self, Rejection> {
        let companion = match companion {
            Some(value) => Some(Label::parse(value.as_bytes()).ok_or(Rejection::UnknownAlgorithm)?),
            None => None,
        };
        let named = Self(None).and(label)?.and(companion)?;
        if named.0.is_some_and(|algorithm| !accepted(algorithm)) {
            return Err(Rejection::AlgorithmNotAccepted);
        }
        suits(label, encoding)?;
        suits(companion, encoding)?;
        Ok(named)
    }

    /// Agrees with a further label, or rejects.
    #[inline]
    fn and(self, label: Option<Label>) -> Result<Self, Rejection> {
        match (self.0, label) {
            (Some(named), Some(label)) if named != label.algorithm => Err(Rejection::AlgorithmNotAccepted),
            (_, Some(label)) => Ok(Self(Some(label.algorithm))),
            (_, None) => Ok(self),
        }
    }

    /// The algorithm, now that the tag's length in bytes is known.
    #[inline]
    pub(crate) fn with_length(self, length: usize) -> Result<Algorithm, Rejection> {
        let by_length = Algorithm::from_tag_len(length).ok_or(Rejection::WrongLength)?;
        match self.0 {
            Some(named) if named != by_length => Err(Rejection::WrongLength),
            _ => Ok(by_length),
        }
    }
}

/// Rejects a label that names another encoding than the configured one.
#[inline]
fn suits(label: Option<Label>, encoding: Encoding) -> Result<(), Rejection> {
    if label.is_none_or(|label| label.allows(encoding)) { Ok(()) } else { Err(Rejection::MalformedEncoding) }
}
